//! What the keys of an attribute make of an output's class.

use std::time::Duration;

use crate::signal::{Classification, Fallible};

/// Applies a predicate of the user's, so that a closure's parameter has a known type.
#[inline]
pub fn test<T: ?Sized>(value: &T, predicate: impl FnOnce(&T) -> bool) -> bool {
    predicate(value)
}

/// Asks a failed output for its hint.
#[inline]
pub fn hint<E: ?Sized>(error: &E, ask: impl FnOnce(&E) -> Option<Duration>) -> Option<Duration> {
    ask(error)
}

/// The error of a failed output.
#[inline]
pub fn error_of<O: Fallible>(output: &O) -> Option<&O::Error> {
    output.failure()
}

/// `ignore` and `ignore_if`.
#[inline]
pub fn unless(ignored: bool, class: Classification) -> Classification {
    if ignored {
        Classification::ignored()
    } else {
        class
    }
}

/// `failure` and `failure_if`: other errors say nothing.
#[inline]
pub fn only_if(failed: bool) -> Classification {
    unless(!failed, Classification::transient())
}

/// `failure_when`, where no error decides: other errors say nothing, other outputs are successes.
#[inline]
pub fn chosen_failure(class: Option<Classification>, chosen: bool) -> Option<Classification> {
    match class {
        Some(class) => Some(with_hint(only_if(chosen), class.retry_after)),
        None => chosen.then(Classification::transient),
    }
}

/// `retry_when`, where no error decides.
#[inline]
pub fn chosen_retry(class: Option<Classification>, chosen: bool) -> Option<Classification> {
    match class {
        Some(class) => Some(with_retry(class, chosen)),
        None => chosen.then(Classification::transient),
    }
}

#[inline]
pub fn with_retry(mut class: Classification, retry: bool) -> Classification {
    class.retry = retry;
    class
}

#[inline]
pub fn with_hint(mut class: Classification, retry_after: Option<Duration>) -> Classification {
    class.retry_after = retry_after;
    class
}
