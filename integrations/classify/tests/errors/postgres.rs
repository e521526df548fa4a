//! Errors that a server of PostgreSQL makes. The tests start it on a socket in a private folder.

use std::io::ErrorKind;
use std::path::Path;
use std::sync::OnceLock;
use std::time::Duration;

use resilient::Outcome;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPoolOptions};
use sqlx::{Connection, Executor, Row, query};

use crate::support::{FAILURE, FAILURE_RETRIED, IGNORED, SUCCESS, SUCCESS_RETRIED, means};
use resilient_test_servers::{Server, folder, start_postgres};

/// The password is asked of this user alone.
const ACCESS: &str = "local all guarded scram-sha-256\nlocal all all trust\n";

const TABLES: &str = "
    CREATE ROLE guarded LOGIN PASSWORD 'right';
    CREATE ROLE crowded LOGIN CONNECTION LIMIT 0;
    CREATE TABLE customer (id int PRIMARY KEY, name text NOT NULL UNIQUE CHECK (name <> ''));
    CREATE TABLE orders (id int PRIMARY KEY, customer int REFERENCES customer (id));
    CREATE TABLE room (name text, during int4range, EXCLUDE USING gist (during WITH &&));
    CREATE TABLE account (id int PRIMARY KEY, balance int NOT NULL);
    INSERT INTO customer VALUES (1, 'one');
    INSERT INTO room VALUES ('hall', '[1, 5]');
    INSERT INTO account VALUES (1, 100), (2, 100), (3, 100), (4, 100);
";

fn options(folder: &Path) -> PgConnectOptions {
    PgConnectOptions::new_without_pgpass().socket(folder).username("admin").database("postgres")
}

/// Starts a server with the tables, unless PostgreSQL is not installed.
fn start() -> Option<Server> {
    let server = start_postgres(folder(), Some(ACCESS), &["deadlock_timeout=10ms"])?;
    let options = options(server.folder());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut database = PgConnection::connect_with(&options).await.unwrap();
        database.execute(TABLES).await.unwrap();
    });
    Some(server)
}

/// Returns how to connect to the server that several tests share.
async fn shared() -> Option<PgConnectOptions> {
    static SHARED: OnceLock<Option<Server>> = OnceLock::new();
    let server = tokio::task::spawn_blocking(|| SHARED.get_or_init(start).as_ref()).await.unwrap();
    server.map(|server| options(server.folder()))
}

async fn connect(options: &PgConnectOptions) -> PgConnection {
    PgConnection::connect_with(options).await.unwrap()
}

#[track_caller]
fn is(error: &sqlx::Error, code: &str, expected: (Outcome, bool)) {
    let database = error.as_database_error().unwrap_or_else(|| panic!("{error:?}"));
    let class = resilient_classify::sqlx(error);
    assert_eq!((&*database.code().unwrap(), means(class)), (code, expected), "{error}");
    assert!(class.text().unwrap().as_str().starts_with(&format!("{code}: ")));
}

#[tokio::test]
async fn wrong_data_and_wrong_sql_are_responses_of_the_database() {
    let Some(options) = shared().await else { return };
    let mut database = connect(&options).await;
    for (statement, code) in [
        ("INSERT INTO customer VALUES (1, 'other')", "23505"),
        ("INSERT INTO customer VALUES (2, 'one')", "23505"),
        ("INSERT INTO customer VALUES (2, NULL)", "23502"),
        ("INSERT INTO customer VALUES (2, '')", "23514"),
        ("INSERT INTO orders VALUES (1, 9)", "23503"),
        ("INSERT INTO room VALUES ('hall', '[2, 3]')", "23P01"),
        ("SELECT 'x'::int", "22P02"),
        ("SELECT 1 / 0", "22012"),
        ("SELEKT 1", "42601"),
        ("SELECT * FROM nowhere", "42P01"),
        ("SET ROLE guarded; SELECT * FROM customer", "42501"),
        ("RESET ROLE; DO $$ BEGIN RAISE 'no stock'; END $$", "P0001"),
        ("BEGIN; SELECT 1 / 0", "22012"),
        ("SELECT 1", "25P02"),
    ] {
        let error = database.execute(statement).await.unwrap_err();
        is(&error, code, SUCCESS);
    }
    database.execute("ROLLBACK").await.unwrap();
    let missing = query("SELECT * FROM customer WHERE id = 9").fetch_one(&mut database).await;
    assert_eq!(means(resilient_classify::sqlx(&missing.unwrap_err())), SUCCESS);
    let row = query("SELECT name FROM customer").fetch_one(&mut database).await.unwrap();
    let decode = row.try_get::<i32, _>("name").unwrap_err();
    assert_eq!(means(resilient_classify::sqlx(&decode)), SUCCESS);
}

#[tokio::test]
async fn a_deadlock_is_retried_and_no_failure() {
    let Some(options) = shared().await else { return };
    let (mut one, mut other) = (connect(&options).await, connect(&options).await);
    one.execute("BEGIN; UPDATE account SET balance = 1 WHERE id = 1").await.unwrap();
    other.execute("BEGIN; UPDATE account SET balance = 2 WHERE id = 2").await.unwrap();
    // PostgreSQL ends one of the two transactions, so that the other can go on.
    let (first, second) = tokio::join!(
        async {
            let result = one.execute("UPDATE account SET balance = 1 WHERE id = 2").await;
            one.execute("ROLLBACK").await.unwrap();
            result
        },
        async {
            let result = other.execute("UPDATE account SET balance = 2 WHERE id = 1").await;
            other.execute("ROLLBACK").await.unwrap();
            result
        }
    );
    is(&first.and(second).unwrap_err(), "40P01", SUCCESS_RETRIED);
}

#[tokio::test]
async fn a_serialization_failure_is_retried_and_no_failure() {
    let Some(options) = shared().await else { return };
    let (mut one, mut other) = (connect(&options).await, connect(&options).await);
    for database in [&mut one, &mut other] {
        database.execute("BEGIN ISOLATION LEVEL SERIALIZABLE").await.unwrap();
        database.execute("SELECT sum(balance) FROM account").await.unwrap();
    }
    one.execute("UPDATE account SET balance = 5 WHERE id = 3").await.unwrap();
    one.execute("COMMIT").await.unwrap();
    let late = other.execute("UPDATE account SET balance = 6 WHERE id = 3").await;
    is(&late.unwrap_err(), "40001", SUCCESS_RETRIED);
}

#[tokio::test]
async fn a_lock_that_is_not_available_is_retried_and_no_failure() {
    let Some(options) = shared().await else { return };
    let (mut one, mut other) = (connect(&options).await, connect(&options).await);
    one.execute("BEGIN; SELECT * FROM account WHERE id = 4 FOR UPDATE").await.unwrap();
    let taken = other.execute("SELECT * FROM account WHERE id = 4 FOR UPDATE NOWAIT").await;
    is(&taken.unwrap_err(), "55P03", SUCCESS_RETRIED);
}

#[tokio::test]
async fn a_query_beyond_the_limit_of_the_server_is_a_failure_that_is_not_retried() {
    let Some(options) = shared().await else { return };
    let mut database = connect(&options).await;
    let late = database.execute("SET statement_timeout = 1; SELECT pg_sleep(60)").await;
    is(&late.unwrap_err(), "57014", FAILURE);
}

#[tokio::test]
async fn a_write_on_a_replica_is_a_failure_that_is_retried() {
    let Some(options) = shared().await else { return };
    let mut database = connect(&options).await;
    let write = "BEGIN READ ONLY; DELETE FROM account";
    is(&database.execute(write).await.unwrap_err(), "25006", FAILURE_RETRIED);
}

#[tokio::test]
async fn a_login_that_cannot_succeed_is_a_failure_that_is_not_retried() {
    let Some(options) = shared().await else { return };
    let login =
        async |options: PgConnectOptions| PgConnection::connect_with(&options).await.err().unwrap();
    is(&login(options.clone().username("guarded").password("wrong")).await, "28P01", FAILURE);
    is(&login(options.clone().username("nobody at all")).await, "28000", FAILURE);
    is(&login(options.clone().database("nowhere")).await, "3D000", FAILURE);
    is(&login(options.username("crowded")).await, "53300", FAILURE_RETRIED);
}

#[tokio::test]
async fn a_pool_without_a_connection_is_a_failure_that_is_not_retried() {
    let Some(options) = shared().await else { return };
    let pool = PgPoolOptions::new().max_connections(1).acquire_timeout(Duration::from_millis(50));
    let pool = pool.connect_lazy_with(options);
    let held = pool.acquire().await;
    let late = query("SELECT 1").execute(&pool).await.unwrap_err();
    assert!(held.is_ok() && matches!(late, sqlx::Error::PoolTimedOut));
    assert_eq!(means(resilient_classify::sqlx(&late)), FAILURE);
    drop(held);
    pool.close().await;
    let closed = query("SELECT 1").execute(&pool).await.unwrap_err();
    assert_eq!(means(resilient_classify::sqlx(&closed)), IGNORED);
}

#[tokio::test]
async fn a_connection_that_an_operator_ends_is_a_failure_that_is_retried() {
    let Some(options) = shared().await else { return };
    let mut database = connect(&options).await;
    let ended = database.execute("SELECT pg_terminate_backend(pg_backend_pid())").await;
    is(&ended.unwrap_err(), "57P01", FAILURE_RETRIED);
}

/// Makes a query that hangs while the server ends by this signal, and a new connection afterwards.
async fn end_in_flight(signal: &'static str) -> Option<(sqlx::Error, sqlx::Error, sqlx::Error)> {
    let mut server = tokio::task::spawn_blocking(start).await.unwrap()?;
    let options = options(server.folder());
    let mut database = connect(&options).await;
    let pool = PgPoolOptions::new().acquire_timeout(Duration::from_millis(200));
    let pool = pool.connect_lazy_with(options.clone());
    let mut watcher = connect(&options).await;
    let query =
        tokio::spawn(async move { database.execute("SELECT pg_sleep(60)").await.unwrap_err() });
    let runs =
        "SELECT 1 FROM pg_stat_activity WHERE query LIKE '%pg_sleep%' AND wait_event = 'PgSleep'";
    while sqlx::query(runs).fetch_optional(&mut watcher).await.unwrap().is_none() {}
    drop(watcher);
    let server = tokio::task::spawn_blocking(move || {
        server.end(signal);
        server
    });
    let _server = server.await.unwrap();
    let refused = PgConnection::connect_with(&options).await.err().unwrap();
    let pooled = pool.acquire().await.err().unwrap();
    Some((query.await.unwrap(), refused, pooled))
}

#[tokio::test]
async fn a_server_that_stops_is_a_failure_that_is_retried() {
    let Some((in_flight, refused, pooled)) = end_in_flight("INT").await else { return };
    is(&in_flight, "57P01", FAILURE_RETRIED);
    // A server that has stopped removes its socket.
    assert!(matches!(&refused, sqlx::Error::Io(error) if error.kind() == ErrorKind::NotFound));
    assert_eq!(means(resilient_classify::sqlx(&refused)), FAILURE_RETRIED);
    assert_eq!(resilient_classify::sqlx(&pooled).health, Outcome::Failure, "{pooled}");
}

#[tokio::test]
async fn a_server_that_is_killed_is_a_failure_that_is_retried() {
    let Some((in_flight, refused, pooled)) = end_in_flight("KILL").await else { return };
    assert_eq!(means(resilient_classify::sqlx(&in_flight)), FAILURE_RETRIED, "{in_flight:?}");
    let kind = ErrorKind::ConnectionRefused;
    assert!(matches!(&refused, sqlx::Error::Io(error) if error.kind() == kind), "{refused:?}");
    assert_eq!(means(resilient_classify::sqlx(&refused)), FAILURE_RETRIED);
    // The pool itself tries again until its time is over.
    assert!(matches!(pooled, sqlx::Error::PoolTimedOut), "{pooled:?}");
    assert_eq!(means(resilient_classify::sqlx(&pooled)), FAILURE);
}
