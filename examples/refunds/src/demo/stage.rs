//! The processes and files that the agent plays against.

use std::{env, ffi::OsString, fs, fs::File, net::SocketAddr, path::PathBuf, process::Stdio};

use serde_json::Value;
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
};

use super::Result;
use crate::{
    issuer::Control,
    payments::{Admin, Ledger, Refund, Totals},
    settings,
};

/// Who the operator says is calling.
pub(super) struct Identity {
    pub(super) subject: &'static str,
    pub(super) scopes: &'static str,
}

/// An agent of the support desk: reads orders and makes refunds.
pub(super) const SUPPORT: Identity =
    Identity { subject: "support-agent", scopes: "orders refunds" };
/// Another one, who works at night.
pub(super) const NIGHT: Identity = Identity { subject: "night-agent", scopes: "orders refunds" };
/// One that may only read.
pub(super) const TRAINEE: Identity = Identity { subject: "trainee", scopes: "orders" };

/// Nobody whom the operator names: others say who is calling.
const NOBODY: Identity = Identity { subject: "", scopes: "" };

/// An authorization server in a process of its own.
pub(super) struct IssuerProcess {
    pub(super) control: Control,
    pub(super) url: String,
    _process: Child,
}

/// A payments service in a process of its own, and what MCP servers need to reach it. Everything is
/// gone when it is dropped.
pub(super) struct Stage {
    /// Tells the payments service to misbehave.
    pub(super) admin: Admin,
    payments: Child,
    address: SocketAddr,
    account_token: String,
    admin_token: String,
    /// The ledger's own file: the truth, whatever the processes say.
    ledger: Ledger,
    /// Where the MCP servers keep their records.
    store: OsString,
    /// Keeps this play's keys apart from those of others in the same store.
    tenant: String,
    folder: TempDir,
}

impl Stage {
    /// Starts the payments service, with a fresh ledger, and a fresh store unless one is named.
    pub(super) async fn set(store: Option<OsString>) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("refunds-demo-").tempdir()?;
        let (account_token, admin_token) = (settings::new_token()?, settings::new_token()?);
        let command = payments_command(&folder, &account_token, &admin_token, "127.0.0.1:0")?;
        let (payments, url) = announced(command, "payments").await?;
        let address = url.strip_prefix("http://").unwrap_or(&url).parse()?;
        Ok(Self {
            admin: Admin::new(&url, &admin_token)?,
            ledger: Ledger::open(&folder.path().join("payments.db"))?,
            store: store.unwrap_or_else(|| folder.path().join("refunds.db").into()),
            tenant: settings::new_token()?,
            payments,
            address,
            account_token,
            admin_token,
            folder,
        })
    }

    /// Kills the payments service, as `kill -9` does.
    pub(super) async fn kill_payments(&mut self) -> Result<()> {
        Ok(self.payments.kill().await?)
    }

    /// Starts it again, where it was.
    pub(super) async fn restart_payments(&mut self) -> Result<()> {
        let listen = self.address.to_string();
        let command =
            payments_command(&self.folder, &self.account_token, &self.admin_token, &listen)?;
        (self.payments, _) = announced(command, "payments").await?;
        Ok(())
    }

    /// An MCP server for `who`, ready to be started. All of them share one store.
    pub(super) fn server(&self, who: &Identity) -> Result<Command> {
        let mut command = ourselves(&self.folder, "server")?;
        command
            .env("MCP_GUARD_SUBJECT", who.subject)
            .env("MCP_GUARD_SCOPES", who.scopes)
            .env("MCP_GUARD_TENANT", &self.tenant)
            .env("REFUNDS_STORE", &self.store)
            .env("REFUNDS_PAYMENTS_URL", format!("http://{}", self.address))
            .env("REFUNDS_PAYMENTS_TOKEN", &self.account_token);
        Ok(command)
    }

    /// What `refunds operations` prints, for a person who looks after the servers.
    pub(super) async fn operations(&self, arguments: &[&str]) -> Result<Value> {
        let mut command = ourselves(&self.folder, "operations")?;
        command.arg("operations").args(arguments).arg("--json").env("REFUNDS_STORE", &self.store);
        let output = command.output().await?;
        if !output.status.success() {
            return Err(format!("`refunds operations {arguments:?}`: {}", output.status).into());
        }
        Ok(serde_json::from_slice(&output.stdout)?)
    }

    /// Starts an MCP server over HTTP. Gives its process and its address.
    pub(super) async fn http_server(&self, who: &Identity, token: &str) -> Result<(Child, String)> {
        let mut command = self.server(who)?;
        command.args(["http", "--listen", "127.0.0.1:0"]).env("REFUNDS_HTTP_TOKEN", token);
        announced(command, "server").await
    }

    /// Starts an authorization server for `who`.
    pub(super) async fn issuer(&self, who: &Identity) -> Result<IssuerProcess> {
        let admin = settings::new_token()?;
        let mut command = ourselves(&self.folder, "issuer")?;
        command
            .args(["issuer", "--listen", "127.0.0.1:0"])
            .env("REFUNDS_ISSUER_ADMIN_TOKEN", &admin)
            .env("MCP_GUARD_SUBJECT", who.subject)
            .env("MCP_GUARD_SCOPES", who.scopes)
            .env("MCP_GUARD_TENANT", &self.tenant);
        let (process, url) = announced(command, "issuer").await?;
        Ok(IssuerProcess { control: Control::new(&url, &admin)?, url, _process: process })
    }

    /// Starts an MCP server over HTTP that takes the tokens of this issuer. Gives its process and its
    /// address.
    pub(super) async fn issued_server(&self, issuer: &str) -> Result<(Child, String)> {
        let mut command = self.server(&NOBODY)?;
        command
            .args(["http", "--listen", "127.0.0.1:0", "--issuer", issuer])
            .env("REFUNDS_TENANT_CLAIM", "org");
        announced(command, "server").await
    }

    /// Where MCP servers log.
    pub(super) fn server_log(&self) -> Result<File> {
        open_log(&self.folder, "server")
    }

    /// What the ledger holds now.
    pub(super) fn totals(&self) -> Result<Totals> {
        Ok(self.ledger.totals()?)
    }

    /// What was paid under a key, as a person finds it at the payments service.
    pub(super) fn paid_under(&self, key: &str) -> Result<Option<Refund>> {
        Ok(self.ledger.find(key)?)
    }

    /// What the processes logged, for when the play breaks off.
    pub(super) fn logs(&self) -> String {
        ["payments", "issuer", "server", "operations"]
            .map(|name| fs::read_to_string(log_path(&self.folder, name)).unwrap_or_default())
            .concat()
    }
}

fn payments_command(
    folder: &TempDir,
    account_token: &str,
    admin_token: &str,
    listen: &str,
) -> Result<Command> {
    let mut command = ourselves(folder, "payments")?;
    command
        .args(["payments", "--listen", listen, "--db"])
        .arg(folder.path().join("payments.db"))
        .env("REFUNDS_PAYMENTS_TOKEN", account_token)
        .env("REFUNDS_PAYMENTS_ADMIN_TOKEN", admin_token);
    Ok(command)
}

/// This program again, in a process that knows only what it is given here.
fn ourselves(folder: &TempDir, log: &str) -> Result<Command> {
    let mut command = Command::new(env::current_exe()?);
    for (name, _) in env::vars_os() {
        let ours = name.to_string_lossy();
        if ours.starts_with("REFUNDS_") || ours.starts_with("MCP_GUARD_") || ours == "RUST_LOG" {
            command.env_remove(&name);
        }
    }
    let log = open_log(folder, log)?;
    command.kill_on_drop(true).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log);
    Ok(command)
}

fn open_log(folder: &TempDir, name: &str) -> Result<File> {
    Ok(File::options().create(true).append(true).open(log_path(folder, name))?)
}

fn log_path(folder: &TempDir, name: &str) -> PathBuf {
    folder.path().join(name).with_extension("log")
}

/// Starts a process that says its address in its first line, once it can be reached.
async fn announced(mut command: Command, name: &str) -> Result<(Child, String)> {
    let mut child = command.spawn()?;
    let stdout = child.stdout.take().ok_or("a process without an output")?;
    match BufReader::new(stdout).lines().next_line().await? {
        Some(address) => Ok((child, address)),
        None => Err(format!("the {name} process did not start").into()),
    }
}
