//! The clients that have registered.

use std::collections::VecDeque;

use crate::bearer::TokenHash;

/// How many are known. One more, and the oldest has to register again.
const MOST: usize = 256;

/// A client, and what it has registered for.
#[derive(Clone)]
pub(super) struct Client {
    pub(super) id: String,
    /// `None`: a public client, which has nothing to show.
    pub(super) secret: Option<TokenHash>,
    /// Where codes may be sent, compared as text.
    pub(super) redirect_uris: Vec<String>,
    pub(super) grant_types: Vec<String>,
}

impl Client {
    /// Whether it has registered for this grant.
    pub(super) fn may(&self, grant_type: &str) -> bool {
        self.grant_types.iter().any(|registered| registered == grant_type)
    }

    /// Whether this is its secret, or it has none and none came.
    pub(super) fn is_shown_by(&self, secret: Option<&str>) -> bool {
        secret.map(TokenHash::of) == self.secret
    }
}

/// All of them.
#[derive(Default)]
pub(super) struct Clients(VecDeque<Client>);

impl Clients {
    pub(super) fn add(&mut self, client: Client) {
        self.0.truncate(MOST - 1);
        self.0.push_front(client);
    }

    pub(super) fn find(&self, id: &str) -> Option<Client> {
        self.0.iter().find(|client| client.id == id).cloned()
    }
}
