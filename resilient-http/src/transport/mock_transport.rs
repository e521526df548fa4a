//! A transport that calls a closure, for tests.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use http_body_util::BodyExt;

use super::response_body::ResponseBody;
use super::transport_request::TransportRequest;
use super::transport_trait::{Exchange, Transport};
use crate::error::{Phase, TransportError};

type Respond =
    dyn Fn(http::Request<Bytes>) -> Result<http::Response<Bytes>, TransportError> + Send + Sync;

/// Responds with the result of a closure, without a socket.
///
/// ```
/// use resilient_http::{ApiClient, MockTransport};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let transport = MockTransport::new(|request| {
///     assert_eq!(request.uri().path(), "/v1/users/7");
///     Ok(http::Response::new(r#""Ada""#.into()))
/// });
/// let api = ApiClient::builder("http://localhost/v1").transport(transport).build()?;
/// let name: String = api.get("users/{id}").param("id", 7).await?;
/// assert_eq!(name, "Ada");
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct MockTransport {
    respond: Arc<Respond>,
}

impl MockTransport {
    /// Responds to each request with the result of `respond`.
    #[must_use]
    pub fn new(
        respond: impl Fn(http::Request<Bytes>) -> Result<http::Response<Bytes>, TransportError>
        + Send
        + Sync
        + 'static,
    ) -> Self {
        Self { respond: Arc::new(respond) }
    }
}

impl Transport for MockTransport {
    fn send(&self, request: TransportRequest) -> Exchange<'_> {
        Box::pin(async move {
            let request = request
                .into_http()
                .map_err(|_| TransportError::unsendable("cannot send to such an address"))?;
            let (parts, body) = request.into_parts();
            let body = body
                .collect()
                .await
                .map_err(|error| TransportError::connection(Phase::Send, error))?;
            let request = http::Request::from_parts(parts, body.to_bytes());
            let response = (self.respond)(request)?;
            Ok(response.map(ResponseBody::from))
        })
    }
}

impl fmt::Debug for MockTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MockTransport")
    }
}
