//! The hook that looks for an error in a response whose status is a success.

use std::fmt;
use std::sync::Arc;

use resilient::Classification;

use super::http_response::Response;

type Judge = dyn Fn(&Response) -> Option<Classification> + Send + Sync;

/// The hook of a client or a request.
#[derive(Clone)]
pub(crate) struct FailWhen(Arc<Judge>);

impl FailWhen {
    pub(crate) fn new(
        judge: impl Fn(&Response) -> Option<Classification> + Send + Sync + 'static,
    ) -> Self {
        Self(Arc::new(judge))
    }

    /// Returns what the response means if it is an error.
    pub(crate) fn judge(&self, response: &Response) -> Option<Classification> {
        (self.0)(response)
    }
}

impl fmt::Debug for FailWhen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FailWhen")
    }
}
