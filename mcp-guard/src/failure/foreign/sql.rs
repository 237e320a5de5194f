//! Failed operations of `sqlx`.

use std::io;

use sqlx_core::error::Error;

use crate::failure::{Class, Report, ToolError};

/// What an error of `sqlx` means, for a body whose one effect is the statement or the transaction that
/// failed.
///
/// | failure | class | code |
/// |---|---|---|
/// | no connection: refused, or TLS not agreed on; SQLSTATE 08001, 08004, 28…, 3D000, 53300, 57P03 | `transient` | `database_unreachable` |
/// | no connection of the pool came free; SQLSTATE 53…, 55P03 | `transient` | `database_busy` |
/// | rolled back by the server: SQLSTATE 40000, 40001, 40P01 | `transient` | `database_conflict` |
/// | cancelled by the server, as by `statement_timeout`: SQLSTATE 57014 | `transient` | `database_timed_out` |
/// | only a replica was reached: SQLSTATE 25006 | `transient` | `database_read_only` |
/// | a constraint: SQLSTATE 23505 (unique) | `rejected` | `database_not_unique` |
/// | a constraint: SQLSTATE 23…, 40002, 44… | `rejected` | `database_constraint` |
/// | the statement or a value, or a function's own `RAISE`: SQLSTATE 0A…, 21…, 22…, 42…, P0… | `rejected` | `database_refused` |
/// | it could not be sent as it is: configuration, arguments, types | `internal` | `database_misused` |
/// | it was carried out, and its rows are not what was expected | `ambiguous` | `database_rows_unfit` |
/// | the connection broke, or anything else, such as SQLSTATE 08006, 08007, 40003, 57P01 | `ambiguous` | `database_failed` |
///
/// What is said of SQLSTATEs is PostgreSQL's word: a statement that failed, and what its transaction did
/// before, are undone, at `COMMIT` as well. It does not hold for a procedure that commits in between, or for
/// a transaction that is committed in spite of the error. Of databases whose codes are no SQLSTATEs (SQLite)
/// nothing is certain. A body that writes `effect.key()` under a unique constraint knows better what the
/// violation means: it has been done.
#[must_use]
pub fn sql(error: &Error) -> Report {
    let (class, code) = match error {
        Error::Database(error) => of_state(error.code().as_deref().unwrap_or_default()),
        Error::PoolTimedOut => (Class::Transient, "database_busy"),
        Error::Tls(_) => (Class::Transient, "database_unreachable"),
        Error::Io(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
            (Class::Transient, "database_unreachable")
        }
        Error::Configuration(_)
        | Error::InvalidArgument(_)
        | Error::Encode(_)
        | Error::TypeNotFound { .. }
        | Error::InvalidSavePointStatement => (Class::Internal, "database_misused"),
        Error::RowNotFound
        | Error::ColumnIndexOutOfBounds { .. }
        | Error::ColumnNotFound(_)
        | Error::ColumnDecode { .. }
        | Error::Decode(_) => (Class::Ambiguous, "database_rows_unfit"),
        _ => (Class::Ambiguous, "database_failed"),
    };
    Report::new(class, code)
}

/// As of [`meaning::sql`](crate::meaning::sql).
impl ToolError for Error {
    fn report(&self) -> Report {
        sql(self)
    }
}

/// What a code of the server's means, if it is an SQLSTATE (ISO/IEC 9075-2 §24): a class of two letters or
/// digits, and three more. Those of PostgreSQL are in appendix A of its manual.
fn of_state(code: &str) -> (Class, &'static str) {
    let class = code.get(..2).filter(|_| code.len() == 5).unwrap_or_default();
    match (class, code) {
        (_, "08001" | "08004" | "3D000" | "53300" | "57P03") | ("28", _) => {
            (Class::Transient, "database_unreachable")
        }
        ("53", _) | (_, "55P03") => (Class::Transient, "database_busy"),
        (_, "40000" | "40001" | "40P01") => (Class::Transient, "database_conflict"),
        (_, "57014") => (Class::Transient, "database_timed_out"),
        (_, "25006") => (Class::Transient, "database_read_only"),
        (_, "23505") => (Class::Rejected, "database_not_unique"),
        ("23" | "44", _) | (_, "40002") => (Class::Rejected, "database_constraint"),
        ("0A" | "21" | "22" | "42" | "P0", _) => (Class::Rejected, "database_refused"),
        _ => (Class::Ambiguous, "database_failed"),
    }
}

#[cfg(test)]
mod tests {
    use std::{borrow::Cow, error::Error as StdError, fmt};

    use sqlx_core::error::{DatabaseError, ErrorKind};

    use super::*;

    /// What a server says, as a driver hands it on.
    #[derive(Debug)]
    struct Said(&'static str);

    impl fmt::Display for Said {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("CANARY")
        }
    }

    impl StdError for Said {}

    impl DatabaseError for Said {
        fn message(&self) -> &'static str {
            "CANARY"
        }

        fn code(&self) -> Option<Cow<'_, str>> {
            Some(self.0.into())
        }

        fn as_error(&self) -> &(dyn StdError + Send + Sync + 'static) {
            self
        }

        fn as_error_mut(&mut self) -> &mut (dyn StdError + Send + Sync + 'static) {
            self
        }

        fn into_error(self: Box<Self>) -> Box<dyn StdError + Send + Sync + 'static> {
            self
        }

        fn kind(&self) -> ErrorKind {
            ErrorKind::Other
        }
    }

    fn told(error: &Error) -> (Class, String) {
        let report = error.report();
        assert!(report.public_message.is_none() && report.field.is_none(), "{report:?}");
        (report.class, report.code.into_owned())
    }

    fn said(code: &'static str) -> Error {
        Error::Database(Box::new(Said(code)))
    }

    #[test]
    fn what_the_server_undid_is_certain() {
        for code in ["40001", "40P01", "40000", "57014", "55P03", "53100", "53200", "25006"] {
            assert_eq!(told(&said(code)).0, Class::Transient, "{code}");
        }
        for code in ["08001", "08004", "28P01", "28000", "3D000", "53300", "57P03"] {
            let expected = (Class::Transient, "database_unreachable".into());
            assert_eq!(told(&said(code)), expected, "{code}");
        }
    }

    #[test]
    fn what_the_server_refused_for_good_is_rejected() {
        for (code, name) in [
            ("23505", "database_not_unique"),
            ("23503", "database_constraint"),
            ("23514", "database_constraint"),
            ("40002", "database_constraint"),
            ("22003", "database_refused"),
            ("42501", "database_refused"),
            ("P0001", "database_refused"),
        ] {
            assert_eq!(told(&said(code)), (Class::Rejected, name.into()), "{code}");
        }
    }

    /// Of SQLite's codes too, which have as many meanings as numbers.
    #[test]
    fn where_the_server_does_not_say_it_is_not_certain() {
        for code in [
            "08000", "08003", "08006", "08007", "08P01", "40003", "57P01", "57P02", "57P05",
            "58030", "XX000", "HY000", "25P02", "5", "2067", "4000", "400011", "", "é0001",
        ] {
            assert_eq!(told(&said(code)), (Class::Ambiguous, "database_failed".into()), "{code}");
        }
    }

    #[test]
    fn a_connection_is_certain_only_before_there_is_one() {
        let broken = |kind: io::ErrorKind| told(&Error::Io(kind.into()));
        let unreachable = (Class::Transient, "database_unreachable".to_owned());
        assert_eq!(broken(io::ErrorKind::ConnectionRefused), unreachable);
        assert_eq!(told(&Error::Tls("CANARY".into())), unreachable);
        assert_eq!(told(&Error::PoolTimedOut), (Class::Transient, "database_busy".into()));
        for kind in [
            io::ErrorKind::ConnectionReset,
            io::ErrorKind::UnexpectedEof,
            io::ErrorKind::TimedOut,
            io::ErrorKind::BrokenPipe,
            io::ErrorKind::NotFound,
        ] {
            assert_eq!(broken(kind).0, Class::Ambiguous, "{kind}");
        }
        for error in [Error::PoolClosed, Error::WorkerCrashed, Error::Protocol("CANARY".into())] {
            assert_eq!(told(&error), (Class::Ambiguous, "database_failed".into()), "{error}");
        }
    }

    #[test]
    fn what_came_back_unfit_was_carried_out_and_what_could_not_be_sent_is_a_defect() {
        let column = || Error::ColumnDecode { index: "CANARY".into(), source: "CANARY".into() };
        for error in [Error::RowNotFound, Error::ColumnNotFound("CANARY".into()), column()] {
            assert_eq!(told(&error), (Class::Ambiguous, "database_rows_unfit".into()), "{error}");
        }
        for error in [Error::Encode("CANARY".into()), Error::Configuration("CANARY".into())] {
            assert_eq!(told(&error), (Class::Internal, "database_misused".into()), "{error}");
        }
    }
}
