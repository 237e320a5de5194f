//! What is logged while a test runs, on the test's own thread.

use std::{
    io,
    sync::{Arc, Mutex},
};

use tracing::subscriber::DefaultGuard;
use tracing_subscriber::fmt::MakeWriter;

/// Keeps what is logged on this thread, by the guard and by what it stands on, from `INFO` on. A test
/// that has one runs on one thread.
#[derive(Debug)]
pub struct Log {
    text: Text,
    _kept: DefaultGuard,
}

impl Log {
    /// Begins to keep it.
    #[must_use]
    pub fn keep() -> Self {
        let text = Text::default();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::INFO)
            .with_ansi(false)
            .with_writer(text.clone())
            .finish();
        Self { text, _kept: tracing::subscriber::set_default(subscriber) }
    }

    /// The lines of this level that say so.
    ///
    /// # Panics
    /// When a writer has panicked.
    #[must_use]
    pub fn lines(&self, level: &str, said: &str) -> Vec<String> {
        let text = self.text.0.lock().expect("a log");
        let text = String::from_utf8_lossy(&text);
        let lines = text.lines().filter(|line| line.contains(&format!(" {level} ")));
        lines.filter(|line| line.contains(said)).map(Into::into).collect()
    }
}

/// What was written.
#[derive(Debug, Clone, Default)]
struct Text(Arc<Mutex<Vec<u8>>>);

impl io::Write for Text {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("a log").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Text {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}
