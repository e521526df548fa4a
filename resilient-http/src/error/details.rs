//! What every error knows of the call and, if there was one, of the answer.

use std::fmt;
use std::sync::Arc;

use http::Method;

use super::box_error::BoxError;
use super::error_response::ErrorResponse;
use super::outcome_rules::OutcomeRules;

/// What an error knows besides its kind.
pub(crate) struct Details {
    /// Not known yet, or never, where a time limit of somebody else's made the error.
    pub(crate) call: Option<CallFacts>,
    pub(crate) attempts: u32,
    pub(crate) response: Option<ErrorResponse>,
    pub(crate) source: Option<BoxError>,
}

/// What there is to know of a call without its values: fit to be printed.
#[derive(Clone)]
pub(crate) struct CallFacts {
    pub(crate) method: Method,
    pub(crate) template: Arc<str>,
    /// Doing it twice is as good as once: by its method, its key, or its caller's word.
    pub(crate) is_repeatable: bool,
    /// Its body can be sent again.
    pub(crate) is_replayable: bool,
    /// The server took it, and sent on to its result: whatever comes after that, to do it again is to do it twice.
    pub(crate) was_acted_upon: bool,
    pub(crate) rules: Arc<OutcomeRules>,
}

impl Details {
    /// Without a response and without a source.
    pub(crate) fn new(call: Option<CallFacts>, attempts: u32) -> Self {
        Self {
            call,
            attempts,
            response: None,
            source: None,
        }
    }
}

impl fmt::Debug for Details {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Details")
            .field("method", &self.call.as_ref().map(|call| &call.method))
            .field("template", &self.call.as_ref().map(|call| &call.template))
            .field("attempts", &self.attempts)
            .field("response", &self.response)
            .field("source", &self.source)
            .finish_non_exhaustive()
    }
}
