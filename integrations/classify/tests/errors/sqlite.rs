//! Errors that SQLite makes.

use std::path::Path;
use std::time::Duration;

use resilient::Classification;
use sqlx::error::DatabaseError;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqlitePoolOptions};
use sqlx::{Connection, Executor, Row, query};

use crate::support::{
    FAILURE, FAILURE_RETRIED, IGNORED, SUCCESS, SUCCESS_RETRIED, deadline, means, rejection,
};

const TABLES: &str = "
    PRAGMA foreign_keys = ON;
    CREATE TABLE customer (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE CHECK (name <> ''));
    CREATE TABLE orders (id INTEGER PRIMARY KEY, customer INTEGER REFERENCES customer (id));
    INSERT INTO customer VALUES (1, 'one');
";

async fn memory() -> SqliteConnection {
    let mut database = SqliteConnection::connect("sqlite::memory:").await.unwrap();
    database.execute(TABLES).await.unwrap();
    database
}

fn file(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new().filename(path).busy_timeout(Duration::ZERO)
}

/// Runs the statement, which must fail, and returns the class with the code of the error.
async fn class_of(
    database: &mut SqliteConnection,
    statement: &'static str,
) -> (Classification, Option<String>) {
    let error = database.execute(statement).await.unwrap_err();
    let code = error.as_database_error().and_then(DatabaseError::code);
    (resilient_classify::sqlx(&error), code.map(Into::into))
}

#[tokio::test]
async fn a_violated_constraint_or_wrong_sql_is_a_response_of_the_database() {
    let mut database = memory().await;
    for (statement, code) in [
        ("INSERT INTO customer VALUES (1, 'other')", "1555"),
        ("INSERT INTO customer VALUES (2, 'one')", "2067"),
        ("INSERT INTO customer VALUES (2, NULL)", "1299"),
        ("INSERT INTO customer VALUES (2, '')", "275"),
        ("INSERT INTO orders VALUES (1, 9)", "787"),
        ("SELECT FROM customer", "1"),
        ("SELECT * FROM nowhere", "1"),
        ("INSERT INTO customer VALUES ('text', 'two')", "20"),
        ("SELECT abs(-9223372036854775808)", "1"),
    ] {
        let (class, found) = class_of(&mut database, statement).await;
        assert_eq!((found.as_deref(), means(class)), (Some(code), SUCCESS), "{statement}");
    }
}

#[tokio::test]
async fn a_missing_row_or_an_unexpected_column_is_a_response_of_the_database() {
    let mut database = memory().await;
    let missing = query("SELECT * FROM customer WHERE id = 9").fetch_one(&mut database).await;
    let missing = missing.err().unwrap();
    assert!(matches!(missing, sqlx::Error::RowNotFound));
    assert_eq!(means(resilient_classify::sqlx(&missing)), SUCCESS);

    let row = query("SELECT name FROM customer").fetch_one(&mut database).await.unwrap();
    let errors = [
        row.try_get::<String, _>("no such column").unwrap_err(),
        row.try_get::<String, _>(7).unwrap_err(),
        row.try_get::<i64, _>("name").unwrap_err(),
    ];
    for error in errors {
        assert_eq!(means(resilient_classify::sqlx(&error)), SUCCESS, "{error}");
    }
}

#[tokio::test]
async fn a_lock_of_another_connection_is_retried_and_no_failure() {
    let folder = tempfile::tempdir().unwrap();
    let options = file(&folder.path().join("db")).create_if_missing(true);
    let mut one = SqliteConnection::connect_with(&options).await.unwrap();
    let mut other = SqliteConnection::connect_with(&options).await.unwrap();
    one.execute(TABLES).await.unwrap();
    one.execute("BEGIN IMMEDIATE").await.unwrap();
    let (class, code) = class_of(&mut other, "BEGIN IMMEDIATE").await;
    assert_eq!((code.as_deref(), means(class)), (Some("5"), SUCCESS_RETRIED));
    assert_eq!(class.text().unwrap().as_str(), "5: database is locked");
}

#[tokio::test]
async fn a_file_that_cannot_be_used_is_a_failure_that_is_not_retried() {
    let folder = tempfile::tempdir().unwrap();
    let connect = async |options: SqliteConnectOptions| {
        let error = match SqliteConnection::connect_with(&options).await {
            Ok(mut database) => database.execute("SELECT * FROM sqlite_schema").await.unwrap_err(),
            Err(error) => error,
        };
        let code = error.as_database_error().unwrap().code().unwrap().into_owned();
        (code, means(resilient_classify::sqlx(&error)))
    };
    let at = |name: &str| folder.path().join(name);
    assert_eq!(connect(file(&at("none/db"))).await, ("14".to_owned(), FAILURE));
    std::fs::write(at("text"), "This is no database. ".repeat(100)).unwrap();
    assert_eq!(connect(file(&at("text"))).await, ("26".to_owned(), FAILURE));

    let mut database = memory().await;
    database.execute("PRAGMA query_only = ON").await.unwrap();
    let (class, code) = class_of(&mut database, "DELETE FROM customer").await;
    assert_eq!((code.as_deref(), means(class)), (Some("8"), FAILURE));
    database.execute("PRAGMA query_only = OFF; PRAGMA max_page_count = 1").await.unwrap();
    let fill = "INSERT INTO customer VALUES (2, hex(zeroblob(1000000)))";
    let (class, code) = class_of(&mut database, fill).await;
    assert_eq!((code.as_deref(), means(class)), (Some("13"), FAILURE));
}

#[tokio::test]
async fn a_pool_without_a_connection_is_a_failure_that_is_not_retried() {
    let pool = SqlitePoolOptions::new().max_connections(1);
    let pool = pool.acquire_timeout(Duration::from_millis(100)).connect("sqlite::memory:").await;
    let pool = pool.unwrap();
    let held = pool.acquire().await.unwrap();
    let late = pool.acquire().await.err().unwrap();
    assert!(matches!(late, sqlx::Error::PoolTimedOut));
    assert_eq!(means(resilient_classify::sqlx(&late)), FAILURE);
    drop(held);

    pool.close().await;
    let closed = pool.acquire().await.err().unwrap();
    assert!(matches!(closed, sqlx::Error::PoolClosed));
    assert_eq!(means(resilient_classify::sqlx(&closed)), IGNORED);
}

#[tokio::test]
async fn other_errors_of_the_client() {
    let url = SqliteConnection::connect("sqlite://?mode=wrong").await.err().unwrap();
    assert!(matches!(url, sqlx::Error::Configuration(_)), "{url:?}");
    assert_eq!(means(resilient_classify::sqlx(&url)), IGNORED);
    for (error, expected) in [
        (sqlx::Error::WorkerCrashed, FAILURE_RETRIED),
        (sqlx::Error::Protocol("unexpected byte".into()), FAILURE_RETRIED),
        (sqlx::Error::BeginFailed, FAILURE_RETRIED),
        (sqlx::Error::Tls("unknown issuer".into()), FAILURE),
        (sqlx::Error::Encode("too long".into()), IGNORED),
        (sqlx::Error::InvalidArgument("wrong".into()), IGNORED),
        (sqlx::Error::InvalidSavePointStatement, IGNORED),
        (sqlx::Error::TypeNotFound { type_name: "money".into() }, SUCCESS),
        (sqlx::Error::Io(std::io::ErrorKind::NotFound.into()), FAILURE_RETRIED),
        (sqlx::Error::Io(std::io::ErrorKind::PermissionDenied.into()), FAILURE),
    ] {
        assert_eq!(means(resilient_classify::sqlx(&error)), expected, "{error}");
    }
}

#[tokio::test]
async fn a_rejection_or_a_time_limit_inside_the_error_decides() {
    let open = sqlx::Error::Io(std::io::Error::other(rejection()));
    assert_eq!(means(resilient_classify::sqlx(&open)), IGNORED);
    let open = sqlx::Error::Tls(Box::new(rejection()));
    assert_eq!(means(resilient_classify::sqlx(&open)), IGNORED);
    let late = sqlx::Error::Io(deadline().await.into());
    assert_eq!(means(resilient_classify::sqlx(&late)), FAILURE);
}
