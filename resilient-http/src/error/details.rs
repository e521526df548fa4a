//! The facts that an error has about its call.

use std::fmt;
use std::sync::{Arc, OnceLock};

use http::Method;
use resilient::Classification;
use resilient::retries::StopReason;

use super::build_error::BoxError;
use super::error_response::ErrorResponse;
use super::outcome_rules::OutcomeRules;

pub(crate) struct Details {
    /// `None` until the client adds the facts about the call. If a time limit outside the client
    /// caused the error, this stays `None`.
    pub(crate) call: Option<CallFacts>,
    pub(crate) attempts: u32,
    pub(crate) response: Option<ErrorResponse>,
    pub(crate) source: Option<BoxError>,
    /// The host and port of the server, for errors that show them.
    pub(crate) server: Option<String>,
    /// Why the retry loop ended the call. The loop sets it at the end of the call.
    pub(crate) stop_reason: OnceLock<StopReason>,
    /// What the hook `fail_when` said about the response.
    pub(crate) verdict: Option<Classification>,
    /// Whether the request was lost on a connection that had served other requests.
    pub(crate) was_reused: bool,
}

/// The facts about a call that are safe to print and on which retries depend.
#[derive(Clone)]
pub(crate) struct CallFacts {
    pub(crate) method: Method,
    pub(crate) template: Arc<str>,
    /// Whether the request may be sent twice. The method, an idempotency key or the caller decides.
    pub(crate) is_repeatable: bool,
    /// Whether the body can be sent again.
    pub(crate) is_replayable: bool,
    /// Why a request that is not repeatable is not sent again, whatever the response says.
    pub(crate) sent_once: Option<SentOnce>,
    pub(crate) rules: Arc<OutcomeRules>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SentOnce {
    /// The caller set [`Idempotency::No`](crate::Idempotency::No).
    ByCaller,
    /// A redirect turned the request into a `GET`, so the server has already acted on the request,
    /// and a retry would repeat the effect.
    ByRedirect,
}

impl Details {
    pub(crate) fn new(call: Option<CallFacts>, attempts: u32) -> Self {
        Self {
            call,
            attempts,
            response: None,
            source: None,
            server: None,
            stop_reason: OnceLock::new(),
            verdict: None,
            was_reused: false,
        }
    }
}

impl fmt::Debug for Details {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Details")
            .field("method", &self.call.as_ref().map(|call| &call.method))
            .field("template", &self.call.as_ref().map(|call| &call.template))
            .field("attempts", &self.attempts)
            .field("server", &self.server)
            .field("response", &self.response)
            .field("source", &self.source)
            .finish_non_exhaustive()
    }
}
