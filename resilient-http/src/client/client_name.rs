//! The name under which a client registers its circuit breakers, its budget and its retry.

use resilient::breaker::KeyedBreakers;
use resilient::budget::BudgetConfig;
use resilient::registry::{Lease, UniqueName};
use resilient::retries::NamedRetry;
use resilient::{BreakerConfig, Registry, RetryBudget, RetryPolicy};

use crate::address::BaseUrl;
use crate::error::BuildError;

const LONGEST_NAME: usize = 128;

pub(super) enum ClientName {
    /// The name that the user gave. Clients with this name share what they register.
    Given(String),
    /// The origin of the base URL, with a number if other clients have that name.
    Origin(UniqueName),
}

impl ClientName {
    pub(super) fn new(given: Option<String>, base: &BaseUrl) -> Result<Self, BuildError> {
        let Some(name) = given else {
            let origin = base.origin_of(base.url());
            return Ok(Self::Origin(Registry::global().unique_name(&origin)));
        };
        let is_plain = !name.is_empty() && !name.chars().any(char::is_control);
        if !is_plain || name.chars().count() > LONGEST_NAME {
            return Err(BuildError::setting(
                "name",
                "must have 1 to 128 characters, none of them a control character",
            ));
        }
        Ok(Self::Given(name))
    }

    pub(super) fn as_str(&self) -> &str {
        match self {
            Self::Given(name) => name,
            Self::Origin(name) => name.as_str(),
        }
    }

    /// Returns the name if other clients may have it, too.
    pub(super) fn shared(&self) -> Option<&str> {
        match self {
            Self::Given(name) => Some(name),
            Self::Origin(_) => None,
        }
    }

    #[track_caller]
    pub(super) fn lease_breakers(&self, config: BreakerConfig) -> Lease<KeyedBreakers<String>> {
        match self {
            Self::Given(name) => Registry::global().lease_keyed(name, config),
            Self::Origin(name) => name.lease_keyed(config),
        }
    }

    #[track_caller]
    pub(super) fn lease_budget(&self, config: BudgetConfig) -> Lease<RetryBudget> {
        match self {
            Self::Given(name) => Registry::global().lease_budget(name, config),
            Self::Origin(name) => name.lease_budget(config),
        }
    }

    #[track_caller]
    pub(super) fn lease_retry(&self, policy: RetryPolicy) -> Lease<NamedRetry> {
        match self {
            Self::Given(name) => Registry::global().lease_retry(name, policy),
            Self::Origin(name) => name.lease_retry(policy),
        }
    }
}
