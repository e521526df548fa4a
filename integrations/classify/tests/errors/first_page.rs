//! The examples of the first page.

// excerpt: order
use resilient::{CircuitOpen, Classify, TimedOut, circuit_breaker, retry};

#[derive(Debug, Classify)]
enum OrderError {
    #[classify(with = resilient_classify::sqlx)]
    Database(sqlx::Error),
    #[classify(with = resilient_classify::redis)]
    Cache(redis::RedisError),
    #[circuit_open]
    Rejected(CircuitOpen),
    #[timed_out]
    TimedOut(TimedOut),
}

#[retry(attempt_timeout = "2s", deadline = "5s")]
#[circuit_breaker(name = "orders")]
async fn order(pool: &sqlx::SqlitePool, id: i64) -> Result<String, OrderError> {
    let query = sqlx::query_scalar("SELECT title FROM orders WHERE id = ?").bind(id);
    query.fetch_one(pool).await.map_err(OrderError::Database)
}
// end excerpt

// excerpt: connect
use tokio::net::TcpStream;

#[retry(attempt_timeout = "2s", deadline = "5s", classify = resilient_classify::io)]
#[circuit_breaker(name = "broker")]
async fn connect(address: &str) -> std::io::Result<TcpStream> {
    TcpStream::connect(address).await
}
// end excerpt

// excerpt: cache
use resilient::Classification;

/// Counts a login that fails as a mistake of this program, not as a failure of the cache.
fn cache(error: &redis::RedisError) -> Classification {
    match error.code() {
        Some("WRONGPASS") => Classification::ignored(),
        _ => resilient_classify::redis(error),
    }
}
// end excerpt

use std::io::{Error, ErrorKind};

use resilient::Registry;
use resilient::breaker::CircuitState;
use tokio::time::Instant;

#[tokio::test]
async fn a_missing_row_is_neither_retried_nor_a_failure() {
    let pool = sqlx::SqlitePool::connect("sqlite::memory:").await.unwrap();
    sqlx::query("CREATE TABLE orders (id INTEGER, title TEXT)").execute(&pool).await.unwrap();
    for id in 0..10 {
        let missing = order(&pool, id).await.unwrap_err();
        assert!(matches!(missing, OrderError::Database(sqlx::Error::RowNotFound)), "{missing:?}");
    }
    let totals = Registry::global().get("orders").unwrap().snapshot().totals;
    assert_eq!((totals.success, totals.failure), (10, 0));

    sqlx::query("INSERT INTO orders VALUES (1, 'tea')").execute(&pool).await.unwrap();
    assert_eq!(order(&pool, 1).await.unwrap(), "tea");
    Registry::global().get("orders").unwrap().force_open();
    assert!(matches!(order(&pool, 1).await, Err(OrderError::Rejected(_))));
}

#[tokio::test(start_paused = true)]
async fn a_refused_connection_is_retried_and_opens_the_circuit() {
    let address = {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        listener.local_addr().unwrap().to_string()
    };
    for _ in 0..2 {
        assert_eq!(connect(&address).await.unwrap_err().kind(), ErrorKind::ConnectionRefused);
    }
    assert_eq!(Registry::global().get("broker").unwrap().state(), CircuitState::Open);
    let start = Instant::now();
    let rejected = connect(&address).await.unwrap_err();
    assert_eq!(CircuitOpen::find_in(&rejected).unwrap().breaker(), "broker");
    assert!(start.elapsed().is_zero());
}

#[test]
fn a_function_gives_one_error_another_class() {
    let lost = redis::RedisError::from(Error::from(ErrorKind::TimedOut));
    assert_eq!(cache(&lost), Classification::transient());
    let wrong = redis::make_extension_error("WRONGPASS".to_owned(), None);
    assert_eq!(cache(&wrong), Classification::ignored());
    assert_eq!(OrderError::Cache(lost).classify(), Classification::transient());
}
