//! Where to connect: what a URL says.

use std::{net::IpAddr, time::Duration};

use percent_encoding::percent_decode_str;
use tokio_postgres::{
    Config,
    config::{Host, SslMode, TargetSessionAttrs},
};

use super::tls::TlsWish;
use crate::store::StoreError;

/// Where to connect, and how safely.
#[derive(Debug)]
pub(super) struct Target {
    pub(super) config: Config,
    pub(super) tls: TlsWish,
}

impl Target {
    /// Reads a URL. `patience` bounds what the URL sets no time for.
    pub(super) fn parse(url: &str, patience: Duration) -> Result<Self, StoreError> {
        let (place, parameters) = url.split_once('?').unwrap_or((url, ""));
        if !["postgres://", "postgresql://"].iter().any(|scheme| place.starts_with(scheme)) {
            return Err(unusable("it does not begin with `postgres://`"));
        }
        let mut ours = Ours::default();
        let mut rest = Vec::new();
        for parameter in parameters.split('&').filter(|parameter| !parameter.is_empty()) {
            if !ours.take(parameter)? {
                rest.push(parameter);
            }
        }
        let mut config: Config = format!("{place}?{}", rest.join("&"))
            .parse()
            // What it says names parameters, not their values.
            .map_err(|error| unusable(&super::fault::describe(&error)))?;
        if config.get_hosts().is_empty() && config.get_hostaddrs().is_empty() {
            return Err(unusable("it names no host"));
        }
        bound(&mut config, patience);
        let mode = ours.mode.unwrap_or(default_mode(&config));
        if mode == SslMode::Prefer && !stays_here(&config) {
            tracing::warn!(
                "sslmode=prefer lets whoever is between this program and PostgreSQL turn TLS off: \
                 write sslmode=require"
            );
        }
        config.ssl_mode(mode);
        // A standby, or a server that lost its role, is refused; of several hosts, the primary is
        // taken.
        config.target_session_attrs(TargetSessionAttrs::ReadWrite);
        Ok(Self { config, tls: TlsWish { mode, roots: ours.roots } })
    }
}

/// The parameters that are not `tokio-postgres`'s.
#[derive(Default)]
struct Ours {
    mode: Option<SslMode>,
    roots: Option<String>,
}

impl Ours {
    fn take(&mut self, parameter: &str) -> Result<bool, StoreError> {
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        let value = percent_decode_str(value).decode_utf8_lossy();
        match name {
            "sslmode" => {
                self.mode = Some(match &*value {
                    "disable" => SslMode::Disable,
                    "prefer" => SslMode::Prefer,
                    // Each of them verifies as the last one does.
                    "require" | "verify-ca" | "verify-full" => SslMode::Require,
                    _ => {
                        return Err(unusable(
                            "its `sslmode` is none of `disable`, `prefer`, `require`, \
                             `verify-full`",
                        ));
                    }
                });
            }
            "sslrootcert" => self.roots = Some(value.into_owned()),
            "sslcert" | "sslkey" => {
                return Err(unusable("certificates of clients are not supported: use a password"));
            }
            "target_session_attrs" if value != "read-write" && value != "primary" => {
                return Err(unusable("the store writes: `target_session_attrs` is `read-write`"));
            }
            "target_session_attrs" => {}
            _ => return Ok(false),
        }
        Ok(true)
    }
}

/// Sets a bound on everything that the URL leaves unbounded.
fn bound(config: &mut Config, patience: Duration) {
    if config.get_connect_timeout().is_none() {
        config.connect_timeout(patience);
    }
    if config.get_tcp_user_timeout().is_none() {
        config.tcp_user_timeout(patience * 2);
    }
    // The default is two hours.
    config.keepalives_idle(config.get_keepalives_idle().min(Duration::from_secs(30)));
    if config.get_keepalives_interval().is_none() {
        config.keepalives_interval(Duration::from_secs(10));
    }
    if config.get_keepalives_retries().is_none() {
        config.keepalives_retries(3);
    }
    if config.get_application_name().is_none() {
        config.application_name("mcp-guard");
    }
}

/// Nobody listens on the way to a server on this machine. To any other, nothing but TLS will do.
fn default_mode(config: &Config) -> SslMode {
    if stays_here(config) { SslMode::Disable } else { SslMode::Require }
}

fn stays_here(config: &Config) -> bool {
    config.get_hosts().iter().all(is_local)
        && config.get_hostaddrs().iter().all(IpAddr::is_loopback)
}

fn is_local(host: &Host) -> bool {
    match host {
        Host::Tcp(name) => {
            name == "localhost" || name.parse().is_ok_and(|address: IpAddr| address.is_loopback())
        }
        #[cfg(unix)]
        Host::Unix(_) => true,
    }
}

fn unusable(why: &str) -> StoreError {
    StoreError::Unusable(format!(
        "the URL of PostgreSQL: {why}; write `postgres://USER:PASSWORD@HOST:PORT/DATABASE`"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(url: &str) -> Result<Target, StoreError> {
        Target::parse(url, Duration::from_secs(5))
    }

    fn mode(url: &str) -> SslMode {
        parse(url).expect("a target").tls.mode
    }

    #[test]
    fn only_this_machine_is_reached_without_tls_unless_the_url_says_so() {
        assert_eq!(mode("postgres://u:p@localhost/db"), SslMode::Disable);
        assert_eq!(mode("postgres://u:p@127.0.0.1:5433/db"), SslMode::Disable);
        assert_eq!(mode("postgres:///db?host=/run/postgresql"), SslMode::Disable);
        assert_eq!(mode("postgres://u:p@db.example/db"), SslMode::Require);
        assert_eq!(mode("postgres://u:p@localhost,db.example/db"), SslMode::Require);
        assert_eq!(mode("postgres://u:p@localhost/db?hostaddr=10.0.0.1"), SslMode::Require);
        assert_eq!(mode("postgres://u:p@db.example/db?sslmode=disable"), SslMode::Disable);
        assert_eq!(mode("postgres://u:p@db.example/db?sslmode=prefer"), SslMode::Prefer);
        assert_eq!(mode("postgres://u:p@localhost/db?sslmode=verify-full"), SslMode::Require);
    }

    #[test]
    fn parameters_of_libpq_and_of_tokio_postgres_stand_beside_each_other() {
        let url = "postgresql://u:p@h/db?connect_timeout=3&sslmode=verify-full\
                   &sslrootcert=%2Fetc%2Fca.pem&application_name=refunds";
        let target = parse(url).expect("a target");
        assert_eq!(target.tls.roots.as_deref(), Some("/etc/ca.pem"));
        assert_eq!(target.config.get_application_name(), Some("refunds"));
        assert_eq!(target.config.get_connect_timeout(), Some(&Duration::from_secs(3)));
        assert_eq!(target.config.get_password(), Some(&b"p"[..]));
    }

    #[test]
    fn a_bad_url_is_refused_and_its_password_is_not_repeated() {
        for url in [
            "mysql://u:hunter2@h/db",
            "postgres://u:hunter2@h/db?sslmode=allow",
            "postgres://u:hunter2@h/db?sslcert=c.pem",
            "postgres://u:hunter2@h/db?no_such=thing",
            "postgres://u:hunter2@h:port/db",
            "postgres://u:hunter2@h/db?target_session_attrs=any",
            "postgres:///db",
        ] {
            let Err(StoreError::Unusable(said)) = parse(url) else { panic!("{url} was taken") };
            assert!(!said.contains("hunter2"), "{said}");
        }
        let target = parse("postgres://u:hunter2@h/db").expect("a target");
        assert!(!format!("{target:?}").contains("hunter2"));
    }
}
