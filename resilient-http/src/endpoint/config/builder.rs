//! Settings of an endpoint before they are checked.

use std::fmt;
use std::time::Duration;

use resilient::budget::BudgetConfig;
use resilient::{BreakerConfig, RetryPolicy};
use serde::Serialize;

use super::super::auth_kind::AuthKind;
use super::super::fields::fields_of;
use super::super::preset::Preset;
use super::super::settings::{Bound, Budget, Retry, Settings};
use super::EndpointConfig;
use crate::auth::ApiKey;
#[cfg(feature = "cache")]
use crate::cache::CacheConfig;
use crate::error::BuildError;
use crate::idempotency::Idempotency;

impl EndpointConfig {
    /// Settings to change, for the endpoint `name` of `provider`.
    pub fn builder(name: impl Into<String>, provider: impl Into<String>) -> EndpointConfigBuilder {
        EndpointConfigBuilder {
            name: name.into(),
            preset: None,
            settings: Settings {
                provider: Some(provider.into()),
                ..Settings::default()
            },
            problem: None,
        }
    }

    /// What was set, to change some of it. What comes of it is checked again, and its key is read again.
    pub fn to_builder(&self) -> EndpointConfigBuilder {
        EndpointConfigBuilder {
            name: self.name.clone(),
            preset: self.preset,
            settings: self.given.clone(),
            problem: None,
        }
    }
}

/// Settings of an endpoint before they are checked. See [`EndpointConfig`] for the defaults.
#[derive(Clone)]
#[must_use]
pub struct EndpointConfigBuilder {
    name: String,
    preset: Option<Preset>,
    settings: Settings,
    /// The first thing that is wrong.
    problem: Option<BuildError>,
}

impl EndpointConfigBuilder {
    /// What is known of a family of APIs. Whatever is set here wins over it, before or after.
    pub fn preset(mut self, preset: Preset) -> Self {
        self.preset = Some(preset);
        self
    }

    /// The base URL, below which the path is.
    pub fn base_url(mut self, url: impl Into<String>) -> Self {
        self.settings.base_url = Some(url.into());
        self
    }

    /// The path: a template such as `models/{model}/predict`.
    pub fn path(mut self, path: impl Into<String>) -> Self {
        self.settings.path = Some(path.into());
        self
    }

    /// The value for a name in the path, for all calls that say no other.
    pub fn param(mut self, name: impl Into<String>, value: impl fmt::Display) -> Self {
        self.settings.params.insert(name.into(), value.to_string());
        self
    }

    /// The method.
    pub fn method(mut self, method: impl Into<String>) -> Self {
        self.settings.method = Some(method.into());
        self
    }

    /// The type of the body, in which it is really written: `application/json` or one that ends in `+json`, or
    /// `application/x-www-form-urlencoded`.
    pub fn content_type(mut self, content_type: impl Into<String>) -> Self {
        self.settings.content_type = Some(content_type.into());
        self
    }

    /// How the key is shown.
    pub fn auth(mut self, kind: AuthKind) -> Self {
        self.settings.auth = Some(kind);
        self
    }

    /// Where the key comes from. It is read when the endpoint is built; one that is not there is an error then.
    pub fn api_key(mut self, key: ApiKey) -> Self {
        self.settings.api_key = Some(key);
        self.settings.has_literal_key = false;
        self
    }

    /// The same as text, as files have it: `env:NAME`, `file:PATH`, or `literal:…`, of which
    /// [`warnings`](EndpointConfig::warnings) speaks.
    pub fn api_key_from(mut self, text: &str) -> Self {
        match text.parse() {
            Ok(key) => {
                self = self.api_key(key);
                self.settings.has_literal_key = text.starts_with("literal:");
            }
            Err(error) => self.refuse(error),
        }
        self
    }

    /// A header of all calls. Names differ not by case.
    pub fn header(mut self, name: impl AsRef<str>, value: impl Into<String>) -> Self {
        let name = name.as_ref().to_ascii_lowercase();
        self.settings.headers.insert(name, value.into());
        self
    }

    /// The time for one attempt. Longer than zero; `None` is none.
    pub fn timeout(mut self, time: impl Into<Option<Duration>>) -> Self {
        self.settings.timeout = Some(Bound(time.into()));
        self
    }

    /// The time for a call, all attempts and waits included. Not shorter than the timeout; `None` is none.
    pub fn deadline(mut self, time: impl Into<Option<Duration>>) -> Self {
        self.settings.deadline = Some(Bound(time.into()));
        self
    }

    /// How many times a failed call is tried again: `n` retries are at most `n + 1` requests. Not together with
    /// [`retry`](Self::retry).
    pub fn max_retries(mut self, n: u32) -> Self {
        self.settings.max_retries = Some(n);
        self
    }

    /// How failed attempts are tried again.
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.settings.retry = Some(Retry::Policy(policy));
        self
    }

    /// The settings of the budget that pays for retries: see [`budget`](crate::ApiClientBuilder::budget).
    pub fn budget(mut self, config: BudgetConfig) -> Self {
        self.settings.budget = Some(Budget::Own(
            BudgetConfig::builder()
                .capacity(config.capacity())
                .retry_cost(config.retry_cost())
                .initial_tokens(config.initial_tokens())
                .deposit(config.deposit()),
        ));
        self
    }

    /// No budget: every retry that the policy grants is made.
    pub fn no_budget(mut self) -> Self {
        self.settings.budget = Some(Budget::None);
        self
    }

    /// The settings of the circuit breaker.
    pub fn circuit_breaker(mut self, config: &BreakerConfig) -> Self {
        self.settings.circuit_breaker = Some(config.to_builder());
        self
    }

    /// Whether calls may be sent twice.
    pub fn idempotency(mut self, idempotency: Idempotency) -> Self {
        self.settings.idempotency = Some(idempotency);
        self
    }

    /// The statuses that are tried again, where the call may be sent twice.
    pub fn retry_statuses(mut self, statuses: impl IntoIterator<Item = u16>) -> Self {
        self.settings.retry_statuses = Some(statuses.into_iter().collect());
        self
    }

    /// What errors say of themselves that no patience mends: see
    /// [`permanent_codes`](crate::ApiClientBuilder::permanent_codes).
    pub fn permanent_codes<S: Into<String>>(mut self, codes: impl IntoIterator<Item = S>) -> Self {
        self.settings.permanent_codes = Some(codes.into_iter().map(Into::into).collect());
        self
    }

    /// Fields that are sent unless the request, or the call, says otherwise: a struct, a map, `json!({…})`.
    pub fn extra_body(mut self, fields: impl Serialize) -> Self {
        match fields_of(&fields) {
            Ok(fields) => self.settings.extra_body.extend(fields),
            Err(_) => self.refuse(BuildError::setting("extra_body", "is no object")),
        }
        self
    }

    /// Lets the key go over plain `http` to a host that is not this one. Everybody on the way can read it.
    pub fn allow_plain_http(mut self) -> Self {
        self.settings.allow_plain_http = Some(true);
        self
    }

    /// Keeps answers, and hands them out again.
    #[cfg(feature = "cache")]
    pub fn cache(mut self, config: CacheConfig) -> Self {
        self.settings.cache = Some(config);
        self
    }

    /// Checks the settings. No key is read yet.
    ///
    /// # Errors
    ///
    /// A [`BuildError`] that names the first setting that is wrong.
    pub fn build(&self) -> Result<EndpointConfig, BuildError> {
        if let Some(problem) = &self.problem {
            return Err(problem.clone());
        }
        let settings = self.settings.clone();
        EndpointConfig::check(self.name.clone(), self.preset, settings).map_err(|wrong| wrong.error)
    }

    fn refuse(&mut self, error: BuildError) {
        self.problem.get_or_insert(error);
    }
}

impl fmt::Debug for EndpointConfigBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EndpointConfigBuilder")
            .field("name", &self.name)
            .field("preset", &self.preset.map(|preset| preset.name()))
            .finish_non_exhaustive()
    }
}
