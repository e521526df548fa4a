//! The error of a setting that breaks a rule.

use std::fmt;

use resilient_settings::{Broken, TextError};

use super::getters;

/// The error of a setting that breaks a rule. It has the setting's name, its value, and the rule.
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
    value: Box<str>,
    rule: Box<str>,
}

impl ConfigError {
    /// Makes the error of a setting whose text cannot be parsed.
    pub(crate) fn of_text(field: &'static str, error: &TextError) -> Self {
        Self { field, value: format!("{:?}", error.text()).into(), rule: error.to_string().into() }
    }

    getters! {
        |self|
        /// The setting, by the name of its builder method and attribute key.
        field: &'static str = self.field;
        /// The value that the setting was given.
        value: &str = &self.value;
        /// The rule that the value breaks.
        rule: &str = &self.rule;
    }
}

impl From<Broken> for ConfigError {
    fn from(broken: Broken) -> Self {
        Self {
            field: broken.name(),
            value: broken.value.map_or_else(Box::default, |value| value.to_string().into()),
            rule: broken.rule().into(),
        }
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is {}: {}", self.field, self.value, self.rule)
    }
}

impl std::error::Error for ConfigError {}
