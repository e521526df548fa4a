//! Conversions of other errors and of responses into the error of a call.

use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;
use resilient::retries::TimeLimit;
use resilient::{CircuitOpen, Classification, TimedOut};

use super::api_error::{ApiError, Opaque};
use super::build_error::{BoxError, BuildError, BuildErrorKind};
use super::details::Details;
use super::error_response::ErrorResponse;
use super::kinds::{Phase, TimeoutPhase};
use super::transport_error::{FailureCause, TransportError};
use crate::response::{DecodeError, Rejected};

impl ApiError {
    /// Makes the error for a status outside 200 to 299.
    pub(crate) fn of_status(details: Details, took: Duration) -> Self {
        let (status, retry_after) = details.response.as_ref().map_or_else(
            || (StatusCode::INTERNAL_SERVER_ERROR, None),
            |response| (response.head.status, response.head.retry_after),
        );
        let details = Opaque::new(details);
        match status {
            StatusCode::REQUEST_TIMEOUT => {
                Self::Timeout { phase: TimeoutPhase::Server, after: took, details }
            }
            StatusCode::TOO_MANY_REQUESTS => Self::RateLimited { retry_after, details },
            StatusCode::UNAUTHORIZED => Self::Authentication { details },
            StatusCode::FORBIDDEN => Self::Forbidden { details },
            StatusCode::NOT_FOUND => Self::NotFound { details },
            status if status.is_server_error() => Self::Server { status, retry_after, details },
            status => Self::Status { status, details },
        }
    }

    /// Makes the error for a failed exchange. `took` is the time since the attempt began.
    pub(crate) fn of_transport(
        failure: TransportError,
        mut details: Details,
        took: Duration,
    ) -> Self {
        // `ApiError` replaces the text of the transport's error, so the source of the transport's
        // error becomes its direct source.
        details.source = failure.source;
        details.was_reused = failure.cause == FailureCause::ReusedConnection;
        match failure.cause {
            FailureCause::Unsendable(problem) => {
                BuildError::new(BuildErrorKind::Transport, "transport", problem).into()
            }
            FailureCause::Connection(phase) => {
                Self::Connection { phase, details: Opaque::new(details) }
            }
            FailureCause::ReusedConnection => {
                Self::Connection { phase: Phase::Send, details: Opaque::new(details) }
            }
            FailureCause::Layer => Self::Layer { details: Opaque::new(details) },
            FailureCause::RequestBody => Self::RequestBody { details: Opaque::new(details) },
            FailureCause::TimedOut => Self::Timeout {
                phase: TimeoutPhase::Transport,
                after: took,
                details: Opaque::new(details),
            },
            FailureCause::Undecodable => Self::Decode {
                error: Arc::new(DecodeError::compressed()),
                details: Opaque::new(details),
            },
        }
    }

    /// Makes the error for a request that needs credentials which are not available.
    pub(crate) fn of_credentials(error: impl Into<BoxError>, mut details: Details) -> Self {
        details.source = Some(error.into());
        Self::Credentials { details: Opaque::new(details) }
    }

    /// Makes the error for an attempt that has too little time left for a request. `after` is the
    /// time that the attempt had.
    pub(crate) fn too_late(after: Duration, details: Details) -> Self {
        Self::Timeout { phase: TimeoutPhase::Deadline, after, details: Opaque::new(details) }
    }

    /// Makes the error for a response that is longer than `limit` bytes.
    pub(crate) fn too_large(limit: usize, details: Details) -> Self {
        Self::TooLarge { limit, details: Opaque::new(details) }
    }

    /// Makes the error for a successful response in which a hook has found an error. A hint of the
    /// hook wins over that of the server.
    pub(crate) fn judged(
        mut details: Details,
        mut response: ErrorResponse,
        verdict: Classification,
    ) -> Self {
        let hint = verdict.retry_after.or_else(|| response.head.hint_of_success());
        response.head.retry_after = hint;
        details.response = Some(response);
        details.verdict = Some(verdict);
        Self::Judged { details: Opaque::new(details) }
    }

    /// Makes the error for a call that does not wait as long as the server asked earlier callers to
    /// wait. Nothing was sent.
    pub(crate) fn held_back(details: Details, wait: Duration) -> Self {
        // Full milliseconds are easier to read. The wait is rounded up, because the server refuses
        // requests that come early.
        let millis = wait.as_nanos().div_ceil(1_000_000);
        let wait = u64::try_from(millis).map_or(Duration::MAX, Duration::from_millis);
        Self::RateLimited { retry_after: Some(wait), details: Opaque::new(details) }
    }

    /// Makes the error for a successful response that cannot be read as the requested type.
    pub(crate) fn unreadable(mut details: Details, rejected: Rejected) -> Self {
        let (response, error) = rejected.into_parts();
        details.response = Some(ErrorResponse::of_success(response));
        Self::Decode { error: Arc::new(error), details: Opaque::new(details) }
    }
}

impl From<CircuitOpen> for ApiError {
    fn from(open: CircuitOpen) -> Self {
        Self::CircuitOpen(open)
    }
}

/// Makes an error without the facts about the call. The client adds them later, if a time limit of
/// the client caused the error.
impl From<TimedOut> for ApiError {
    fn from(cut: TimedOut) -> Self {
        let phase = match cut.limit() {
            TimeLimit::Deadline | TimeLimit::Scope => TimeoutPhase::Deadline,
            TimeLimit::NoTimer => {
                let problem = "has no timers: build it with `enable_all`, and make calls in it";
                return BuildError::new(BuildErrorKind::Setting, "async runtime", problem).into();
            }
            _ => TimeoutPhase::Attempt,
        };
        Self::Timeout {
            phase,
            after: cut.after(),
            details: Opaque::new(Details::new(None, cut.attempts())),
        }
    }
}

impl From<BuildError> for ApiError {
    fn from(error: BuildError) -> Self {
        Self::Build(Arc::new(error))
    }
}
