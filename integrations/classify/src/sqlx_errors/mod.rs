//! Classifies the errors of databases behind sqlx.

mod sqlite;
mod sqlstate;

use std::fmt;

use resilient::Classification;
use sqlx::Error;
use sqlx::error::{DatabaseError, ErrorKind};

use crate::connection_errors::of_connection;

/// Classifies an error of sqlx.
///
/// | error | breaker | retry |
/// |---|---|---|
/// | a missing row | success: the database responded | no |
/// | a violated constraint: unique, foreign key, not null, check, exclusion | success: the database responded | no |
/// | a deadlock, a serialization failure, a lock that is not available; `SQLITE_BUSY`, `SQLITE_LOCKED` | success: the database works | yes |
/// | wrong SQL, wrong values, missing rights; an error that a stored procedure raises | success: the database responded | no |
/// | a column or type that the program does not expect, a value that cannot be decoded | success: the database responded | no |
/// | a broken or refused connection, a crashed worker, a transaction that cannot begin | failure | yes |
/// | the server starts, stops, restarts, is out of memory, or has no connection left; a write on a replica | failure | yes |
/// | the pool has no connection in time | failure | no: a retry would wait in the same queue |
/// | a query that the server cancels, for example at its `statement_timeout` | failure | no: it would take as long again |
/// | a failed login, a database that does not exist, an invalid certificate | failure: no call can succeed | no |
/// | the disk is full, the data are damaged | failure | no |
/// | a wrong argument or configuration, a value that cannot be encoded, a closed pool | ignored: nothing was sent | no |
/// | any other | failure | yes |
///
/// The errors of databases are classified by their [SQLSTATE], or by the [result code] of SQLite.
/// The tests use PostgreSQL and SQLite; no test uses MySQL, which reports an SQLSTATE, too.
///
/// - **A stopped server.** The pool of sqlx itself connects again, until its `acquire_timeout`. So
///   a stopped server appears as a pool without a connection in time, and a broken or refused
///   connection only where a connection is in use or is made without a pool.
/// - **Transactions.** A deadlock or a serialization failure undoes the whole transaction, so put
///   `#[retry]` on the function that begins it, not on a single statement.
/// - **Text.** The text for logs and snapshots is the code and the message of the database.
/// - A rejection by a breaker or a time limit of `resilient` inside the error beats the table: see
///   [`Classification::find_in`].
///
/// ```
/// use resilient::{circuit_breaker, retry};
///
/// #[retry(classify = resilient_classify::sqlx)]
/// #[circuit_breaker(name = "orders", on_open = |open| Err(sqlx::Error::Io(open.into())))]
/// async fn order(id: i64) -> sqlx::Result<String> {
///     // Query the database here.
///     Err(sqlx::Error::RowNotFound)
/// }
///
/// # tokio::runtime::Runtime::new().unwrap().block_on(async {
/// order(1).await.unwrap_err();
/// # let totals = resilient::Registry::global().get("orders").unwrap().snapshot().totals;
/// # assert_eq!((totals.success, totals.failure), (1, 0));
/// # });
/// ```
///
/// [SQLSTATE]: https://www.postgresql.org/docs/current/errcodes-appendix.html
/// [result code]: https://www.sqlite.org/rescode.html
#[must_use]
pub fn sqlx(error: &Error) -> Classification {
    let class = Classification::find_in(error).unwrap_or_else(|| of_kind(error));
    match error {
        Error::Database(error) => class.with_text(CodeAndMessage(&**error)),
        _ => class,
    }
}

fn of_kind(error: &Error) -> Classification {
    match error {
        Error::Database(error) => of_database(&**error),
        Error::Io(error) => of_connection(error),
        Error::RowNotFound
        | Error::TypeNotFound { .. }
        | Error::ColumnIndexOutOfBounds { .. }
        | Error::ColumnNotFound(_)
        | Error::ColumnDecode { .. }
        | Error::Decode(_) => Classification::answered(),
        Error::PoolTimedOut | Error::Tls(_) => Classification::permanent(),
        Error::Configuration(_)
        | Error::InvalidArgument(_)
        | Error::Encode(_)
        | Error::AnyDriverError(_)
        | Error::PoolClosed
        | Error::InvalidSavePointStatement => Classification::ignored(),
        // `Protocol`, `WorkerCrashed`, `BeginFailed`, and variants that are added later.
        _ => Classification::transient(),
    }
}

fn of_database(error: &dyn DatabaseError) -> Classification {
    match error.kind() {
        ErrorKind::Other => {}
        _ => return Classification::answered(),
    }
    let Some(code) = error.code() else {
        return Classification::transient();
    };
    // An SQLSTATE has five characters. A result code of SQLite is a number below 10 000.
    match code.parse() {
        Ok(number) if code.len() < 5 => sqlite::class(number),
        _ => sqlstate::class(&code),
    }
}

struct CodeAndMessage<'a>(&'a dyn DatabaseError);

impl fmt::Display for CodeAndMessage<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(code) = self.0.code() {
            write!(f, "{code}: ")?;
        }
        f.write_str(self.0.message())
    }
}
