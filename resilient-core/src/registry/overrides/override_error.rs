//! The error of overrides that were refused.

use std::fmt;

use crate::signal::ConfigError;

/// The error of overrides that were refused. None of the overrides was applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OverrideError {
    subject: Subject,
    error: ConfigError,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Subject {
    Defaults,
    Breaker(Box<str>),
    Budget(Box<str>),
    Retry(Box<str>),
}

impl OverrideError {
    pub(in crate::registry) fn of_breaker(name: &str) -> impl FnOnce(ConfigError) -> Self + use<> {
        Self::of(Subject::Breaker(name.into()))
    }

    pub(in crate::registry) fn of_budget(name: &str) -> impl FnOnce(ConfigError) -> Self + use<> {
        Self::of(Subject::Budget(name.into()))
    }

    pub(in crate::registry) fn of_retry(name: &str) -> impl FnOnce(ConfigError) -> Self + use<> {
        Self::of(Subject::Retry(name.into()))
    }

    pub(super) fn of(subject: Subject) -> impl FnOnce(ConfigError) -> Self {
        |error| Self { subject, error }
    }

    /// Returns the breaker whose settings break a rule. Returns `None` if only `defaults` break a
    /// rule, or if the settings are of a budget or a retry.
    #[must_use]
    pub fn breaker(&self) -> Option<&str> {
        match &self.subject {
            Subject::Breaker(name) => Some(name),
            Subject::Defaults | Subject::Budget(_) | Subject::Retry(_) => None,
        }
    }

    /// Returns the retry budget whose settings break a rule.
    #[must_use]
    pub fn budget(&self) -> Option<&str> {
        match &self.subject {
            Subject::Budget(name) => Some(name),
            Subject::Defaults | Subject::Breaker(_) | Subject::Retry(_) => None,
        }
    }

    /// Returns the retry whose settings break a rule.
    #[must_use]
    pub fn retry(&self) -> Option<&str> {
        match &self.subject {
            Subject::Retry(name) => Some(name),
            Subject::Defaults | Subject::Breaker(_) | Subject::Budget(_) => None,
        }
    }

    /// Returns the setting and the rule that it breaks.
    #[must_use]
    pub fn config_error(&self) -> &ConfigError {
        &self.error
    }
}

impl fmt::Display for OverrideError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.subject {
            Subject::Defaults => f.write_str("defaults")?,
            Subject::Breaker(name) => write!(f, "circuit breaker `{name}`")?,
            Subject::Budget(name) => write!(f, "retry budget `{name}`")?,
            Subject::Retry(name) => write!(f, "retry `{name}`")?,
        }
        write!(f, ": {}", self.error)
    }
}

impl std::error::Error for OverrideError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.error)
    }
}
