//! The error of a document that declares endpoints. It shows positions and no values.

use std::fmt;
use std::path::{Path, PathBuf};

use crate::error::BuildError;

/// The reason why a document with endpoints was refused.
///
/// It shows the position of the mistake and never quotes the document, which may contain a key.
#[derive(Debug)]
pub struct EndpointsError(Box<ErrorParts>);

#[derive(Debug)]
struct ErrorParts {
    path: Option<PathBuf>,
    endpoint: Option<String>,
    place: Option<(usize, usize)>,
    problem: DocumentProblem,
}

#[derive(Debug)]
enum DocumentProblem {
    Unreadable(std::io::Error),
    /// Invalid TOML, an unknown key, or a value of the wrong form. The parser's error quotes the
    /// line of the mistake, so only its message is stored, without quoted values.
    Malformed(String),
    Invalid(BuildError),
}

impl EndpointsError {
    /// Returns the path of the file, if the document came from a file.
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        self.0.path.as_deref()
    }

    /// Returns the name of the endpoint with the mistake, if the document could be parsed.
    #[must_use]
    pub fn endpoint(&self) -> Option<&str> {
        self.0.endpoint.as_deref()
    }

    /// Returns the line of the mistake, counted from 1, if it is known.
    #[must_use]
    pub fn line(&self) -> Option<usize> {
        self.0.place.map(|(line, _)| line)
    }

    /// Returns the column of the mistake in characters, counted from 1, if it is known.
    #[must_use]
    pub fn column(&self) -> Option<usize> {
        self.0.place.map(|(_, column)| column)
    }

    pub(super) fn unreadable(error: std::io::Error) -> Self {
        Self::new(DocumentProblem::Unreadable(error), None, None)
    }

    pub(super) fn malformed(message: &str, place: Option<(usize, usize)>) -> Self {
        let problem = DocumentProblem::Malformed(without_values(message));
        Self::new(problem, None, place)
    }

    pub(super) fn invalid(
        endpoint: String,
        error: BuildError,
        place: Option<(usize, usize)>,
    ) -> Self {
        Self::new(DocumentProblem::Invalid(error), Some(endpoint), place)
    }

    pub(super) fn in_file(mut self, path: &Path) -> Self {
        self.0.path = Some(path.to_owned());
        self
    }

    fn new(
        problem: DocumentProblem,
        endpoint: Option<String>,
        place: Option<(usize, usize)>,
    ) -> Self {
        Self(Box::new(ErrorParts { path: None, endpoint, place, problem }))
    }
}

impl fmt::Display for EndpointsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("endpoints")?;
        if let Some(path) = &self.0.path {
            write!(f, " from `{}`", path.display())?;
        }
        if let Some((line, column)) = self.0.place {
            write!(f, ", line {line} column {column}")?;
        }
        if let Some(name) = &self.0.endpoint {
            write!(f, ", endpoint `{}`", name.escape_debug())?;
        }
        match &self.0.problem {
            DocumentProblem::Unreadable(_) => f.write_str(": cannot be read"),
            DocumentProblem::Malformed(problem) => write!(f, ": {problem}"),
            DocumentProblem::Invalid(error) => write!(f, ": {error}"),
        }
    }
}

impl std::error::Error for EndpointsError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.0.problem {
            DocumentProblem::Unreadable(error) => Some(error),
            DocumentProblem::Malformed(_) => None,
            DocumentProblem::Invalid(error) => error.source(),
        }
    }
}

/// Removes quoted values from a serde message such as `invalid type: string "…", expected …`.
fn without_values(message: &str) -> String {
    // The number may be an API key without quotes, so it is removed. The quoted text after the
    // number describes the valid form and stays.
    for kind in ["integer", "floating point", "boolean"] {
        let value = message.strip_prefix("invalid type: ");
        let value = value.and_then(|value| value.strip_prefix(kind));
        let value = value.and_then(|value| value.strip_prefix(" `"));
        if let Some((_, rest)) = value.and_then(|value| value.split_once('`')) {
            return format!("invalid type: {kind}{rest}");
        }
    }
    let mut shown = String::with_capacity(message.len());
    let mut rest = message;
    while let Some(open) = rest.find('"') {
        let (before, quoted) = rest.split_at(open);
        shown.push_str(before);
        // A value may contain quotes, so the value ends at the last quote before `, expected`.
        let end = quoted.rfind("\", expected").or_else(|| quoted.rfind('"').filter(|at| *at > 0));
        shown.push('…');
        rest = end.map_or("", |end| &quoted[end + 1..]);
        if rest.starts_with(", expected") {
            break;
        }
    }
    shown.push_str(rest);
    // A number may be an API key without quotes.
    for kind in ["integer `", "floating point `"] {
        if let Some((before, after)) = shown.split_once(kind) {
            let rest = after.split_once('`').map_or("", |(_, rest)| rest);
            shown = format!("{before}{}{rest}", kind.trim_end_matches(" `"));
        }
    }
    // An unknown word may also be an API key.
    match shown.split_once("unknown variant `") {
        Some((before, after)) => {
            let rest = after.rfind("`, expected").map_or("", |end| &after[end + 1..]);
            format!("{before}unknown value{rest}")
        }
        None => shown,
    }
}
