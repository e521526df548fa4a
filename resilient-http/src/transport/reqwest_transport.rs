//! The transport over reqwest.

use std::fmt;
use std::time::Duration;

use http_body_util::BodyExt;

use super::transport_trait::{Exchange, FailureCause, Transport, TransportError};
use crate::error::{BuildError, BuildErrorKind, Phase};
use crate::request::RequestBody;

/// Sends over a `reqwest::Client`.
#[derive(Clone)]
pub struct ReqwestTransport {
    client: reqwest::Client,
}

impl ReqwestTransport {
    /// Over a client that is built here: without redirects and retries of its own, and without `connection_verbose`, which
    /// logs all that is sent, whatever the builder says.
    ///
    /// # Errors
    ///
    /// A [`BuildError`] if reqwest cannot build it.
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

    /// Over a client that somebody else built and owns: it is used, and never closed.
    ///
    /// It must be built with `redirect(reqwest::redirect::Policy::none())`: one that follows redirects takes headers such as
    /// `x-api-key` to other hosts. An answer that came by a redirect is refused, but then they have been sent. With
    /// `connection_verbose` it logs all that it sends, keys too.
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

/// What reqwest's error means. Its flags are not enough: a reset before the answer sets none of them.
fn explain(error: reqwest::Error) -> TransportError {
    let cause = if error.is_builder() {
        FailureCause::Unsendable("cannot send to such an address")
    } else if error.is_connect() {
        FailureCause::Connection(Phase::Connect)
    } else {
        FailureCause::Connection(Phase::Send)
    };
    TransportError {
        cause,
        source: Some(error.without_url().into()),
    }
}

impl fmt::Debug for ReqwestTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ReqwestTransport")
    }
}
