//! The error of a document of overrides.

use std::fmt::{self, Write};
use std::path::Path;

use crate::registry::OverrideError;
use crate::signal::{OverrideTable, getters};

/// The error of a document with overrides. No override of the document was applied.
///
/// `Display` writes one line with the file, the line, the table, the key and the reason.
#[derive(Debug)]
pub struct LoadError {
    pub(super) path: Option<Box<Path>>,
    pub(super) line: Option<usize>,
    pub(super) table: Option<OverrideTable>,
    pub(super) key: Option<Box<str>>,
    pub(super) problem: Problem,
}

#[derive(Debug)]
pub(super) enum Problem {
    Unreadable(std::io::Error),
    /// The text is not TOML, or a value has the wrong form.
    Malformed(Box<toml::de::Error>),
    /// A table or key is unknown, or is no table.
    Misplaced(Box<str>),
    Refused(Box<OverrideError>),
}

impl LoadError {
    getters! {
        |self|
        /// Returns the path of the file, or `None` if the document was text.
        path: Option<&Path> = self.path.as_deref();
        /// Returns the line, counted from 1, if it is known.
        line: Option<usize> = self.line;
        /// Returns the table, if the error is in a table of overrides.
        table: Option<&OverrideTable> = self.table.as_ref();
        /// Returns the key in the table, if the error is about a key.
        key: Option<&str> = self.key.as_deref();
    }

    pub(super) fn of(problem: Problem) -> Self {
        Self { path: None, line: None, table: None, key: None, problem }
    }

    pub(super) fn in_file(mut self, path: &Path) -> Self {
        self.path = Some(path.into());
        self
    }

    fn write(&self, f: &mut impl Write) -> fmt::Result {
        f.write_str("overrides")?;
        if let Some(path) = &self.path {
            write!(f, " from `{}`", path.display())?;
        }
        if let Some(line) = self.line {
            write!(f, ", line {line}")?;
        }
        f.write_str(": ")?;
        if let (Some(table), false) = (&self.table, matches!(self.problem, Problem::Refused(_))) {
            write!(f, "{table}: ")?;
        }
        match &self.problem {
            Problem::Unreadable(error) => write!(f, "cannot be read: {error}"),
            Problem::Malformed(error) => {
                if let Some(key) = &self.key {
                    write!(f, "`{key}`: ")?;
                }
                f.write_str(error.message())
            }
            Problem::Misplaced(reason) => f.write_str(reason),
            Problem::Refused(error) => write!(f, "{error}"),
        }
    }
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(&mut OneLine(f))
    }
}

/// A writer that keeps the text on one line: it escapes control characters.
struct OneLine<'a, 'b>(&'a mut fmt::Formatter<'b>);

impl Write for OneLine<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for part in text.split_inclusive(is_break) {
            let end = part.find(is_break).unwrap_or(part.len());
            self.0.write_str(&part[..end])?;
            write!(self.0, "{}", part[end..].escape_debug())?;
        }
        Ok(())
    }
}

fn is_break(each: char) -> bool {
    each.is_control() || matches!(each, '\u{2028}' | '\u{2029}')
}

impl std::error::Error for LoadError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.problem {
            Problem::Unreadable(error) => Some(error),
            Problem::Malformed(error) => Some(&**error),
            Problem::Misplaced(_) => None,
            Problem::Refused(error) => Some(&**error),
        }
    }
}
