//! The interface of a transport. A transport makes one exchange, without retries and redirects.

use std::future::Future;
use std::pin::Pin;

use super::response_body::ResponseBody;
use super::transport_request::TransportRequest;
use crate::error::TransportError;

/// The future of [`Transport::send`].
pub type Exchange<'a> =
    Pin<Box<dyn Future<Output = Result<http::Response<ResponseBody>, TransportError>> + Send + 'a>>;

/// Sends one request and returns the head of its response.
///
/// A transport neither retries nor follows redirects, because the client does both and counts them.
/// Dropping the future or the body must end the exchange and free its resources.
pub trait Transport: Send + Sync + 'static {
    /// Sends the request and returns before the body of the response is read.
    fn send(&self, request: TransportRequest) -> Exchange<'_>;

    /// Drops the connections that no exchange uses. Running exchanges continue. The client calls
    /// this when its circuit opens, because idle connections to a server that failed may be dead.
    /// The default does nothing.
    fn drop_idle_connections(&self) {}
}
