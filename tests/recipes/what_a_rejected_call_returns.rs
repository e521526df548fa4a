//! The recipe about what a rejected call returns.

use super::dependency;

// excerpt: recipe
use resilient::{CircuitOpen, TimedOut, circuit_breaker, timeout};
use std::io;

#[derive(Debug, PartialEq)]
enum PriceError {
    Unavailable(String),
}

impl From<CircuitOpen> for PriceError {
    fn from(open: CircuitOpen) -> Self {
        // The text names the breaker, and says when to try again.
        Self::Unavailable(open.to_string())
    }
}

impl From<TimedOut> for PriceError {
    fn from(late: TimedOut) -> Self {
        Self::Unavailable(late.to_string())
    }
}

// An error: made from `CircuitOpen`.
#[circuit_breaker(name = "shop")]
#[timeout("1s")]
async fn price(article: u32) -> Result<u32, PriceError> {
    ask(article).await.map_err(|error| PriceError::Unavailable(error.to_string()))
}

// `None`, if the function returns an `Option`.
#[circuit_breaker(name = "shop")]
#[timeout("1s")]
async fn price_if_known(article: u32) -> Option<u32> {
    ask(article).await.ok()
}

// The value of `on_open`, which sees the arguments.
#[circuit_breaker(name = "shop", on_open = |_| Ok(list_price(article)))]
#[timeout("1s")]
async fn price_or_list_price(article: u32) -> io::Result<u32> {
    ask(article).await
}

fn list_price(article: u32) -> u32 {
    article + 100
}

async fn ask(article: u32) -> io::Result<u32> {
    dependency::call(io::ErrorKind::ConnectionReset).await?; // not shown
    // Ask the shop here.
    Ok(article)
}
// end excerpt

// One test, because all calls share the breaker.
#[tokio::test(start_paused = true)]
async fn a_rejected_call_returns_an_error_or_none_or_the_value_of_on_open() {
    assert_eq!(price(1).await, Ok(1));
    assert_eq!(price_if_known(1).await, Some(1));
    assert_eq!(price_or_list_price(1).await.unwrap(), 1);
    assert_eq!(dependency::calls(), 3);

    resilient::Registry::global().get("shop").unwrap().force_open();
    let text = "circuit breaker `shop` is forced open".to_owned();
    assert_eq!(price(1).await, Err(PriceError::Unavailable(text)));
    assert_eq!(price_if_known(1).await, None);
    assert_eq!(price_or_list_price(1).await.unwrap(), 101);
    assert_eq!(dependency::calls(), 0);
    resilient::Registry::global().get("shop").unwrap().close();

    dependency::hang(1);
    assert!(matches!(price(1).await, Err(PriceError::Unavailable(_))));
}
