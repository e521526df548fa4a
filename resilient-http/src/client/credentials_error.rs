//! The error of credentials that are not available.

use std::any::Any;
use std::error::Error;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use crate::error::BoxError;

/// The reason why there are no credentials. It never contains a part of them.
#[derive(Debug, Clone)]
pub(crate) struct CredentialsError {
    problem: &'static str,
    /// Shared, because all calls that wait for a token get the same error.
    source: Option<Arc<dyn Error + Send + Sync>>,
}

impl CredentialsError {
    pub(super) fn new(problem: &'static str) -> Self {
        Self { problem, source: None }
    }

    /// The error of a call that waited too long for a refresh, or has too little time for another.
    pub(super) fn too_slow() -> Self {
        Self::new("the refresh did not end within the time of the attempt")
    }

    pub(super) fn caused_by(problem: &'static str, source: impl Into<BoxError>) -> Self {
        Self { problem, source: Some(Arc::from(source.into())) }
    }
}

/// Runs a closure of the caller. A panic becomes an error, because the circuit breaker of the API
/// would count the panic as a failure of the server.
pub(super) fn contain<T>(closure: impl FnOnce() -> T) -> Result<T, CredentialsError> {
    // The message of a panic may contain the token, so the error does not show it.
    let hide = |_: Box<dyn Any + Send>| CredentialsError::new("the closure panicked");
    catch_unwind(AssertUnwindSafe(closure)).map_err(hide)
}

impl fmt::Display for CredentialsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.problem)
    }
}

impl Error for CredentialsError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        let source = self.source.as_deref()?;
        Some(source)
    }
}
