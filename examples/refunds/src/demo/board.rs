//! The table: a line for each try, as it happens.

use std::{
    env,
    io::{IsTerminal, Write, stdout},
};

use super::{expect::Expect, told::Told};
use crate::payments::Totals;

const TRIED: usize = 54;
const TOLD: usize = 38;

/// Prints the tries and keeps the count.
pub(super) struct Board {
    style: Style,
    tried: String,
    expected: Totals,
    right: usize,
    wrong: usize,
}

impl Board {
    /// An empty table, with its head.
    pub(super) fn new() -> Self {
        let style = Style::of_stdout();
        println!(
            "{}",
            style.dim(&row("what the agent tries", "what it is told", "retry?", "ledger after"))
        );
        let expected = Totals::default();
        Self { style, tried: String::new(), expected, right: 0, wrong: 0 }
    }

    /// A heading over the next tries.
    pub(super) fn act(&self, heading: &str) {
        println!("{}", self.style.bold(heading));
    }

    /// What is tried now. On a terminal it shows until the answer is there.
    pub(super) fn tries(&mut self, tried: &str) {
        tried.clone_into(&mut self.tried);
        if self.style.on {
            print!("  {} …", self.style.dim(tried));
            // Only the looks depend on it.
            let _ = stdout().flush();
        }
    }

    /// What came of it.
    pub(super) fn told(&mut self, told: &Told, expect: &Expect, ledger: Totals) {
        self.expected.payouts += expect.pays.payouts;
        self.expected.cents += expect.pays.cents;
        let mistakes = self.mistakes(told, expect, ledger);
        let line = row(&self.tried, &told.to_string(), may_retry(told), &money(ledger));
        let again = if self.style.on { "\r\x1b[K" } else { "" };
        if mistakes.is_empty() {
            self.right += 1;
            println!("{again}{line}  {}", self.style.green("✓"));
        } else {
            self.wrong += 1;
            println!("{again}{line}  {}", self.style.red("✗"));
        }
        for mistake in mistakes {
            println!("    {}", self.style.red(&mistake));
        }
    }

    /// Prints the verdict. Whether everything was as it must be.
    pub(super) fn verdict(&self) -> bool {
        let all = self.right + self.wrong;
        if self.wrong == 0 && self.right > 0 {
            let sum = money(self.expected);
            println!(
                "\n{}",
                self.style.green(&format!("{all} tries, the ledger is right: {}", sum.trim()))
            );
            return true;
        }
        println!("\n{}", self.style.red(&format!("{} of {all} tries went wrong", self.wrong)));
        false
    }

    fn mistakes(&self, told: &Told, expect: &Expect, ledger: Totals) -> Vec<String> {
        let mut mistakes: Vec<_> = expect.mistake(told).into_iter().collect();
        if ledger != self.expected {
            mistakes.push(format!(
                "the ledger must hold {}, and holds {}",
                money(self.expected),
                money(ledger)
            ));
        }
        mistakes
    }
}

fn row(tried: &str, told: &str, retry: &str, ledger: &str) -> String {
    format!("  {tried:<TRIED$} {told:<TOLD$} {retry:<6} {ledger:>18}")
}

fn may_retry(told: &Told) -> &'static str {
    match told.retryable() {
        Some(true) => "yes",
        Some(false) => "no",
        None => "",
    }
}

fn money(ledger: Totals) -> String {
    let Totals { payouts, cents } = ledger;
    let unit = if payouts == 1 { "payout" } else { "payouts" };
    format!("{payouts} {unit}, {}.{:02}", cents / 100, cents % 100)
}

/// Colours, on a terminal whose owner wants them (see no-color.org).
struct Style {
    on: bool,
}

impl Style {
    fn of_stdout() -> Self {
        let refused = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        Self { on: stdout().is_terminal() && !refused }
    }

    fn green(&self, text: &str) -> String {
        self.paint("32", text)
    }

    fn red(&self, text: &str) -> String {
        self.paint("31", text)
    }

    fn dim(&self, text: &str) -> String {
        self.paint("2", text)
    }

    fn bold(&self, text: &str) -> String {
        self.paint("1", text)
    }

    fn paint(&self, code: &str, text: &str) -> String {
        if self.on { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn done(replayed: bool) -> Told {
        Told::Done { text: "{}".into(), replayed }
    }

    #[test]
    fn a_wrong_answer_or_a_wrong_ledger_fails_the_verdict() {
        let paid = Totals { payouts: 1, cents: 100 };
        for (told, ledger, right) in [
            (done(false), paid, true),
            (done(true), paid, false),
            (Told::Nothing, paid, false),
            (done(false), Totals::default(), false),
            (done(false), Totals { payouts: 2, cents: 100 }, false),
            (done(false), Totals { payouts: 1, cents: 101 }, false),
        ] {
            let mut board = Board::new();
            board.tries("refunds");
            board.told(&told, &Expect::pays(100), ledger);
            assert_eq!(board.verdict(), right, "{told:?} {ledger:?}");
        }
    }

    #[test]
    fn a_board_without_tries_proves_nothing() {
        assert!(!Board::new().verdict());
    }

    #[test]
    fn a_refused_value_that_comes_back_is_a_mistake() {
        let told = Told::Failed {
            category: "validation".into(),
            code: "type".into(),
            retryable: false,
            retry_after_ms: 0,
            text: "31337 is not an integer".into(),
        };
        let expect = Expect::refused("validation", "type");
        assert_eq!(expect.mistake(&told), None);
        assert!(expect.hides("31337").mistake(&told).is_some());
    }

    #[test]
    fn a_replay_must_be_the_same_bytes() {
        let expect = Expect::replay_of(&done(false));
        assert_eq!(expect.mistake(&done(true)), None);
        assert!(expect.mistake(&done(false)).is_some());
        let other = Told::Done { text: "{ }".into(), replayed: true };
        assert!(expect.mistake(&other).is_some());
    }
}
