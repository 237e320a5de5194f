//! Traces that a person can read.

use std::fmt;

use mcp_guard::{
    Timestamp,
    store::record::{Record, State},
};

use super::{
    setting::Call,
    step::{Act, Fate, Step},
    store::NOW,
    world::{ALL, OPERATION_A, Op, World},
};

impl fmt::Display for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if *self == OPERATION_A { "A" } else { "B" })
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Replica(_, name, act) => write!(f, "replica {name}: {act}"),
            Self::Orphan(key, true) => write!(f, "a request for {key} that nobody waits for lands"),
            Self::Orphan(key, false) => write!(f, "a request for {key} is lost on its way"),
            Self::Look(operation) => write!(f, "the resolver asks what became of {operation}"),
            Self::Resolve(fate) => write!(f, "the resolver says what it found{fate}"),
            Self::StopResolving => f.write_str("the resolver gives up"),
            Self::Arrive => f.write_str("a late write reaches the store"),
            Self::Sweep(operation) => write!(f, "the record of {operation} is swept"),
            Self::Tick => f.write_str("time passes"),
            Self::SetBack => f.write_str("the store's clock is set back"),
        }
    }
}

impl fmt::Display for Act {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Call(call) => write!(f, "is called for {call}"),
            Self::Claim(fate) => write!(f, "claims{fate}"),
            Self::Renew(fate) => write!(f, "renews its lease{fate}"),
            Self::Dispatch(fate) => write!(f, "says that it is about to act{fate}"),
            Self::FailBefore => f.write_str("fails before it did anything"),
            Self::RefuseBefore => f.write_str("refuses by itself"),
            Self::Send => f.write_str("sends its request to the backend"),
            Self::Land => f.write_str("the backend does it"),
            Self::Refuse => f.write_str("the backend refuses"),
            Self::Hear => f.write_str("hears the backend's answer"),
            Self::TimeOut => f.write_str("times out"),
            Self::Settle(fate) => write!(f, "records the outcome{fate}"),
            Self::Withdraw(fate) => write!(f, "looks for its lost claim{fate}"),
            Self::GiveUp => f.write_str("gives up"),
            Self::Crash => f.write_str("dies"),
        }
    }
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.operation)?;
        if self.arguments != 1 {
            f.write_str(" with other arguments")?;
        }
        if self.principal != 1 {
            f.write_str(" by another caller")?;
        }
        Ok(())
    }
}

impl fmt::Display for Fate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Answered => "",
            Self::AnswerLost => " (the answer is lost)",
            Self::Lost => " (lost on its way)",
            Self::Late => " (late)",
        })
    }
}

impl fmt::Display for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for operation in ALL {
            match self.record(operation) {
                None => write!(f, "{operation}: no record")?,
                Some(record) => write!(f, "{operation}: {}", Told(record))?,
            }
            write!(f, ", done {}×. ", self.ledger.effects_of(operation))?;
        }
        Ok(())
    }
}

/// A record, in a few words.
struct Told<'a>(&'a Record);

impl fmt::Display for Told<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let forgotten = if self.0.is_forgotten(NOW) { " (forgotten)" } else { "" };
        match &self.0.state {
            State::Claimed { until, tentative } => {
                let tentative = if *tentative { "tentatively " } else { "" };
                write!(f, "{tentative}claimed{}", Left(*until))
            }
            State::Recorded { acted: true, .. } => f.write_str("recorded as done"),
            State::Recorded { .. } => f.write_str("recorded as refused"),
            State::Released { .. } => f.write_str("released"),
            State::Unknown { .. } => f.write_str("unknown"),
        }?;
        write!(f, " #{}{forgotten}", self.0.epoch)
    }
}

/// How long a lease lasts.
struct Left(Timestamp);

impl fmt::Display for Left {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Timestamp::MAX => f.write_str(" for ever"),
            until if until <= NOW => f.write_str(" (lease over)"),
            until => write!(f, " for {}", until.since(NOW).as_millis()),
        }
    }
}
