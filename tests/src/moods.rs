//! How a backend behaves, order by order. A test says so while servers run: by a file for each order.

use std::{
    fs, io,
    path::PathBuf,
    time::{Duration, Instant},
};

use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// A moment in a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Moment {
    /// Before it is known whether the caller may have it done.
    Asked,
    /// Before the body has said that it will act.
    Before,
    /// After that, and before it acts.
    Dispatched,
    /// After it has acted.
    Landed,
}

/// What goes on at such a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum How {
    /// It is refused for good.
    Refuse,
    /// Nothing was done, and it may work later.
    Busy,
    /// There is no answer.
    NoAnswer,
    /// There is a defect.
    Break,
    /// The body panics.
    Panic,
    /// The body never ends.
    Hang,
    /// The body waits until the mood is another.
    Hold,
}

/// What a look at an unknown outcome finds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Finding {
    /// What the ledger says.
    #[default]
    Truth,
    /// It cannot be told yet.
    StillUnknown,
    /// The look fails.
    Error,
    /// The look panics.
    Panic,
    /// The look never ends.
    Hang,
}

/// The moods of a backend. Where nothing is said, everything works.
#[derive(Debug, Clone)]
pub struct Moods {
    folder: PathBuf,
}

impl Moods {
    /// The moods that are kept in `folder`.
    #[must_use]
    pub fn at(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }

    /// Says what goes on at a moment of an order's bodies.
    ///
    /// # Panics
    /// When it cannot be written down.
    pub fn set(&self, order_id: &str, at: Moment, how: How) {
        self.write(order_id, "mood", &(at, how));
    }

    /// Lets an order work.
    ///
    /// # Panics
    /// When that cannot be written down.
    pub fn clear(&self, order_id: &str) {
        let cleared = fs::remove_file(self.path(order_id, "mood"));
        cleared.expect("an order with a mood");
        // Only of a body that was held.
        let _ = fs::remove_file(self.path(order_id, "held"));
    }

    /// Waits until a body of an order is held.
    ///
    /// # Panics
    /// When none is within ten seconds.
    pub async fn holds(&self, order_id: &str) {
        let patience = Instant::now() + Duration::from_secs(10);
        while !self.path(order_id, "held").exists() {
            assert!(Instant::now() < patience, "no body of {order_id} is held");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Says that a body is held.
    pub(crate) fn held(&self, order_id: &str) -> io::Result<()> {
        fs::write(self.path(order_id, "held"), [])
    }

    /// Says what a look at an order's unknown outcomes finds.
    ///
    /// # Panics
    /// When it cannot be written down.
    pub fn finds(&self, order_id: &str, finding: Finding) {
        self.write(order_id, "finding", &finding);
    }

    /// Says whose an order is; `None`: it does not exist.
    ///
    /// # Panics
    /// When it cannot be written down.
    pub fn belongs(&self, order_id: &str, owner: Option<&str>) {
        self.write(order_id, "owner", &owner);
    }

    /// Whose an order is.
    pub(crate) fn owner(&self, order_id: &str) -> io::Result<Option<String>> {
        Ok(self.read(order_id, "owner")?.flatten())
    }

    /// What goes on at this moment.
    pub(crate) fn how(&self, order_id: &str, at: Moment) -> io::Result<Option<How>> {
        let mood: Option<(Moment, How)> = self.read(order_id, "mood")?;
        Ok(mood.filter(|(moment, _)| *moment == at).map(|(_, how)| how))
    }

    /// What a look finds.
    pub(crate) fn finding(&self, order_id: &str) -> io::Result<Finding> {
        Ok(self.read(order_id, "finding")?.unwrap_or_default())
    }

    fn path(&self, order_id: &str, what: &str) -> PathBuf {
        self.folder.join(format!("{order_id}.{what}"))
    }

    /// All at once: a body may be reading it.
    fn write(&self, order_id: &str, what: &str, value: &impl Serialize) {
        let draft = self.path(order_id, &format!("{what}.draft"));
        let text = serde_json::to_vec(value).expect("JSON");
        let written = fs::write(&draft, text);
        written.and_then(|()| fs::rename(draft, self.path(order_id, what))).expect("a file");
    }

    fn read<T: DeserializeOwned>(&self, order_id: &str, what: &str) -> io::Result<Option<T>> {
        match fs::read(self.path(order_id, what)) {
            Ok(text) => Ok(Some(serde_json::from_slice(&text)?)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }
}
