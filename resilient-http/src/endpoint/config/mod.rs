//! What an endpoint is, checked: everything but the types of its request and answer.

mod builder;
mod check;

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use http::{HeaderMap, Method, StatusCode};
use resilient::budget::BudgetConfig;
use resilient::{BreakerConfig, RetryPolicy};

pub use self::builder::EndpointConfigBuilder;
#[cfg(feature = "serde")]
pub(super) use self::check::Wrong;
use super::content::Content;
use super::fields::Fields;
use super::preset::Preset;
use super::settings::Settings;
use crate::auth::Auth;
#[cfg(feature = "cache")]
use crate::cache::CacheConfig;
use crate::idempotency::Idempotency;
use crate::template::PathTemplate;

/// What an endpoint of a provider's API is, checked. Make it with a [builder](Self::builder), or read it from a file.
///
/// | setting | default | |
/// |---|---|---|
/// | name, provider | | together the name of its circuit breaker: `provider.name` |
/// | [`base_url`](EndpointConfigBuilder::base_url) | that of the preset, or of the client that it shares | |
/// | [`path`](EndpointConfigBuilder::path) | that of the preset | a [template](PathTemplate) |
/// | [`param`](EndpointConfigBuilder::param) | none | values for names in the path, for all calls |
/// | [`method`](EndpointConfigBuilder::method) | `POST` | fields of `GET`, `HEAD`, `DELETE`, `OPTIONS` are in the query |
/// | [`content_type`](EndpointConfigBuilder::content_type) | `application/json` | or a `+json` of one's own, or a form |
/// | [`auth`](EndpointConfigBuilder::auth) | bearer | |
/// | [`api_key`](EndpointConfigBuilder::api_key) | | needed unless `auth` is none |
/// | [`header`](EndpointConfigBuilder::header) | none | |
/// | [`timeout`](EndpointConfigBuilder::timeout) | 300 s | for one attempt |
/// | [`deadline`](EndpointConfigBuilder::deadline) | twice the timeout | for all of a call |
/// | [`max_retries`](EndpointConfigBuilder::max_retries) | 3, which is 4 attempts | of the one loop that there is |
/// | [`retry`](EndpointConfigBuilder::retry) | that of [`RetryPolicy`], or the preset's | |
/// | [`budget`](EndpointConfigBuilder::budget) | that of a client | pays for retries, by the endpoint's name |
/// | [`circuit_breaker`](EndpointConfigBuilder::circuit_breaker) | that of [`BreakerConfig`] | |
/// | [`idempotency`](EndpointConfigBuilder::idempotency) | by method | |
/// | [`extra_body`](EndpointConfigBuilder::extra_body) | none | fields that the request overrides |
///
/// It prints no key and no value of a header.
#[derive(Clone)]
pub struct EndpointConfig {
    name: String,
    /// What was given, to build on.
    given: Settings,
    preset: Option<Preset>,
    provider: String,
    path: PathTemplate,
    method: Method,
    content: Content,
    auth: Auth,
    headers: HeaderMap,
    timeout: Option<Duration>,
    deadline: Option<Duration>,
    policy: RetryPolicy,
    budget: Pay,
    breaker: BreakerConfig,
    /// The settings with all their layers.
    whole: Settings,
}

/// What pays for retries, checked.
#[derive(Debug, Clone)]
pub(in crate::endpoint) enum Pay {
    Default,
    Own(BudgetConfig),
    Nothing,
}

impl EndpointConfig {
    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The name of its provider.
    #[must_use]
    pub fn provider(&self) -> &str {
        &self.provider
    }

    /// `provider.name`: the name of its circuit breaker in the [`Registry`](resilient::Registry).
    #[must_use]
    pub fn full_name(&self) -> String {
        format!("{}.{}", self.provider, self.name)
    }

    /// The base URL, if it has one of its own. A user in it is in here, too: mind where you print it.
    #[must_use]
    pub fn base_url(&self) -> Option<&str> {
        self.whole.base_url.as_deref()
    }

    /// The path.
    #[must_use]
    pub fn path(&self) -> &PathTemplate {
        &self.path
    }

    /// The method.
    #[must_use]
    pub fn method(&self) -> &Method {
        &self.method
    }

    /// The time for one attempt.
    #[must_use]
    pub fn timeout(&self) -> Option<Duration> {
        self.timeout
    }

    /// The time for all of a call.
    #[must_use]
    pub fn deadline(&self) -> Option<Duration> {
        self.deadline
    }

    /// How failed attempts are tried again.
    #[must_use]
    pub fn retry(&self) -> &RetryPolicy {
        &self.policy
    }

    /// The settings of its circuit breaker.
    #[must_use]
    pub fn circuit_breaker(&self) -> &BreakerConfig {
        &self.breaker
    }

    /// What should be otherwise, although it works: a key that stands in a file.
    #[must_use]
    pub fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        if self.whole.has_literal_key {
            warnings.push(format!(
                "endpoint `{}`: its key stands in its configuration: use `env:NAME` or `file:PATH`",
                self.full_name().escape_debug()
            ));
        }
        warnings
    }

    pub(in crate::endpoint) fn auth(&self) -> &Auth {
        &self.auth
    }

    pub(in crate::endpoint) fn content(&self) -> &Content {
        &self.content
    }

    pub(in crate::endpoint) fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    pub(in crate::endpoint) fn params(&self) -> &BTreeMap<String, String> {
        &self.whole.params
    }

    pub(in crate::endpoint) fn extra_body(&self) -> &Fields {
        &self.whole.extra_body
    }

    pub(in crate::endpoint) fn idempotency(&self) -> Idempotency {
        self.whole.idempotency.clone().unwrap_or_default()
    }

    pub(in crate::endpoint) fn budget(&self) -> &Pay {
        &self.budget
    }

    pub(in crate::endpoint) fn retry_statuses(&self) -> Option<impl Iterator<Item = StatusCode>> {
        let codes = self.whole.retry_statuses.as_ref()?.iter();
        Some(codes.filter_map(|code| StatusCode::from_u16(*code).ok()))
    }

    pub(in crate::endpoint) fn permanent_codes(&self) -> &[String] {
        self.whole.permanent_codes.as_deref().unwrap_or_default()
    }

    pub(in crate::endpoint) fn allows_plain_http(&self) -> bool {
        self.whole.allow_plain_http.unwrap_or_default()
    }

    #[cfg(feature = "cache")]
    pub(in crate::endpoint) fn cache(&self) -> Option<&CacheConfig> {
        self.whole.cache.as_ref()
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
