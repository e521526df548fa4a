//! The request of one exchange.

use std::fmt;

use http::{HeaderMap, Method};
use url::Url;

use crate::redact::HeaderNames;
use crate::request::RequestBody;

/// The request of one exchange, complete with credentials.
#[non_exhaustive]
pub struct TransportRequest {
    /// The method.
    pub method: Method,
    /// The address. Its query may contain secrets: do not log it.
    pub url: Url,
    /// The headers. They may contain secrets.
    pub headers: HeaderMap,
    /// The body.
    pub body: RequestBody,
    /// Whether the request must be sent on a new connection, because the transport lost it on a
    /// connection that had served other requests.
    pub needs_fresh_connection: bool,
}

/// Says in the extensions of an `http::Request` that it needs a fresh connection, so that this
/// reaches the transport below the layers.
#[derive(Clone, Copy)]
struct NeedsFreshConnection;

impl TransportRequest {
    pub(crate) fn new(method: Method, url: Url, headers: HeaderMap, body: RequestBody) -> Self {
        Self { method, url, headers, body, needs_fresh_connection: false }
    }

    /// Converts the request into the type of the crate `http`.
    ///
    /// # Errors
    ///
    /// Returns an error if the address is longer than `http::Uri` allows, which is 65 534 bytes.
    pub fn into_http(self) -> Result<http::Request<RequestBody>, http::uri::InvalidUri> {
        let uri = self.url.as_str().parse()?;
        let mut request = http::Request::new(self.body);
        *request.method_mut() = self.method;
        *request.uri_mut() = uri;
        *request.headers_mut() = self.headers;
        if self.needs_fresh_connection {
            request.extensions_mut().insert(NeedsFreshConnection);
        }
        Ok(request)
    }

    /// Reverts [`into_http`](Self::into_http). `None` if the request has no absolute address.
    #[cfg(feature = "tower")]
    pub(super) fn from_http(request: http::Request<RequestBody>) -> Option<Self> {
        let (parts, body) = request.into_parts();
        // A layer may have changed the address.
        let url = Url::parse(&parts.uri.to_string()).ok()?;
        let mut request = Self::new(parts.method, url, parts.headers, body);
        request.needs_fresh_connection = parts.extensions.get::<NeedsFreshConnection>().is_some();
        Some(request)
    }
}

/// Shows neither the query nor values of headers, which may contain secrets.
impl fmt::Debug for TransportRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TransportRequest")
            .field("method", &self.method)
            .field("headers", &HeaderNames(&self.headers))
            .finish_non_exhaustive()
    }
}
