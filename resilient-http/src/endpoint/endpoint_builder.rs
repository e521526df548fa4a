//! The builder of an endpoint: the configuration, and values that replace parts of it.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use resilient::{CircuitBreaker, Classification, RetryBudget, RetryPolicy};

use super::config::{BudgetSource, EndpointConfig};
use super::handle::{Endpoint, EndpointInner};
#[cfg(feature = "cache")]
use crate::cache::{CachedCalls, ResponseCache};
use crate::client::{ApiClient, ApiClientBuilder, Auth};
use crate::error::{BuildError, BuildErrorKind};
#[cfg(feature = "tracing")]
use crate::log_target::HTTP;
use crate::response::{FailWhen, Response};
use crate::setters::setters;
use crate::transport::Transport;

/// Builds an endpoint from its configuration. Each setter replaces a part of the configuration.
#[must_use]
pub struct EndpointBuilder<Req: ?Sized, Res> {
    config: EndpointConfig,
    policy: Option<RetryPolicy>,
    breaker: Option<CircuitBreaker>,
    budget: Option<RetryBudget>,
    auth: Auth,
    fail_when: Option<FailWhen>,
    connections_of: Option<ApiClient>,
    /// The settings that go to the endpoint's client, in the order of their calls.
    of_client: Vec<SetClient>,
    #[cfg(feature = "cache")]
    cache: Option<ResponseCache>,
    types: PhantomData<fn(&Req) -> Res>,
}

/// Sets a part of the endpoint's client.
type SetClient = Box<dyn FnOnce(ApiClientBuilder) -> ApiClientBuilder + Send>;

impl<Req: ?Sized, Res> Endpoint<Req, Res> {
    /// Creates an endpoint with its own client.
    ///
    /// # Errors
    ///
    /// Returns a [`BuildError`]: see [`EndpointBuilder::build`].
    #[track_caller]
    pub fn new(config: EndpointConfig) -> Result<Self, BuildError> {
        Self::builder(config).build()
    }

    /// Creates a builder, which can share a client's connections or replace parts of the
    /// configuration.
    pub fn builder(config: EndpointConfig) -> EndpointBuilder<Req, Res> {
        EndpointBuilder {
            config,
            policy: None,
            breaker: None,
            budget: None,
            auth: Auth::none(),
            fail_when: None,
            connections_of: None,
            of_client: Vec::new(),
            #[cfg(feature = "cache")]
            cache: None,
            types: PhantomData,
        }
    }
}

impl<Req: ?Sized, Res> EndpointBuilder<Req, Res> {
    setters! {
        /// Replaces the retry policy.
        retry(policy: RetryPolicy) => policy = Some(policy);
        /// Replaces the circuit breaker. Several endpoints may share it.
        circuit_breaker(breaker: CircuitBreaker) => breaker = Some(breaker);
        /// Replaces the retry budget. Several endpoints may share it.
        budget(budget: RetryBudget) => budget = Some(budget);
        /// Sets credentials that a configuration cannot express, such as [`Auth::refresh`]. The
        /// configuration must have the kind [`AuthKind::None`](crate::AuthKind::None).
        auth(auth: Auth) => auth = auth;
        /// Looks for errors in responses whose status is a success: see
        /// [`ApiClientBuilder::fail_when`](crate::ApiClientBuilder::fail_when). A response in which
        /// the hook finds an error is not cached.
        fail_when(judge: impl Fn(&Response) -> Option<Classification> + Send + Sync + 'static)
            => fail_when = Some(FailWhen::new(judge));
        /// Uses the connection pool of this client. When the client is closed, the endpoint is
        /// closed too: see [`connections_of`](crate::ApiClientBuilder::connections_of). If no base
        /// URL is configured, the endpoint uses the client's base URL. It does not use the client's
        /// headers and credentials.
        connections_of(client: &ApiClient) => connections_of = Some(client.clone());
        /// Caches responses in this cache, which other endpoints may share. The endpoints share the
        /// size limit, but no responses.
        #[cfg(feature = "cache")]
        cache(cache: ResponseCache) => cache = Some(cache);
    }

    /// Sets the transport. It replaces the reqwest client that the endpoint would create: see
    /// [`transport`](crate::ApiClientBuilder::transport).
    pub fn transport(mut self, transport: impl Transport) -> Self {
        self.of_client.push(Box::new(move |client| client.transport(transport)));
        self
    }

    /// Changes the reqwest client before it is built: see
    /// [`configure`](crate::ApiClientBuilder::configure).
    #[cfg(feature = "reqwest")]
    pub fn configure<F>(mut self, configure: F) -> Self
    where
        F: Fn(reqwest::ClientBuilder) -> reqwest::ClientBuilder + Send + Sync + 'static,
    {
        self.of_client.push(Box::new(move |client| client.configure(configure)));
        self
    }

    /// Reads the key and builds the endpoint. It sends nothing.
    ///
    /// # Errors
    ///
    /// Returns a [`BuildError`] if the key or the base URL is missing, or if the client cannot be
    /// built.
    #[track_caller]
    pub fn build(self) -> Result<Endpoint<Req, Res>, BuildError> {
        let config = self.config;
        let base = match (config.base_url(), &self.connections_of) {
            (Some(base), _) => base.to_owned(),
            (None, Some(client)) => client.inner().base.url().as_str().to_owned(),
            (None, None) => {
                let problem = "is missing: give one, a preset, or a client";
                return Err(BuildError::new(BuildErrorKind::BaseUrl, "`base_url`", problem));
            }
        };
        let auth = match (config.auth.is_none(), self.auth.is_none()) {
            (true, false) => self.auth,
            (_, true) => config.auth.clone(),
            (false, false) => {
                let problem = "is given to the builder, and the configuration has a key";
                return Err(BuildError::credentials("`auth`", problem));
            }
        };
        let mut client = ApiClient::builder(base)
            .name(config.full_name())
            .default_headers(config.headers.clone())
            .auth(auth)
            .timeout(config.timeout())
            .deadline(config.deadline())
            .idle_timeout(config.idle_timeout())
            .retry(self.policy.unwrap_or_else(|| config.retry().clone()))
            .permanent_codes(config.merged.permanent_codes.iter().flatten());
        client = match self.breaker {
            Some(breaker) => client.shared_circuit_breaker(breaker),
            None => client.circuit_breaker(config.circuit_breaker().clone()),
        };
        client = match (self.budget, &config.budget) {
            (Some(budget), _) => client.shared_budget(budget),
            (None, BudgetSource::Own(settings)) => client.budget(*settings),
            (None, BudgetSource::Nothing) => client.no_budget(),
            (None, BudgetSource::Default) => client,
        };
        client.fail_when = self.fail_when;
        if let Some(choice) = config.merged.on_rate_limit {
            client = client.on_rate_limit(choice);
        }
        if let Some(statuses) = &config.retry_statuses {
            client = client.retry_statuses(statuses.iter().copied());
        }
        if config.merged.allow_plain_http == Some(true) {
            client = client.allow_plain_http();
        }
        if let Some(name) = &config.merged.deadline_header {
            client = client.deadline_header(name);
        }
        if let Some(name) = &config.merged.attempt_header {
            client = client.attempt_header(name);
        }
        if let Some(other) = &self.connections_of {
            client = client.connections_of(other);
        }
        client = self.of_client.into_iter().fold(client, |client, set| set(client));
        #[cfg(feature = "cache")]
        let cache = match (self.cache, &config.merged.cache) {
            (Some(cache), _) => Some(cache),
            (None, Some(settings)) => Some(ResponseCache::new(settings)?),
            (None, None) => None,
        };
        let client = client.build()?;
        #[cfg(feature = "tracing")]
        for warning in config.warnings() {
            tracing::warn!(
                target: HTTP,
                warning,
                "an endpoint was built with a warning"
            );
        }
        let inner = EndpointInner {
            config,
            client,
            #[cfg(feature = "cache")]
            cached_calls: cache.map(CachedCalls::new),
        };
        Ok(Endpoint { inner: Arc::new(inner), types: PhantomData })
    }
}

impl<Req: ?Sized, Res> fmt::Debug for EndpointBuilder<Req, Res> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EndpointBuilder").field("config", &self.config).finish_non_exhaustive()
    }
}
