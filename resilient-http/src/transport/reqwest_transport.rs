//! The transport over reqwest.

use std::fmt;
use std::time::Duration;

use http_body_util::BodyExt;

use super::transport_trait::{Exchange, FailureCause, Transport, TransportError};
use crate::error::{BuildError, BuildErrorKind, Phase};
use crate::request::RequestBody;

/// Sends requests with a `reqwest::Client`.
#[derive(Clone)]
pub struct ReqwestTransport {
    client: reqwest::Client,
}

impl ReqwestTransport {
    /// Builds a client. Redirects, retries and `connection_verbose` (which would log all traffic)
    /// are always turned off.
    ///
    /// # Errors
    ///
    /// Returns a [`BuildError`] if reqwest cannot build the client.
    pub fn build(builder: reqwest::ClientBuilder) -> Result<Self, BuildError> {
        let client = builder
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .connection_verbose(false)
            .build()
            .map_err(|error| {
                BuildError::new(BuildErrorKind::Setting, "reqwest client", "cannot be built")
                    .caused_by(error.without_url())
            })?;
        Ok(Self { client })
    }

    /// Uses an existing client. The transport never closes this client.
    ///
    /// Build it with `redirect(reqwest::redirect::Policy::none())`: a client that follows redirects
    /// sends headers such as `x-api-key` to other hosts. The transport refuses a redirected
    /// response, but by then the headers were sent. A client with `connection_verbose` logs all
    /// traffic, including keys.
    #[must_use]
    pub fn given(client: reqwest::Client) -> Self {
        Self { client }
    }

    pub(crate) fn defaults(connect_timeout: Duration) -> reqwest::ClientBuilder {
        reqwest::Client::builder()
            .connect_timeout(connect_timeout)
            .user_agent(concat!("resilient-http/", env!("CARGO_PKG_VERSION")))
    }
}

impl Transport for ReqwestTransport {
    fn send(&self, request: http::Request<RequestBody>) -> Exchange<'_> {
        Box::pin(async move {
            let request =
                reqwest::Request::try_from(request.map(reqwest::Body::wrap)).map_err(explain)?;
            let asked = request.url().clone();
            let response = self.client.execute(request).await.map_err(explain)?;
            if *response.url() != asked {
                return Err(TransportError::unsendable(
                    "is a client that follows redirects: build it with `redirect(Policy::none())`",
                ));
            }
            let response: http::Response<reqwest::Body> = response.into();
            Ok(response.map(|body| {
                body.map_err(|error| TransportError::connection(Phase::Body, error.without_url()))
                    .boxed_unsync()
            }))
        })
    }
}

/// Converts an error of reqwest. If reqwest does not classify the error, as for a connection that
/// was reset before the response, the phase is `Send`.
fn explain(error: reqwest::Error) -> TransportError {
    let cause = if error.is_builder() {
        FailureCause::Unsendable("cannot send to such an address")
    } else if error.is_connect() {
        FailureCause::Connection(Phase::Connect)
    } else {
        FailureCause::Connection(Phase::Send)
    };
    TransportError { cause, source: Some(error.without_url().into()) }
}

impl fmt::Debug for ReqwestTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ReqwestTransport")
    }
}
