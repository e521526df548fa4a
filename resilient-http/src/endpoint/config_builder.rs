//! The builder of an endpoint's configuration.

use std::fmt;
use std::time::Duration;

use resilient::budget::BudgetConfig;
use resilient::{BreakerConfig, RetryPolicy};
use serde::Serialize;

use super::auth_kind::{AuthKind, ConfiguredKey};
use super::config::EndpointConfig;
use super::preset::Preset;
use super::settings::Settings;
use super::tables::{BudgetSettings, RetrySettings};
#[cfg(feature = "cache")]
use crate::cache::CacheConfig;
use crate::client::ApiKey;
use crate::error::BuildError;
use crate::hold_back::OnRateLimit;
use crate::request::{Idempotency, LimitOverride, fields_of};
use crate::setters::setters;

impl EndpointConfig {
    /// Creates a builder for the endpoint `name` of `provider`.
    pub fn builder(name: impl Into<String>, provider: impl Into<String>) -> EndpointConfigBuilder {
        EndpointConfigBuilder {
            name: name.into(),
            settings: Settings { provider: Some(provider.into()), ..Settings::default() },
            problem: None,
        }
    }

    /// Creates a builder with the settings that the user gave for this configuration. `build`
    /// checks the settings again, and building an endpoint reads the key again.
    pub fn to_builder(&self) -> EndpointConfigBuilder {
        EndpointConfigBuilder {
            name: self.name.clone(),
            settings: self.given.clone(),
            problem: None,
        }
    }
}

/// The settings of an endpoint before they are checked. [`EndpointConfig`] lists the defaults.
#[derive(Clone)]
#[must_use]
pub struct EndpointConfigBuilder {
    name: String,
    settings: Settings,
    /// The first mistake in the use of the builder.
    problem: Option<BuildError>,
}

impl EndpointConfigBuilder {
    setters! {
        /// Uses the defaults of a family of APIs. Other settings override these defaults, in any
        /// order.
        preset(preset: Preset) => settings.preset = Some(preset);
        /// Sets the base URL. The path is below the base URL.
        base_url(url: impl Into<String>) => settings.base_url = Some(url.into());
        /// Sets the path, a template such as `models/{model}/predict`.
        path(path: impl Into<String>) => settings.path = Some(path.into());
        /// Sets the method. `GET`, `HEAD`, `DELETE` and `OPTIONS` send fields in the query.
        /// Default: `POST`.
        method(method: impl Into<String>) => settings.method = Some(method.into());
        /// Sets the content type, which also decides how the body is written. It is
        /// `application/json`, a type that ends in `+json`, or `application/x-www-form-urlencoded`.
        content_type(content_type: impl Into<String>)
            => settings.content_type = Some(content_type.into());
        /// Sets how the key is sent. By default, it is sent as a bearer token.
        auth(kind: AuthKind) => settings.auth = Some(kind);
        /// Sets the time limit for one attempt. The limit must be longer than zero; `None` means no
        /// limit. Default: 300 s.
        timeout(time: impl Into<Option<Duration>>)
            => settings.timeout = Some(LimitOverride(time.into()));
        /// Sets the time limit for the whole call. The limit must not be shorter than the timeout;
        /// `None` means no limit. Default: twice the timeout.
        deadline(time: impl Into<Option<Duration>>)
            => settings.deadline = Some(LimitOverride(time.into()));
        /// Sets the time limit for each wait for a chunk of a [stream](crate::Endpoint::stream).
        /// The limit must be longer than zero; `None` means no limit. Default: the timeout.
        idle_timeout(time: impl Into<Option<Duration>>)
            => settings.idle_timeout = Some(LimitOverride(time.into()));
        /// Sets the number of retries. With `n` retries, a call makes at most `n + 1` requests. You
        /// cannot set both `max_retries` and [`retry`](Self::retry). Default: 3.
        max_retries(n: u32) => settings.max_retries = Some(n);
        /// Sets the retry policy.
        retry(policy: RetryPolicy) => settings.retry = Some(RetrySettings::Policy(policy));
        /// Configures the retry budget: see [`budget`](crate::ApiClientBuilder::budget).
        budget(config: BudgetConfig) => settings.budget = Some(BudgetSettings::Checked(config));
        /// Turns the retry budget off. The endpoint then makes every retry that the policy allows.
        no_budget() => settings.budget = Some(BudgetSettings::None);
        /// Configures the circuit breaker. The configuration replaces
        /// [`default_circuit_breaker`](crate::default_circuit_breaker) as a whole.
        circuit_breaker(config: &BreakerConfig)
            => settings.circuit_breaker = Some(config.to_builder());
        /// Sets whether calls may be sent twice. By default, the method decides.
        idempotency(idempotency: Idempotency) => settings.idempotency = Some(idempotency);
        /// Sets what calls do while the server wants no requests: see
        /// [`on_rate_limit`](crate::ApiClientBuilder::on_rate_limit).
        on_rate_limit(choice: OnRateLimit) => settings.on_rate_limit = Some(choice);
        /// Sets the statuses that are retried if the call may be sent twice. Ranges can be joined,
        /// as in `[408, 429].into_iter().chain(502..=599)`. Default: 408, 429, 500, 502, 503, 504.
        retry_statuses(statuses: impl IntoIterator<Item = u16>)
            => settings.retry_statuses = Some(statuses.into_iter().collect());
        /// Sends the time that the server has in this header: see
        /// [`deadline_header`](crate::ApiClientBuilder::deadline_header).
        deadline_header(name: impl Into<String>) => settings.deadline_header = Some(name.into());
        /// Sends the number of the attempt in this header: see
        /// [`attempt_header`](crate::ApiClientBuilder::attempt_header).
        attempt_header(name: impl Into<String>) => settings.attempt_header = Some(name.into());
        /// Allows the key over plain `http` to other machines. Everybody on the network path can
        /// read the key.
        allow_plain_http() => settings.allow_plain_http = Some(true);
        /// Caches responses with these settings.
        #[cfg(feature = "cache")]
        cache(config: CacheConfig) => settings.cache = Some(config);
    }

    /// Sets the value of a path parameter. A call can override the value.
    pub fn param(mut self, name: impl Into<String>, value: impl fmt::Display) -> Self {
        self.settings.params.insert(name.into(), value.to_string());
        self
    }

    /// Sets the source of the key. The key is read when the endpoint is built; a missing key is an
    /// error.
    pub fn api_key(mut self, key: ApiKey) -> Self {
        self.settings.api_key = Some(ConfiguredKey { key, is_literal: false });
        self
    }

    /// Sets the source of the key as text: `env:NAME`, `file:PATH` or `literal:…`. A `literal:` key
    /// causes a [warning](EndpointConfig::warnings).
    pub fn api_key_from(mut self, text: &str) -> Self {
        match text.parse() {
            Ok(key) => {
                let is_literal = text.starts_with("literal:");
                self.settings.api_key = Some(ConfiguredKey { key, is_literal });
            }
            Err(error) => self.refuse(error),
        }
        self
    }

    /// Adds a header to all calls. Names are case-insensitive.
    pub fn header(mut self, name: impl AsRef<str>, value: impl Into<String>) -> Self {
        let name = name.as_ref().to_ascii_lowercase();
        self.settings.headers.insert(name, value.into());
        self
    }

    /// Sets error codes for which a retry does not help: see
    /// [`permanent_codes`](crate::ApiClientBuilder::permanent_codes).
    pub fn permanent_codes<S: Into<String>>(mut self, codes: impl IntoIterator<Item = S>) -> Self {
        self.settings.permanent_codes = Some(codes.into_iter().map(Into::into).collect());
        self
    }

    /// Adds fields that are sent unless the request or the call sets them. `fields` is a struct, a
    /// map or `json!({…})`.
    pub fn extra_body(mut self, fields: impl Serialize) -> Self {
        match fields_of(&fields, "`extra_body`") {
            Ok(fields) => self.settings.extra_body.extend(fields),
            Err(error) => self.refuse(error),
        }
        self
    }

    /// Checks the settings. It reads no key.
    ///
    /// # Errors
    ///
    /// Returns a [`BuildError`] that names the first invalid setting.
    pub fn build(&self) -> Result<EndpointConfig, BuildError> {
        if let Some(problem) = &self.problem {
            return Err(problem.clone());
        }
        let settings = self.settings.clone();
        EndpointConfig::check(self.name.clone(), settings).map_err(|wrong| wrong.error)
    }

    fn refuse(&mut self, error: BuildError) {
        self.problem.get_or_insert(error);
    }
}

impl fmt::Debug for EndpointConfigBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EndpointConfigBuilder")
            .field("name", &self.name)
            .field("preset", &self.settings.preset.map(|preset| preset.name()))
            .finish_non_exhaustive()
    }
}
