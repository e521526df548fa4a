//! What errors are made of.

use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;
use resilient::retries::TimeLimit;
use resilient::{CircuitOpen, TimedOut};

use super::details::{CallFacts, Details, Reply};
use super::{ApiError, BuildError, BuildErrorKind, Opaque, TimeoutPhase};

impl ApiError {
    pub(crate) fn call(&self) -> Option<&CallFacts> {
        self.details()?.call.as_ref()
    }

    pub(crate) fn details(&self) -> Option<&Details> {
        match self {
            Self::Connection { details, .. }
            | Self::Timeout { details, .. }
            | Self::RateLimited { details, .. }
            | Self::Authentication { details }
            | Self::Forbidden { details }
            | Self::NotFound { details }
            | Self::Server { details, .. }
            | Self::Status { details, .. }
            | Self::Decode { details, .. }
            | Self::TooLarge { details, .. } => Some(&details.0),
            Self::CircuitOpen(_) | Self::Closed | Self::Build(_) => None,
        }
    }

    pub(crate) fn reply(&self) -> Option<&Reply> {
        self.details()?.reply.as_ref()
    }

    /// The error that a status is, which is no success.
    pub(crate) fn of_status(details: Details, took: Duration) -> Self {
        let (status, retry_after) = details.reply.as_ref().map_or_else(
            || (StatusCode::INTERNAL_SERVER_ERROR, None),
            |reply| (reply.status, reply.retry_after()),
        );
        let details = Opaque::new(details);
        match status {
            StatusCode::REQUEST_TIMEOUT => Self::Timeout {
                phase: TimeoutPhase::Server,
                after: took,
                details,
            },
            StatusCode::TOO_MANY_REQUESTS => Self::RateLimited {
                retry_after,
                details,
            },
            StatusCode::UNAUTHORIZED => Self::Authentication { details },
            StatusCode::FORBIDDEN => Self::Forbidden { details },
            StatusCode::NOT_FOUND => Self::NotFound { details },
            status if status.is_server_error() => Self::Server {
                status,
                retry_after,
                details,
            },
            status => Self::Status { status, details },
        }
    }
}

impl From<CircuitOpen> for ApiError {
    fn from(open: CircuitOpen) -> Self {
        Self::CircuitOpen(open)
    }
}

/// The error of a call that a time limit cut: of a client's own calls it knows all, of others the limit.
impl From<TimedOut> for ApiError {
    fn from(cut: TimedOut) -> Self {
        let phase = match cut.limit() {
            TimeLimit::Deadline => TimeoutPhase::Deadline,
            TimeLimit::NoTimer => {
                let problem = "has no timers: build it with `enable_all`, and make calls in it";
                return BuildError::new(BuildErrorKind::Setting, "async runtime", problem).into();
            }
            _ => TimeoutPhase::Attempt,
        };
        Self::Timeout {
            phase,
            after: cut.after(),
            details: Opaque::new(Details {
                call: None,
                attempts: cut.attempts(),
                reply: None,
                source: None,
            }),
        }
    }
}

impl From<BuildError> for ApiError {
    fn from(error: BuildError) -> Self {
        Self::Build(Arc::new(error))
    }
}
