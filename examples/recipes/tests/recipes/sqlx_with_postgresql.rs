//! The recipe for sqlx against a server of PostgreSQL.

use std::time::Duration;

use example_recipes::sqlx_with_postgresql::{StoreError, create, pool, title, transfer};
use resilient::breaker::CircuitState;
use resilient::testing::Scope;
use resilient_test_servers::{Server, folder, start_postgres};
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPoolOptions};
use sqlx::{Connection, Executor, PgPool};

use crate::support::{self, Time, Turn, signal};

const TABLES: &str = "
    CREATE TABLE orders (id bigserial PRIMARY KEY, key text UNIQUE, title text UNIQUE);
    CREATE TABLE accounts (id bigint PRIMARY KEY, cents bigint NOT NULL CHECK (cents >= 0));
";
const ROWS: &str = "
    TRUNCATE orders RESTART IDENTITY;
    TRUNCATE accounts;
    INSERT INTO orders (key, title) VALUES ('first', 'a kettle');
    INSERT INTO accounts VALUES (1, 100), (2, 100);
";

struct Database {
    turn: Turn<Server>,
    pool: PgPool,
    /// A connection beside the pool, which the server does not limit.
    other: PgConnection,
}

impl Database {
    /// Waits for the turn. Returns `None` if PostgreSQL is not installed.
    async fn new() -> Option<Self> {
        static SERVER: support::Server<Server> = support::Server::const_new(None);
        let start = || start_postgres(folder(), None, &[]);
        let mut turn = Turn::take(&SERVER, "orders database", start).await?;
        let options = options(turn.server());
        let mut other = PgConnection::connect_with(&options).await.unwrap();
        // The tables are there after the first test.
        let _ = other.execute(TABLES).await;
        other.execute(ROWS).await.unwrap();
        Some(Self { turn, pool: pool(options), other })
    }

    /// Waits until a statement of the pool waits for a lock.
    async fn until_locked(&mut self) -> i32 {
        let waiting = "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock'";
        loop {
            let pid = sqlx::query_scalar(waiting)
                .fetch_optional(&mut self.other)
                .await
                .unwrap();
            if let Some(pid) = pid {
                return pid;
            }
        }
    }

    async fn cents(&mut self) -> Vec<i64> {
        let cents = sqlx::query_scalar("SELECT cents FROM accounts ORDER BY id");
        cents.fetch_all(&mut self.other).await.unwrap()
    }
}

fn options(server: &Server) -> PgConnectOptions {
    let options = PgConnectOptions::new_without_pgpass().socket(server.folder());
    options.username("admin").database("postgres")
}

/// Waits until a connection is back in the pool, which tests it first.
async fn until_idle(pool: &PgPool) {
    while pool.num_idle() == 0 {
        tokio::task::yield_now().await;
    }
}

/// Returns the SQLSTATE of the error.
#[track_caller]
fn code(error: &StoreError) -> String {
    let StoreError::Database(sqlx::Error::Database(error)) = error else {
        panic!("{error:?}")
    };
    error.code().unwrap().into_owned()
}

#[tokio::test]
async fn a_missing_row_is_one_attempt_and_no_failure() {
    let Some(Database { turn, pool, .. }) = Database::new().await else { return };
    let (success, failure) = turn.totals();
    assert_eq!(title(&pool, 1).await.unwrap(), "a kettle");
    let scope = Scope::new();
    let missing = scope.run(title(&pool, 9)).await.unwrap_err();
    assert!(
        matches!(missing, StoreError::Database(sqlx::Error::RowNotFound)),
        "{missing:?}"
    );
    scope.assert_attempts(1);
    assert_eq!(turn.totals(), (success + 2, failure));
}

#[tokio::test]
async fn an_order_that_is_created_twice_is_one_order() {
    let Some(Database { turn: _turn, pool, .. }) = Database::new().await else { return };
    let first = create(&pool, "key", "a lamp").await.unwrap();
    assert_eq!(create(&pool, "key", "a lamp").await.unwrap(), first);
    assert_eq!(title(&pool, first).await.unwrap(), "a lamp");
}

#[tokio::test]
async fn a_duplicate_key_is_one_attempt_and_no_failure() {
    let Some(Database { turn, pool, .. }) = Database::new().await else { return };
    let (success, failure) = turn.totals();
    let scope = Scope::new();
    let taken = scope.run(create(&pool, "other", "a kettle")).await.unwrap_err();
    assert_eq!(code(&taken), "23505");
    scope.assert_attempts(1);
    assert_eq!(turn.totals(), (success + 1, failure));
}

#[tokio::test]
async fn a_transaction_that_the_database_undid_is_repeated() {
    let Some(mut database) = Database::new().await else { return };
    let mut rival =
        PgConnection::connect_with(&options(database.turn.server())).await.unwrap();
    rival
        .execute("BEGIN; UPDATE accounts SET cents = cents + 5 WHERE id = 1")
        .await
        .unwrap();
    let scope = Scope::new();
    let pool = database.pool.clone();
    let transfer =
        tokio::spawn(scope.run(async move { transfer(&pool, 1, 2, 30).await }));
    database.until_locked().await;
    rival.execute("COMMIT").await.unwrap();
    transfer.await.unwrap().unwrap();
    scope.assert_attempts(2);
    assert_eq!(database.cents().await, [75, 130]);
}

#[tokio::test]
async fn a_transaction_whose_end_is_unknown_is_not_repeated() {
    let Some(mut database) = Database::new().await else { return };
    let (_, failure) = database.turn.totals();
    let mut rival =
        PgConnection::connect_with(&options(database.turn.server())).await.unwrap();
    rival
        .execute("BEGIN; UPDATE accounts SET cents = cents + 5 WHERE id = 1")
        .await
        .unwrap();
    let scope = Scope::new();
    let pool = database.pool.clone();
    let transfer =
        tokio::spawn(scope.run(async move { transfer(&pool, 1, 2, 30).await }));
    let pid = database.until_locked().await;
    let end = sqlx::query("SELECT pg_terminate_backend($1)").bind(pid);
    end.execute(&mut database.other).await.unwrap();
    assert_eq!(code(&transfer.await.unwrap().unwrap_err()), "57P01");
    scope.assert_attempts(1);
    rival.execute("ROLLBACK").await.unwrap();
    assert_eq!(database.cents().await, [100, 100]);
    assert_eq!(database.turn.totals().1, failure + 1);
}

#[tokio::test]
async fn a_transaction_that_is_cut_off_is_not_repeated() {
    let Some(mut database) = Database::new().await else { return };
    let mut rival =
        PgConnection::connect_with(&options(database.turn.server())).await.unwrap();
    rival
        .execute("BEGIN; UPDATE accounts SET cents = cents + 5 WHERE id = 1")
        .await
        .unwrap();
    let scope = Scope::new();
    let pool = database.pool.clone();
    let transfer =
        tokio::spawn(scope.run(async move { transfer(&pool, 1, 2, 30).await }));
    database.until_locked().await;
    database.turn.set_time(Time::Jumps);
    let late = transfer.await.unwrap().unwrap_err();
    assert!(matches!(late, StoreError::Late(_)), "{late:?}");
    scope.assert_attempts(1);
    database.turn.set_time(Time::Still);
    rival.execute("ROLLBACK").await.unwrap();
    assert_eq!(database.cents().await, [100, 100]);
}

#[tokio::test]
async fn a_transfer_that_cannot_be_made_moves_nothing_and_is_no_failure() {
    let Some(mut database) = Database::new().await else { return };
    let (success, failure) = database.turn.totals();
    let missing = transfer(&database.pool, 1, 9, 30).await.unwrap_err();
    assert!(
        matches!(missing, StoreError::Database(sqlx::Error::RowNotFound)),
        "{missing:?}"
    );
    assert_eq!(code(&transfer(&database.pool, 1, 2, 130).await.unwrap_err()), "23514");
    assert_eq!(database.cents().await, [100, 100]);
    assert_eq!(database.turn.totals(), (success + 2, failure));
}

#[tokio::test]
async fn the_server_ends_a_transaction_that_does_nothing_and_frees_its_locks() {
    let Some(mut database) = Database::new().await else { return };
    let mut transaction = database.pool.begin().await.unwrap();
    let update = "UPDATE accounts SET cents = 0 WHERE id = 1";
    transaction.execute(update).await.unwrap();
    // This waits for the lock. The server measures the time, so the test cannot move it.
    database.other.execute("UPDATE accounts SET cents = 50 WHERE id = 1").await.unwrap();
    transaction.commit().await.unwrap_err();
    assert_eq!(database.cents().await, [50, 100]);
}

#[tokio::test]
async fn a_pool_without_a_connection_is_one_attempt_and_a_failure() {
    let Some(Database { mut turn, pool, .. }) = Database::new().await else { return };
    let (success, failure) = turn.totals();
    let mut held = Vec::new();
    for _ in 0..8 {
        held.push(pool.acquire().await.unwrap());
    }
    turn.set_time(Time::Jumps);
    let scope = Scope::new();
    let late = scope.run(title(&pool, 1)).await.unwrap_err();
    assert!(matches!(late, StoreError::Database(sqlx::Error::PoolTimedOut)), "{late:?}");
    scope.assert_attempts(1);
    assert_eq!(turn.totals(), (success, failure + 1));
}

#[tokio::test]
async fn the_server_ends_a_statement_that_hangs_and_the_connection_serves_again() {
    let Some(Database { turn: _turn, pool, mut other }) = Database::new().await else {
        return;
    };
    other.execute("BEGIN; LOCK TABLE orders").await.unwrap();
    let scope = Scope::new();
    // The server measures this time, so the test cannot move it.
    let late = scope.run(title(&pool, 1)).await.unwrap_err();
    assert_eq!(code(&late), "57014");
    scope.assert_attempts(1);
    other.execute("ROLLBACK").await.unwrap();
    until_idle(&pool).await;
    assert_eq!(title(&pool, 1).await.unwrap(), "a kettle");
    assert_eq!(pool.size(), 1);
}

#[tokio::test]
async fn without_the_limit_of_the_server_a_statement_that_hangs_keeps_its_connection() {
    let Some(mut database) = Database::new().await else { return };
    let limits = PgPoolOptions::new()
        .max_connections(1)
        .acquire_timeout(Duration::from_millis(500));
    let pool = limits.connect_lazy_with(options(database.turn.server()));
    title(&pool, 1).await.unwrap();
    database.other.execute("BEGIN; LOCK TABLE orders").await.unwrap();
    let scope = Scope::new();
    let call = {
        let pool = pool.clone();
        tokio::spawn(scope.run(async move { title(&pool, 1).await }))
    };
    database.until_locked().await;
    database.turn.set_time(Time::Jumps);
    // The first attempt is cut off after 1.5 s. The second finds no connection in the pool.
    let late = call.await.unwrap().unwrap_err();
    assert!(matches!(late, StoreError::Database(sqlx::Error::PoolTimedOut)), "{late:?}");
    scope.assert_attempts(2);
    database.turn.set_time(Time::Still);
    database.other.execute("ROLLBACK").await.unwrap();
    assert_eq!(title(&pool, 1).await.unwrap(), "a kettle");
}

#[tokio::test]
async fn a_connection_that_hangs_costs_one_call() {
    let Some(Database { mut turn, pool, .. }) = Database::new().await else { return };
    let pid: i32 =
        sqlx::query_scalar("SELECT pg_backend_pid()").fetch_one(&pool).await.unwrap();
    let (success, failure) = turn.totals();
    until_idle(&pool).await;
    // As if the network lost all packets of this connection. The pool tests a connection before
    // it lends it, and this test takes all of `acquire_timeout`.
    signal("STOP", pid);
    turn.set_time(Time::Jumps);
    let scope = Scope::new();
    let hung = scope.run(title(&pool, 1)).await.unwrap_err();
    turn.set_time(Time::Still);
    assert!(matches!(hung, StoreError::Database(sqlx::Error::PoolTimedOut)), "{hung:?}");
    scope.assert_attempts(1);
    assert_eq!(title(&pool, 1).await.unwrap(), "a kettle");
    assert_eq!(turn.totals(), (success + 1, failure + 1));
    signal("CONT", pid);
}

#[tokio::test]
async fn a_connection_that_hangs_during_a_statement_leaves_the_pool() {
    let Some(Database { mut turn, pool, mut other }) = Database::new().await else {
        return;
    };
    let mut connection = pool.acquire().await.unwrap();
    connection.execute("SET statement_timeout = 0").await.unwrap();
    let pid = sqlx::query_scalar("SELECT pg_backend_pid()");
    let pid = pid.fetch_one(&mut *connection).await.unwrap();
    let call =
        tokio::spawn(async move { connection.execute("SELECT pg_sleep(600)").await });
    // A process that waits for a lock of a table may hold another lock that all need.
    let asleep = "SELECT FROM pg_stat_activity WHERE wait_event = 'PgSleep'";
    while other.fetch_optional(asleep).await.unwrap().is_none() {}
    signal("STOP", pid);
    call.abort();
    assert!(call.await.unwrap_err().is_cancelled());
    turn.set_time(Time::Jumps);
    // The pool waits for 2 s. Without its `after_release`, it would wait for the server.
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(pool.size(), 0);
    turn.set_time(Time::Still);
    assert_eq!(title(&pool, 1).await.unwrap(), "a kettle");
    signal("CONT", pid);
}

#[tokio::test]
async fn a_server_that_crashes_opens_the_circuit_and_closes_it_once_it_is_back() {
    let Some(Database { mut turn, pool, other }) = Database::new().await else { return };
    title(&pool, 1).await.unwrap();
    until_idle(&pool).await;
    drop(other);
    turn.server().end("QUIT");
    turn.set_time(Time::Jumps);
    let scope = Scope::new();
    while turn.state() == CircuitState::Closed {
        scope.run(title(&pool, 1)).await.unwrap_err();
    }
    let calls = scope.calls().len();
    assert!((2..=5).contains(&calls), "{calls} calls");
    let rejected = title(&pool, 1).await.unwrap_err();
    assert!(matches!(&rejected, StoreError::Open(_)), "{rejected:?}");
    turn.set_time(Time::Still);
    turn.replace(|server| start_postgres(server.into_folder("KILL"), None, &[]).unwrap());
    assert!(
        matches!(title(&pool, 1).await, Err(StoreError::Open(_))),
        "it is still open"
    );
    turn.recover();
    assert_eq!(title(&pool, 1).await.unwrap(), "a kettle");
    assert_eq!(turn.state(), CircuitState::Closed);
}
