//! The recipe for errors of other crates.

use super::dependency;

// excerpt: recipe
use resilient::{circuit_breaker, retry};
use std::io;

#[retry(attempt_timeout = "1s", classify = resilient_classify::anyhow)]
#[circuit_breaker(name = "database")]
async fn customer(id: u32) -> anyhow::Result<String> {
    Ok(find_row(id).await?)
}

async fn find_row(id: u32) -> io::Result<String> {
    dependency::call(io::ErrorKind::NotFound).await?; // not shown
    // Ask the database here. `NotFound` is its error for a missing row.
    Ok(format!("customer {id}"))
}
// end excerpt

// excerpt: function
use resilient::{CircuitOpen, Classification, Classify, TimedOut};
use std::num::ParseIntError;

fn by_kind(error: &ParseIntError) -> Classification {
    // The class, and a short text for logs and snapshots.
    Classification::ignored().with_text(format_args!("no number: {:?}", error.kind()))
}

// For one function: on either attribute, `classify` serves both.
#[retry(classify = by_kind)]
#[circuit_breaker(name = "numbers", on_open = |_| Ok(None))]
async fn number(text: &str) -> Result<Option<u32>, ParseIntError> {
    text.parse().map(Some)
}

// For all functions that return the error: in the error type.
#[derive(Debug, Classify)]
enum LoadError {
    #[classify(with = resilient_classify::io)]
    Io(io::Error),
    #[classify(with = by_kind)]
    Number(ParseIntError),
    #[transparent]
    #[circuit_open]
    Open(CircuitOpen),
    #[transparent]
    #[timed_out]
    Late(TimedOut),
}

#[retry(attempt_timeout = "1s")]
#[circuit_breaker(name = "numbers on disk")]
async fn load(path: &str) -> Result<u32, LoadError> {
    let text = read(path).await.map_err(LoadError::Io)?;
    text.trim().parse().map_err(LoadError::Number)
}

async fn read(path: &str) -> io::Result<String> {
    dependency::call(io::ErrorKind::NotFound).await?; // not shown
    // Read the remote file here.
    Ok("42\n".to_owned())
}
// end excerpt

#[retry(attempt_timeout = "1s")]
#[circuit_breaker(name = "bare database")]
async fn bare(id: u32) -> anyhow::Result<String> {
    Ok(find_row(id).await?)
}

use resilient::{CircuitBreaker, Registry};

fn breaker(name: &str) -> CircuitBreaker {
    Registry::global().get(name).unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_missing_row_is_a_success_of_the_database() {
    dependency::fail(2);
    for id in 0..2 {
        customer(id).await.unwrap_err();
    }
    assert_eq!(dependency::calls(), 2);
    let totals = breaker("database").snapshot().totals;
    assert_eq!((totals.success, totals.failure), (2, 0));
}

#[tokio::test(start_paused = true)]
async fn with_bare_attributes_two_missing_rows_open_the_circuit_for_thirty_seconds() {
    dependency::fail(u32::MAX);
    for id in 0..2 {
        bare(id).await.unwrap_err();
    }
    assert_eq!(dependency::calls(), 5);
    assert_eq!(breaker("bare database").snapshot().totals.failure, 5);
    let open = breaker("bare database").try_acquire().unwrap_err();
    assert_eq!(open.retry_after().unwrap().as_secs(), 30);
}

#[tokio::test(start_paused = true)]
async fn a_function_of_ones_own_serves_both_attributes() {
    number("x").await.unwrap_err();
    assert_eq!(number("7").await, Ok(Some(7)));
    let totals = breaker("numbers").snapshot().totals;
    assert_eq!((totals.success, totals.failure, totals.ignored), (1, 0, 1));
    breaker("numbers").force_open();
    assert_eq!(number("7").await, Ok(None));
}

#[tokio::test(start_paused = true)]
async fn an_error_type_names_a_function_for_each_foreign_error() {
    dependency::fail(1);
    assert!(matches!(load("none").await, Err(LoadError::Io(_))));
    assert_eq!(dependency::calls(), 1);
    assert_eq!(breaker("numbers on disk").snapshot().totals.success, 1);
    assert_eq!(load("a").await.unwrap(), 42);
    assert_eq!(dependency::calls(), 1);

    dependency::hang(u32::MAX);
    assert!(matches!(load("a").await, Err(LoadError::Late(_))));
    assert_eq!(dependency::calls(), 4);
    breaker("numbers on disk").force_open();
    let rejected = load("a").await;
    assert!(matches!(rejected, Err(LoadError::Open(open)) if open.breaker() == "numbers on disk"));
}
