//! The transport over reqwest.

mod connection_pool;
mod failure;
mod served_connections;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use self::connection_pool::ConnectionPool;
use self::failure::explain;
pub(super) use self::failure::explain_body;
use super::response_body::ResponseBody;
use super::transport_request::TransportRequest;
use super::transport_trait::{Exchange, Transport};
use crate::error::{BuildError, BuildErrorKind, TransportError};
use crate::request::RequestBody;

/// Sends requests with a `reqwest::Client`.
///
/// A transport that [`build`](Self::build) made replaces its `reqwest::Client` to drop idle
/// connections, and has a second one for requests that need a fresh connection. A client that the
/// caller [gives](Self::given) is the only one, and is never replaced.
pub struct ReqwestTransport {
    pool: Arc<ConnectionPool>,
}

impl ReqwestTransport {
    /// Builds a client from the builder that `configure` returns. Redirects, retries and
    /// `connection_verbose` (which would log all traffic) are always turned off. The transport
    /// calls `configure` again whenever it builds another client.
    ///
    /// # Errors
    ///
    /// Returns a [`BuildError`] if reqwest cannot build the client.
    pub fn build(
        configure: impl Fn() -> reqwest::ClientBuilder + Send + Sync + 'static,
    ) -> Result<Self, BuildError> {
        let pool = ConnectionPool::new(Box::new(configure)).map_err(|error| {
            BuildError::new(BuildErrorKind::Setting, "reqwest client", "cannot be built")
                .caused_by(error.without_url())
        })?;
        Ok(Self { pool: Arc::new(pool) })
    }

    /// Uses an existing client. The transport never closes or replaces this client, so idle
    /// connections stay when the circuit opens: a breaker may need several probes after a network
    /// partition. A request that is sent again because its connection broke may meet another broken
    /// one. A new connection that has the addresses of a closed one counts as reused.
    ///
    /// Build it with `redirect(reqwest::redirect::Policy::none())`: a client that follows redirects
    /// sends headers such as `x-api-key` to other hosts. The transport refuses a redirected
    /// response, but by then the headers were sent. A client with `connection_verbose` logs all
    /// traffic, including keys.
    #[must_use]
    pub fn given(client: reqwest::Client) -> Self {
        Self { pool: Arc::new(ConnectionPool::given(client)) }
    }

    pub(crate) fn defaults(connect_timeout: Duration) -> reqwest::ClientBuilder {
        reqwest::Client::builder()
            .connect_timeout(connect_timeout)
            .user_agent(concat!("resilient-http/", env!("CARGO_PKG_VERSION")))
    }
}

impl Transport for ReqwestTransport {
    fn send(&self, request: TransportRequest) -> Exchange<'_> {
        Box::pin(async move {
            let asked = (!self.pool.is_own()).then(|| request.url.clone());
            let mut sent = reqwest::Request::new(request.method, request.url);
            *sent.headers_mut() = request.headers;
            *sent.body_mut() = reqwest_body(request.body);
            let client = self.pool.client(request.needs_fresh_connection).await;
            let response = client.execute(sent).await.map_err(|error| {
                let is_reused = self.pool.served.lose(&error);
                explain(error, is_reused)
            })?;
            self.pool.served.record(&response);
            if asked.is_some_and(|asked| *response.url() != asked) {
                return Err(TransportError::unsendable(
                    "is a client that follows redirects: build it with `redirect(Policy::none())`",
                ));
            }
            let response: http::Response<reqwest::Body> = response.into();
            Ok(response.map(ResponseBody::of_reqwest))
        })
    }

    fn drop_idle_connections(&self) {
        self.pool.drop_idle_connections();
    }
}

/// Converts a body. Bytes stay bytes, because reqwest cannot clone a stream.
fn reqwest_body(body: RequestBody) -> Option<reqwest::Body> {
    match body.into_bytes() {
        Ok(bytes) if bytes.is_empty() => None,
        Ok(bytes) => Some(bytes.into()),
        Err(stream) => Some(reqwest::Body::wrap(stream)),
    }
}

impl fmt::Debug for ReqwestTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ReqwestTransport")
    }
}
