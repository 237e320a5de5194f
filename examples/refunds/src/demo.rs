//! An agent that tries everything, against real processes, with the ledger read after each try.

mod agent;
mod board;
mod expect;
mod raw;
mod script;
mod sign_in;
mod stage;
mod told;

use std::{error::Error, ffi::OsString, process::ExitCode};

use board::Board;
use stage::Stage;

type Result<T, E = Box<dyn Error>> = std::result::Result<T, E>;

/// Plays the whole script, in this store or in one of its own, and says whether every answer and the ledger are what they must be.
///
/// # Errors
/// When the processes cannot be started or reached.
pub(crate) async fn run(store: Option<OsString>) -> Result<ExitCode> {
    tokio::select! {
        verdict = play(store) => verdict,
        // Dropping the play ends its processes and removes its folder.
        asked = asked_to_stop() => {
            asked?;
            Err("interrupted".into())
        }
    }
}

async fn asked_to_stop() -> std::io::Result<()> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut terminate = signal(SignalKind::terminate())?;
        tokio::select! {
            interrupted = tokio::signal::ctrl_c() => interrupted,
            _ = terminate.recv() => Ok(()),
        }
    }
    #[cfg(not(unix))]
    tokio::signal::ctrl_c().await
}

async fn play(store: Option<OsString>) -> Result<ExitCode> {
    let mut stage = Stage::set(store).await?;
    let mut board = Board::new();
    if let Err(error) = script::play(&mut stage, &mut board).await {
        eprintln!("\n{}", stage.logs());
        return Err(error);
    }
    Ok(if board.verdict() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
