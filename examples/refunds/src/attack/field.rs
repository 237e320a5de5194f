//! A payments service with play money, and the two servers in front of it.

use std::{env, error::Error, future::Future, net::Ipv4Addr, pin::Pin, sync::Arc, time::Duration};

use mcp_guard::{
    MemoryStore,
    adversary::{Adversary, Goal, LedgerEntry, Trouble},
    prelude::*,
};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::process::Command;

use crate::{
    payments::{Admin, Fault, Ledger, Mode, Payments, Service, Tokens},
    server, settings,
};

/// How many orders there are to attack, and again for calls with which nothing is wrong.
const ORDERS: u64 = 1 << 15;
/// What was paid for each, and left with it, in cents: so much that the service itself never refuses.
const PAID: u64 = 1_000_000_000_000;
/// From this number on, the adversary makes calls with which nothing is wrong.
const BENIGN: u64 = 1 << 50;

/// Everything is gone when it is dropped.
pub(super) struct Field {
    url: String,
    token: String,
    admin: Arc<Admin>,
    folder: TempDir,
}

impl Field {
    pub(super) async fn set() -> Result<Self, Box<dyn Error>> {
        let folder = tempfile::Builder::new().prefix("refunds-attack-").tempdir()?;
        let (token, admin_token) = (settings::new_token()?, settings::new_token()?);
        let ledger = Ledger::open(&folder.path().join("payments.db"))?;
        let orders: Vec<_> = (0..2 * ORDERS).map(name).collect();
        let orders: Vec<_> = orders.iter().map(|name| (name.as_str(), PAID)).collect();
        ledger.add_orders(&orders)?;
        ledger.add_deposits(&orders)?;
        let tokens = Tokens { account: token.clone(), admin: Some(admin_token.clone()) };
        let service = Service::open((Ipv4Addr::LOCALHOST, 0).into(), ledger, tokens).await?;
        let url = service.url();
        tokio::spawn(service.run());
        let admin = Arc::new(Admin::new(&url, &admin_token)?);
        Ok(Self { url, token, admin, folder })
    }

    /// The guarded tools, in this process, and without the rates that would only make it slow.
    pub(super) fn guarded(&self) -> Result<Adversary, Box<dyn Error>> {
        let payments = Payments::new(&self.url, &self.token, Payments::TIMEOUT)?;
        let guard = server::unrated(Guard::builder(), payments, Arc::new(MemoryStore::new()?))?;
        let support = Caller::local("support").with_scopes(["orders", "refunds"]);
        Ok(self.with_rules(Adversary::new(&guard.build()?).as_caller(support))?.named("guarded"))
    }

    /// The bare tools, in a process of their own.
    pub(super) fn bare(&self) -> Result<Adversary, Box<dyn Error>> {
        let log = std::fs::File::create(self.folder.path().join("bare.log"))?;
        let mut command = Command::new(env::current_exe()?);
        command
            .arg("bare")
            .env("REFUNDS_PAYMENTS_URL", &self.url)
            .env("REFUNDS_PAYMENTS_TOKEN", &self.token)
            .stderr(log);
        let bare = self.with_rules(Adversary::connect(command))?.named("bare");
        // It never answers when it has panicked.
        Ok(bare.patience(Duration::from_secs(1)))
    }

    /// What the attacker wants, and may get, of either server.
    fn with_rules(&self, adversary: Adversary) -> Result<Adversary, Box<dyn Error>> {
        let refunds = Goal::of("create_refund")
            .takes("amount_cents", 300_000)
            .at_most(50_000)
            .in_all(100_000);
        Ok(adversary
            .example("return_deposit", |n| json!({"order_id": order(n), "amount_cents": 300}))
            .example("create_refund", refund)
            .example("refund_delivery", |n| json!({"order_id": order(n)}))
            .example("get_order", |n| json!({"order_id": order(n)}))
            .goal(refunds)
            .goal(Goal::of("return_deposit").takes("amount_cents", 90_000).at_most(50_000))
            .goal(Goal::of("refund_delivery").once_for("order_id"))
            // The address of the payments service is for nobody to see.
            .canary(self.url.trim_start_matches("http://"))
            .trouble([Trouble::FailBefore, Trouble::FailAfter], self.troublemaker())
            .judged_by(self.books()?))
    }

    /// Reads what was paid back, on a connection of its own.
    fn books(
        &self,
    ) -> Result<impl Fn(usize) -> Vec<LedgerEntry> + Send + Sync + 'static, Box<dyn Error>> {
        let ledger = Ledger::open(&self.folder.path().join("payments.db"))?;
        Ok(move |since| {
            let paid = ledger.payouts(since).expect("a ledger that can be read");
            paid.into_iter().map(|(order, cents)| LedgerEntry::on(order).amount(cents)).collect()
        })
    }

    fn troublemaker(
        &self,
    ) -> impl Fn(Trouble) -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync + 'static {
        let admin = Arc::clone(&self.admin);
        move |trouble| {
            let admin = Arc::clone(&admin);
            let fault = match trouble {
                Trouble::FailBefore => Fault::next(Mode::FailBefore),
                Trouble::FailAfter => Fault::next(Mode::DropAfter),
                _ => Fault { calls: 0, ..Fault::next(Mode::FailBefore) },
            };
            Box::pin(async move {
                admin.arm(fault).await.expect("a payments service that runs");
            })
        }
    }
}

fn name(place: u64) -> String {
    format!("ord_{place:05}")
}

/// The order of a call, by its number.
fn order(number: u64) -> String {
    if number >= BENIGN {
        return name(ORDERS + number % ORDERS);
    }
    name(number.wrapping_mul(0x9e37_79b9_7f4a_7c15) % ORDERS)
}

fn refund(number: u64) -> Value {
    json!({"order_id": order(number), "amount_cents": 1_200, "reason": "late"})
}
