//! The endpoint, a handle that prepares and makes calls.

use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::sync::Arc;

use resilient::CircuitBreaker;
use serde::Serialize;

#[cfg(feature = "cache")]
use super::call_options::Caching;
use super::call_options::CallOptions;
use super::config::EndpointConfig;
use super::content::Written;
use super::event_format::{EventFormat, STREAM_FIELD};
use super::fields::Payload;
#[cfg(feature = "cache")]
use crate::cache::{CachedCalls, ResponseCache};
use crate::client::ApiClient;
use crate::error::{ApiError, BuildError};
use crate::request::PreparedRequest;
use crate::response::FromResponse;

/// An endpoint of a provider's API. A call takes a `Req` and returns a `Res`.
///
/// It is cheap to clone. Clones share connections, circuit breaker and cached responses. An
/// endpoint sends its calls through an [`ApiClient`], which provides retries, time limits and the
/// circuit breaker.
///
/// `Req` is any type that serde serializes; `Res` is any type that implements [`FromResponse`].
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
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
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
/// Dropping the future ends the call: see [`RequestBuilder`](crate::RequestBuilder#cancel-safety).
/// If other calls wait for the response of the dropped call, one of them asks the server.
pub struct Endpoint<Req: ?Sized, Res> {
    pub(super) inner: Arc<EndpointInner>,
    pub(super) types: PhantomData<fn(&Req) -> Res>,
}

pub(super) struct EndpointInner {
    pub(super) config: EndpointConfig,
    pub(super) client: ApiClient,
    #[cfg(feature = "cache")]
    pub(super) cached_calls: Option<CachedCalls>,
}

impl<Req: ?Sized, Res> Endpoint<Req, Res> {
    /// Returns a handle to this endpoint with other types.
    #[must_use]
    pub fn typed<OtherReq: ?Sized, OtherRes>(&self) -> Endpoint<OtherReq, OtherRes> {
        Endpoint { inner: Arc::clone(&self.inner), types: PhantomData }
    }

    /// Returns the configuration.
    #[must_use]
    pub fn config(&self) -> &EndpointConfig {
        &self.inner.config
    }

    /// Returns the client of the endpoint, which sends [prepared](Self::prepare) requests and
    /// counts the calls in flight. If the endpoint shares the connections of another client, this
    /// method still returns the endpoint's own client.
    #[must_use]
    pub fn client(&self) -> &ApiClient {
        &self.inner.client
    }

    /// Returns the circuit breaker. Use it to inspect the circuit, or to open and close it.
    #[must_use]
    pub fn circuit_breaker(&self) -> CircuitBreaker {
        self.inner.client.circuit_breaker()
    }

    /// Returns the cache of the endpoint, or `None` if responses are not cached.
    #[cfg(feature = "cache")]
    #[must_use]
    pub fn cache(&self) -> Option<&ResponseCache> {
        self.inner.cached_calls.as_ref().map(CachedCalls::cache)
    }

    /// Returns the format of streamed responses, which the preset defines.
    pub(super) fn event_format(&self) -> Option<EventFormat> {
        self.inner.config.merged.preset.map(|preset| preset.events)
    }

    /// Closes the endpoint and all its clones. [`ApiClient::close`] describes the effect.
    pub fn close(&self) {
        self.inner.client.close();
    }
}

impl<Req: Serialize + ?Sized, Res> Endpoint<Req, Res> {
    /// Builds the request of a call without sending it. To send it, pass it to
    /// [`ApiClient::execute`] of the [`client`](Self::client).
    ///
    /// # Errors
    ///
    /// Returns a [`BuildError`] that names the first mistake.
    pub fn prepare(&self, request: &Req) -> Result<PreparedRequest, BuildError> {
        self.prepare_with(request, &CallOptions::new())
    }

    /// Builds the request of a call with options, without sending it.
    ///
    /// # Errors
    ///
    /// Returns a [`BuildError`] that names the first mistake.
    pub fn prepare_with(
        &self,
        request: &Req,
        options: &CallOptions,
    ) -> Result<PreparedRequest, BuildError> {
        self.prepare_payload(&self.payload(request, options)?, options)
    }

    /// Builds a request that asks for a stream, if the preset of the endpoint says how.
    pub(super) fn prepare_stream(
        &self,
        request: &Req,
        options: &CallOptions,
    ) -> Result<PreparedRequest, BuildError> {
        let mut payload = self.payload(request, options)?;
        if self.event_format().is_some() {
            payload.set_true(STREAM_FIELD)?;
        }
        self.prepare_payload(&payload, options)
    }

    fn payload(&self, request: &Req, options: &CallOptions) -> Result<Payload, BuildError> {
        if let Some(problem) = &options.problem {
            return Err(problem.clone());
        }
        Payload::merge(&self.inner.config.merged.extra_body, request, &options.fields)
    }

    fn prepare_payload(
        &self,
        payload: &Payload,
        options: &CallOptions,
    ) -> Result<PreparedRequest, BuildError> {
        let config = &self.inner.config;
        let client = &self.inner.client;
        let mut builder = client.start::<()>(config.method.clone(), config.path.as_str());
        // If a parameter gets several values, the last one is used, so the values of the call come
        // last.
        for (name, value) in &config.merged.params {
            builder = builder.param(name, value);
        }
        for (name, value) in &options.params {
            builder = builder.param(name, value);
        }
        builder = match config.content.write(payload)? {
            Written::Nothing => builder,
            Written::Query(pairs) => builder.query(pairs),
            Written::Body(content_type, bytes) => {
                builder.header("content-type", content_type).body(bytes)
            }
        };
        builder = builder
            .headers(options.headers.clone())
            .default_idempotency(config.merged.idempotency.clone());
        if let Some(idempotency) = &options.idempotency {
            builder = builder.idempotency(idempotency.clone());
        }
        let builder = builder.limits(options.timeout, options.deadline, options.idle_timeout);
        let mut prepared = builder.prepare()?;
        prepared.options.is_streamed =
            self.event_format().is_some() && payload.is_true(STREAM_FIELD);
        Ok(prepared)
    }
}

impl<Req: Serialize + ?Sized, Res: FromResponse + Send> Endpoint<Req, Res> {
    /// Calls the endpoint.
    ///
    /// # Errors
    ///
    /// Returns an [`ApiError`] if the call does not end with a success that can be read as `Res`.
    pub fn call<'a>(
        &'a self,
        request: &Req,
    ) -> impl Future<Output = Result<Res, ApiError>> + Send + use<'a, Req, Res> {
        self.call_with(request, &CallOptions::new())
    }

    /// Calls the endpoint with options.
    ///
    /// # Errors
    ///
    /// Returns an [`ApiError`] if the call does not end with a success that can be read as `Res`.
    pub fn call_with<'a>(
        &'a self,
        request: &Req,
        options: &CallOptions,
    ) -> impl Future<Output = Result<Res, ApiError>> + Send + use<'a, Req, Res> {
        // The request is prepared here, so that the future borrows neither the request nor the
        // options.
        let prepared = self.prepare_with(request, options);
        #[cfg(feature = "cache")]
        let caching = options.caching;
        async move {
            let prepared = prepared?;
            #[cfg(feature = "cache")]
            if let (Some(cached), true) = (&self.inner.cached_calls, caching != Caching::Skip) {
                let refresh = caching == Caching::Refresh;
                // The future is boxed, so that the futures of calls without a cache stay small.
                return Box::pin(cached.call(&self.inner.client, prepared, refresh)).await;
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
