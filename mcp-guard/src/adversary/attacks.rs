//! How each attack is made.

mod agents;
mod arguments;
mod keys;
mod limits;
mod oracles;
mod parsing;
mod scopes;
mod sequence;
mod timing;

use super::{attack::Attack, play::Play};

/// Makes an attack. What landed is noted in the play; the ledger is asked afterwards.
#[rustfmt::skip]
pub(super) async fn make(attack: Attack, play: &mut Play<'_>) {
    match attack {
        Attack::OneOver => limits::one_over(play).await,
        Attack::FarOver => limits::far_over(play).await,
        Attack::Overflow => limits::overflow(play).await,
        Attack::Negative => limits::negative(play).await,
        Attack::Float => limits::float(play).await,
        Attack::NumberAsText => limits::number_as_text(play).await,
        Attack::Exponent => limits::exponent(play).await,
        Attack::Structuring => limits::structuring(play).await,
        Attack::StructuringAtOnce => limits::structuring_at_once(play).await,
        Attack::Retry => keys::retry(play).await,
        Attack::KeyForOther => keys::for_other(play).await,
        Attack::KeyCase => keys::case(play).await,
        Attack::KeyPadded => keys::padded(play).await,
        Attack::KeyMalformed => keys::malformed(play).await,
        Attack::KeyOfAnother => keys::of_another(play).await,
        Attack::KeyPerTry => keys::per_try(play).await,
        Attack::KeyAtOnce => keys::at_once(play).await,
        Attack::KeyExpired => keys::expired(play).await,
        Attack::HiddenTool => scopes::hidden_tool(play).await,
        Attack::WithoutScope => scopes::without_scope(play).await,
        Attack::Unidentified => scopes::unidentified(play).await,
        Attack::HeaderMismatch => scopes::header_mismatch(play).await,
        Attack::AnotherSession => scopes::another_session(play).await,
        Attack::DowngradedVersion => scopes::downgraded_version(play).await,
        Attack::Unknown => arguments::unknown(play).await,
        Attack::Prototype => arguments::prototype(play).await,
        Attack::NotAnObject => arguments::not_an_object(play).await,
        Attack::WrongType => arguments::wrong_type(play).await,
        Attack::OutsideChoice => arguments::outside_choice(play).await,
        Attack::Missing => arguments::missing(play).await,
        Attack::Bidi => arguments::bidi(play).await,
        Attack::RepeatedKey => parsing::repeated(play).await,
        Attack::EscapedKey => parsing::escaped(play).await,
        Attack::NestedCopy => parsing::nested_copy(play).await,
        Attack::ReservedKey => parsing::reserved(play).await,
        Attack::Huge => parsing::huge(play).await,
        Attack::Deep => parsing::deep(play).await,
        Attack::LoneSurrogate => parsing::lone_surrogate(play).await,
        Attack::Malformed => parsing::malformed(play).await,
        Attack::Batch => parsing::batch(play).await,
        Attack::Cancel => timing::cancel(play).await,
        Attack::LostReply => timing::lost_reply(play).await,
        Attack::Disconnect => timing::disconnect(play).await,
        Attack::Panic => timing::panic(play).await,
        Attack::BackendFails => timing::backend_fails(play).await,
        Attack::HostileText => arguments::hostile_text(play).await,
        Attack::Echo => oracles::echo(play).await,
        Attack::ValidationFirst => oracles::validation_first(play).await,
        Attack::Existence => oracles::existence(play).await,
        Attack::ForeignObject => oracles::foreign_object(play).await,
        Attack::ReplayRevoked => oracles::replay_revoked(play).await,
        Attack::ForgedState => oracles::forged_state(play).await,
        Attack::Greedy => agents::greedy(play).await,
        Attack::Forgetful => agents::forgetful(play).await,
        Attack::Obedient => agents::obedient(play).await,
        Attack::Disobedient => agents::disobedient(play).await,
        Attack::Sequence => sequence::any(play).await,
    }
}
