//! `remember_errors = false` keeps the texts of errors out of every line and every span.

use std::fmt;

use resilient::retries::Jitter;
use resilient::{CircuitOpen, circuit_breaker, retry};

use crate::capture::logged;
use crate::runtime;

const CANARY: &str = "canary-4711";

/// An error whose text is a secret.
#[derive(Debug)]
struct Secret;

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(CANARY)
    }
}

impl std::error::Error for Secret {}

impl From<CircuitOpen> for Secret {
    fn from(_: CircuitOpen) -> Self {
        Self
    }
}

/// Defines an async and a plain function that open their circuits and give up.
macro_rules! functions {
    ($module:ident, $($remember:tt)*) => {
        mod $module {
            use super::*;

            #[retry(max_retries = 3, base_delay = "0s" $($remember)*)]
            #[circuit_breaker(failure_threshold = 2 $($remember)*)]
            pub(super) async fn waits() -> Result<(), Secret> {
                tokio::task::yield_now().await;
                Err(Secret)
            }

            #[retry(max_retries = 3, base_delay = "0s" $($remember)*)]
            #[circuit_breaker(failure_threshold = 2 $($remember)*)]
            pub(super) fn plain() -> Result<(), Secret> {
                Err(Secret)
            }
        }
    };
}

functions!(remembered,);
functions!(silent, , remember_errors = false);

/// Returns how many lines have the secret, and how many there are.
fn lines_with_canary(code: impl FnOnce()) -> (usize, usize) {
    let lines = logged(code);
    (lines.iter().filter(|line| line.contains(CANARY)).count(), lines.len())
}

#[test]
fn b20_without_remember_errors_no_line_has_the_text_of_an_error() {
    let (with, all) = lines_with_canary(|| {
        runtime().block_on(remembered::waits()).unwrap_err();
        remembered::plain().unwrap_err();
    });
    // Each function: a retry, an opening, and the end of the call.
    assert_eq!((with, all), (6, 6));

    let (with, all) = lines_with_canary(|| {
        runtime().block_on(silent::waits()).unwrap_err();
        silent::plain().unwrap_err();
    });
    assert_eq!((with, all), (0, 6));
}

#[test]
fn b20_an_override_silences_the_texts_of_a_live_breaker_and_a_live_retry() {
    use resilient::{BreakerConfig, CircuitBreaker, Registry, RetryPolicy};

    let registry = Registry::new();
    let policy = RetryPolicy::builder().max_retries(2).jitter(Jitter::None).build().unwrap();
    let retry = registry.get_or_register_retry("live", policy);
    let breaker = CircuitBreaker::new("live", BreakerConfig::default());
    registry.register(&breaker).unwrap();
    let call = || {
        let call = retry.call().through(&breaker).describe(resilient::outcome::ErrorText::of);
        runtime().block_on(call.run(async |_| Err::<(), _>(Secret))).unwrap_err();
    };
    let (with, all) = lines_with_canary(call);
    assert_eq!((with, all), (3, 3));

    registry.override_retry("live", RetryPolicy::builder().remember_errors(false)).unwrap();
    let silent = BreakerConfig::builder().remember_errors(false);
    registry.override_breaker("live", silent).unwrap();
    let (with, all) = lines_with_canary(call);
    assert!(with == 0 && all > 2, "{with} of {all}");
}
