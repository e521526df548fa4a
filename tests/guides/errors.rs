//! What errors mean to retries and breakers, as `docs/errors.md` shows it.

use std::time::Duration;

use resilient::breaker::CircuitState;
use resilient::{BreakerConfig, CircuitBreaker, Registry};
use tokio::time::Instant;

// excerpt: own
use resilient::{CircuitOpen, Classify, TimedOut, circuit_breaker, retry};

#[derive(Debug, Clone, PartialEq, Classify)]
enum StockError {
    #[transient]
    ConnectionLost,
    #[throttled]
    #[retry_after(wait)]
    TooManyRequests { wait: std::time::Duration },
    #[answered]
    UnknownArticle,
    #[ignored]
    EmptyName,
    #[permanent]
    AccessDenied,
    #[circuit_open] // what a rejected call returns
    Rejected(CircuitOpen),
    #[timed_out] // what a call returns that a time limit has cut off
    TooSlow(TimedOut),
}

#[retry(attempt_timeout = "1s", deadline = "5s")]
#[circuit_breaker(name = "stock")]
async fn stock(warehouse: &Warehouse, article: &str) -> Result<u32, StockError> {
    if article.is_empty() {
        return Err(StockError::EmptyName);
    }
    warehouse.ask(article).await
}
// end excerpt

// excerpt: warehouse
/// Stands for a warehouse whose every response is this error.
struct Warehouse(StockError);

impl Warehouse {
    async fn ask(&self, _article: &str) -> Result<u32, StockError> {
        Err(self.0.clone())
    }
}
// end excerpt

/// Calls once, and returns the number of successes, failures and ignored calls of the breaker.
async fn counts(error: StockError) -> (u64, u64, u64) {
    let breaker = || Registry::global().get("stock").map(|breaker| breaker.snapshot().totals);
    let before = breaker().unwrap_or_default();
    stock(&Warehouse(error), "teapot").await.unwrap_err();
    let after = breaker().unwrap();
    Registry::global().named("stock").close();
    (after.success - before.success, after.failure - before.failure, after.ignored - before.ignored)
}

#[tokio::test(start_paused = true)]
async fn each_word_means_to_the_breaker_and_to_the_retry_what_the_table_says() {
    let wait = Duration::from_millis(500);
    // (success, failure, ignored); a call that is retried makes four attempts.
    assert_eq!(counts(StockError::ConnectionLost).await, (0, 4, 0));
    assert_eq!(counts(StockError::AccessDenied).await, (0, 1, 0));
    assert_eq!(counts(StockError::TooManyRequests { wait }).await, (0, 0, 4));
    assert_eq!(counts(StockError::EmptyName).await, (0, 0, 1));
    assert_eq!(counts(StockError::UnknownArticle).await, (1, 0, 0));

    let start = Instant::now();
    counts(StockError::TooManyRequests { wait }).await;
    assert!(start.elapsed() >= wait * 3, "each retry waits at least as long as the hint");

    Registry::global().get("stock").unwrap().force_open();
    let rejected = stock(&Warehouse(StockError::ConnectionLost), "teapot").await.unwrap_err();
    assert!(matches!(rejected, StockError::Rejected(open) if open.breaker() == "stock"));
    Registry::global().named("stock").close();
}

mod with_thiserror {
    use resilient::{Classification, circuit_breaker, retry};

    // excerpt: thiserror
    use resilient::{CircuitOpen, Classify, TimedOut};
    use std::io;

    #[derive(Debug, thiserror::Error, Classify)]
    enum LoadError {
        #[error("cannot read the file")]
        #[classify(with = resilient_classify::io)]
        Io(#[from] io::Error),
        #[error("line {line} is no number")]
        #[answered]
        NoNumber { line: usize },
        #[error("not tried")]
        #[circuit_open]
        Rejected(#[source] CircuitOpen), // `#[circuit_open]` writes `From`, so no `#[from]`
        #[error("too slow")]
        #[timed_out]
        TooSlow(#[source] TimedOut),
    }
    // end excerpt

    #[retry(attempt_timeout = "1s")]
    #[circuit_breaker(name = "numbers file")]
    async fn load(path: &str) -> Result<usize, LoadError> {
        let text = std::fs::read_to_string(path)?;
        let numbers: Vec<u32> = text
            .lines()
            .enumerate()
            .map(|(line, text)| text.parse().map_err(|_| LoadError::NoNumber { line: line + 1 }))
            .collect::<Result<_, _>>()?;
        Ok(numbers.len())
    }

    #[tokio::test(start_paused = true)]
    async fn thiserror_and_the_derive_go_together() {
        let error = load("no such file").await.unwrap_err();
        assert_eq!(error.to_string(), "cannot read the file");
        assert_eq!(error.classify().retry, Classification::answered().retry);
        assert!(std::error::Error::source(&error).is_some());

        let breaker = resilient::Registry::global().get("numbers file").unwrap();
        breaker.force_open();
        let error = load("no such file").await.unwrap_err();
        assert_eq!(error.to_string(), "not tried");
        assert!(CircuitOpen::find_in(&error).is_some());
        assert!(matches!(error, LoadError::Rejected(_)));
    }
}

mod with_anyhow {
    // excerpt: anyhow
    use anyhow::Context;
    use resilient::{CircuitOpen, Registry, TimedOut, circuit_breaker, retry};

    #[retry(attempt_timeout = "1s", classify = resilient_classify::anyhow)]
    #[circuit_breaker(name = "prices")]
    async fn prices(path: &str) -> anyhow::Result<String> {
        tokio::fs::read_to_string(path).await.context("read the prices")
    }

    #[tokio::test]
    async fn a_rejection_is_found_below_context() {
        prices("no such file").await.unwrap_err();
        let breaker = Registry::global().get("prices").unwrap();
        assert_eq!(breaker.snapshot().totals.success, 1); // the disk works

        breaker.force_open();
        let error = prices("prices.txt").await.context("show the page").unwrap_err();
        let open = CircuitOpen::find_in(&*error).expect("the call was not made");
        assert_eq!(open.breaker(), "prices");
        assert!(TimedOut::find_in(&*error).is_none());
    }
    // end excerpt
}

// excerpt: boxed
#[retry(attempt_timeout = "1s", classify = resilient_classify::boxed)]
#[circuit_breaker(name = "boxed")]
async fn rates(path: &str) -> Result<f64, Box<dyn std::error::Error + Send + Sync>> {
    Ok(tokio::fs::read_to_string(path).await?.trim().parse()?)
}
// end excerpt

#[tokio::test]
async fn a_boxed_error_is_classified_by_its_cause() {
    rates("no such file").await.unwrap_err();
    let totals = Registry::global().get("boxed").unwrap().snapshot().totals;
    assert_eq!((totals.success, totals.failure), (1, 0));
}

// excerpt: foreign
use resilient::Classification;
use std::num::ParseIntError;

/// Says what the error of another crate means.
fn by_kind(error: &ParseIntError) -> Classification {
    match error.kind() {
        std::num::IntErrorKind::Empty => Classification::ignored(),
        _ => Classification::answered().with_text("not a number"),
    }
}

#[retry(classify = by_kind)]
#[circuit_breaker(name = "parser", on_open = |_| Ok(0))]
async fn number(text: &str) -> Result<u32, ParseIntError> {
    text.parse()
}
// end excerpt

#[tokio::test]
async fn a_function_classifies_the_error_of_another_crate() {
    number("x").await.unwrap_err();
    number("").await.unwrap_err();
    let breaker = Registry::global().get("parser").unwrap();
    assert_eq!((breaker.snapshot().totals.success, breaker.snapshot().totals.ignored), (1, 1));
    breaker.force_open();
    assert_eq!(number("7").await, Ok(0), "the result of `on_open`");
}

#[retry]
#[circuit_breaker(name = "unclassified")]
async fn unclassified(path: &str) -> std::io::Result<String> {
    std::fs::read_to_string(path)
}

#[tokio::test(start_paused = true)]
async fn without_a_class_two_missing_files_open_the_circuit() {
    for _ in 0..2 {
        unclassified("no such file").await.unwrap_err();
    }
    let breaker = Registry::global().get("unclassified").unwrap();
    assert_eq!((breaker.state(), breaker.snapshot().totals.failure), (CircuitState::Open, 5));
}

// excerpt: log
use resilient::outcome::error_chain;

/// Logs an error where it is handled, and nowhere else.
fn log(error: &(dyn std::error::Error + 'static)) {
    if let Some(open) = CircuitOpen::find_in(error) {
        // The breaker has logged why it opened. This line would come with each call.
        tracing::debug!(breaker = open.breaker(), "not called");
    } else {
        tracing::warn!(error = %chain(error), "call failed");
    }
}

/// Returns the texts of the error and of its sources.
fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let texts: Vec<_> = error_chain(error).map(ToString::to_string).collect();
    texts.join(": ")
}
// end excerpt

#[test]
fn an_error_is_logged_with_its_sources() {
    let inner = std::io::Error::other(std::io::Error::other("disk on fire"));
    assert!(chain(&inner).contains("disk on fire"));
    log(&inner);
    let breaker = CircuitBreaker::new("log", BreakerConfig::default());
    breaker.force_open();
    log(&breaker.try_acquire().unwrap_err());
}
