//! The tables `retry`, `budget` and `cache` of an endpoint in a document.

use std::time::Duration;

use resilient::RetryPolicy;
use resilient::budget::BudgetConfig;
use resilient::retries::Jitter;
use serde::{Deserialize, Deserializer};

use super::super::tables::{BudgetSettings, RetrySettings};
use super::words::{Time, Word};
#[cfg(feature = "cache")]
use crate::cache::CacheConfig;

/// Calls the setter of a builder for each value that is given.
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
    fn settings(self) -> RetrySettings {
        let time =
            |given: Option<Word<Time>>| given.map(|Word(Time(time))| time.unwrap_or(Duration::MAX));
        RetrySettings::Changes(change!(RetryPolicy::builder();
            base_delay: time(self.base_delay),
            max_delay: time(self.max_delay),
            backoff_factor: self.backoff_factor,
            jitter: self.jitter.map(|Word(jitter)| jitter),
            max_retry_after: time(self.max_retry_after)))
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
    fn settings(self) -> BudgetSettings {
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
    ttl: Option<Word<Duration>>,
    stale_if_open: Option<Word<Duration>>,
    max_bytes: Option<u64>,
}

#[cfg(feature = "cache")]
impl CacheSection {
    fn config(self) -> CacheConfig {
        let time = |given: Option<Word<Duration>>| given.map(|Word(time)| time);
        change!(CacheConfig::new();
            ttl: time(self.ttl),
            stale_if_open: time(self.stale_if_open),
            max_bytes: self.max_bytes)
    }
}

impl<'de> Deserialize<'de> for RetrySettings {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        RetrySection::deserialize(deserializer).map(RetrySection::settings)
    }
}

impl<'de> Deserialize<'de> for BudgetSettings {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        BudgetSection::deserialize(deserializer).map(BudgetSection::settings)
    }
}

#[cfg(feature = "cache")]
pub(in crate::endpoint) fn cache<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<CacheConfig>, D::Error> {
    let section = Option::<CacheSection>::deserialize(deserializer)?;
    Ok(section.map(CacheSection::config))
}

/// Refuses the section without the feature `cache`. If it were ignored, the user would not notice.
#[cfg(not(feature = "cache"))]
pub(in crate::endpoint) fn cache<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<(), D::Error> {
    let problem = "needs the feature `cache` of resilient-http";
    match Option::<serde::de::IgnoredAny>::deserialize(deserializer)? {
        None => Ok(()),
        Some(_) => Err(serde::de::Error::custom(problem)),
    }
}
