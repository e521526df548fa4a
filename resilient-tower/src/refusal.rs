//! What a layer returns in place of the service's result, if it does not make the call or cuts it
//! short.

use http::header::{CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use http::{Response, StatusCode};
use resilient::retries::FromTimedOut;
use resilient::{CircuitOpen, TimedOut};

use crate::rejection::{IntoError, RejectedResult};

/// Makes the result of a call whose deadline has passed. Closures `Fn(TimedOut) -> Result<T, E>`
/// implement this trait.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot make the `Result<{T}, {E}>` of a call whose deadline has passed",
    note = "give the error type of the service `From<resilient::TimedOut>`, as \
            `Box<dyn Error + Send + Sync>` has it, or use `respond` or `on_timed_out`"
)]
pub trait TimedOutResult<T, E> {
    /// Returns the result of the call.
    ///
    /// # Errors
    ///
    /// An `Err` is the result of the call.
    fn timed_out(&self, timed_out: TimedOut) -> Result<T, E>;
}

impl<T, E: FromTimedOut> TimedOutResult<T, E> for IntoError {
    fn timed_out(&self, timed_out: TimedOut) -> Result<T, E> {
        Err(E::timed_out(timed_out))
    }
}

impl<T, E, F: Fn(TimedOut) -> Result<T, E>> TimedOutResult<T, E> for F {
    fn timed_out(&self, timed_out: TimedOut) -> Result<T, E> {
        self(timed_out)
    }
}

/// Responds as a server does: 503 with `Retry-After` if the circuit is open, 504 if the time is up.
///
/// The responses have a short text, which names no breaker, no dependency and no time limit. For
/// servers whose errors are `Infallible`, such as a router of axum.
#[derive(Debug, Clone, Copy, Default)]
pub struct Respond;

impl<B: From<&'static str>, E> TimedOutResult<Response<B>, E> for Respond {
    fn timed_out(&self, _: TimedOut) -> Result<Response<B>, E> {
        Ok(gateway_timeout())
    }
}

impl<B: From<&'static str>, E> RejectedResult<Response<B>, E> for Respond {
    fn rejected(&self, open: CircuitOpen) -> Result<Response<B>, E> {
        Ok(unavailable(&open))
    }
}

pub(crate) fn gateway_timeout<B: From<&'static str>>() -> Response<B> {
    text(StatusCode::GATEWAY_TIMEOUT, "the time for this request is up\n")
}

/// Asks the caller to wait as long as the breaker does, in whole seconds, rounded up, so that the
/// next request is not too early. If the breaker names no time, to wait for a second.
pub(crate) fn unavailable<B: From<&'static str>>(open: &CircuitOpen) -> Response<B> {
    let wait = open.retry_after().map_or(1, |wait| wait.as_nanos().div_ceil(1_000_000_000).max(1));
    let seconds = u64::try_from(wait).unwrap_or(u64::MAX);
    let body = "temporarily unavailable, try again later\n";
    let mut response = text(StatusCode::SERVICE_UNAVAILABLE, body);
    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
    response
}

fn text<B: From<&'static str>>(status: StatusCode, text: &'static str) -> Response<B> {
    let mut response = Response::new(B::from(text));
    *response.status_mut() = status;
    let plain = HeaderValue::from_static("text/plain; charset=utf-8");
    response.headers_mut().insert(CONTENT_TYPE, plain);
    response
}
