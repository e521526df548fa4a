//! Errors of any type, with context around them.

use std::error::Error;
use std::fmt;
use std::io;
use std::sync::Arc;

use anyhow::Context;
use resilient::{CircuitBreaker, Classification, Outcome, circuit_breaker, retry};
use resilient_classify::boxed;
use sqlx::SqlitePool;
use tonic::Status;

use crate::support::{
    FAILURE, FAILURE_RETRIED, IGNORED, SUCCESS, SUCCESS_RETRIED, deadline, means, rejection,
};

type Boxed = Box<dyn Error + Send + Sync>;

#[derive(Debug)]
struct Layer<E>(E);

impl<E> fmt::Display for Layer<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("layer")
    }
}

impl<E: Error + 'static> Error for Layer<E> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.0)
    }
}

/// Classifies the error as `anyhow::Error` with context, and in each pointer below a layer.
#[track_caller]
fn of<E: Error + Send + Sync + 'static>(make: impl Fn() -> E) -> Classification {
    let plain = resilient_classify::anyhow(&make().into());
    let context = Err::<(), _>(make()).context("load the order").context("show the page");
    assert_eq!(resilient_classify::anyhow(&context.unwrap_err()), plain, "context");
    let below: anyhow::Error = Layer(Layer(make())).into();
    assert_eq!(resilient_classify::anyhow(&below), plain, "layers");

    assert_eq!(boxed(&(Box::new(make()) as Box<dyn Error>)), plain, "Box<dyn Error>");
    assert_eq!(boxed(&(Box::new(make()) as Box<dyn Error + Send>)), plain, "Send");
    assert_eq!(boxed(&(Box::new(Layer(make())) as Boxed)), plain, "Send + Sync");
    let shared: Arc<dyn Error + Send + Sync> = Arc::new(Layer(make()));
    assert_eq!(boxed(&shared), plain, "Arc");
    assert_eq!(boxed(&(Box::new(Layer(shared)) as Boxed)), plain, "Arc below a layer");
    assert_eq!(boxed(&(Box::new(io::Error::other(make())) as Boxed)), plain, "io::Error");
    assert_eq!(boxed(&(Box::new(Layer(Arc::new(make()))) as Boxed)), plain, "Arc of the type");
    assert_eq!(boxed(&(Box::new(Layer(Box::new(make()))) as Boxed)), plain, "Box of the type");
    plain
}

#[test]
fn each_known_error_is_found_at_any_depth_and_describes_the_class() {
    let missing = of(|| sqlx::Error::RowNotFound);
    assert_eq!(means(missing), SUCCESS);
    let pool = of(|| sqlx::Error::PoolTimedOut);
    assert_eq!(means(pool), FAILURE);
    assert_eq!(
        pool.text().unwrap().as_str(),
        "pool timed out while waiting for an open connection"
    );

    let conflict = of(|| Status::aborted("row changed"));
    assert_eq!(means(conflict), SUCCESS_RETRIED);
    assert_eq!(conflict.text().unwrap().as_str(), "Aborted: row changed");

    let refused = || redis::RedisError::from(io::Error::from(io::ErrorKind::ConnectionRefused));
    assert_eq!(means(of(refused)), FAILURE_RETRIED);
    assert_eq!(of(refused).text().unwrap().as_str(), "connection refused");

    let builder = || reqwest::Client::new().get("no url").build().unwrap_err();
    assert_eq!(means(of(builder)), IGNORED);
    let not_found = || io::Error::from(io::ErrorKind::NotFound);
    assert_eq!(means(of(not_found)), SUCCESS);
}

#[test]
fn an_error_that_is_not_known_is_a_failure_that_is_retried() {
    assert_eq!(of(|| fmt::Error), Classification::transient());
    assert_eq!(
        resilient_classify::anyhow(&anyhow::anyhow!("no type")),
        Classification::transient()
    );
    // The attributes describe it by its `Display`.
    assert!(of(|| fmt::Error).text().is_none());
}

#[tokio::test]
async fn a_rejection_or_a_time_limit_in_the_chain_beats_every_other_error() {
    assert_eq!(means(of(rejection)), IGNORED);
    assert_eq!(means(of(|| sqlx::Error::Io(rejection().into()))), IGNORED);
    assert_eq!(means(of(|| Status::from_error(Box::new(rejection())))), IGNORED);
    assert_eq!(means(of(|| redis::RedisError::from(io::Error::other(rejection())))), IGNORED);
    let late = deadline().await;
    assert_eq!(means(of(|| late.clone())), FAILURE);
    assert_eq!(means(of(|| sqlx::Error::Decode(Box::new(late.clone())))), FAILURE);
}

#[test]
fn of_several_known_errors_the_outermost_decides_and_an_io_error_only_alone() {
    // The value that could not be decoded made the database's error; its source is no outage.
    let decode = || sqlx::Error::Decode(Box::new(Status::unavailable("down")));
    assert_eq!(means(of(decode)), SUCCESS);
    let inside = || io::Error::new(io::ErrorKind::TimedOut, sqlx::Error::RowNotFound);
    assert_eq!(means(of(inside)), SUCCESS);
}

/// Looks a row up that is not there.
async fn find(pool: &SqlitePool) -> anyhow::Result<String> {
    let name = sqlx::query_scalar("SELECT name FROM sqlite_schema WHERE name = 'none'");
    name.fetch_one(pool).await.context("find the customer")
}

#[tokio::test]
async fn a_missing_row_opens_the_circuit_under_bare_attributes_and_not_with_a_classifier() {
    #[retry(base_delay = "0s")]
    #[circuit_breaker(breaker = breaker)]
    async fn bare(breaker: &CircuitBreaker, pool: &SqlitePool) -> anyhow::Result<String> {
        find(pool).await
    }

    #[retry(base_delay = "0s", classify = resilient_classify::anyhow)]
    #[circuit_breaker(breaker = breaker)]
    async fn classified(breaker: &CircuitBreaker, pool: &SqlitePool) -> anyhow::Result<String> {
        find(pool).await
    }

    let pool = SqlitePool::connect("sqlite::memory:").await.unwrap();
    let (one, other) = (CircuitBreaker::default(), CircuitBreaker::default());
    for _ in 0..2 {
        bare(&one, &pool).await.unwrap_err();
    }
    assert_eq!(one.snapshot().totals.failure, 5);
    assert!(one.try_acquire().is_err(), "two look-ups have opened the circuit");

    for _ in 0..100 {
        classified(&other, &pool).await.unwrap_err();
    }
    let totals = other.snapshot().totals;
    assert_eq!((totals.success, totals.failure), (100, 0));
    other.try_acquire().unwrap().report(Outcome::Ignored);
}
