//! The error of handlers of axum.

use std::error::Error;
use std::fmt;

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use resilient::{CircuitOpen, TimedOut};

use crate::refusal::{gateway_timeout, unavailable};

/// An error that a handler of axum returns with `?`: see [`Rejection`].
pub trait HandlerError: Error + Sized + 'static {
    /// Returns the response for an error that no open circuit and no time limit has caused.
    ///
    /// Default: 500 with a short text. The text of the error is not shown to the caller, because
    /// it may contain addresses and secrets; log it here, if nothing else does.
    fn response(self) -> Response {
        (StatusCode::INTERNAL_SERVER_ERROR, "internal error\n").into_response()
    }
}

impl HandlerError for CircuitOpen {}
impl HandlerError for TimedOut {}

/// The error of handlers of axum. A handler that returns `Result<_, Rejection>` ends with `?` on
/// every error that implements [`HandlerError`].
///
/// | in the error or among its sources | response |
/// |---|---|
/// | [`CircuitOpen`] | 503, with the seconds until the next try in `Retry-After`, rounded up |
/// | [`TimedOut`] | 504 |
/// | neither | what [`HandlerError::response`] returns |
///
/// The texts of 503 and 504 name no breaker, no dependency and no time limit. For an error of
/// another crate, use [`Rejection::of`].
///
/// The attributes can stand on the handler itself: a `Rejection` can be made from both errors.
///
/// ```
/// use axum::http::StatusCode;
/// use axum::response::{IntoResponse, Response};
/// use resilient::{CircuitOpen, Classify, circuit_breaker};
/// use resilient_tower::{HandlerError, Rejection};
///
/// #[derive(Debug, Classify)]
/// enum StockError {
///     #[answered]
///     NoSuchArticle,
///     #[circuit_open]
///     Open(CircuitOpen),
/// }
/// # impl std::fmt::Display for StockError {
/// #     fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
/// #         f.write_str("stock")
/// #     }
/// # }
/// # impl std::error::Error for StockError {
/// #     fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
/// #         if let Self::Open(open) = self { Some(open) } else { None }
/// #     }
/// # }
///
/// impl HandlerError for StockError {
///     fn response(self) -> Response {
///         (StatusCode::NOT_FOUND, "no such article").into_response()
///     }
/// }
///
/// #[circuit_breaker(name = "warehouse")]
/// async fn count(article: u32) -> Result<u32, StockError> {
///     if article == 7 { Ok(3) } else { Err(StockError::NoSuchArticle) }
/// }
///
/// async fn handler() -> Result<String, Rejection> {
///     Ok(count(8).await?.to_string())
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// assert_eq!(handler().await.into_response().status(), StatusCode::NOT_FOUND);
/// # }
/// ```
pub struct Rejection {
    response: Box<Response>,
}

impl Rejection {
    /// Makes the rejection of an error of another crate. `other` makes the response if neither an
    /// open circuit nor a time limit has caused the error.
    ///
    /// ```
    /// use resilient_tower::Rejection;
    /// use axum::http::StatusCode;
    ///
    /// async fn handler() -> Result<String, Rejection> {
    ///     let text = std::fs::read_to_string("/no/such/file");
    ///     text.map_err(|error| Rejection::of(error, |_| StatusCode::NOT_FOUND))
    /// }
    /// ```
    pub fn of<E: Error + 'static, R: IntoResponse>(error: E, other: impl FnOnce(E) -> R) -> Self {
        let response = if let Some(open) = CircuitOpen::find_in(&error) {
            unavailable(open)
        } else if TimedOut::find_in(&error).is_some() {
            gateway_timeout()
        } else {
            other(error).into_response()
        };
        Self { response: Box::new(response) }
    }

    /// Returns the status of the response.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.response.status()
    }
}

impl<E: HandlerError> From<E> for Rejection {
    fn from(error: E) -> Self {
        Self::of(error, E::response)
    }
}

impl IntoResponse for Rejection {
    fn into_response(self) -> Response {
        *self.response
    }
}

impl fmt::Debug for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rejection").field("status", &self.status()).finish_non_exhaustive()
    }
}
