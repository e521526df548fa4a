//! What is wrong with a setting.

use std::borrow::Cow;
use std::fmt;

/// A setting that cannot be: which one, its value, and the rule that it breaks.
///
/// ```
/// use resilient_core::breaker::BreakerConfig;
///
/// let error = BreakerConfig::builder().failure_threshold(0).build().unwrap_err();
/// assert_eq!(error.to_string(), "`failure_threshold` is 0: must be at least 1");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError {
    field: &'static str,
    value: Cow<'static, str>,
    rule: &'static str,
}

impl ConfigError {
    pub(crate) fn new(field: &'static str, value: impl fmt::Debug, rule: &'static str) -> Self {
        Self {
            field,
            value: Cow::Owned(format!("{value:?}")),
            rule,
        }
    }

    /// The setting, by the name of its builder method and attribute key.
    #[must_use]
    pub fn field(&self) -> &'static str {
        self.field
    }

    /// The value that it was given.
    #[must_use]
    pub fn value(&self) -> &str {
        &self.value
    }

    /// What holds for every value of this setting.
    #[must_use]
    pub fn rule(&self) -> &'static str {
        self.rule
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is {}: {}", self.field, self.value, self.rule)
    }
}

impl std::error::Error for ConfigError {}
