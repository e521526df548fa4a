//! What an endpoint is, checked: everything but the types of its request and answer.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use http::{HeaderMap, Method, StatusCode};
use resilient::{BreakerConfig, BudgetConfig, RetryPolicy};
use serde::Serialize;

use super::auth_kind::AuthKind;
use super::content::Content;
use super::fields::{Fields, fields_of};
use super::preset::Preset;
use super::settings::{Bound, Budget, Retry, Settings};
use crate::address::Base;
use crate::auth::{ApiKey, Auth};
#[cfg(feature = "cache")]
use crate::cache::CacheConfig;
use crate::error::BuildError;
use crate::idempotency::Idempotency;
use crate::request::header_pair;
use crate::template::PathTemplate;

/// As long as a large model may take for an answer.
const TIMEOUT: Duration = Duration::from_secs(300);
const LONGEST_NAME: usize = 128;

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
pub(super) enum Pay {
    Default,
    Own(BudgetConfig),
    Nothing,
}

/// A setting that is wrong, and under which key it stands.
#[derive(Debug)]
pub(super) struct Wrong {
    #[cfg_attr(
        not(feature = "toml"),
        expect(dead_code, reason = "without documents, nobody asks for the place")
    )]
    pub(super) key: &'static str,
    pub(super) error: BuildError,
}

impl Wrong {
    fn at(key: &'static str) -> impl Fn(BuildError) -> Self {
        move |error| Self { key, error }
    }

    fn setting(key: &'static str, problem: impl Into<String>) -> Self {
        Self {
            key,
            error: BuildError::setting(key, problem),
        }
    }
}

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

    pub(super) fn check(
        name: String,
        preset: Option<Preset>,
        given: Settings,
    ) -> Result<Self, Wrong> {
        let whole = match preset {
            Some(preset) => given.clone().or(preset.settings()),
            None => given.clone(),
        };
        let provider = whole
            .provider
            .clone()
            .or(preset.map(|preset| preset.name().to_owned()));
        let provider = provider.unwrap_or_default();
        check_name("name", &name)?;
        check_name("provider", &provider)?;
        if let Some(base) = &whole.base_url {
            Base::parse(base).map_err(Wrong::at("base_url"))?;
        }
        let Some(path) = &whole.path else {
            return Err(Wrong::setting("path", "is missing"));
        };
        let path = PathTemplate::parse(path).map_err(Wrong::at("path"))?;
        check_params(&path, &whole.params)?;
        let method = whole
            .method
            .as_deref()
            .unwrap_or("POST")
            .to_ascii_uppercase();
        let method = Method::from_bytes(method.as_bytes())
            .map_err(|_| Wrong::setting("method", "is no method of HTTP"))?;
        let content = Content::of(&method, whole.content_type.as_deref())
            .map_err(Wrong::at("content_type"))?;
        let kind = whole.auth.clone().unwrap_or_default();
        let auth = kind
            .with(whole.api_key.as_ref())
            .map_err(Wrong::at("api_key"))?;
        let headers = headers(&whole.headers, &kind)?;
        let (timeout, deadline) = times(&whole)?;
        if let Some(codes) = &whole.retried_statuses {
            if codes
                .iter()
                .any(|code| StatusCode::from_u16(*code).is_err())
            {
                return Err(Wrong::setting(
                    "retried_statuses",
                    "must be statuses of HTTP: 100 to 999",
                ));
            }
        }
        let policy = policy(&whole)?;
        let budget = match &whole.budget {
            None => Pay::Default,
            Some(Budget::None) => Pay::Nothing,
            Some(Budget::Own(settings)) => Pay::Own(
                settings
                    .build()
                    .map_err(|error| Wrong::setting("budget", format!("cannot be: {error}")))?,
            ),
        };
        let breaker = match &whole.circuit_breaker {
            None => BreakerConfig::default(),
            Some(settings) => settings.build().map_err(|error| {
                Wrong::setting("circuit_breaker", format!("cannot be: {error}"))
            })?,
        };
        Ok(Self {
            name,
            given,
            preset,
            provider,
            path,
            method,
            content,
            auth,
            headers,
            timeout,
            deadline,
            policy,
            budget,
            breaker,
            whole,
        })
    }

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

    pub(super) fn auth(&self) -> &Auth {
        &self.auth
    }

    pub(super) fn content(&self) -> &Content {
        &self.content
    }

    pub(super) fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    pub(super) fn params(&self) -> &BTreeMap<String, String> {
        &self.whole.params
    }

    pub(super) fn extra_body(&self) -> &Fields {
        &self.whole.extra_body
    }

    pub(super) fn idempotency(&self) -> Idempotency {
        self.whole.idempotency.clone().unwrap_or_default()
    }

    pub(super) fn budget(&self) -> &Pay {
        &self.budget
    }

    pub(super) fn retried_statuses(&self) -> Option<impl Iterator<Item = StatusCode>> {
        let codes = self.whole.retried_statuses.as_ref()?.iter();
        Some(codes.filter_map(|code| StatusCode::from_u16(*code).ok()))
    }

    pub(super) fn permanent_codes(&self) -> &[String] {
        self.whole.permanent_codes.as_deref().unwrap_or_default()
    }

    pub(super) fn allows_plain_http(&self) -> bool {
        self.whole.allow_plain_http.unwrap_or_default()
    }

    #[cfg(feature = "cache")]
    pub(super) fn cache(&self) -> Option<&CacheConfig> {
        self.whole.cache.as_ref()
    }
}

fn check_name(key: &'static str, name: &str) -> Result<(), Wrong> {
    let is_plain = !name.is_empty() && !name.chars().any(char::is_control);
    if is_plain && name.chars().count() < LONGEST_NAME / 2 {
        Ok(())
    } else {
        let problem = "must have 1 to 63 characters, none of them a control character";
        Err(Wrong::setting(key, problem))
    }
}

/// Each is a name in the path, and its value can be one segment of it.
fn check_params(path: &PathTemplate, params: &BTreeMap<String, String>) -> Result<(), Wrong> {
    let wrong = Wrong::at("params");
    // Those that come with a call are taken for good ones.
    let others = path
        .names()
        .filter(|name| !params.contains_key(*name))
        .map(|name| (name, "x"));
    let params = params.iter();
    let params = params.map(|(name, value)| (name.as_str(), value.as_str()));
    path.expand(params.chain(others)).map(|_| ()).map_err(wrong)
}

fn headers(given: &BTreeMap<String, String>, auth: &AuthKind) -> Result<HeaderMap, Wrong> {
    let wrong = Wrong::at("headers");
    let of_key = auth.header().map_err(Wrong::at("auth"))?;
    let mut headers = HeaderMap::new();
    for (name, value) in given {
        let (header, value) = header_pair(name, value).map_err(&wrong)?;
        if Some(&header) == of_key.as_ref() {
            return Err(wrong(BuildError::header(
                name,
                "is the one that the key is in",
            )));
        }
        if header == http::header::CONTENT_TYPE {
            return Err(wrong(BuildError::header(name, "is set by `content_type`")));
        }
        headers.insert(header, value);
    }
    Ok(headers)
}

fn times(settings: &Settings) -> Result<(Option<Duration>, Option<Duration>), Wrong> {
    let timeout = settings.timeout.map_or(Some(TIMEOUT), |Bound(time)| time);
    let deadline = match settings.deadline {
        Some(Bound(time)) => time,
        None => timeout.map(|time| time.saturating_mul(2)),
    };
    let zero = Some(Duration::ZERO);
    for (key, time) in [("timeout", timeout), ("deadline", deadline)] {
        if time == zero {
            return Err(Wrong::setting(key, "must be longer than zero"));
        }
    }
    match (timeout, deadline) {
        (Some(timeout), Some(deadline)) if timeout > deadline => Err(Wrong::setting(
            "deadline",
            format!("must not be shorter than the timeout, which is {timeout:?}"),
        )),
        _ => Ok((timeout, deadline)),
    }
}

fn policy(settings: &Settings) -> Result<RetryPolicy, Wrong> {
    let builder = match (&settings.retry, settings.max_retries) {
        (Some(Retry::Policy(policy)), None) => return Ok(policy.clone()),
        (Some(Retry::Policy(_)), Some(_)) => {
            return Err(Wrong::setting(
                "max_retries",
                "is part of the policy that is given, too: there is one loop",
            ));
        }
        (Some(Retry::Settings(builder)), _) => builder.clone(),
        (None, _) => RetryPolicy::builder(),
    };
    let builder = match settings.max_retries {
        Some(retries) => builder.max_retries(retries),
        None => builder,
    };
    builder
        .build()
        .map_err(|error| Wrong::setting("retry", format!("cannot be: {error}")))
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
                .reserve(config.reserve())
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
    pub fn retried_statuses(mut self, statuses: impl IntoIterator<Item = u16>) -> Self {
        self.settings.retried_statuses = Some(statuses.into_iter().collect());
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
