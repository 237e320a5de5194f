//! What may have become of a call whose server died, by where it died.

use super::{
    kind::Kind,
    point::{Moment, Point, Step},
};

/// What became of an operation, as the first call learns that looks into it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// This call acted: nothing had been done, or the backend knew the downstream key again.
    Acted,
    /// It was answered from the record.
    Recorded,
    /// It is not known, and this call did not act.
    Unknown,
}

/// Whether a step was taken, as far as can be known from outside.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Taken {
    No,
    Perhaps,
    Yes,
}

/// What may have become of a call to a tool of this kind whose server died at this point, where the
/// effect had `landed` or had not.
pub(super) fn allowed(kind: Kind, point: Point, landed: bool) -> Vec<Fate> {
    let mut fates = Vec::new();
    let (claimed, settled) = (claimed(point), settled(point));
    if claimed != Taken::Yes {
        fates.push(Fate::Acted);
    }
    if settled != Taken::No {
        fates.push(Fate::Recorded);
    }
    if claimed != Taken::No && settled != Taken::Yes {
        fates.extend(of_a_lost_owner(kind, point, landed));
    }
    fates
}

/// The claim stands, its owner is gone, and there is no outcome.
fn of_a_lost_owner(kind: Kind, point: Point, landed: bool) -> &'static [Fate] {
    match kind {
        Kind::Refuse => &[Fate::Unknown],
        Kind::Reconcile if landed => &[Fate::Recorded],
        Kind::Reconcile | Kind::Retry => &[Fate::Acted],
        Kind::Dispatch => match dispatched(point, landed) {
            Taken::No => &[Fate::Acted],
            Taken::Perhaps => &[Fate::Acted, Fate::Unknown],
            Taken::Yes => &[Fate::Unknown],
        },
    }
}

/// Every point but the claim's own is behind it.
fn claimed(point: Point) -> Taken {
    match point {
        Point { step: Step::Claim, moment } => taken(moment),
        _ => Taken::Yes,
    }
}

fn settled(point: Point) -> Taken {
    match point {
        Point { step: Step::Settle, moment } => taken(moment),
        Point { step: Step::Reply, .. } => Taken::Yes,
        _ => Taken::No,
    }
}

/// The body marks the moment right before its effect; a heartbeat comes on either side of it. A body
/// that returned without an effect was refused the mark, for it was too slow.
fn dispatched(point: Point, landed: bool) -> Taken {
    match point {
        Point { step: Step::Dispatch, moment } => taken(moment),
        Point { step: Step::Claim, .. } | Point { step: Step::Effect, moment: Moment::Before } => {
            Taken::No
        }
        Point { step: Step::Renew, .. } if !landed => Taken::No,
        Point { step: Step::Settle, .. } if !landed => Taken::Perhaps,
        _ => Taken::Yes,
    }
}

fn taken(moment: Moment) -> Taken {
    match moment {
        Moment::Before => Taken::No,
        Moment::During => Taken::Perhaps,
        Moment::After => Taken::Yes,
    }
}
