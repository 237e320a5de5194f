//! What a server must be like to keep claims, and what it cannot promise.

use std::{collections::HashMap, str::FromStr};

use redis::{ErrorKind, RedisResult, aio::MultiplexedConnection};

use crate::store::StoreError;

/// What a server says of itself. What it does not say is `None`.
#[derive(Debug, Clone, Default)]
pub(super) struct Facts {
    role: Option<String>,
    eviction: Option<String>,
    append_only: Option<bool>,
    sync: Option<String>,
    /// Whether it stops to sync while it rewrites its file.
    sync_pauses: Option<bool>,
    replicas: u32,
}

impl Facts {
    /// Asks the server. Where it does not permit that, it has said nothing.
    pub(super) async fn ask(connection: &mut MultiplexedConnection) -> RedisResult<Self> {
        let info: Option<String> = permitted(redis::cmd("INFO").query_async(connection).await)?;
        let info = parse_info(info.as_deref().unwrap_or_default());
        let said = |name: &str| info.get(name).map(|value| (*value).to_owned());
        let eviction = setting(connection, "maxmemory-policy").await?;
        let append_only = setting(connection, "appendonly").await?;
        Ok(Self {
            role: said("role"),
            eviction: eviction.or_else(|| said("maxmemory_policy")),
            append_only: append_only
                .map(|value| value == "yes")
                .or_else(|| said("aof_enabled").map(|value| value == "1")),
            sync: setting(connection, "appendfsync").await?,
            sync_pauses: setting(connection, "no-appendfsync-on-rewrite")
                .await?
                .map(|value| value == "yes"),
            replicas: said("connected_slaves").and_then(|n| u32::from_str(&n).ok()).unwrap_or(0),
        })
    }

    /// What the server cannot promise.
    ///
    /// # Errors
    /// When it would lose claims while all is well.
    pub(super) fn judge(&self, require_durable: bool) -> Result<Vec<String>, StoreError> {
        if self.role.as_deref().is_some_and(|role| role != "master") {
            return Err(unusable("the Redis server is a replica; give the URL of its primary"));
        }
        if let Some(policy) = self.eviction.as_deref().filter(|policy| *policy != "noeviction") {
            return Err(unusable(&format!(
                "Redis has `maxmemory-policy {policy}` and would evict claims when its memory is \
                 full; set `maxmemory-policy noeviction`"
            )));
        }
        let forgetful = self.after_a_crash();
        if require_durable && !forgetful.is_empty() {
            return Err(unusable(&forgetful.join("; ")));
        }
        let mut doubts = forgetful;
        if self.eviction.is_none() {
            doubts.push(unchecked("maxmemory-policy", "noeviction"));
        }
        if self.replicas > 0 {
            doubts.push(
                "Redis copies to its replicas after it has answered: a failover may forget claims, \
                 and what they protect may be done twice"
                    .to_owned(),
            );
        }
        Ok(doubts)
    }

    /// Why a crash of the server may forget what it has acknowledged.
    fn after_a_crash(&self) -> Vec<String> {
        let mut why = Vec::new();
        match self.append_only {
            Some(true) => {}
            Some(false) => why.push(forgets("appendonly no", "appendonly yes")),
            None => why.push(unchecked("appendonly", "yes")),
        }
        match self.sync.as_deref() {
            Some("always") => {}
            Some(other) => {
                why.push(forgets(&format!("appendfsync {other}"), "appendfsync always"));
            }
            None => why.push(unchecked("appendfsync", "always")),
        }
        if self.sync_pauses == Some(true) {
            why.push(forgets("no-appendfsync-on-rewrite yes", "no-appendfsync-on-rewrite no"));
        }
        why
    }
}

fn forgets(found: &str, wanted: &str) -> String {
    format!(
        "Redis has `{found}`: a crash of the server may forget claims, and what they protect may \
         be done twice; set `{wanted}`"
    )
}

fn unchecked(name: &str, wanted: &str) -> String {
    format!("Redis does not say what `{name}` is: see to it that it is `{wanted}`")
}

fn unusable(why: &str) -> StoreError {
    StoreError::Unusable(why.to_owned())
}

async fn setting(
    connection: &mut MultiplexedConnection,
    name: &str,
) -> RedisResult<Option<String>> {
    let asked = redis::cmd("CONFIG").arg("GET").arg(name).query_async(connection).await;
    let found: Option<HashMap<String, String>> = permitted(asked)?;
    Ok(found.and_then(|mut found| found.remove(name)))
}

/// Managed servers forbid, rename or remove these commands. A connection's failure is another matter.
fn permitted<T>(asked: RedisResult<T>) -> RedisResult<Option<T>> {
    match asked {
        Ok(found) => Ok(Some(found)),
        Err(error) if matches!(error.kind(), ErrorKind::Server(_) | ErrorKind::Extension) => {
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

fn parse_info(text: &str) -> HashMap<&str, &str> {
    text.lines().filter_map(|line| line.trim_end().split_once(':')).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn safe() -> Facts {
        Facts {
            role: Some("master".into()),
            eviction: Some("noeviction".into()),
            append_only: Some(true),
            sync: Some("always".into()),
            sync_pauses: Some(false),
            replicas: 0,
        }
    }

    #[test]
    fn a_durable_server_leaves_no_doubt() {
        assert_eq!(safe().judge(true), Ok(Vec::new()));
    }

    #[test]
    fn what_loses_claims_while_all_is_well_is_refused() {
        let evicting = Facts { eviction: Some("allkeys-lru".into()), ..safe() };
        let replica = Facts { role: Some("slave".into()), ..safe() };
        for (facts, word) in [(evicting, "noeviction"), (replica, "primary")] {
            let Err(StoreError::Unusable(why)) = facts.judge(false) else {
                panic!("taken: {facts:?}");
            };
            assert!(why.contains(word), "{why}");
        }
    }

    #[test]
    fn what_loses_claims_in_a_crash_is_said_or_refused() {
        let forgetful = [
            (Facts { append_only: Some(false), ..safe() }, "`appendonly yes`"),
            (Facts { append_only: None, ..safe() }, "`appendonly`"),
            (Facts { sync: Some("everysec".into()), ..safe() }, "`appendfsync always`"),
            (Facts { sync: None, ..safe() }, "`appendfsync`"),
            (Facts { sync_pauses: Some(true), ..safe() }, "`no-appendfsync-on-rewrite no`"),
        ];
        for (facts, word) in forgetful {
            let doubts = facts.judge(false).expect("taken");
            assert!(doubts.len() == 1 && doubts[0].contains(word), "{doubts:?}");
            assert_eq!(facts.judge(true), Err(StoreError::Unusable(doubts[0].clone())));
        }
    }

    #[test]
    fn a_failover_is_said() {
        let copied = Facts { replicas: 1, ..safe() };
        let doubts = copied.judge(true).expect("taken");
        assert!(doubts[0].contains("failover"), "{doubts:?}");
    }

    #[test]
    fn info_is_names_and_values() {
        let info = parse_info("# Replication\r\nrole:master\r\nconnected_slaves:2\r\n");
        assert_eq!((info["role"], info["connected_slaves"]), ("master", "2"));
    }
}
