//! The checked configuration of an endpoint.

use std::fmt;
use std::time::Duration;

use http::{HeaderMap, Method, StatusCode};
use resilient::budget::BudgetConfig;
use resilient::{BreakerConfig, RetryPolicy};

use super::content::Content;
use super::settings::Settings;
use crate::address::PathTemplate;
use crate::client::Auth;

/// The checked configuration of an endpoint. Create it with a [builder](Self::builder) or read it
/// from a file.
///
/// | setting | default | |
/// |---|---|---|
/// | name, provider | | the circuit breaker's name is `provider.name` |
/// | [`base_url`](crate::EndpointConfigBuilder::base_url) | of the preset or client | |
/// | [`path`](crate::EndpointConfigBuilder::path) | of the preset | a [template](PathTemplate) |
/// | [`param`](crate::EndpointConfigBuilder::param) | none | values of path parameters |
/// | [`method`](crate::EndpointConfigBuilder::method) | `POST` | without a body: fields in the query |
/// | [`content_type`](crate::EndpointConfigBuilder::content_type) | `application/json` | |
/// | [`auth`](crate::EndpointConfigBuilder::auth) | bearer | |
/// | [`api_key`](crate::EndpointConfigBuilder::api_key) | | required unless `auth` is `none` |
/// | [`header`](crate::EndpointConfigBuilder::header) | none | |
/// | [`timeout`](crate::EndpointConfigBuilder::timeout) | 300 s | for one attempt |
/// | [`deadline`](crate::EndpointConfigBuilder::deadline) | twice the timeout | for the whole call |
/// | [`idle_timeout`](crate::EndpointConfigBuilder::idle_timeout) | the timeout | for a chunk of a stream |
/// | [`max_retries`](crate::EndpointConfigBuilder::max_retries) | 3 | 4 attempts |
/// | [`retry`](crate::EndpointConfigBuilder::retry) | [`RetryPolicy`] or preset | |
/// | [`budget`](crate::EndpointConfigBuilder::budget) | as for a client | per endpoint name |
/// | [`circuit_breaker`](crate::EndpointConfigBuilder::circuit_breaker) | as for a client | |
/// | [`idempotency`](crate::EndpointConfigBuilder::idempotency) | by method | |
/// | [`on_rate_limit`](crate::EndpointConfigBuilder::on_rate_limit) | calls wait | |
/// | [`deadline_header`](crate::EndpointConfigBuilder::deadline_header) | none | the time that the server has |
/// | [`attempt_header`](crate::EndpointConfigBuilder::attempt_header) | none | from the second attempt on |
/// | [`extra_body`](crate::EndpointConfigBuilder::extra_body) | none | the request wins |
///
/// `Debug` shows no key and no header values.
#[derive(Clone)]
pub struct EndpointConfig {
    pub(super) name: String,
    /// The settings that the user gave, for `to_builder`.
    pub(super) given: Settings,
    pub(super) provider: String,
    pub(super) path: PathTemplate,
    pub(super) method: Method,
    pub(super) content: Content,
    pub(super) auth: Auth,
    pub(super) headers: HeaderMap,
    pub(super) timeout: Option<Duration>,
    pub(super) deadline: Option<Duration>,
    pub(super) idle_timeout: Option<Duration>,
    pub(super) policy: RetryPolicy,
    pub(super) budget: BudgetSource,
    pub(super) breaker: BreakerConfig,
    pub(super) retry_statuses: Option<Vec<StatusCode>>,
    /// The settings of the user, merged with the defaults and the preset.
    pub(super) merged: Settings,
}

/// The checked source of the retry budget.
#[derive(Debug, Clone)]
pub(super) enum BudgetSource {
    Default,
    Own(BudgetConfig),
    Nothing,
}

impl EndpointConfig {
    /// Returns the name of the endpoint.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the name of the provider.
    #[must_use]
    pub fn provider(&self) -> &str {
        &self.provider
    }

    /// Returns `provider.name`, the name of the circuit breaker in the
    /// [`Registry`](resilient::Registry).
    #[must_use]
    pub fn full_name(&self) -> String {
        format!("{}.{}", self.provider, self.name)
    }

    /// Returns the base URL if it is configured. The URL may contain a user and a password: do not
    /// log it.
    #[must_use]
    pub fn base_url(&self) -> Option<&str> {
        self.merged.base_url.as_deref()
    }

    /// Returns the path template.
    #[must_use]
    pub fn path(&self) -> &PathTemplate {
        &self.path
    }

    /// Returns the method.
    #[must_use]
    pub fn method(&self) -> &Method {
        &self.method
    }

    /// Returns the time limit for one attempt.
    #[must_use]
    pub fn timeout(&self) -> Option<Duration> {
        self.timeout
    }

    /// Returns the time limit for the whole call.
    #[must_use]
    pub fn deadline(&self) -> Option<Duration> {
        self.deadline
    }

    /// Returns the time limit for each wait for a chunk of a stream.
    #[must_use]
    pub fn idle_timeout(&self) -> Option<Duration> {
        self.idle_timeout
    }

    /// Returns the retry policy.
    #[must_use]
    pub fn retry(&self) -> &RetryPolicy {
        &self.policy
    }

    /// Returns the settings of the circuit breaker.
    #[must_use]
    pub fn circuit_breaker(&self) -> &BreakerConfig {
        &self.breaker
    }

    /// Returns a warning if an API key is written in the configuration. A configuration with
    /// warnings can be used.
    #[must_use]
    pub fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        if matches!(&self.merged.api_key, Some(key) if key.is_literal) {
            warnings.push(format!(
                "endpoint `{}`: its key stands in its configuration: use `env:NAME` or `file:PATH`",
                self.full_name().escape_debug()
            ));
        }
        warnings
    }
}

impl fmt::Debug for EndpointConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EndpointConfig")
            .field("name", &self.full_name())
            .field("method", &self.method)
            .field("path", &self.path)
            .field("auth", &self.auth)
            .field("headers", &crate::redact::HeaderNames(&self.headers))
            .field("timeout", &self.timeout)
            .field("deadline", &self.deadline)
            .finish_non_exhaustive()
    }
}
