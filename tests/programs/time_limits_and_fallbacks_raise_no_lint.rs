//! Time limits and fallbacks compile in crates that deny every warning.
#![deny(
    warnings,
    missing_docs,
    unused,
    nonstandard_style,
    let_underscore,
    rust_2018_idioms,
    unused_results,
    unused_qualifications,
    unused_lifetimes,
    trivial_casts,
    trivial_numeric_casts,
    unreachable_pub,
    missing_debug_implementations,
    elided_lifetimes_in_paths,
    single_use_lifetimes,
    let_underscore_drop,
    clippy::all,
    clippy::pedantic
)]
#![allow(
    clippy::needless_pass_by_value,
    clippy::unused_async,
    reason = "these lints are about the user's own code"
)]
#![forbid(unsafe_code)]

use resilient::{CircuitOpen, RetryError, TimedOut, circuit_breaker, fallback, retry, timeout};

#[derive(Debug, Clone, PartialEq)]
struct Fault;

impl From<CircuitOpen> for Fault {
    fn from(_: CircuitOpen) -> Self {
        Self
    }
}

impl From<TimedOut> for Fault {
    fn from(_: TimedOut) -> Self {
        Self
    }
}

#[timeout("1s")]
async fn limit(mut text: String, un_named: &mut u32, _unused: u32) -> Result<String, Fault> {
    text.push('x');
    *un_named += 1;
    tokio::task::yield_now().await;
    Ok(text)
}

#[fallback(value = text.clone(), on = Fault, except = Fault if text.is_empty())]
fn replaced(mut text: String) -> Result<String, Fault> {
    text.push('x');
    Err(Fault)
}

#[fallback(with = async |error| if text.is_empty() { Err(error) } else { Ok(text) })]
#[retry(deadline = "1m", attempt_timeout = "5s", budget = "lints", nested = allow, except = Fault)]
#[circuit_breaker(ignore = Fault, ignore_if = |_| false)]
#[timeout("1s")]
async fn everything(mut text: String) -> Result<String, Fault> {
    text.push('x');
    tokio::task::yield_now().await;
    Err(Fault)
}

#[fallback(value = text.len() + list.len())]
#[circuit_breaker]
async fn without_a_block(text: String, list: &mut Vec<u32>, _guard: Vec<u8>) -> Option<usize> {
    list.push(1);
    tokio::task::yield_now().await;
    borrow(&text)
}

fn borrow(text: &str) -> Option<usize> {
    text.find('x')
}

#[circuit_breaker]
async fn never() -> Option<u32> {
    std::process::exit(1)
}

#[circuit_breaker(order = explicit)]
#[timeout("1m")]
#[retry(errors = all, attempt = attempt, on_give_up = |_| ())]
#[fallback(value = 1, order = explicit)]
async fn upside_down(text: String) -> Result<u32, RetryErrorOf> {
    tokio::task::yield_now().await;
    drop(text);
    if attempt.is_first() { Err(Fault) } else { Ok(2) }
}

type RetryErrorOf = Outer;

/// An error with a variant for each error of the library.
type Outer = RetryError<Fault>;

#[retry]
#[timeout("1m")]
#[circuit_breaker(order = explicit)]
async fn far(text: String) -> Option<String> {
    tokio::task::yield_now().await;
    Some(text)
}

struct Client(u32);

impl Client {
    #[fallback(value = self.0)]
    #[retry(max_retries = 1, base_delay = "0s")]
    fn plain(&mut self) -> Option<u32> {
        self.0 += 1;
        None
    }

    #[timeout("1m")]
    #[retry(max_retries = 1, base_delay = "0s", errors = all)]
    async fn recorded(&mut self, text: String) -> Result<String, RetryError<Fault>> {
        self.0 += 1;
        tokio::task::yield_now().await;
        Ok(text)
    }
}

#[tokio::test]
async fn runs() {
    assert_eq!(limit(String::new(), &mut 0, 0).await.as_deref(), Ok("x"));
    assert_eq!(replaced("y".to_owned()).as_deref(), Ok("y"));
    assert_eq!(replaced(String::new()), Err(Fault));
    assert_eq!(everything("y".to_owned()).await.as_deref(), Ok("y"));
    assert_eq!(without_a_block("y".to_owned(), &mut Vec::new(), Vec::new()).await, Some(2));
    drop(never());
    assert_eq!(upside_down(String::new()).await.ok(), Some(1));
    assert_eq!(far("f".to_owned()).await.as_deref(), Some("f"));
    let mut client = Client(0);
    assert_eq!(client.plain(), Some(2));
    assert_eq!(client.recorded("r".to_owned()).await.ok().as_deref(), Some("r"));
}
