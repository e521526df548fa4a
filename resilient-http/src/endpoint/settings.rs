//! The settings of an endpoint, each given or not: what layers of them come to.

use std::collections::BTreeMap;

use resilient::RetryPolicy;
use resilient::breaker::BreakerConfigBuilder;
use resilient::budget::BudgetConfigBuilder;
use resilient::retries::RetryPolicyBuilder;

use super::auth_kind::AuthKind;
use super::fields::Fields;
use crate::auth::ApiKey;
#[cfg(feature = "cache")]
use crate::cache::CacheConfig;
use crate::idempotency::Idempotency;
pub(super) use crate::request::Time as Bound;

/// How failed attempts are tried again: all of it, or what differs from the defaults.
#[derive(Debug, Clone)]
pub(super) enum Retry {
    Policy(RetryPolicy),
    Settings(RetryPolicyBuilder),
}

/// What pays for retries.
#[derive(Debug, Clone)]
pub(super) enum Budget {
    Own(BudgetConfigBuilder),
    None,
}

/// A layer of settings: from a builder, a section of a file, its defaults, or a preset.
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
    /// The key stands in the text that it came from.
    pub(super) has_literal_key: bool,
    /// By name, in lower case.
    pub(super) headers: BTreeMap<String, String>,
    pub(super) timeout: Option<Bound>,
    pub(super) deadline: Option<Bound>,
    pub(super) max_retries: Option<u32>,
    pub(super) retry: Option<Retry>,
    pub(super) budget: Option<Budget>,
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
    /// What `self` leaves open, `lower` may set. Headers, parameters and fields by their names, all else as a whole.
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
