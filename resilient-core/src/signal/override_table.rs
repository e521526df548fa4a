//! The tables of a document of overrides.

use std::fmt;
use std::sync::Arc;

/// A table of overrides, as it stands in a document: `[breakers.payments]`.
///
/// Overrides that code sets have tables as well. `Display` writes the header of the table.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OverrideTable(Arc<Path>);

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Path {
    target: OverrideTarget,
    name: Box<str>,
    key: Option<Box<str>>,
}

/// What a table of overrides changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum OverrideTarget {
    /// Settings of all breakers that neither the code nor another table sets.
    Defaults,
    /// Circuit breakers.
    Breaker,
    /// Retry budgets.
    Budget,
    /// Retries.
    Retry,
}

impl OverrideTarget {
    /// Returns the first part of the table's name.
    pub(crate) const fn section(self) -> &'static str {
        match self {
            Self::Defaults => "defaults",
            Self::Breaker => "breakers",
            Self::Budget => "budgets",
            Self::Retry => "retries",
        }
    }
}

impl OverrideTable {
    pub(crate) fn new(target: OverrideTarget, name: &str) -> Self {
        Self(Arc::new(Path { target, name: name.into(), key: None }))
    }

    pub(crate) fn of_key(name: &str, key: &str) -> Self {
        let target = OverrideTarget::Breaker;
        Self(Arc::new(Path { target, name: name.into(), key: Some(key.into()) }))
    }

    pub(crate) fn defaults() -> Self {
        Self::new(OverrideTarget::Defaults, "")
    }

    /// Returns what the table changes.
    #[must_use]
    pub fn target(&self) -> OverrideTarget {
        self.0.target
    }

    /// Returns the name in the table, which ends in `*` if it stands for all names with a prefix.
    /// Returns `None` for `[defaults]`.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        (self.0.target != OverrideTarget::Defaults).then_some(&self.0.name)
    }

    /// Returns the key of a keyed breaker, which may end in `*` like a name. Returns `None` if the
    /// table is for a whole name.
    #[must_use]
    pub fn key(&self) -> Option<&str> {
        self.0.key.as_deref()
    }
}

impl fmt::Display for OverrideTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}", self.0.target.section())?;
        if let Some(name) = self.name() {
            write!(f, ".{}", TomlKey(name))?;
        }
        if let Some(key) = self.key() {
            write!(f, ".keys.{}", TomlKey(key))?;
        }
        f.write_str("]")
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for OverrideTable {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Displays a key as a TOML document writes it: bare, or in quotes on one line.
pub(crate) struct TomlKey<'a>(pub(crate) &'a str);

impl fmt::Display for TomlKey<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_bare = |each: char| each.is_ascii_alphanumeric() || matches!(each, '-' | '_');
        if !self.0.is_empty() && self.0.chars().all(is_bare) {
            return f.write_str(self.0);
        }
        f.write_str("\"")?;
        for each in self.0.chars() {
            match each {
                '"' | '\\' => write!(f, "\\{each}")?,
                each if each.is_control() || matches!(each, '\u{2028}' | '\u{2029}') => {
                    write!(f, "\\u{:04X}", u32::from(each))?;
                }
                each => write!(f, "{each}")?,
            }
        }
        f.write_str("\"")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_displayed_as_a_document_writes_it() {
        let breaker = |name| OverrideTable::new(OverrideTarget::Breaker, name).to_string();
        assert_eq!(breaker("payments-2_x"), "[breakers.payments-2_x]");
        assert_eq!(breaker("pay*"), "[breakers.\"pay*\"]");
        assert_eq!(breaker(""), "[breakers.\"\"]");
        assert_eq!(breaker("a\"b\\c\nd\u{2028}ü"), "[breakers.\"a\\\"b\\\\c\\u000Ad\\u2028ü\"]");
        assert_eq!(
            OverrideTable::of_key("search", "tenant 7").to_string(),
            "[breakers.search.keys.\"tenant 7\"]"
        );
        let budget = OverrideTable::new(OverrideTarget::Budget, "payments");
        assert_eq!(budget.to_string(), "[budgets.payments]");
        let retry = OverrideTable::new(OverrideTarget::Retry, "shop::load");
        assert_eq!(retry.to_string(), "[retries.\"shop::load\"]");
        assert_eq!(OverrideTable::defaults().to_string(), "[defaults]");
    }
}
