//! Classifies the outputs of a [`RetryCall`](super::RetryCall).

use std::error::Error;

use crate::signal::{Classification, Classify, ErrorText, Fallible, every_failure};

/// Classifies an output for the loop and the breaker. Closures implement this trait.
pub trait OutputClassifier<O> {
    /// Returns the classification of a failed output, or `None` for a success.
    fn classify(&mut self, output: &O) -> Option<Classification>;
}

/// Treats every `Err` and every `None` as a failure, and retries it.
#[derive(Debug, Clone, Copy)]
pub struct EveryFailure;

impl<O: Fallible> OutputClassifier<O> for EveryFailure {
    fn classify(&mut self, output: &O) -> Option<Classification> {
        every_failure(output)
    }
}

/// Classifies errors by [`Classify`].
#[derive(Debug, Clone, Copy)]
pub struct ByClassify;

impl<T, E: Classify> OutputClassifier<Result<T, E>> for ByClassify {
    fn classify(&mut self, output: &Result<T, E>) -> Option<Classification> {
        output.as_ref().err().map(E::classify)
    }
}

// R8
/// Classifies errors by their sources: see [`Classification::of_error`].
#[derive(Debug, Clone, Copy)]
pub struct BySource;

impl<T, E: Error + 'static> OutputClassifier<Result<T, E>> for BySource {
    fn classify(&mut self, output: &Result<T, E>) -> Option<Classification> {
        output.as_ref().err().map(|error| Classification::of_error(error))
    }
}

impl<O, F: FnMut(&O) -> Option<Classification>> OutputClassifier<O> for F {
    fn classify(&mut self, output: &O) -> Option<Classification> {
        self(output)
    }
}

/// Adds a text to the class of an error: see
/// [`RetryCall::describe`](super::RetryCall::describe).
#[derive(Debug, Clone, Copy)]
pub struct Described<C, F> {
    pub(super) classifier: C,
    pub(super) describe: F,
}

impl<T, E, C, F> OutputClassifier<Result<T, E>> for Described<C, F>
where
    C: OutputClassifier<Result<T, E>>,
    F: FnMut(&E) -> ErrorText,
{
    fn classify(&mut self, output: &Result<T, E>) -> Option<Classification> {
        let class = self.classifier.classify(output)?;
        Some(match output {
            Err(error) => class.described_with(|| (self.describe)(error)),
            Ok(_) => class,
        })
    }
}
