//! An answer that is not what was asked for.

use std::fmt;

use serde_json::error::Category;

/// Why an answer could not be read as the type that was asked for.
///
/// What it prints says where, and quotes nothing of the body: an answer may hold a secret. The full text is in
/// [`details`](Self::details).
pub struct DecodeError {
    problem: &'static str,
    /// `missing field …`: made of the type's names only.
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
            Category::Syntax | Category::Io => "no JSON",
        };
        // `missing field` is written by serde from the names of the type; all else may quote the answer.
        let missing = details
            .strip_prefix("missing field `")
            .and_then(|rest| rest.split_once('`'))
            .map(|(name, _)| format!("field `{}` is missing", name.escape_debug()));
        Self {
            problem,
            missing,
            line: error.line(),
            column: error.column(),
            details,
        }
    }

    pub(crate) fn text(error: std::str::Utf8Error) -> Self {
        Self {
            problem: "no UTF-8",
            missing: None,
            line: 0,
            column: 0,
            details: error.to_string(),
        }
    }

    /// The line of the body, from 1; 0 if there is none.
    #[must_use]
    pub fn line(&self) -> usize {
        self.line
    }

    /// The column of the body, from 1; 0 if there is none.
    #[must_use]
    pub fn column(&self) -> usize {
        self.column
    }

    /// The whole message of the parser. It may quote the body: mind where you print it.
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
