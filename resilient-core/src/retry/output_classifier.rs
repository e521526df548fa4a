//! How a [`RetryCall`](super::RetryCall) classifies outputs.

use crate::signal::{Classification, Classify, Fallible, every_failure};

/// Classifies an output for the loop and the breaker. Closures implement it, too.
pub trait OutputClassifier<O> {
    /// The classification of a failed output; `None` for a success.
    fn classify(&mut self, output: &O) -> Option<Classification>;
}

/// Every `Err` and every `None` is a failure and retried.
#[derive(Debug, Clone, Copy)]
pub struct EveryFailure;

impl<O: Fallible> OutputClassifier<O> for EveryFailure {
    fn classify(&mut self, output: &O) -> Option<Classification> {
        every_failure(output)
    }
}

/// Errors are classified by [`Classify`].
#[derive(Debug, Clone, Copy)]
pub struct ByClassify;

impl<T, E: Classify> OutputClassifier<Result<T, E>> for ByClassify {
    fn classify(&mut self, output: &Result<T, E>) -> Option<Classification> {
        output.as_ref().err().map(E::classify)
    }
}

impl<O, F: FnMut(&O) -> Option<Classification>> OutputClassifier<O> for F {
    fn classify(&mut self, output: &O) -> Option<Classification> {
        self(output)
    }
}
