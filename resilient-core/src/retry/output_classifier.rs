//! What says what an output means to a [`RetryCall`](super::RetryCall).

use crate::signal::{Classification, Classify, Fallible, every_failure};

/// Says what an output means to loop and breaker. Implemented by closures too.
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
