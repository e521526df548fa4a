//! User code that runs while a failure is reported: the `Display` of an error, and listeners.

use std::cell::Cell;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use resilient::events::EventKind;
use resilient::{CircuitOpen, Registry, RetryPolicy, circuit_breaker, retry};

use crate::support::retry::SECOND;

thread_local! {
    static DEPTH: Cell<u32> = const { Cell::new(0) };
}

/// An error whose `Display` calls the function that failed, or panics.
#[derive(Debug)]
enum Meddling {
    Calls,
    Panics,
    Open,
}

impl From<CircuitOpen> for Meddling {
    fn from(_: CircuitOpen) -> Self {
        Self::Open
    }
}

impl fmt::Display for Meddling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Calls if DEPTH.get() < 2 => {
                DEPTH.set(DEPTH.get() + 1);
                write!(f, "inner call: {}", meddle(false).unwrap_err())
            }
            Self::Calls => f.write_str("deepest"),
            Self::Panics => panic!("planted"),
            Self::Open => f.write_str("open"),
        }
    }
}

#[retry(name = "r15 meddling", max_retries = 1, base_delay = "0s")]
#[circuit_breaker(name = "r15 meddling", failure_threshold = 1_000)]
fn meddle(panics: bool) -> Result<(), Meddling> {
    Err(if panics { Meddling::Panics } else { Meddling::Calls })
}

#[test]
fn r15_the_display_of_an_error_runs_without_a_lock_and_its_panic_is_contained() {
    meddle(false).unwrap_err();
    meddle(true).unwrap_err();
    let retry = Registry::global().get_retry("r15 meddling").unwrap().snapshot();
    let breaker = Registry::global().get("r15 meddling").unwrap().snapshot();
    let panicked = "(the error's `Display` panicked)";
    assert_eq!(retry.last_failures.last().unwrap().text.unwrap().as_str(), panicked);
    assert_eq!(breaker.last_failures.last().unwrap().text().unwrap().as_str(), panicked);
    assert_eq!((retry.counts.panicked, retry.counts.cancelled), (0, 0));
    assert_eq!(retry.counts.attempts, breaker.totals.failure);
}

#[test]
fn r15_a_listener_of_a_contradiction_may_call_the_function_itself() {
    #[retry(name = "r15 heard", base_delay = delay, max_delay = "1s", max_retries = 0)]
    fn call(delay: std::time::Duration) -> Option<()> {
        None
    }
    let heard = Arc::new(AtomicU32::new(0));
    let count = Arc::clone(&heard);
    let id = Registry::global().on_event(move |event| {
        if event.name() == "r15 heard" && matches!(event.kind(), EventKind::InvalidSetting(_)) {
            count.fetch_add(1, Relaxed);
            call(SECOND);
        }
    });
    // The policy is known only at each call, so the contradiction is found there.
    let slow = RetryPolicy::builder().base_delay(5 * SECOND);
    Registry::global().override_retry("r15 heard", slow).unwrap();
    call(SECOND);
    call(SECOND);
    assert_eq!(heard.load(Relaxed), 1);
    Registry::global().remove_listener(id);
    Registry::global().clear_retry_override("r15 heard").unwrap();
    assert_eq!(Registry::global().get_retry("r15 heard").unwrap().snapshot().counts.attempts, 3);
}
