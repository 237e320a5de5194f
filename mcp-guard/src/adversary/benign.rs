//! Calls with which nothing is wrong: a server that refuses them is of no use, however safe it is.

use super::{
    attack::Attack,
    field::Field,
    known::Known,
    link::Role,
    play::{Play, Step},
    report::Benign,
};

/// How many refused calls are kept.
const KEPT: usize = 5;

/// Makes so many calls that are right, each by a caller of its own where that can be, and some of them
/// twice.
pub(super) async fn calls(field: &Field, wanted: u64, mut told: impl FnMut(u64)) -> Benign {
    let mut benign = Benign::default();
    let examples: Vec<_> = field.tools.iter().filter(|tool| tool.example.is_some()).collect();
    if examples.is_empty() {
        return benign;
    }
    let (mut number, field_of_numbers) = (0, 1 << 50);
    while benign.calls < wanted {
        let tool = examples[usize::try_from(number).unwrap_or(0) % examples.len()];
        one(field, tool, field_of_numbers + number, &mut benign).await;
        number += 1;
        told(benign.calls);
    }
    benign
}

/// A call, and the same again: an answer that was lost is asked for once more.
async fn one(field: &Field, tool: &Known, number: u64, benign: &mut Benign) {
    let mut play = Play::new(field, tool, Attack::Retry, number);
    let arguments = play.good();
    let again = !tool.read_only && number.is_multiple_of(4);
    for _ in 0..=usize::from(again) {
        let answer = play.call(Role::Agent, &arguments).await;
        benign.calls += 1;
        if !answer.is_accepted() {
            refuse(benign, &play.steps);
        }
    }
    let acted = play.effects().await;
    if field.ledger.is_some() && acted != usize::from(!tool.read_only) {
        play.aside(format!("the ledger has {acted} effects of this call"));
        refuse(benign, &play.steps);
    }
}

fn refuse(benign: &mut Benign, steps: &[Step]) {
    benign.refused += 1;
    if benign.transcripts.len() < KEPT {
        benign.transcripts.push(steps.to_vec());
    }
}
