//! The error of a function that makes gRPC calls, or calls of which a gRPC handler is made.

use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use resilient::retries::TimeLimit;
use resilient::{CircuitOpen, Classification, Classify, TimedOut};
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt};

/// The error of an annotated function around a client of tonic.
///
/// `?` makes it from a [`Status`], and the attributes make it from [`CircuitOpen`] and
/// [`TimedOut`]. It implements [`Classify`], so the attributes need no classifier: a status has its
/// class of [`resilient_classify::tonic`](https://docs.rs/resilient-classify).
///
/// In a handler, `?` makes the status that the handler returns:
///
/// | error | status for the caller |
/// |---|---|
/// | [`Status`](Self::Status) | this status |
/// | [`CircuitOpen`](Self::CircuitOpen) | `Unavailable`, with the time until a call may be admitted as `RetryInfo` and as `grpc-retry-pushback-ms`. If the time is unknown, the pushback is -1: the caller should not retry. |
/// | [`TimedOut`](Self::TimedOut) | `DeadlineExceeded`; `Internal` if the runtime has no timer |
///
/// Their messages name neither the breaker nor the dependency, because the caller may be a
/// stranger. The error is the source of the status, so that the server can log it. A status that a
/// dependency returned goes on to the caller as it is. If the caller must not see it, or if it
/// would mislead, such as `Unauthenticated`, match on it first.
///
/// ```
/// use resilient::{circuit_breaker, retry};
/// use resilient_tower::GrpcError;
/// use tonic::{Request, Response, Status};
///
/// #[retry(attempt_timeout = "500ms", deadline = "2s")]
/// #[circuit_breaker(name = "stock")]
/// async fn stock(article: u32) -> Result<u32, GrpcError> {
///     // Call a generated client here.
///     Err(Status::not_found("no such article"))?
/// }
///
/// async fn handler(request: Request<u32>) -> Result<Response<u32>, Status> {
///     Ok(Response::new(stock(request.into_inner()).await?))
/// }
/// # tokio::runtime::Runtime::new().unwrap().block_on(async {
/// # let status = handler(Request::new(1)).await.unwrap_err();
/// # assert_eq!(status.code(), tonic::Code::NotFound);
/// # let breaker = resilient::Registry::global().get("stock").unwrap();
/// # assert_eq!(breaker.snapshot().totals.success, 1);
/// # breaker.force_open();
/// # let status = handler(Request::new(1)).await.unwrap_err();
/// # assert_eq!(status.code(), tonic::Code::Unavailable);
/// # });
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum GrpcError {
    /// The server, the connection or the client failed, or the server refused.
    Status(Status),
    /// A breaker rejected the call.
    CircuitOpen(CircuitOpen),
    /// The call took too long.
    TimedOut(TimedOut),
}

impl fmt::Display for GrpcError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status(status) if status.message().is_empty() => {
                write!(f, "{}", status.code())
            }
            Self::Status(status) => write!(f, "{:?}: {}", status.code(), status.message()),
            Self::CircuitOpen(open) => open.fmt(f),
            Self::TimedOut(timed_out) => timed_out.fmt(f),
        }
    }
}

impl Error for GrpcError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(match self {
            Self::Status(status) => status,
            Self::CircuitOpen(open) => open,
            Self::TimedOut(timed_out) => timed_out,
        })
    }
}

impl Classify for GrpcError {
    fn classify(&self) -> Classification {
        match self {
            Self::Status(status) => resilient_classify::tonic(status),
            Self::CircuitOpen(open) => open.classify(),
            Self::TimedOut(timed_out) => timed_out.classify(),
        }
    }
}

/// A rejection or a time limit of `resilient` among the sources of the status becomes its variant.
impl From<Status> for GrpcError {
    fn from(status: Status) -> Self {
        if let Some(open) = CircuitOpen::find_in(&status) {
            Self::CircuitOpen(open.clone())
        } else if let Some(timed_out) = TimedOut::find_in(&status) {
            Self::TimedOut(timed_out.clone())
        } else {
            Self::Status(status)
        }
    }
}

impl From<CircuitOpen> for GrpcError {
    fn from(open: CircuitOpen) -> Self {
        Self::CircuitOpen(open)
    }
}

impl From<TimedOut> for GrpcError {
    fn from(timed_out: TimedOut) -> Self {
        Self::TimedOut(timed_out)
    }
}

impl From<GrpcError> for Status {
    fn from(error: GrpcError) -> Self {
        match error {
            GrpcError::Status(status) => status,
            GrpcError::CircuitOpen(open) => unavailable(open),
            GrpcError::TimedOut(timed_out) => too_late(timed_out),
        }
    }
}

fn unavailable(open: CircuitOpen) -> Status {
    const MESSAGE: &str = "a service behind this one is unavailable";
    let details = match open.retry_after() {
        Some(time) => ErrorDetails::with_retry_info(Some(time)),
        None => ErrorDetails::new(),
    };
    let mut status = Status::with_error_details(Code::Unavailable, MESSAGE, details);
    let pushback = open.retry_after().map_or(-1, rounded_up);
    status.metadata_mut().insert("grpc-retry-pushback-ms", pushback.into());
    status.set_source(Arc::new(open));
    status
}

/// Returns milliseconds. gRPC allows a signed number of 32 bits.
fn rounded_up(time: Duration) -> i32 {
    i32::try_from(time.as_nanos().div_ceil(1_000_000)).unwrap_or(i32::MAX)
}

fn too_late(timed_out: TimedOut) -> Status {
    let mut status = match timed_out.limit() {
        TimeLimit::NoTimer => Status::internal("this server cannot keep time limits"),
        _ => Status::deadline_exceeded("the time for this call is over"),
    };
    status.set_source(Arc::new(timed_out));
    status
}
