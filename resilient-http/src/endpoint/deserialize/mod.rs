//! Endpoints as people write them in files: durations, keys and kinds as text, unknown keys refused.

mod words;

use std::collections::BTreeMap;
use std::time::Duration;

use resilient::RetryPolicy;
use resilient::breaker::BreakerConfigBuilder;
use resilient::budget::BudgetConfig;
use resilient::retries::{Jitter, RetryPolicyBuilder};
use serde::de::Error;
use serde::{Deserialize, Deserializer};

use self::words::{Body, Key, Plain, Time, Word};
use super::auth_kind::AuthKind;
use super::config::{EndpointConfig, Wrong};
use super::preset::Preset;
use super::settings::{Bound, Budget, Retry, Settings};
use crate::idempotency::Idempotency;

/// Endpoints that are declared in one document, by name.
///
/// See the [guide](crate::guide::endpoints) for what it may say. From TOML, [`from_toml`](Self::from_toml) tells the place
/// of what is wrong; other formats of serde go, too.
#[derive(Debug, Clone, Default)]
pub struct EndpointConfigs {
    pub(in crate::endpoint) by_name: BTreeMap<String, EndpointConfig>,
}

impl EndpointConfigs {
    /// The one of this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&EndpointConfig> {
        self.by_name.get(name)
    }

    /// All of them, by name.
    pub fn iter(&self) -> impl Iterator<Item = &EndpointConfig> {
        self.by_name.values()
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.by_name.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.by_name.is_empty()
    }
}

/// A document, read but not checked.
#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
pub(in crate::endpoint) struct Document {
    defaults: Section,
    endpoint: BTreeMap<String, Section>,
}

impl Document {
    /// Checks each endpoint. What is wrong is told with its name.
    pub(in crate::endpoint) fn check(self) -> Result<EndpointConfigs, (String, Wrong)> {
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

/// What is said of one endpoint, or of all.
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
            timeout: self.timeout.map(|Word(Time(time))| Bound(time)),
            deadline: self.deadline.map(|Word(Time(time))| Bound(time)),
            max_retries: self.max_retries,
            retry: self.retry.map(|retry| Retry::Settings(retry.builder())),
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
        let mut builder = RetryPolicy::builder();
        if let Some(time) = time(self.base_delay) {
            builder = builder.base_delay(time);
        }
        if let Some(time) = time(self.max_delay) {
            builder = builder.max_delay(time);
        }
        if let Some(factor) = self.backoff_factor {
            builder = builder.backoff_factor(factor);
        }
        if let Some(Word(jitter)) = self.jitter {
            builder = builder.jitter(jitter);
        }
        if let Some(time) = time(self.max_retry_after) {
            builder = builder.max_retry_after(time);
        }
        builder
    }
}

#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
struct BudgetSection {
    /// `false` is no budget.
    enabled: Option<bool>,
    capacity: Option<u32>,
    retry_cost: Option<u32>,
    initial_tokens: Option<u32>,
    deposit: Option<u32>,
}

impl BudgetSection {
    fn budget(self) -> Budget {
        if self.enabled == Some(false) {
            return Budget::None;
        }
        let mut builder = BudgetConfig::builder();
        if let Some(tokens) = self.capacity {
            builder = builder.capacity(tokens);
        }
        if let Some(tokens) = self.retry_cost {
            builder = builder.retry_cost(tokens);
        }
        if let Some(tokens) = self.initial_tokens {
            builder = builder.initial_tokens(tokens);
        }
        if let Some(tokens) = self.deposit {
            builder = builder.deposit(tokens);
        }
        Budget::Own(builder)
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
    fn config(self) -> crate::cache::CacheConfig {
        let time =
            |given: Option<Word<Time>>| given.map(|Word(Time(time))| time.unwrap_or_default());
        let mut config = crate::cache::CacheConfig::new();
        if let Some(time) = time(self.ttl) {
            config = config.ttl(time);
        }
        if let Some(time) = time(self.stale_if_open) {
            config = config.stale_if_open(time);
        }
        if let Some(bytes) = self.max_bytes {
            config = config.max_bytes(bytes);
        }
        config
    }
}

/// Refused, rather than ignored.
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
