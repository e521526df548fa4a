//! A transport made of a closure, for tests.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};

use super::{Exchange, Transport, TransportError};
use crate::body::RequestBody;
use crate::error::Phase;

type Answer =
    dyn Fn(http::Request<Bytes>) -> Result<http::Response<Bytes>, TransportError> + Send + Sync;

/// Answers with what a closure says: no socket, no server.
///
/// ```
/// use resilient_http::{ApiClient, MockTransport};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
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
    answer: Arc<Answer>,
}

impl MockTransport {
    /// Answers each request with what `answer` returns.
    #[must_use]
    pub fn new(
        answer: impl Fn(http::Request<Bytes>) -> Result<http::Response<Bytes>, TransportError>
        + Send
        + Sync
        + 'static,
    ) -> Self {
        Self {
            answer: Arc::new(answer),
        }
    }
}

impl Transport for MockTransport {
    fn send(&self, request: http::Request<RequestBody>) -> Exchange<'_> {
        Box::pin(async move {
            let (parts, body) = request.into_parts();
            let body = body
                .collect()
                .await
                .map_err(|error| TransportError::connection(Phase::Send, error))?;
            let request = http::Request::from_parts(parts, body.to_bytes());
            let response = (self.answer)(request)?;
            Ok(response.map(|bytes| {
                Full::new(bytes)
                    .map_err(|never| match never {})
                    .boxed_unsync()
            }))
        })
    }
}

impl fmt::Debug for MockTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MockTransport")
    }
}
