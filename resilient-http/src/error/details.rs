//! What an error knows about its call.

use std::fmt;
use std::sync::Arc;

use http::Method;

use super::build_error::BoxError;
use super::error_response::ErrorResponse;
use super::outcome_rules::OutcomeRules;

pub(crate) struct Details {
    /// `None` until the call adds it, and for time limits of other code.
    pub(crate) call: Option<CallFacts>,
    pub(crate) attempts: u32,
    pub(crate) response: Option<ErrorResponse>,
    pub(crate) source: Option<BoxError>,
}

/// The facts about a call that are safe to print and that decide about retries.
#[derive(Clone)]
pub(crate) struct CallFacts {
    pub(crate) method: Method,
    pub(crate) template: Arc<str>,
    /// Sending it twice is safe: by its method, by its key, or because the caller says so.
    pub(crate) is_repeatable: bool,
    /// The body can be sent again.
    pub(crate) is_replayable: bool,
    /// A redirect led to the result of the request, so a retry would repeat its effect.
    pub(crate) was_acted_upon: bool,
    pub(crate) rules: Arc<OutcomeRules>,
}

impl Details {
    pub(crate) fn new(call: Option<CallFacts>, attempts: u32) -> Self {
        Self { call, attempts, response: None, source: None }
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
