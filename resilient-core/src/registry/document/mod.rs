//! Reads overrides from a TOML document, and reports errors with their line.

mod load_error;
mod outline;

use std::path::{Path, PathBuf};

use serde::Deserialize;
use toml::de::DeTable;

pub use self::load_error::LoadError;
use self::load_error::Problem;
use self::outline::Section;
use super::{OverrideReport, Overrides, Registry};

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
        let table = DeTable::parse(document).map_err(|error| syntax_error(document, error))?;
        let sections = outline::sections(table.get_ref()).map_err(|found| LoadError {
            line: line_at(document, found.position),
            table: found.table,
            key: Some(found.key),
            ..LoadError::of(Problem::Misplaced(found.reason))
        })?;
        let overrides = toml::Deserializer::from(table.clone());
        let overrides = Overrides::deserialize(overrides)
            .map_err(|error| form_error(document, &sections, error))?;
        self.set_overrides(overrides).map_err(|error| {
            let section = sections.iter().find(|section| section.table == *error.table());
            let position = section.map(|section| section.position(error.setting()));
            LoadError {
                line: position.and_then(|position| line_at(document, position)),
                table: Some(error.table().clone()),
                key: error.setting().map(Into::into),
                ..LoadError::of(Problem::Refused(error.into()))
            }
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
            .map_err(|error| LoadError::of(Problem::Unreadable(error)))
            .and_then(|document| self.apply_toml(&document))
            .map_err(|error| error.in_file(path))
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

/// Returns the error of a text that is not TOML.
fn syntax_error(document: &str, error: toml::de::Error) -> LoadError {
    let position = error.span().map(|span| span.start);
    let before = position.and_then(|position| document.get(..position)).unwrap_or_default();
    let line_start = before.rfind('\n').map_or(0, |end| end + 1);
    let line = document[line_start..].lines().next().unwrap_or_default();
    let is_header = |line: &&str| line.trim_start().starts_with('[');
    // The rest of the document may be malformed, too, so only the last header is read.
    let mut lines = std::iter::once(line).chain(before[..line_start].lines().rev());
    let header = lines.find(is_header).and_then(|header| DeTable::parse(header).ok());
    let sections = header.as_ref().and_then(|header| outline::sections(header.get_ref()).ok());
    let table = sections.and_then(|sections| Some(sections.last()?.table.clone()));
    let key = Some(line).filter(|line| !is_header(line)).and_then(|line| line.split_once('='));
    let key = key.map(|(key, _)| key.trim());
    LoadError {
        line: position.and_then(|position| line_at(document, position)),
        table,
        key: key.filter(|key| !key.is_empty()).map(Into::into),
        ..LoadError::of(Problem::Malformed(error.into()))
    }
}

/// Returns the error of a value that has the wrong form.
fn form_error(document: &str, sections: &[Section<'_>], error: toml::de::Error) -> LoadError {
    let position = error.span().map(|span| span.start);
    let found = position.and_then(|position| {
        let mut keys = sections.iter().map(|section| (section, section.key_at(position)));
        keys.find(|(_, key)| key.is_some())
    });
    LoadError {
        line: position.and_then(|position| line_at(document, position)),
        table: found.map(|(section, _)| section.table.clone()),
        key: found.and_then(|(_, key)| key).map(Into::into),
        ..LoadError::of(Problem::Malformed(error.into()))
    }
}

/// Returns the line of a position, counted from 1.
fn line_at(document: &str, position: usize) -> Option<usize> {
    let before = document.get(..position)?;
    Some(before.matches('\n').count() + 1)
}
