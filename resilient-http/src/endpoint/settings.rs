//! The settings of an endpoint as layers, in which each setting may be missing.

use std::collections::BTreeMap;

use resilient::RetryPolicy;
use resilient::breaker::BreakerConfigBuilder;
use resilient::budget::{BudgetConfig, BudgetConfigBuilder};
use resilient::retries::RetryPolicyBuilder;

use super::auth_kind::AuthKind;
#[cfg(feature = "cache")]
use crate::cache::CacheConfig;
use crate::client::ApiKey;
use crate::request::{Fields, Idempotency, LimitOverride};

/// A whole retry policy, or changes to the default one.
#[derive(Debug, Clone)]
pub(super) enum RetrySettings {
    Policy(RetryPolicy),
    Changes(RetryPolicyBuilder),
}

#[derive(Debug, Clone)]
pub(super) enum BudgetSettings {
    Checked(BudgetConfig),
    #[cfg_attr(
        not(feature = "serde"),
        expect(dead_code, reason = "only files change some of the settings")
    )]
    Changes(BudgetConfigBuilder),
    None,
}

/// One layer of settings: a builder, a section of a file, the defaults of a file, or a preset.
#[derive(Clone, Default)]
pub(super) struct Settings {
    pub(super) provider: Option<String>,
    pub(super) base_url: Option<String>,
    pub(super) path: Option<String>,
    pub(super) params: BTreeMap<String, String>,
    pub(super) method: Option<String>,
    pub(super) content_type: Option<String>,
    pub(super) auth: Option<AuthKind>,
    pub(super) api_key: Option<ApiKey>,
    /// The key is written in the configuration itself.
    pub(super) has_literal_key: bool,
    /// By name, in lower case.
    pub(super) headers: BTreeMap<String, String>,
    pub(super) timeout: Option<LimitOverride>,
    pub(super) deadline: Option<LimitOverride>,
    pub(super) max_retries: Option<u32>,
    pub(super) retry: Option<RetrySettings>,
    pub(super) budget: Option<BudgetSettings>,
    pub(super) circuit_breaker: Option<BreakerConfigBuilder>,
    pub(super) idempotency: Option<Idempotency>,
    pub(super) retry_statuses: Option<Vec<u16>>,
    pub(super) permanent_codes: Option<Vec<String>>,
    pub(super) extra_body: Fields,
    pub(super) allow_plain_http: Option<bool>,
    #[cfg(feature = "cache")]
    pub(super) cache: Option<CacheConfig>,
}

impl Settings {
    /// Fills missing settings from `lower`. Headers, parameters and fields are merged by name,
    /// other settings as a whole.
    pub(super) fn or(self, lower: Self) -> Self {
        fn by_name<V>(
            upper: BTreeMap<String, V>,
            mut lower: BTreeMap<String, V>,
        ) -> BTreeMap<String, V> {
            lower.extend(upper);
            lower
        }
        Self {
            provider: self.provider.or(lower.provider),
            base_url: self.base_url.or(lower.base_url),
            path: self.path.or(lower.path),
            params: by_name(self.params, lower.params),
            method: self.method.or(lower.method),
            content_type: self.content_type.or(lower.content_type),
            auth: self.auth.or(lower.auth),
            has_literal_key: if self.api_key.is_some() {
                self.has_literal_key
            } else {
                lower.has_literal_key
            },
            api_key: self.api_key.or(lower.api_key),
            headers: by_name(self.headers, lower.headers),
            timeout: self.timeout.or(lower.timeout),
            deadline: self.deadline.or(lower.deadline),
            max_retries: self.max_retries.or(lower.max_retries),
            retry: self.retry.or(lower.retry),
            budget: self.budget.or(lower.budget),
            circuit_breaker: self.circuit_breaker.or(lower.circuit_breaker),
            idempotency: self.idempotency.or(lower.idempotency),
            retry_statuses: self.retry_statuses.or(lower.retry_statuses),
            permanent_codes: self.permanent_codes.or(lower.permanent_codes),
            extra_body: by_name(self.extra_body, lower.extra_body),
            allow_plain_http: self.allow_plain_http.or(lower.allow_plain_http),
            #[cfg(feature = "cache")]
            cache: self.cache.or(lower.cache),
        }
    }
}
