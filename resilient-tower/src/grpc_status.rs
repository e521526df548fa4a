//! How a breaker layer of a client sees and makes a status of tonic.

use std::sync::Arc;

use resilient::{CircuitOpen, Classification};
use tonic::Status;

use crate::classifier::ResultClassifier;
use crate::rejection::RejectedResult;

/// Classifies a [`Status`] as [`resilient_classify::tonic`](https://docs.rs/resilient-classify)
/// does.
#[derive(Debug, Clone, Copy, Default)]
pub struct ByStatus;

impl<T> ResultClassifier<T, Status> for ByStatus {
    fn classify(&self, result: Result<&T, &Status>) -> Option<Classification> {
        result.err().map(resilient_classify::tonic)
    }

    fn rejection<'e>(&self, status: &'e Status) -> Option<&'e CircuitOpen> {
        CircuitOpen::find_in(status)
    }
}

/// Makes the status of a rejected call: the code `Unavailable`, with [`CircuitOpen`] as its source.
#[derive(Debug, Clone, Copy, Default)]
pub struct OpenStatus;

impl<T> RejectedResult<T, Status> for OpenStatus {
    fn rejected(&self, open: CircuitOpen) -> Result<T, Status> {
        let mut status = Status::unavailable(open.to_string());
        status.set_source(Arc::new(open));
        Err(status)
    }
}
