//! What is wrong with how an issuer is set up.

use std::time::Duration;

use super::{Issuer, Means};
use crate::fetch::Fetch;

/// The largest leeway: more would bring expired tokens back to life.
const MAX_LEEWAY: Duration = Duration::from_secs(60);

/// The limits of `max_stale`: keys are fresh for as long as the first.
const STALE_RANGE: std::ops::RangeInclusive<Duration> =
    Duration::from_secs(15 * 60)..=Duration::from_secs(24 * 60 * 60);

impl Issuer {
    /// Each mistake, saying what to write.
    pub(in crate::auth::resource_server) fn mistakes(&self, fetch: &Fetch) -> Vec<String> {
        let mut wrong = Vec::new();
        if let Some(mistake) = fetch.mistake(&self.name) {
            wrong.push(format!("its URL {mistake}"));
        } else if self.name.contains('?') {
            wrong.push("its URL must not have a query (RFC 8414 §2)".into());
        }
        self.check_means(fetch, &mut wrong);
        self.check_rules(&mut wrong);
        wrong
            .into_iter()
            .map(|wrong| format!("the issuer `{}`: {wrong}", shown(&self.name)))
            .collect()
    }

    fn check_means(&self, fetch: &Fetch, wrong: &mut Vec<String>) {
        let (what, url) = match &self.means {
            Means::Discover => return,
            Means::Jwks(url) => ("the URL of its keys", url),
            Means::Introspect { endpoint, .. } => ("its introspection endpoint", endpoint),
        };
        wrong.extend(fetch.mistake(url).map(|mistake| format!("{what} {mistake}")));
        if matches!(&self.means, Means::Introspect { secret, .. } if !secret.is_complete()) {
            wrong.push("introspection needs a client's identifier and its secret".into());
        }
    }

    fn check_rules(&self, wrong: &mut Vec<String>) {
        let rules = &self.rules;
        if rules.algorithms.is_empty() {
            wrong.push("`.algorithms([…])` has none: name one, or leave it out".into());
        }
        if rules.leeway > MAX_LEEWAY {
            wrong.push("`.leeway(…)` is longer than 60 s: set the clocks instead".into());
        }
        if !STALE_RANGE.contains(&self.max_stale) {
            wrong.push("`.max_stale(…)` must be 15 min to 24 h".into());
        }
        if rules.audience.as_deref() == Some("") {
            wrong.push("`.audience(…)` is empty".into());
        }
        let claims = rules.tenant_claim.iter().chain(&rules.kept);
        if claims.into_iter().any(String::is_empty) {
            wrong.push("`.tenant_claim(…)` or `.keep_claims([…])` has an empty name".into());
        }
    }
}

/// An issuer's name without what could be a password in it.
pub(in crate::auth::resource_server) fn shown(name: &str) -> &str {
    name.rsplit_once('@').map_or(name, |(_, host)| host)
}
