//! The endpoint: prepare, and call.

use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::sync::Arc;

use resilient::CircuitBreaker;
use serde::Serialize;

use super::build::EndpointBuilder;
use super::config::EndpointConfig;
use super::content::Written;
use super::fields::Payload;
#[cfg(feature = "cache")]
use super::options::Caching;
use super::options::CallOptions;
use super::settings::Bound;
#[cfg(feature = "cache")]
use crate::cache::{Kept, ResponseCache};
use crate::client::ApiClient;
use crate::error::{ApiError, BuildError};
use crate::request::{PreparedRequest, RequestBuilder};
use crate::response::FromResponse;

/// An endpoint of a provider's API: it is called with a `Req`, and answers with a `Res`.
///
/// A cheap handle: clones share connections, circuit breaker and kept answers. Each call goes through one loop of attempts,
/// each attempt through the circuit breaker, as with an [`ApiClient`], which this is made of.
///
/// `Req` is what serde writes; `Res` what an answer can be [read as](FromResponse).
///
/// ```
/// # #[cfg(feature = "test-util")] {
/// use resilient_http::{AuthKind, Endpoint, EndpointConfig, MockTransport};
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Serialize)]
/// struct Question<'a> { text: &'a str }
/// #[derive(Deserialize)]
/// struct Answer { text: String }
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let config = EndpointConfig::builder("ask", "oracle")
///     .base_url("http://localhost/v1")
///     .path("ask")
///     .auth(AuthKind::None)
///     .extra_body(serde_json::json!({"tongue": "Greek"}))
///     .build()?;
/// let ask = Endpoint::<Question, Answer>::builder(config)
///     .transport(MockTransport::new(|request| {
///         assert_eq!(&request.body()[..], br#"{"text":"Where?","tongue":"Greek"}"#);
///         Ok(http::Response::new(r#"{"text": "Here."}"#.into()))
///     }))
///     .build()?;
/// let answer = ask.call(&Question { text: "Where?" }).await?;
/// assert_eq!(answer.text, "Here.");
/// # Ok(()) }
/// # }
/// ```
///
/// # Cancel safety
///
/// Dropping a call's future ends the call: see [`RequestBuilder`](crate::RequestBuilder#cancel-safety). If others wait for
/// its answer, one of them asks in its place.
pub struct Endpoint<Req: ?Sized, Res> {
    inner: Arc<Inner>,
    types: PhantomData<fn(&Req) -> Res>,
}

struct Inner {
    config: EndpointConfig,
    client: ApiClient,
    #[cfg(feature = "cache")]
    kept: Option<Kept>,
}

impl<Req: ?Sized, Res> Endpoint<Req, Res> {
    /// An endpoint with a client of its own.
    ///
    /// # Errors
    ///
    /// A [`BuildError`]: see [`EndpointBuilder::build`].
    #[track_caller]
    pub fn new(config: EndpointConfig) -> Result<Self, BuildError> {
        Self::builder(config).build()
    }

    /// An endpoint to which something is given: a client whose connections it shares, a circuit breaker, a policy.
    pub fn builder(config: EndpointConfig) -> EndpointBuilder<Req, Res> {
        EndpointBuilder::new(config)
    }

    pub(super) fn assemble(
        config: EndpointConfig,
        client: ApiClient,
        #[cfg(feature = "cache")] cache: Option<ResponseCache>,
    ) -> Self {
        Self {
            inner: Arc::new(Inner {
                config,
                client,
                #[cfg(feature = "cache")]
                kept: cache.map(Kept::new),
            }),
            types: PhantomData,
        }
    }

    /// The same endpoint, called with something else, or read as something else.
    #[must_use]
    pub fn typed<OtherReq: ?Sized, OtherRes>(&self) -> Endpoint<OtherReq, OtherRes> {
        Endpoint {
            inner: Arc::clone(&self.inner),
            types: PhantomData,
        }
    }

    /// What it was made of.
    #[must_use]
    pub fn config(&self) -> &EndpointConfig {
        &self.inner.config
    }

    /// The client that it is made of: to send what was [prepared](Self::prepare), to close it, to see what runs. A client
    /// whose connections it shares is another one.
    #[must_use]
    pub fn client(&self) -> &ApiClient {
        &self.inner.client
    }

    /// Its circuit breaker: to look at, and to steer.
    #[must_use]
    pub fn circuit_breaker(&self) -> CircuitBreaker {
        self.inner.client.circuit_breaker()
    }

    /// Where its answers are kept, if they are.
    #[cfg(feature = "cache")]
    #[must_use]
    pub fn cache(&self) -> Option<&ResponseCache> {
        self.inner.kept.as_ref().map(Kept::cache)
    }

    /// Ends it and all its clones, as [`ApiClient::close`] does.
    pub fn close(&self) {
        self.inner.client.close();
    }
}

impl<Req: Serialize + ?Sized, Res> Endpoint<Req, Res> {
    /// Puts a call together without sending it: for [`ApiClient::execute`] of its [`client`](Self::client), or to look at.
    ///
    /// # Errors
    ///
    /// A [`BuildError`] that names the first thing that is wrong.
    pub fn prepare(&self, request: &Req) -> Result<PreparedRequest, BuildError> {
        self.prepare_with(request, &CallOptions::new())
    }

    /// The same, with what this call has of its own.
    ///
    /// # Errors
    ///
    /// A [`BuildError`] that names the first thing that is wrong.
    pub fn prepare_with(
        &self,
        request: &Req,
        options: &CallOptions,
    ) -> Result<PreparedRequest, BuildError> {
        if let Some(problem) = &options.problem {
            return Err(problem.clone());
        }
        let config = &self.inner.config;
        let payload = Payload::merge(config.extra_body(), request, &options.fields)?;
        let client = self.inner.client.clone();
        let mut builder =
            RequestBuilder::<()>::new(client, config.method().clone(), config.path().as_str());
        // A later one of the same name wins.
        for (name, value) in config.params() {
            builder = builder.param(name, value);
        }
        for (name, value) in &options.params {
            builder = builder.param(name, value);
        }
        builder = match config.content().write(&payload)? {
            Written::Nothing => builder,
            Written::Query(pairs) => builder.query(pairs),
            Written::Body(content_type, bytes) => {
                builder.header("content-type", content_type).body(bytes)
            }
        };
        builder = builder.headers(options.headers.clone()).idempotency(
            options
                .idempotency
                .clone()
                .unwrap_or_else(|| config.idempotency()),
        );
        if let Some(Bound(time)) = options.timeout {
            builder = builder.timeout(time);
        }
        if let Some(Bound(time)) = options.deadline {
            builder = builder.deadline(time);
        }
        builder.prepare()
    }
}

impl<Req: Serialize + ?Sized, Res: FromResponse + Send> Endpoint<Req, Res> {
    /// Calls it.
    ///
    /// # Errors
    ///
    /// An [`ApiError`] for whatever is no success that can be read as `Res`.
    pub fn call<'a>(
        &'a self,
        request: &Req,
    ) -> impl Future<Output = Result<Res, ApiError>> + Send + use<'a, Req, Res> {
        self.call_with(request, &CallOptions::new())
    }

    /// Calls it with what this call has of its own.
    ///
    /// # Errors
    ///
    /// An [`ApiError`] for whatever is no success that can be read as `Res`.
    pub fn call_with<'a>(
        &'a self,
        request: &Req,
        options: &CallOptions,
    ) -> impl Future<Output = Result<Res, ApiError>> + Send + use<'a, Req, Res> {
        // Now, so that the future holds neither the request nor the options.
        let prepared = self.prepare_with(request, options);
        #[cfg(feature = "cache")]
        let caching = options.caching;
        async move {
            let prepared = prepared?;
            #[cfg(feature = "cache")]
            if let Some(kept) = self
                .inner
                .kept
                .as_ref()
                .filter(|_| caching != Caching::Skip)
            {
                let refresh = caching == Caching::Refresh;
                // Boxed, so that calls of endpoints that keep nothing are no larger for it.
                return Box::pin(kept.answer(&self.inner.client, prepared, refresh)).await;
            }
            self.inner.client.execute_as(&prepared).await
        }
    }
}

impl<Req: ?Sized, Res> Clone for Endpoint<Req, Res> {
    fn clone(&self) -> Self {
        self.typed()
    }
}

impl<Req: ?Sized, Res> fmt::Debug for Endpoint<Req, Res> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Endpoint")
            .field("config", &self.inner.config)
            .field("client", &self.inner.client)
            .finish_non_exhaustive()
    }
}
