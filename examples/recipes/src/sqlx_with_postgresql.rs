//! The recipe for sqlx with PostgreSQL.

// excerpt: setup
use std::time::Duration;

use resilient::{CircuitOpen, Classify, TimedOut, circuit_breaker, retry};
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPoolOptions};
use sqlx::{Connection, PgPool};

/// Why the database did not do what it was asked for.
#[derive(Debug, thiserror::Error, Classify)]
pub enum StoreError {
    /// The database, the connection or the pool failed, or the database refused.
    #[error("database: {0}")]
    #[classify(with = resilient_classify::sqlx)]
    Database(#[from] sqlx::Error),
    /// The circuit is open, so the database was not asked.
    #[error("{0}")]
    #[circuit_open]
    Open(#[source] CircuitOpen),
    /// The call took too long. Whether a write took effect is unknown.
    #[error("{0}")]
    #[timed_out]
    Late(#[source] TimedOut),
}

/// Returns a pool whose limits are below the attempts' limit: 500 ms for a connection and
/// 800 ms for a statement fit into an `attempt_timeout` of 1.5 s.
pub fn pool(options: PgConnectOptions) -> PgPool {
    // The server itself ends a statement, so that a call that gave up returns its
    // connection, and a transaction without statements, so that it returns its locks.
    let options = options.options([
        ("statement_timeout", "800ms"),
        ("idle_in_transaction_session_timeout", "2s"),
    ]);
    PgPoolOptions::new()
        .max_connections(8)
        .acquire_timeout(Duration::from_millis(500))
        .after_release(|connection, _| Box::pin(responds(connection)))
        .connect_lazy_with(options)
}

/// Returns whether a connection may go back to the pool. sqlx itself waits for a
/// response without a limit, so a dead network would keep the connection.
async fn responds(connection: &mut PgConnection) -> sqlx::Result<bool> {
    let ping = tokio::time::timeout(Duration::from_secs(2), connection.ping()).await;
    Ok(matches!(ping, Ok(Ok(()))))
}
// end excerpt

// excerpt: read
/// Returns the title of an order. A read may be repeated after any failure.
#[retry(
    name = "orders.title",
    max_retries = 2,
    base_delay = "50ms",
    attempt_timeout = "1500ms",
    deadline = "5s"
)]
#[circuit_breaker(name = "orders database", recovery_time = "5s")]
pub async fn title(pool: &PgPool, id: i64) -> Result<String, StoreError> {
    let title = sqlx::query_scalar("SELECT title FROM orders WHERE id = $1");
    Ok(title.bind(id).fetch_one(pool).await?)
}
// end excerpt

// excerpt: insert
/// Creates the order of this key, or returns the number of the order that has this key
/// already. So the insert may be repeated, by `#[retry]` and by the customer.
#[retry(
    name = "orders.create",
    max_retries = 2,
    base_delay = "50ms",
    attempt_timeout = "1500ms",
    deadline = "5s"
)]
#[circuit_breaker(name = "orders database")]
pub async fn create(pool: &PgPool, key: &str, title: &str) -> Result<i64, StoreError> {
    let id = sqlx::query_scalar(
        "INSERT INTO orders (key, title) VALUES ($1, $2)
         ON CONFLICT (key) DO UPDATE SET key = excluded.key RETURNING id",
    );
    Ok(id.bind(key).bind(title).fetch_one(pool).await?)
}
// end excerpt

// excerpt: transaction
/// Moves money from one account to another. Done twice, it would move twice the money, so
/// it is repeated only if the database says that it has undone the transaction.
#[retry(
    name = "accounts.transfer",
    max_retries = 5,
    base_delay = "10ms",
    retry_if = was_undone,
    except = StoreError::Late(_), // else an attempt that is cut off is retried
    attempt_timeout = "2s",
    deadline = "4s"
)]
#[circuit_breaker(name = "orders database")]
pub async fn transfer(
    pool: &PgPool,
    from: i64,
    to: i64,
    cents: i64,
) -> Result<(), StoreError> {
    let mut transaction = pool.begin_with("BEGIN ISOLATION LEVEL SERIALIZABLE").await?;
    for (account, change) in [(from, -cents), (to, cents)] {
        // Without such an account, `fetch_one` fails, and the transaction is undone.
        let update = sqlx::query(
            "UPDATE accounts SET cents = cents + $2 WHERE id = $1 RETURNING id",
        );
        update.bind(account).bind(change).fetch_one(&mut *transaction).await?;
    }
    transaction.commit().await?;
    Ok(())
}

/// A serialization failure (`40001`) or a deadlock (`40P01`): PostgreSQL undid the
/// transaction.
fn was_undone(error: &StoreError) -> bool {
    let StoreError::Database(sqlx::Error::Database(error)) = error else { return false };
    matches!(error.code().as_deref(), Some("40001" | "40P01"))
}
// end excerpt
