//! The sections of a document that declares endpoints.

use std::collections::BTreeMap;
use std::time::Duration;

use resilient::RetryPolicy;
use resilient::breaker::BreakerConfigBuilder;
use resilient::budget::BudgetConfig;
use resilient::retries::{Jitter, RetryPolicyBuilder};
use serde::de::Error;
use serde::{Deserialize, Deserializer};

use super::super::auth_kind::AuthKind;
use super::super::config::EndpointConfig;
use super::super::config_check::SettingError;
use super::super::preset::Preset;
use super::super::settings::{BudgetSettings, RetrySettings, Settings};
use super::words::{Body, Key, Plain, Time, Word};
#[cfg(feature = "cache")]
use crate::cache::CacheConfig;
use crate::request::{Idempotency, LimitOverride};

/// The endpoints of one document, by name.
///
/// See the [guide](crate::guide::endpoints) for the format. [`from_toml`](Self::from_toml) reports
/// the line and column of a mistake; other serde formats work too.
#[derive(Debug, Clone, Default)]
pub struct EndpointConfigs {
    pub(in crate::endpoint) by_name: BTreeMap<String, EndpointConfig>,
}

impl EndpointConfigs {
    /// The endpoint of this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&EndpointConfig> {
        self.by_name.get(name)
    }

    /// All endpoints, ordered by name.
    pub fn iter(&self) -> impl Iterator<Item = &EndpointConfig> {
        self.by_name.values()
    }

    /// The number of endpoints.
    #[must_use]
    pub fn len(&self) -> usize {
        self.by_name.len()
    }

    /// Whether there are no endpoints.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.by_name.is_empty()
    }
}

#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
pub(in crate::endpoint) struct Document {
    defaults: Section,
    endpoint: BTreeMap<String, Section>,
}

impl Document {
    /// Checks all endpoints. The error comes with the endpoint's name.
    pub(in crate::endpoint) fn check(self) -> Result<EndpointConfigs, (String, SettingError)> {
        let (default_preset, defaults) = self.defaults.layer();
        let mut by_name = BTreeMap::new();
        for (name, section) in self.endpoint {
            let (preset, settings) = section.layer();
            let preset = preset.or(default_preset);
            let settings = settings.or(defaults.clone());
            let config = EndpointConfig::check(name.clone(), preset, settings)
                .map_err(|wrong| (name.clone(), wrong))?;
            by_name.insert(name, config);
        }
        Ok(EndpointConfigs { by_name })
    }
}

impl<'de> Deserialize<'de> for EndpointConfigs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Document::deserialize(deserializer)?
            .check()
            .map_err(|(name, wrong)| {
                let name = name.escape_debug();
                D::Error::custom(format_args!("endpoint `{name}`: {}", wrong.error))
            })
    }
}

#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
struct Section {
    preset: Option<Word<Preset>>,
    provider: Option<String>,
    base_url: Option<String>,
    path: Option<String>,
    params: BTreeMap<String, Plain>,
    method: Option<String>,
    content_type: Option<String>,
    auth: Option<Word<AuthKind>>,
    api_key: Option<Word<Key>>,
    headers: BTreeMap<String, String>,
    timeout: Option<Word<Time>>,
    deadline: Option<Word<Time>>,
    max_retries: Option<u32>,
    retry: Option<RetrySection>,
    budget: Option<BudgetSection>,
    circuit_breaker: Option<BreakerConfigBuilder>,
    idempotency: Option<Word<Idempotency>>,
    retry_statuses: Option<Vec<u16>>,
    permanent_codes: Option<Vec<String>>,
    extra_body: Option<Body>,
    allow_plain_http: Option<bool>,
    cache: Option<CacheSection>,
}

impl Section {
    fn layer(self) -> (Option<Preset>, Settings) {
        let key = self.api_key.map(|Word(key)| key);
        let headers = self.headers.into_iter();
        let params = self.params.into_iter();
        let settings = Settings {
            provider: self.provider,
            base_url: self.base_url,
            path: self.path,
            params: params.map(|(name, Plain(value))| (name, value)).collect(),
            method: self.method,
            content_type: self.content_type,
            auth: self.auth.map(|Word(kind)| kind),
            has_literal_key: key.as_ref().is_some_and(|key| key.is_literal),
            api_key: key.map(|key| key.key),
            headers: headers
                .map(|(name, value)| (name.to_ascii_lowercase(), value))
                .collect(),
            timeout: self.timeout.map(|Word(Time(time))| LimitOverride(time)),
            deadline: self.deadline.map(|Word(Time(time))| LimitOverride(time)),
            max_retries: self.max_retries,
            retry: self
                .retry
                .map(|retry| RetrySettings::Changes(retry.builder())),
            budget: self.budget.map(BudgetSection::budget),
            circuit_breaker: self.circuit_breaker,
            idempotency: self.idempotency.map(|Word(idempotency)| idempotency),
            retry_statuses: self.retry_statuses,
            permanent_codes: self.permanent_codes,
            extra_body: self
                .extra_body
                .map(|Body(fields)| fields)
                .unwrap_or_default(),
            allow_plain_http: self.allow_plain_http,
            #[cfg(feature = "cache")]
            cache: self.cache.map(CacheSection::config),
        };
        #[cfg(not(feature = "cache"))]
        let _ = self.cache;
        (self.preset.map(|Word(preset)| preset), settings)
    }
}

/// Calls a builder's setter for each value that the section has.
macro_rules! change {
    ($builder:expr; $($setter:ident: $value:expr),+) => {{
        let mut builder = $builder;
        $(if let Some(value) = $value {
            builder = builder.$setter(value);
        })+
        builder
    }};
}

#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
struct RetrySection {
    base_delay: Option<Word<Time>>,
    max_delay: Option<Word<Time>>,
    backoff_factor: Option<f64>,
    jitter: Option<Word<Jitter>>,
    max_retry_after: Option<Word<Time>>,
}

impl RetrySection {
    fn builder(self) -> RetryPolicyBuilder {
        let time =
            |given: Option<Word<Time>>| given.map(|Word(Time(time))| time.unwrap_or(Duration::MAX));
        change!(RetryPolicy::builder();
            base_delay: time(self.base_delay),
            max_delay: time(self.max_delay),
            backoff_factor: self.backoff_factor,
            jitter: self.jitter.map(|Word(jitter)| jitter),
            max_retry_after: time(self.max_retry_after))
    }
}

#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
struct BudgetSection {
    /// `false` turns the budget off.
    enabled: Option<bool>,
    capacity: Option<u32>,
    retry_cost: Option<u32>,
    initial_tokens: Option<u32>,
    deposit: Option<u32>,
}

impl BudgetSection {
    fn budget(self) -> BudgetSettings {
        if self.enabled == Some(false) {
            return BudgetSettings::None;
        }
        BudgetSettings::Changes(change!(BudgetConfig::builder();
            capacity: self.capacity,
            retry_cost: self.retry_cost,
            initial_tokens: self.initial_tokens,
            deposit: self.deposit))
    }
}

#[cfg(feature = "cache")]
#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
struct CacheSection {
    ttl: Option<Word<Time>>,
    stale_if_open: Option<Word<Time>>,
    max_bytes: Option<u64>,
}

#[cfg(feature = "cache")]
impl CacheSection {
    fn config(self) -> CacheConfig {
        let time =
            |given: Option<Word<Time>>| given.map(|Word(Time(time))| time.unwrap_or_default());
        change!(CacheConfig::new();
            ttl: time(self.ttl),
            stale_if_open: time(self.stale_if_open),
            max_bytes: self.max_bytes)
    }
}

/// An error, because ignoring the section would hide a mistake.
#[cfg(not(feature = "cache"))]
struct CacheSection;

#[cfg(not(feature = "cache"))]
impl<'de> Deserialize<'de> for CacheSection {
    fn deserialize<D: Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
        Err(D::Error::custom(
            "needs the feature `cache` of resilient-http",
        ))
    }
}
