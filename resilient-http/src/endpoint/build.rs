//! How an endpoint is put together: its configuration, and what is given to it.

use std::fmt;
use std::marker::PhantomData;

use resilient::{CircuitBreaker, RetryBudget, RetryPolicy};

use super::call::Endpoint;
use super::config::{EndpointConfig, Pay};
#[cfg(feature = "cache")]
use crate::cache::ResponseCache;
use crate::client::ApiClient;
use crate::error::{BuildError, BuildErrorKind};
use crate::transport::Transport;

/// What an endpoint is made of, beside its configuration. What is given here takes the place of what is configured.
#[must_use]
pub struct EndpointBuilder<Req: ?Sized, Res> {
    config: EndpointConfig,
    policy: Option<RetryPolicy>,
    breaker: Option<CircuitBreaker>,
    budget: Option<RetryBudget>,
    way: Way,
    #[cfg(feature = "cache")]
    cache: Option<ResponseCache>,
    types: PhantomData<fn(&Req) -> Res>,
}

type Give = Box<dyn FnOnce(crate::ApiClientBuilder) -> crate::ApiClientBuilder + Send>;

enum Way {
    Own,
    Client(ApiClient),
    /// As the settings of the client say.
    Given(Give),
}

impl<Req: ?Sized, Res> EndpointBuilder<Req, Res> {
    pub(super) fn new(config: EndpointConfig) -> Self {
        Self {
            config,
            policy: None,
            breaker: None,
            budget: None,
            way: Way::Own,
            #[cfg(feature = "cache")]
            cache: None,
            types: PhantomData,
        }
    }

    /// How failed attempts are tried again.
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.policy = Some(policy);
        self
    }

    /// The circuit breaker, perhaps shared with others.
    pub fn circuit_breaker(mut self, breaker: CircuitBreaker) -> Self {
        self.breaker = Some(breaker);
        self
    }

    /// The budget that pays for retries, perhaps shared with others.
    pub fn budget(mut self, budget: RetryBudget) -> Self {
        self.budget = Some(budget);
        self
    }

    /// Sends over the connections of a client, and ends with it: see
    /// [`connections_of`](crate::ApiClientBuilder::connections_of). A configuration without a base URL has that of the
    /// client. Headers and credentials are the endpoint's own.
    pub fn connections_of(mut self, client: &ApiClient) -> Self {
        self.way = Way::Client(client.clone());
        self
    }

    /// What sends the requests, instead of a client that is built for this endpoint.
    pub fn transport(mut self, transport: impl Transport) -> Self {
        self.way = Way::Given(Box::new(move |client| client.transport(transport)));
        self
    }

    /// Changes the reqwest client before it is built: see [`configure`](crate::ApiClientBuilder::configure).
    #[cfg(feature = "reqwest")]
    pub fn configure(
        mut self,
        configure: impl FnOnce(reqwest::ClientBuilder) -> reqwest::ClientBuilder + Send + 'static,
    ) -> Self {
        self.way = Way::Given(Box::new(move |client| client.configure(configure)));
        self
    }

    /// Keeps answers here, where those of other endpoints may be, too. Endpoints share the room, never an answer.
    #[cfg(feature = "cache")]
    pub fn cache(mut self, cache: ResponseCache) -> Self {
        self.cache = Some(cache);
        self
    }

    /// Reads the key and makes the endpoint. Nothing is sent.
    ///
    /// # Errors
    ///
    /// A [`BuildError`] if the key is not there, the base URL is missing, or its client cannot be built.
    #[track_caller]
    pub fn build(self) -> Result<Endpoint<Req, Res>, BuildError> {
        let config = self.config;
        let base = match (config.base_url(), &self.way) {
            (Some(base), _) => base.to_owned(),
            (None, Way::Client(client)) => client.base().url().as_str().to_owned(),
            (None, _) => {
                let problem = "is missing: give one, a preset, or a client";
                return Err(BuildError::new(
                    BuildErrorKind::BaseUrl,
                    "`base_url`",
                    problem,
                ));
            }
        };
        let mut client = ApiClient::builder(base)
            .name(config.full_name())
            .default_headers(config.headers().clone())
            .auth(config.auth().clone())
            .timeout(config.timeout())
            .deadline(config.deadline())
            .retry(self.policy.unwrap_or_else(|| config.retry().clone()))
            .permanent_codes(config.permanent_codes());
        client = match self.breaker {
            Some(breaker) => client.shared_circuit_breaker(breaker),
            None => client.circuit_breaker(config.circuit_breaker().clone()),
        };
        client = match (self.budget, config.budget()) {
            (Some(budget), _) => client.shared_budget(budget),
            (None, Pay::Own(settings)) => client.budget(*settings),
            (None, Pay::Nothing) => client.no_budget(),
            (None, Pay::Default) => client,
        };
        if let Some(statuses) = config.retry_statuses() {
            client = client.retry_statuses(statuses);
        }
        if config.allows_plain_http() {
            client = client.allow_plain_http();
        }
        client = match self.way {
            Way::Own => client,
            Way::Client(other) => client.connections_of(&other),
            Way::Given(give) => give(client),
        };
        #[cfg(feature = "cache")]
        let cache = match (self.cache, config.cache()) {
            (Some(cache), _) => Some(cache),
            (None, Some(settings)) => Some(ResponseCache::new(settings)?),
            (None, None) => None,
        };
        let client = client.build()?;
        #[cfg(feature = "tracing")]
        for warning in config.warnings() {
            tracing::warn!(target: "resilient_http", "{warning}");
        }
        Ok(Endpoint::assemble(
            config,
            client,
            #[cfg(feature = "cache")]
            cache,
        ))
    }
}

impl<Req: ?Sized, Res> fmt::Debug for EndpointBuilder<Req, Res> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EndpointBuilder")
            .field("config", &self.config)
            .finish_non_exhaustive()
    }
}
