//! The functions behind the attribute keys that change the class of an output.

use std::time::Duration;

use crate::retry::RetryError;
use crate::signal::{Classification, Fallible};

/// An output with an error, which the key `classify` reads.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no error that `classify` could read",
    label = "`classify` needs a `Result`",
    note = "without `classify`, a `None` is a failure; for other types, `failure_when` and \
            `retry_when` say what a failure is"
)]
pub trait OutputWithError {
    /// The type of the error.
    type Error;

    /// Returns the error if this output is a failure.
    fn error(&self) -> Option<&Self::Error>;
}

impl<T, E> OutputWithError for Result<T, E> {
    type Error = E;

    #[inline]
    fn error(&self) -> Option<&E> {
        self.as_ref().err()
    }
}

// R8
/// Classifies a failed output by the user's function, in place of `Classify`.
#[inline]
pub fn classified<O: OutputWithError>(
    output: &O,
    classify: impl FnOnce(&O::Error) -> Classification,
) -> Option<Classification> {
    output.error().map(classify)
}

/// Classifies the errors of all attempts by the last, as `Classify` of `RetryError` does.
#[inline]
pub fn classified_last<T, E>(
    output: &Result<T, RetryError<E>>,
    classify: impl FnOnce(&E) -> Classification,
) -> Option<Classification> {
    output.error().map(|errors| classify(errors.error()))
}

/// Applies the user's predicate. The signature gives a closure's parameter its type.
#[inline]
pub fn test<T: ?Sized>(value: &T, predicate: impl FnOnce(&T) -> bool) -> bool {
    predicate(value)
}

/// An error that can be compared with a string literal.
#[diagnostic::on_unimplemented(
    message = "a string literal is no pattern of `{Self}`",
    label = "matches only errors of type `&str`",
    note = "compare the error in a guard, as in `error if error == \"…\"`, or write a pattern of \
            `{Self}`"
)]
pub trait TextError {
    /// Returns the text of the error.
    fn text(&self) -> &str;
}

impl TextError for &str {
    #[inline]
    fn text(&self) -> &str {
        self
    }
}

/// Returns the text of the error, to be compared with a string literal in the user's pattern.
#[inline]
pub fn text<E: TextError>(error: &E) -> &str {
    error.text()
}

/// Reads the hint of a failed output with the user's function.
#[inline]
pub fn hint<E: ?Sized>(error: &E, ask: impl FnOnce(&E) -> Option<Duration>) -> Option<Duration> {
    ask(error)
}

/// Returns the error of a failed output.
#[inline]
pub fn error_of<O: Fallible>(output: &O) -> Option<&O::Error> {
    output.failure()
}

/// Returns the error and the class of a failed output, for keys that read the error.
#[inline]
pub fn failure_of<O: Fallible>(
    output: &O,
    class: Option<Classification>,
) -> Option<(&O::Error, Classification)> {
    match (output.failure(), class) {
        (Some(error), Some(class)) => Some((error, class)),
        _ => None,
    }
}

/// Classifies an output without an error as a failure if the user's predicate returned true
/// (`chosen`).
#[inline]
pub fn or_chosen(class: Option<Classification>, chosen: bool) -> Option<Classification> {
    class.or_else(|| chosen.then(Classification::transient))
}

/// Applies `ignore` and `ignore_if`.
#[inline]
pub fn unless(ignored: bool, class: Classification) -> Classification {
    if ignored { as_class(Classification::ignored(), class) } else { class }
}

/// Applies `failure` and `failure_if`: an error that matches neither key is ignored.
#[inline]
pub fn only_if(failed: bool, class: Classification) -> Classification {
    unless(!failed, as_class(Classification::transient(), class))
}

/// Applies `failure_when` if no key reads the error. If the key does not match an output, an error
/// is ignored, and any other output is a success.
#[inline]
pub fn chosen_failure(class: Option<Classification>, chosen: bool) -> Option<Classification> {
    match class {
        Some(class) => Some(only_if(chosen, class)),
        None => chosen.then(Classification::transient),
    }
}

/// Applies `retry_when` if no key reads the error.
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

/// Returns a class with the health and the retry of `meaning`, and everything else of `class`.
#[inline]
fn as_class(meaning: Classification, class: Classification) -> Classification {
    let Classification { health, retry, .. } = meaning;
    let mut class = class;
    (class.health, class.retry) = (health, retry);
    class
}
