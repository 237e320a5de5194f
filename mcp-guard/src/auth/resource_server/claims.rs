//! What the claims of a token must say, and the caller that they make (RFC 7519 §4.1, RFC 9068 §2.2,
//! RFC 7662 §2.2). The issuer vouches for them already.

mod scopes;

use serde_json::{Map, Value};

use super::{issuer::Rules, jwt::Vouched, refused::Refused};
use crate::{caller::Caller, clock::Timestamp};

/// What the claims are held to.
pub(super) struct Expected<'a> {
    pub(super) issuer: &'a str,
    pub(super) audience: &'a str,
    pub(super) rules: &'a Rules,
    pub(super) now: Timestamp,
    pub(super) form: Form,
}

/// Where the claims come from, and so which of them must be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// A JWT of the profile of RFC 9068, which has them all.
    AccessToken,
    /// A JWT of an issuer that does not follow it: the client may be missing, or be `azp`.
    PlainJwt,
    /// An answer to introspection, where the issuer is the one that was asked.
    Introspection,
}

/// The longest name of a subject, client or tenant, in bytes.
const MAX_NAME: usize = 255;

/// The last second that a time may name: the end of the year 9999.
const LAST_SECOND: i64 = 253_402_300_799;

/// Claims that only other kinds of JWT have: ID tokens, and security events such as logouts. Where
/// `typ` does not tell them apart, these do (RFC 8725 §3.12).
const OF_OTHER_KINDS: [&str; 3] = ["at_hash", "c_hash", "events"];

/// The caller whose token it is.
pub(super) fn caller(vouched: &Vouched, expected: &Expected<'_>) -> Result<Caller, Refused> {
    let claims = Claims(vouched.claims());
    claims.check_kind(expected.form)?;
    claims.check_issuer(expected)?;
    claims.check_audience(expected.audience)?;
    claims.check_times(expected)?;
    let subject = claims.name("sub")?.ok_or(Refused("it has no subject"))?;
    let mut caller = Caller::new(expected.issuer, subject)
        .with_scopes(scopes::read(claims.0, expected.rules.scp)?);
    if let Some(client) = claims.client(expected.form)? {
        caller = caller.with_client(client);
    }
    if let Some(claim) = &expected.rules.tenant_claim {
        let tenant = claims.name(claim)?.ok_or(Refused("it has no tenant"))?;
        caller = caller.with_tenant(tenant);
    }
    let kept = expected.rules.kept.iter().filter_map(|name| Some((name, claims.0.get(name)?)));
    Ok(kept.fold(caller, |caller, (name, value)| caller.with_claim(name, value.clone())))
}

struct Claims<'a>(&'a Map<String, Value>);

impl<'a> Claims<'a> {
    fn check_kind(&self, form: Form) -> Result<(), Refused> {
        // Its bearer would have to prove that they hold a key (RFC 7800 §3.1), and here nobody asks.
        if self.0.contains_key("cnf") {
            return Err(Refused("it is bound to a key, and came as a plain bearer token"));
        }
        if form == Form::PlainJwt && OF_OTHER_KINDS.iter().any(|name| self.0.contains_key(*name)) {
            return Err(Refused("it is another kind of token"));
        }
        match (form, self.0.get("token_type")) {
            (Form::Introspection, Some(Value::String(name)))
                if !name.eq_ignore_ascii_case("Bearer") =>
            {
                Err(Refused("it is not a bearer token"))
            }
            (Form::Introspection, Some(other)) if !other.is_string() => {
                Err(Refused("its type is not text"))
            }
            _ => Ok(()),
        }
    }

    fn check_issuer(&self, expected: &Expected<'_>) -> Result<(), Refused> {
        match self.0.get("iss") {
            Some(issuer) if issuer == expected.issuer => Ok(()),
            None if expected.form == Form::Introspection => Ok(()),
            _ => Err(Refused("its issuer is not the one whose keys were used")),
        }
    }

    /// One audience, or a list that has it (RFC 7519 §4.1.3).
    fn check_audience(&self, audience: &str) -> Result<(), Refused> {
        let is_for_us = match self.0.get("aud") {
            Some(Value::String(only)) => only == audience,
            Some(Value::Array(all)) if all.iter().all(Value::is_string) => {
                all.iter().any(|one| one == audience)
            }
            _ => return Err(Refused("its audience is missing or malformed")),
        };
        if is_for_us { Ok(()) } else { Err(Refused("it is for another audience")) }
    }

    fn check_times(&self, expected: &Expected<'_>) -> Result<(), Refused> {
        let leeway = expected.rules.leeway;
        let (now, later) = (expected.now, expected.now.after(leeway));
        let expires = self.time("exp")?.ok_or(Refused("it has no expiry"))?;
        // On or after: RFC 7519 §4.1.4.
        if expires.after(leeway) <= now {
            return Err(Refused("it has expired"));
        }
        let issued = self.time("iat")?;
        if issued.is_none() && expected.form != Form::Introspection {
            return Err(Refused("it does not say when it was issued"));
        }
        if issued.is_some_and(|issued| issued > later) {
            return Err(Refused("it was issued in the future"));
        }
        if self.time("nbf")?.is_some_and(|begins| begins > later) {
            return Err(Refused("it is not valid yet"));
        }
        Ok(())
    }

    /// The client that the token was issued to. `azp` is what issuers call it that do not follow RFC
    /// 9068.
    fn client(&self, form: Form) -> Result<Option<&'a str>, Refused> {
        match (self.name("client_id")?, form) {
            (Some(client), _) => Ok(Some(client)),
            (None, Form::AccessToken) => Err(Refused("it has no client")),
            (None, Form::PlainJwt) => self.name("azp"),
            (None, Form::Introspection) => Ok(None),
        }
    }

    /// A claim that names somebody, if it is there: text of a length that can be kept, and that
    /// cannot break out of a log.
    fn name(&self, claim: &str) -> Result<Option<&'a str>, Refused> {
        match self.0.get(claim) {
            None => Ok(None),
            Some(Value::String(name))
                if (1..=MAX_NAME).contains(&name.len()) && !name.chars().any(char::is_control) =>
            {
                Ok(Some(name))
            }
            Some(_) => Err(Refused("a name in it is not a short text")),
        }
    }

    /// A `NumericDate` (RFC 7519 §2), if it is there: seconds since the epoch, perhaps with a fraction.
    fn time(&self, claim: &str) -> Result<Option<Timestamp>, Refused> {
        match self.0.get(claim) {
            None => Ok(None),
            Some(value) => match millis(value) {
                Some(millis) => Ok(Some(Timestamp::from_millis(millis))),
                None => Err(Refused("a time in it is not a number of seconds")),
            },
        }
    }
}

fn millis(value: &Value) -> Option<i64> {
    if let Some(seconds) = value.as_i64() {
        return (0..=LAST_SECOND).contains(&seconds).then(|| seconds * 1000);
    }
    // Beyond the range of the integers it is far beyond the years, too.
    let seconds = value.as_f64().filter(|seconds| (0.0..253_402_300_800.0).contains(seconds))?;
    let whole = std::time::Duration::try_from_secs_f64(seconds).ok()?;
    i64::try_from(whole.as_millis()).ok()
}
