//! The error of overrides that were refused.

use std::fmt;
use std::panic::Location;

use crate::settings::{PartialSettings, SettingLayers};
use crate::signal::{ConfigError, NamePattern, OverrideTable, OverrideTarget};

/// The error of overrides that were refused. None of the overrides was applied.
///
/// `Display` writes one line with the table, the setting and the rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OverrideError {
    table: OverrideTable,
    /// The name whose settings break a rule: of a live breaker, budget or retry, or of another
    /// table. `None` if the table itself is wrong.
    name: Option<Box<str>>,
    problem: Problem,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Problem {
    /// A setting breaks a rule. If only the code gives the setting, `place` is its location.
    Setting { error: ConfigError, place: Option<&'static Location<'static>> },
    /// A `*` is not the last character of a name or key.
    Pattern,
    /// The table of a key gives a setting that belongs to the whole name.
    OfWholeName(&'static str),
}

impl OverrideError {
    pub(super) fn of_table(table: OverrideTable, error: ConfigError) -> Self {
        Self { table, name: None, problem: Problem::Setting { error, place: None } }
    }

    pub(super) fn of_whole_name(table: OverrideTable, setting: &'static str) -> Self {
        Self { table, name: None, problem: Problem::OfWholeName(setting) }
    }

    // G2: a `*` stands only at the end.
    /// Checks the name and key of a table.
    pub(super) fn check_patterns(table: OverrideTable) -> Result<(), Self> {
        let mut texts = table.name().into_iter().chain(table.key());
        if texts.all(NamePattern::is_valid) {
            return Ok(());
        }
        Err(Self { table, name: None, problem: Problem::Pattern })
    }

    /// Checks the settings that follow from these layers, for the name and for each of its keys
    /// with a table. The layers are those of `name`.
    pub(in crate::registry) fn check_layers<S: PartialSettings, T>(
        layers: &SettingLayers<S>,
        name: &str,
        check: impl Fn(&S) -> Result<T, ConfigError>,
    ) -> Result<(), Self> {
        for keys in [None].into_iter().chain(layers.key_patterns().map(Some)) {
            if let Err(error) = check(&layers.merged(keys)) {
                let is_broken = |settings: &S| check(settings).is_err();
                let setting = S::number(error.field()).unwrap_or_default();
                let (table, place) = layers.culprit(keys, setting, is_broken);
                let problem = Problem::Setting { error, place };
                return Err(Self { table, name: Some(name.into()), problem });
            }
        }
        Ok(())
    }

    /// Returns the table that was refused.
    #[must_use]
    pub fn table(&self) -> &OverrideTable {
        &self.table
    }

    /// Returns the name of the breaker whose settings break a rule. If no code is involved, this is
    /// the name in a table, and may be a prefix. Returns `None` if only `defaults` break a rule, or
    /// if the settings are not of a breaker.
    #[must_use]
    pub fn breaker(&self) -> Option<&str> {
        match self.table.target() {
            OverrideTarget::Defaults => self.name.as_deref(),
            _ => self.name_of(OverrideTarget::Breaker),
        }
    }

    /// Returns the name of the retry budget whose settings break a rule. If no code is involved,
    /// this is the name in a table, and may be a prefix.
    #[must_use]
    pub fn budget(&self) -> Option<&str> {
        self.name_of(OverrideTarget::Budget)
    }

    /// Returns the name of the retry whose settings break a rule. If no code is involved, this is
    /// the name in a table, and may be a prefix.
    #[must_use]
    pub fn retry(&self) -> Option<&str> {
        self.name_of(OverrideTarget::Retry)
    }

    fn name_of(&self, target: OverrideTarget) -> Option<&str> {
        let is_wanted = self.table.target() == target;
        self.name.as_deref().or_else(|| self.table.name()).filter(|_| is_wanted)
    }

    /// Returns the setting and the rule that it breaks. Returns `None` if the name of the table is
    /// wrong, or if the setting cannot stand in this table.
    #[must_use]
    pub fn config_error(&self) -> Option<&ConfigError> {
        match &self.problem {
            Problem::Setting { error, .. } => Some(error),
            Problem::Pattern | Problem::OfWholeName(_) => None,
        }
    }

    /// Returns the setting that is wrong, or `None` if the name of the table is wrong.
    #[must_use]
    pub fn setting(&self) -> Option<&'static str> {
        match &self.problem {
            Problem::Setting { error, .. } => Some(error.field()),
            Problem::OfWholeName(setting) => Some(setting),
            Problem::Pattern => None,
        }
    }
}

impl fmt::Display for OverrideError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let table = &self.table;
        write!(f, "{table}")?;
        match self.name.as_deref().filter(|name| Some(*name) != table.name()) {
            Some(name) => write!(f, ", which applies to `{}`: ", name.escape_debug())?,
            None => f.write_str(": ")?,
        }
        match &self.problem {
            Problem::Setting { error, place: None } => error.fmt(f),
            Problem::Setting { error, place: Some(place) } => {
                write!(f, "{error} (the code sets it at {}:{})", place.file(), place.line())
            }
            Problem::Pattern => f.write_str("`*` may only be the last character of a name or key"),
            Problem::OfWholeName(setting) => {
                let name = OverrideTable::new(table.target(), table.name().unwrap_or_default());
                write!(f, "`{setting}` is for all keys together: set it in {name}")
            }
        }
    }
}

impl std::error::Error for OverrideError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.config_error().map(|error| -> &(dyn std::error::Error + 'static) { error })
    }
}
