//! Rule B20: the attributes find the `Display` of an error.

use std::error::Error;
use std::fmt;

use resilient::{
    CircuitOpen, Classification, Classify, Registry, TimedOut, circuit_breaker, retry, timeout,
};

use super::texts;

/// An error with a `Display`, whose `Debug` must not be used.
#[derive(Clone, Copy, PartialEq)]
enum Shown {
    Refused,
    Input,
    Open,
    TimedOut,
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Refused => "connection refused",
            Self::Input => "invalid input",
            Self::Open | Self::TimedOut => unreachable!("the breaker does not make this text"),
        })
    }
}

impl fmt::Debug for Shown {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        panic!("`Debug` is never used")
    }
}

impl From<CircuitOpen> for Shown {
    fn from(_: CircuitOpen) -> Self {
        Self::Open
    }
}

impl From<TimedOut> for Shown {
    fn from(_: TimedOut) -> Self {
        Self::TimedOut
    }
}

/// An error with a `Debug` only.
#[derive(Debug)]
struct Undisplayed;

impl From<CircuitOpen> for Undisplayed {
    fn from(_: CircuitOpen) -> Self {
        Self
    }
}

/// An error whose class has a text.
#[derive(Debug)]
struct Classified;

impl fmt::Display for Classified {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        unreachable!("the text of the class comes first")
    }
}

impl Classify for Classified {
    fn classify(&self) -> Classification {
        Classification::transient().with_text("by Classify")
    }
}

impl From<CircuitOpen> for Classified {
    fn from(_: CircuitOpen) -> Self {
        Self
    }
}

/// Returns the texts that the breaker of this name remembers.
fn texts_of(name: &str) -> Vec<String> {
    texts(&Registry::global().get(name).unwrap())
}

#[circuit_breaker(name = "b20 display")]
fn display() -> Result<(), Shown> {
    Err(Shown::Refused)
}

#[circuit_breaker(name = "b20 debug only")]
fn debug_only() -> Result<(), Undisplayed> {
    Err(Undisplayed)
}

#[circuit_breaker(name = "b20 option")]
fn option() -> Option<u32> {
    None
}

#[circuit_breaker(name = "b20 boxed")]
fn boxed() -> Result<(), Box<dyn Error + Send + Sync>> {
    Err("boxed".into())
}

#[circuit_breaker(name = "b20 unbound")]
fn unbound<E: From<CircuitOpen> + Classify>(error: E) -> Result<(), E> {
    Err(error)
}

#[circuit_breaker(name = "b20 bound")]
fn bound<E: From<CircuitOpen> + fmt::Display>(error: E) -> Result<(), E> {
    Err(error)
}

#[circuit_breaker(name = "b20 Classify")]
fn by_trait() -> Result<(), Classified> {
    Err(Classified)
}

#[circuit_breaker(
    name = "b20 function",
    classify = |_: &Shown| Classification::permanent().with_text("by function")
)]
fn by_function() -> Result<(), Shown> {
    Err(Shown::Refused)
}

#[circuit_breaker(name = "b20 predicate", on_open = |_| 0, failure_when = |number| *number > 3)]
fn predicate() -> u32 {
    7
}

#[circuit_breaker(name = "b20 ignored", ignore = Shown::Input)]
fn ignored(error: Shown) -> Result<(), Shown> {
    Err(error)
}

struct Plain;

impl Classify for Plain {
    fn classify(&self) -> Classification {
        Classification::transient()
    }
}

impl From<CircuitOpen> for Plain {
    fn from(_: CircuitOpen) -> Self {
        Self
    }
}

#[test]
fn b20_the_attribute_finds_the_text_of_each_type_of_error() {
    assert!(display().is_err() && debug_only().is_err() && option().is_none() && boxed().is_err());
    assert!(unbound(Plain).is_err() && bound(Shown::Refused).is_err() && by_trait().is_err());
    assert!(by_function().is_err() && predicate() == 7);
    assert_eq!(texts_of("b20 display"), ["connection refused"]);
    assert_eq!(texts_of("b20 debug only"), ["-"]);
    assert_eq!(texts_of("b20 option"), ["-"]);
    assert_eq!(texts_of("b20 boxed"), ["boxed"]);
    assert_eq!(texts_of("b20 unbound"), ["-"]);
    assert_eq!(texts_of("b20 bound"), ["connection refused"]);
    assert_eq!(texts_of("b20 Classify"), ["by Classify"]);
    assert_eq!(texts_of("b20 function"), ["by function"]);
    assert_eq!(texts_of("b20 predicate"), ["-"]);
}

#[test]
fn b20_an_ignored_error_is_not_remembered() {
    assert!(ignored(Shown::Input).is_err() && ignored(Shown::Refused).is_err());
    assert_eq!(texts_of("b20 ignored"), ["connection refused"]);
}

#[retry(max_retries = 2, base_delay = "0s", except = Shown::Input)]
#[circuit_breaker(name = "b20 stack", failure_threshold = 9)]
fn stack() -> Result<(), Shown> {
    Err(Shown::Refused)
}

#[test]
fn b20_each_attempt_below_a_retry_is_remembered() {
    assert!(stack().is_err());
    assert_eq!(texts_of("b20 stack"), ["connection refused"; 3]);
}

#[retry(max_retries = 0, attempt_timeout = "1s")]
#[circuit_breaker(name = "b20 attempt_timeout")]
async fn hangs_in_an_attempt() -> Result<(), Shown> {
    std::future::pending().await
}

#[circuit_breaker(name = "b20 timeout")]
#[timeout("1s")]
async fn hangs() -> Result<(), Shown> {
    std::future::pending().await
}

#[tokio::test(start_paused = true)]
async fn b20_a_call_that_a_time_limit_cut_short_says_so() {
    assert!(hangs_in_an_attempt().await == Err(Shown::TimedOut));
    assert!(hangs().await == Err(Shown::TimedOut));
    assert_eq!(texts_of("b20 attempt_timeout"), ["attempt_timeout exceeded"]);
    assert_eq!(texts_of("b20 timeout"), ["timeout exceeded"]);
}
