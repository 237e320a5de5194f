//! What an issuer said of tokens a moment ago, by their SHA-256: no token is kept. Every part of it
//! is bounded, whatever is sent.

use std::{collections::HashMap, sync::Arc, time::Duration};

use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};
use tokio::time::Instant;

use super::{Answered, Flight};

/// How long a token stays valid that its issuer has taken back. Its expiry is looked at every time.
const ACTIVE_FOR: Duration = Duration::from_secs(30);

/// How long a token that is not valid is not asked about again.
const INACTIVE_FOR: Duration = Duration::from_secs(10);

/// The most tokens of each standing that are remembered.
const MAX_TOKENS: usize = 4096;

/// The most questions that are under way at once.
const MAX_FLIGHTS: usize = 256;

/// The longest answer that is taken, in bytes.
pub(super) const MAX_CLAIMS: usize = 16 * 1024;

pub(super) type Digest = [u8; 32];

pub(super) fn digest(token: &str) -> Digest {
    Sha256::digest(token.as_bytes()).into()
}

/// What an issuer says of a token.
#[derive(Clone)]
pub(super) enum Standing {
    Active(Arc<Map<String, Value>>),
    Inactive,
}

#[derive(Default)]
pub(super) struct Cache {
    active: HashMap<Digest, (Arc<Map<String, Value>>, Instant)>,
    inactive: HashMap<Digest, Instant>,
    flights: HashMap<Digest, Flight<Answered>>,
}

impl Cache {
    pub(super) fn standing(&self, token: &Digest) -> Option<Standing> {
        let now = Instant::now();
        let active = self.active.get(token).filter(|(_, until)| now < *until);
        if let Some((claims, _)) = active {
            return Some(Standing::Active(Arc::clone(claims)));
        }
        let inactive = self.inactive.get(token).filter(|until| now < **until);
        inactive.map(|_| Standing::Inactive)
    }

    pub(super) fn flight(&self, token: &Digest) -> Option<Flight<Answered>> {
        self.flights.get(token).filter(|flight| flight.peek().is_none()).cloned()
    }

    /// Starts a question, unless too many are under way.
    pub(super) fn start(
        &mut self,
        token: Digest,
        question: impl FnOnce() -> Flight<Answered>,
    ) -> Option<Flight<Answered>> {
        if self.flights.len() >= MAX_FLIGHTS {
            self.flights.retain(|_, flight| flight.peek().is_none());
        }
        if self.flights.len() >= MAX_FLIGHTS {
            return None;
        }
        let flight = question();
        self.flights.insert(token, flight.clone());
        Some(flight)
    }

    /// Keeps an answer, if there is one.
    pub(super) fn land(&mut self, token: Digest, answered: Answered) {
        self.flights.remove(&token);
        let now = Instant::now();
        match answered {
            Some(Standing::Active(claims))
                if has_room(&mut self.active, |(_, until)| now < *until) =>
            {
                self.active.insert(token, (claims, now + ACTIVE_FOR));
            }
            Some(Standing::Inactive) if has_room(&mut self.inactive, |until| now < *until) => {
                self.active.remove(&token);
                self.inactive.insert(token, now + INACTIVE_FOR);
            }
            _ => {}
        }
    }
}

/// Whether one more can be remembered, perhaps after forgetting what is past.
fn has_room<V>(kept: &mut HashMap<Digest, V>, is_current: impl Fn(&V) -> bool) -> bool {
    if kept.len() >= MAX_TOKENS {
        kept.retain(|_, value| is_current(value));
    }
    kept.len() < MAX_TOKENS
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::resource_server::flight::take_off;

    #[tokio::test(start_paused = true)]
    async fn however_many_tokens_come_few_are_remembered_and_room_is_made() {
        let mut cache = Cache::default();
        for number in 0..20_000 {
            cache.land(digest(&number.to_string()), Some(Standing::Inactive));
            cache.land(digest(&format!("a{number}")), Some(Standing::Active(Arc::default())));
        }
        assert_eq!((cache.inactive.len(), cache.active.len()), (MAX_TOKENS, MAX_TOKENS));
        tokio::time::advance(ACTIVE_FOR).await;
        cache.land(digest("late"), Some(Standing::Inactive));
        cache.land(digest("late too"), Some(Standing::Active(Arc::default())));
        assert_eq!((cache.inactive.len(), cache.active.len()), (1, 1));
    }

    #[tokio::test]
    async fn however_many_questions_are_asked_few_are_under_way() {
        let mut cache = Cache::default();
        let started = (0..1000).filter(|number: &i32| {
            let question = || take_off(std::future::pending());
            cache.start(digest(&number.to_string()), question).is_some()
        });
        assert_eq!(started.count(), MAX_FLIGHTS);
    }
}
