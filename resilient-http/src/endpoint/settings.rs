//! The settings of an endpoint as layers. In a layer, each setting may be missing.

use std::collections::BTreeMap;

use resilient::RetryPolicy;
use resilient::breaker::BreakerConfigBuilder;

use super::auth_kind::{AuthKind, ConfiguredKey};
#[cfg(feature = "serde")]
use super::deserialize::words;
use super::preset::Preset;
use super::tables::{BudgetSettings, RetrySettings};
#[cfg(feature = "cache")]
use crate::cache::CacheConfig;
use crate::hold_back::OnRateLimit;
use crate::request::{Fields, Idempotency, LimitOverride};

/// One layer of settings: a builder, a section of a file, the defaults of a file, or a preset.
#[derive(Clone, Default)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize), serde(default, deny_unknown_fields))]
pub(super) struct Settings {
    #[cfg_attr(feature = "serde", serde(deserialize_with = "words::word"))]
    pub(super) preset: Option<Preset>,
    pub(super) provider: Option<String>,
    pub(super) base_url: Option<String>,
    pub(super) path: Option<String>,
    #[cfg_attr(feature = "serde", serde(deserialize_with = "words::params"))]
    pub(super) params: BTreeMap<String, String>,
    pub(super) method: Option<String>,
    pub(super) content_type: Option<String>,
    #[cfg_attr(feature = "serde", serde(deserialize_with = "words::word"))]
    pub(super) auth: Option<AuthKind>,
    #[cfg_attr(feature = "serde", serde(deserialize_with = "words::word"))]
    pub(super) api_key: Option<ConfiguredKey>,
    /// Header values by name. The names are in lower case.
    #[cfg_attr(feature = "serde", serde(deserialize_with = "words::headers"))]
    pub(super) headers: BTreeMap<String, String>,
    #[cfg_attr(feature = "serde", serde(deserialize_with = "words::limit"))]
    pub(super) timeout: Option<LimitOverride>,
    #[cfg_attr(feature = "serde", serde(deserialize_with = "words::limit"))]
    pub(super) deadline: Option<LimitOverride>,
    #[cfg_attr(feature = "serde", serde(deserialize_with = "words::limit"))]
    pub(super) idle_timeout: Option<LimitOverride>,
    pub(super) max_retries: Option<u32>,
    pub(super) retry: Option<RetrySettings>,
    pub(super) budget: Option<BudgetSettings>,
    pub(super) circuit_breaker: Option<BreakerConfigBuilder>,
    #[cfg_attr(feature = "serde", serde(deserialize_with = "words::word"))]
    pub(super) idempotency: Option<Idempotency>,
    #[cfg_attr(feature = "serde", serde(deserialize_with = "words::word"))]
    pub(super) on_rate_limit: Option<OnRateLimit>,
    #[cfg_attr(feature = "serde", serde(deserialize_with = "words::statuses"))]
    pub(super) retry_statuses: Option<Vec<u16>>,
    pub(super) permanent_codes: Option<Vec<String>>,
    #[cfg_attr(feature = "serde", serde(deserialize_with = "words::fields"))]
    pub(super) extra_body: Fields,
    pub(super) allow_plain_http: Option<bool>,
    pub(super) deadline_header: Option<String>,
    pub(super) attempt_header: Option<String>,
    #[cfg(feature = "cache")]
    #[cfg_attr(feature = "serde", serde(deserialize_with = "super::deserialize::cache"))]
    pub(super) cache: Option<CacheConfig>,
    #[cfg(all(feature = "serde", not(feature = "cache")))]
    #[serde(deserialize_with = "super::deserialize::cache")]
    pub(super) cache: (),
}

impl Settings {
    /// Takes settings that are missing in this layer from `lower`. Headers, parameters and fields
    /// are merged by name. Any other setting comes from one layer as a whole.
    pub(super) fn or(self, lower: Self) -> Self {
        fn by_name<V>(
            upper: BTreeMap<String, V>,
            mut lower: BTreeMap<String, V>,
        ) -> BTreeMap<String, V> {
            lower.extend(upper);
            lower
        }
        Self {
            preset: self.preset.or(lower.preset),
            provider: self.provider.or(lower.provider),
            base_url: self.base_url.or(lower.base_url),
            path: self.path.or(lower.path),
            params: by_name(self.params, lower.params),
            method: self.method.or(lower.method),
            content_type: self.content_type.or(lower.content_type),
            auth: self.auth.or(lower.auth),
            api_key: self.api_key.or(lower.api_key),
            headers: by_name(self.headers, lower.headers),
            timeout: self.timeout.or(lower.timeout),
            deadline: self.deadline.or(lower.deadline),
            idle_timeout: self.idle_timeout.or(lower.idle_timeout),
            max_retries: self.max_retries.or(lower.max_retries),
            retry: self.retry.or(lower.retry),
            budget: self.budget.or(lower.budget),
            circuit_breaker: self.circuit_breaker.or(lower.circuit_breaker),
            idempotency: self.idempotency.or(lower.idempotency),
            on_rate_limit: self.on_rate_limit.or(lower.on_rate_limit),
            retry_statuses: self.retry_statuses.or(lower.retry_statuses),
            permanent_codes: self.permanent_codes.or(lower.permanent_codes),
            extra_body: by_name(self.extra_body, lower.extra_body),
            allow_plain_http: self.allow_plain_http.or(lower.allow_plain_http),
            deadline_header: self.deadline_header.or(lower.deadline_header),
            attempt_header: self.attempt_header.or(lower.attempt_header),
            #[cfg(feature = "cache")]
            cache: self.cache.or(lower.cache),
            #[cfg(all(feature = "serde", not(feature = "cache")))]
            cache: (),
        }
    }
}

impl Preset {
    pub(super) fn settings(self) -> Settings {
        let own = |pairs: &[(&str, &str)]| {
            let pairs = pairs.iter();
            pairs.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
        };
        let (base_delay, max_delay) = self.delays;
        Settings {
            base_url: Some(self.base_url.to_owned()),
            path: Some(self.path.to_owned()),
            auth: self.sends_x_api_key.then_some(AuthKind::XApiKey),
            headers: own(self.headers),
            timeout: Some(LimitOverride(Some(self.timeout))),
            retry: Some(RetrySettings::Changes(
                RetryPolicy::builder().base_delay(base_delay).max_delay(max_delay),
            )),
            idempotency: Some(Idempotency::Yes),
            retry_statuses: Some(self.retried.iter().cloned().flatten().collect()),
            permanent_codes: Some(self.permanent.iter().map(|&code| code.to_owned()).collect()),
            ..Settings::default()
        }
    }
}
