//! The error of a response body that cannot be read as the requested type.

use std::fmt;

use serde_json::error::Category;

/// The reason why a response body cannot be read as the requested type.
///
/// `Display` and `Debug` show the position of the mistake. They show no part of the body, which may
/// contain secrets. [`details`](Self::details) returns the full text.
pub struct DecodeError {
    problem: &'static str,
    /// The text `missing field …`. It contains only names of the type.
    missing: Option<String>,
    line: usize,
    column: usize,
    details: String,
}

impl DecodeError {
    pub(crate) fn json(error: &serde_json::Error) -> Self {
        let details = error.to_string();
        let problem = match error.classify() {
            Category::Eof => "the JSON ends too early",
            Category::Data => "the JSON is of another shape",
            Category::Syntax | Category::Io => "not JSON",
        };
        // serde writes `missing field` with names of the type. Its other messages may quote the
        // body.
        let missing = details
            .strip_prefix("missing field `")
            .and_then(|rest| rest.split_once('`'))
            .map(|(name, _)| format!("field `{}` is missing", name.escape_debug()));
        Self { problem, missing, line: error.line(), column: error.column(), details }
    }

    pub(crate) fn text(error: std::str::Utf8Error) -> Self {
        Self { problem: "not UTF-8", missing: None, line: 0, column: 0, details: error.to_string() }
    }

    pub(crate) fn compressed() -> Self {
        Self {
            problem: "the body cannot be decompressed",
            missing: None,
            line: 0,
            column: 0,
            details: String::new(),
        }
    }

    /// Makes the error of a response that is not of the type `text/event-stream`.
    pub(crate) fn not_events() -> Self {
        let problem = "not server-sent events: the content type is not `text/event-stream`";
        Self { problem, missing: None, line: 0, column: 0, details: problem.to_owned() }
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
        if let Some(missing) = &self.missing {
            write!(f, ": {missing}")?;
        }
        if self.line > 0 {
            write!(f, ", at line {} column {}", self.line, self.column)?;
        }
        Ok(())
    }
}

impl fmt::Debug for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DecodeError({self})")
    }
}

impl std::error::Error for DecodeError {}
