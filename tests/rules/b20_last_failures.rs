//! Rule B20: a breaker remembers its last failures, and what opened its circuit.

mod attributes;
mod counted_failures;
mod distances;
mod openings;
mod secrets;

use resilient::{CircuitBreaker, Classification};

/// Makes a call that fails with this text.
fn fail_with(breaker: &CircuitBreaker, text: &str) {
    let permit = breaker.try_acquire().unwrap();
    permit.report_class(Some(Classification::transient().with_text(text)));
}

/// Returns the texts of the last failures, oldest first. A failure without a text gives `-`.
fn texts(breaker: &CircuitBreaker) -> Vec<String> {
    let failures = breaker.snapshot().last_failures;
    let text = |it: &resilient::breaker::FailureRecord| {
        it.text().map_or("-".to_owned(), ToString::to_string)
    };
    failures.iter().map(text).collect()
}
