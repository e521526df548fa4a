//! The error of a response body that cannot be read as the requested type.

use std::any::type_name;
use std::fmt;

use serde_json::error::Category;

/// The reason why a response body cannot be read as the requested type.
///
/// `Display` and `Debug` show the position of the mistake, and the name of the Rust type that does
/// not fit. They show no part of the body, which may contain secrets. [`details`](Self::details)
/// returns the full text.
pub struct DecodeError {
    problem: &'static str,
    /// The name of the type that the JSON does not fit.
    wanted: Option<&'static str>,
    /// The text `missing field …`. It contains only names of the type.
    missing: Option<String>,
    line: usize,
    column: usize,
    details: String,
}

impl DecodeError {
    pub(crate) fn json<T>(error: &serde_json::Error) -> Self {
        let details = error.to_string();
        let (problem, wanted) = match error.classify() {
            Category::Eof => ("the JSON ends too early", None),
            Category::Data => ("the JSON does not fit the type", Some(type_name::<T>())),
            Category::Syntax | Category::Io => ("not JSON", None),
        };
        // serde writes `missing field` with names of the type. Its other messages may quote the
        // body.
        let missing = details
            .strip_prefix("missing field `")
            .and_then(|rest| rest.split_once('`'))
            .map(|(name, _)| format!("field `{}` is missing", name.escape_debug()));
        Self {
            wanted,
            missing,
            line: error.line(),
            column: error.column(),
            ..Self::new(problem, details)
        }
    }

    pub(crate) fn text(error: std::str::Utf8Error) -> Self {
        Self::new("not UTF-8", error.to_string())
    }

    pub(crate) fn compressed() -> Self {
        Self::new("the body cannot be decompressed", String::new())
    }

    /// Makes the error of a response that is not of the type `text/event-stream`.
    pub(crate) fn not_events() -> Self {
        let problem = "not server-sent events: the content type is not `text/event-stream`";
        Self::new(problem, problem.to_owned())
    }

    fn new(problem: &'static str, details: String) -> Self {
        Self { problem, wanted: None, missing: None, line: 0, column: 0, details }
    }

    /// Returns the line in the body, counted from 1, or 0 if it is unknown.
    #[must_use]
    pub fn line(&self) -> usize {
        self.line
    }

    /// Returns the column in the body, counted from 1, or 0 if it is unknown.
    #[must_use]
    pub fn column(&self) -> usize {
        self.column
    }

    /// Returns the parser's full message. The message may quote the body: do not log it.
    #[must_use]
    pub fn details(&self) -> &str {
        &self.details
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.problem)?;
        if let Some(wanted) = self.wanted {
            write!(f, " `{wanted}`")?;
        }
        if let Some(missing) = &self.missing {
            write!(f, ": {missing}")?;
        }
        match (self.line, self.column) {
            (0, _) => Ok(()),
            // The parser does not know where a whole document of another type is wrong.
            (line, 0) => write!(f, ", at line {line}"),
            (line, column) => write!(f, ", at line {line} column {column}"),
        }
    }
}

impl fmt::Debug for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DecodeError({self})")
    }
}

impl std::error::Error for DecodeError {}
