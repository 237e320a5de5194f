//! A token is taken only if one of the issuer's keys has signed it, and it says what it must. That is judged
//! by another reading of the same bytes, and by the signatures' own library.

mod issuer;
mod judge;

use std::{cell::RefCell, sync::Arc};

use mcp_guard::{
    Authenticate as _, AuthenticateError, Caller, Issuer, ManualClock, ResourceServer, Timestamp,
};
use tokio::runtime::Runtime;

use self::issuer::{Keys, jwks_server};

const ISSUER: &str = "https://auth.example.com";
const RESOURCE: &str = "https://payments.example.com/mcp";
const NOW: i64 = 1_700_000_000;

/// A letter that says how, then a header and, behind a line's end, claims. `=`: the text is the token.
///
/// # Panics
/// When a token is taken that must not be.
pub fn token(data: &[u8]) {
    thread_local! {
        static DOOR: RefCell<Door> = RefCell::new(Door::open());
    }
    let Some((how, rest)) = data.split_first() else { return };
    let Ok(text) = str::from_utf8(rest) else { return };
    DOOR.with_borrow(|door| {
        let token = if *how == b'=' { text.to_owned() } else { door.keys.make(*how, text) };
        door.present(&token);
    });
}

/// The subject, and an issuer that it trusts.
struct Door {
    runtime: Runtime,
    server: ResourceServer,
    keys: Keys,
}

impl Door {
    fn open() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let keys = Keys::new();
        let trusted = Issuer::jwks(ISSUER, jwks_server(&keys.set())).allow_http_on_loopback();
        let clock = ManualClock::new(Timestamp::from_millis(NOW * 1000));
        let server = ResourceServer::new(RESOURCE).issuer(trusted).clock(Arc::new(clock));
        let door = Self { runtime: runtime.expect("a runtime"), server, keys };
        for (how, alg) in [(b'e', "EdDSA"), (b'p', "ES256")] {
            let honest = door.keys.make(how, &judge::honest(alg));
            assert!(door.present(&honest).is_some(), "an honest token is taken");
        }
        door
    }

    /// The caller whose token it is, if it is taken.
    fn present(&self, token: &str) -> Option<Caller> {
        let caller = match self.runtime.block_on(self.server.authenticate(token)) {
            Ok(caller) => caller,
            Err(AuthenticateError::InvalidToken) => return None,
            Err(unavailable) => panic!("the keys are there: {unavailable:?}"),
        };
        if let Err(wrong) = judge::judge(token, &caller, &self.keys) {
            panic!("taken, although {wrong}: {token}");
        }
        Some(caller)
    }
}
