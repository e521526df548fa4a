//! Overrides from a TOML document, and where in it something is wrong.

use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};

use toml::de::{DeTable, DeValue};

use super::overrides::{OverrideError, OverrideReport, Overrides};
use super::registry_handle::Registry;

/// Why overrides were not taken from a document. Nothing of it was applied.
#[derive(Debug)]
pub struct LoadError {
    path: Option<Box<Path>>,
    line: Option<usize>,
    problem: Problem,
}

#[derive(Debug)]
enum Problem {
    Unreadable(std::io::Error),
    /// No TOML, an unknown key, or a value of the wrong form.
    Malformed(toml::de::Error),
    Refused(OverrideError),
}

impl LoadError {
    /// The file, if there was one.
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    /// The line, from 1, where that is known.
    #[must_use]
    pub fn line(&self) -> Option<usize> {
        self.line
    }

    fn of(problem: Problem, line: Option<usize>) -> Self {
        Self {
            path: None,
            line,
            problem,
        }
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
    /// Reads overrides from a TOML document and puts them in place of all that there were; see
    /// [`Registry::set_overrides`] for what that means to live breakers, and [`Overrides`] for which setting wins.
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
    /// [`LoadError`], with line and key: for what is no TOML, for unknown keys, for values of the wrong form or out of
    /// range, and for settings that do not go together with the code of a live breaker. Then nothing changes anywhere.
    pub fn apply_toml(&self, document: &str) -> Result<OverrideReport, LoadError> {
        let overrides: Overrides = toml::from_str(document).map_err(|error| {
            let span = error.span();
            let line = span.and_then(|span| line_at(document, span.start));
            LoadError::of(Problem::Malformed(error), line)
        })?;
        self.set_overrides(overrides).map_err(|error| {
            let line = line_of(document, &error);
            LoadError::of(Problem::Refused(error), line)
        })
    }

    /// The same from a file. Call it again when the file has changed.
    ///
    /// # Errors
    ///
    /// As there, and if the file cannot be read as UTF-8 text.
    pub fn load_overrides(&self, path: impl AsRef<Path>) -> Result<OverrideReport, LoadError> {
        let path = path.as_ref();
        std::fs::read_to_string(path)
            .map_err(|error| LoadError::of(Problem::Unreadable(error), None))
            .and_then(|document| self.apply_toml(&document))
            .map_err(|error| error.at(path))
    }

    /// The same from the file that an environment variable names. `None` if it is not set, or empty: then nothing changes.
    ///
    /// # Errors
    ///
    /// As there.
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

/// The line of the key that is refused, or of the nearest thing that is in the document.
fn line_of(document: &str, error: &OverrideError) -> Option<usize> {
    let parsed = DeTable::parse(document).ok()?;
    let root = parsed.get_ref();
    let field = error.config_error().field();
    let section = |of: &str, name: Option<&str>| {
        let (_, sections) = entry(root, of)?;
        entry(sections?, name?)
    };
    let own = section("breakers", error.breaker()).or_else(|| section("budgets", error.budget()));
    let defaults = entry(root, "defaults");
    let key_in = |section: &Option<(Range<usize>, Option<&DeTable<'_>>)>| {
        let (_, table) = section.as_ref()?;
        entry((*table)?, field).map(|(span, _)| span)
    };
    let span = key_in(&own)
        .or_else(|| key_in(&defaults))
        .or_else(|| own.map(|(span, _)| span))
        .or_else(|| defaults.map(|(span, _)| span))?;
    line_at(document, span.start)
}

/// From 1.
fn line_at(document: &str, position: usize) -> Option<usize> {
    let before = document.get(..position)?;
    Some(before.matches('\n').count() + 1)
}

/// Where a key stands in a table, and the table that it leads to, if it is one.
fn entry<'a>(table: &'a DeTable<'a>, key: &str) -> Option<(Range<usize>, Option<&'a DeTable<'a>>)> {
    let (found, value) = table.iter().find(|(each, _)| each.get_ref() == key)?;
    let inner = match value.get_ref() {
        DeValue::Table(inner) => Some(inner),
        _ => None,
    };
    Some((found.span(), inner))
}
