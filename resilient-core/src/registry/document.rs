//! Reads overrides from a TOML document, and reports errors with their line.

use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use toml::de::{DeTable, DeValue};

use super::{OverrideError, OverrideReport, Overrides, Registry};
use crate::signal::getters;

/// The error of a document with overrides. No override of the document was applied.
#[derive(Debug)]
pub struct LoadError {
    path: Option<Box<Path>>,
    line: Option<usize>,
    problem: Problem,
}

#[derive(Debug)]
enum Problem {
    Unreadable(std::io::Error),
    /// The text is not TOML, has an unknown key, or has a value of the wrong form.
    Malformed(toml::de::Error),
    Refused(OverrideError),
}

impl LoadError {
    getters! {
        |self|
        /// Returns the path of the file, or `None` if the document was text.
        path: Option<&Path> = self.path.as_deref();
        /// Returns the line, counted from 1, if it is known.
        line: Option<usize> = self.line;
    }

    fn of(problem: Problem, line: Option<usize>) -> Self {
        Self { path: None, line, problem }
    }

    fn at(mut self, path: &Path) -> Self {
        self.path = Some(path.into());
        self
    }
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match &self.problem {
            Problem::Refused(error) if error.budget().is_some() => "overrides of retry budgets",
            Problem::Refused(_) => "overrides of circuit breakers",
            _ => "overrides of circuit breakers and retry budgets",
        })?;
        if let Some(path) = &self.path {
            write!(f, " from `{}`", path.display())?;
        }
        match &self.problem {
            Problem::Unreadable(error) => write!(f, " cannot be read: {error}"),
            Problem::Malformed(error) => write!(f, ": {}", error.to_string().trim_end()),
            Problem::Refused(error) => {
                if let Some(line) = self.line {
                    write!(f, ", line {line}")?;
                }
                write!(f, ": {error}")
            }
        }
    }
}

impl std::error::Error for LoadError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(match &self.problem {
            Problem::Unreadable(error) => error,
            Problem::Malformed(error) => error,
            Problem::Refused(error) => error,
        })
    }
}

impl Registry {
    /// Replaces all overrides with the overrides in a TOML document. See
    /// [`Registry::set_overrides`] for the effect on live breakers, and [`Overrides`] for the order
    /// in which settings win.
    ///
    /// ```
    /// # use resilient_core::registry::Registry;
    /// let applied = Registry::new().apply_toml(r#"
    ///     [defaults]
    ///     recovery_time = "10s"
    ///
    ///     [breakers.payments]
    ///     window = 100
    ///     failure_rate = "50%"
    ///
    ///     [breakers."inventory/reserve"]
    ///     mode = "observe_only"
    ///
    ///     [budgets.payments]
    ///     capacity = 100
    /// "#)?;
    /// assert_eq!(applied.waiting, ["inventory/reserve", "payments"]);
    /// assert_eq!(applied.waiting_budgets, ["payments"]);
    /// # Ok::<(), resilient_core::registry::LoadError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns a [`LoadError`] with the line and the key. The causes are: the text is not TOML, a
    /// key is unknown, a value has the wrong form or is out of range, or a setting contradicts the
    /// settings in the code of a live breaker. In each case nothing changes.
    pub fn apply_toml(&self, document: &str) -> Result<OverrideReport, LoadError> {
        let malformed = |mut error: toml::de::Error| {
            error.set_input(Some(document));
            let line = error.span().and_then(|span| line_at(document, span.start));
            LoadError::of(Problem::Malformed(error), line)
        };
        let table = DeTable::parse(document).map_err(malformed)?;
        let overrides = toml::Deserializer::from(table.clone());
        let overrides = Overrides::deserialize(overrides).map_err(malformed)?;
        self.set_overrides(overrides).map_err(|error| {
            let span = span_of(table.get_ref(), &error);
            let line = span.and_then(|span| line_at(document, span.start));
            LoadError::of(Problem::Refused(error), line)
        })
    }

    /// Replaces all overrides with the overrides in a TOML file. Call it again after the file has
    /// changed.
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`Registry::apply_toml`], and an error if the file cannot be read
    /// as UTF-8 text.
    pub fn load_overrides(&self, path: impl AsRef<Path>) -> Result<OverrideReport, LoadError> {
        let path = path.as_ref();
        std::fs::read_to_string(path)
            .map_err(|error| LoadError::of(Problem::Unreadable(error), None))
            .and_then(|document| self.apply_toml(&document))
            .map_err(|error| error.at(path))
    }

    /// Replaces all overrides with the overrides in the file that an environment variable names. If
    /// the variable is empty or not set, returns `None` and changes nothing.
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`Registry::load_overrides`].
    pub fn load_overrides_from_env(
        &self,
        variable: &str,
    ) -> Result<Option<OverrideReport>, LoadError> {
        match std::env::var_os(variable) {
            Some(path) if !path.is_empty() => self.load_overrides(PathBuf::from(path)).map(Some),
            _ => Ok(None),
        }
    }
}

/// Returns the position of the refused setting, or of its section if the setting is not found.
fn span_of(root: &DeTable<'_>, error: &OverrideError) -> Option<Range<usize>> {
    let field = error.config_error().field();
    let section = |of: &str, name: Option<&str>| entry(entry(root, of)?.1?, name?);
    let own = section("breakers", error.breaker()).or_else(|| section("budgets", error.budget()));
    let defaults = entry(root, "defaults");
    let sections = [own, defaults];
    let setting = sections.iter().flatten().find_map(|(_, table)| entry((*table)?, field));
    let found = setting.or_else(|| sections.into_iter().flatten().next())?;
    Some(found.0)
}

/// Returns the line of a position, counted from 1.
fn line_at(document: &str, position: usize) -> Option<usize> {
    let before = document.get(..position)?;
    Some(before.matches('\n').count() + 1)
}

/// Returns the position of a key in a table, and the key's value if the value is a table.
fn entry<'a>(table: &'a DeTable<'a>, key: &str) -> Option<(Range<usize>, Option<&'a DeTable<'a>>)> {
    let (found, value) = table.iter().find(|(each, _)| each.get_ref() == key)?;
    let inner = match value.get_ref() {
        DeValue::Table(inner) => Some(inner),
        _ => None,
    };
    Some((found.span(), inner))
}
