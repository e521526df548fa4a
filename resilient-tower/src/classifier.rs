//! What a result means for a breaker or a retry.

use std::error::Error;

use resilient::{CircuitOpen, Classification, Classify, Outcome};

/// Classifies the result of a call, for a [`BreakerLayer`](crate::BreakerLayer) or a
/// [`RetryLayer`](crate::RetryLayer). Closures that take a `Result<&T, &E>` implement this trait.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot classify a call that returns `Result<{T}, {E}>`",
    note = "if the error is a `Box<dyn Error + Send + Sync>`, use `boxed_errors`; if it implements \
            `resilient::Classify`, use `classified`; else use `every_error` or `classify_with`"
)]
pub trait ResultClassifier<T, E> {
    /// Returns the class of a call that failed, or `None` for a success.
    fn classify(&self, result: Result<&T, &E>) -> Option<Classification>;

    /// Returns the rejection if a breaker below rejected the call. By default, rejections are not
    /// recognised.
    fn rejection<'e>(&self, error: &'e E) -> Option<&'e CircuitOpen> {
        let _ = error;
        None
    }
}

/// Every `Err` is a failure and is retried, even the rejection by a breaker.
#[derive(Debug, Clone, Copy, Default)]
pub struct EveryError;

impl<T, E> ResultClassifier<T, E> for EveryError {
    fn classify(&self, result: Result<&T, &E>) -> Option<Classification> {
        result.err().map(|_| Classification::transient())
    }
}

// R8, R9
/// Classifies an error by its sources: see [`Classification::of_error`]. A rejection by a breaker
/// below is not retried and not counted. Every other `Err` is a failure and is retried.
#[derive(Debug, Clone, Copy, Default)]
pub struct BySource;

impl<T, E: Error + 'static> ResultClassifier<T, E> for BySource {
    fn classify(&self, result: Result<&T, &E>) -> Option<Classification> {
        result.err().map(|error| described(Classification::of_error(error), error))
    }

    fn rejection<'e>(&self, error: &'e E) -> Option<&'e CircuitOpen> {
        CircuitOpen::find_in(error)
    }
}

/// Classifies as [`BySource`] does, for errors of the type `Box<dyn Error + Send + Sync>`.
#[derive(Debug, Clone, Copy, Default)]
pub struct ByBoxedSource;

impl<T> ResultClassifier<T, Box<dyn Error + Send + Sync>> for ByBoxedSource {
    fn classify(
        &self,
        result: Result<&T, &Box<dyn Error + Send + Sync>>,
    ) -> Option<Classification> {
        result.err().map(|error| described(Classification::of_error(&**error), &**error))
    }

    fn rejection<'e>(&self, error: &'e Box<dyn Error + Send + Sync>) -> Option<&'e CircuitOpen> {
        CircuitOpen::find_in(&**error)
    }
}

/// Classifies errors by [`Classify`]. A rejection by a breaker below is found among their sources.
#[derive(Debug, Clone, Copy, Default)]
pub struct ByClassify;

impl<T, E: Classify + Error + 'static> ResultClassifier<T, E> for ByClassify {
    fn classify(&self, result: Result<&T, &E>) -> Option<Classification> {
        result.err().map(|error| described(error.classify(), error))
    }

    fn rejection<'e>(&self, error: &'e E) -> Option<&'e CircuitOpen> {
        CircuitOpen::find_in(error)
    }
}

impl<T, E, F: Fn(Result<&T, &E>) -> Option<Classification>> ResultClassifier<T, E> for F {
    fn classify(&self, result: Result<&T, &E>) -> Option<Classification> {
        self(result)
    }
}

// B20
/// Adds the text of the error, unless the class has one. Nobody remembers the text of an error that
/// is neither a failure nor retried.
fn described(class: Classification, error: &(dyn Error + 'static)) -> Classification {
    let is_remembered = class.health == Outcome::Failure || class.retry;
    if is_remembered && class.text().is_none() { class.with_text(error) } else { class }
}
