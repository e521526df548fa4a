//! Endpoints from a TOML document, and where in it something is wrong.

use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use toml::de::{DeTable, DeValue};

use super::deserialize::{Document, EndpointConfigs};
use crate::error::BuildError;

/// Why endpoints were not taken from a document.
///
/// It tells the place, and quotes nothing of the document: a key may stand there.
#[derive(Debug)]
pub struct EndpointsError(Box<Parts>);

#[derive(Debug)]
struct Parts {
    path: Option<PathBuf>,
    endpoint: Option<String>,
    place: Option<(usize, usize)>,
    problem: Problem,
}

#[derive(Debug)]
enum Problem {
    Unreadable(std::io::Error),
    /// No TOML, an unknown key, or a value of the wrong form. The parser's own error quotes the line, so it is not kept.
    Malformed(String),
    Wrong(BuildError),
}

impl EndpointsError {
    /// The file, if there was one.
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        self.0.path.as_deref()
    }

    /// The name of the endpoint, if it is about one, and the document could be read.
    #[must_use]
    pub fn endpoint(&self) -> Option<&str> {
        self.0.endpoint.as_deref()
    }

    /// The line, from 1, where that is known.
    #[must_use]
    pub fn line(&self) -> Option<usize> {
        self.0.place.map(|(line, _)| line)
    }

    /// The column, from 1, in characters, where that is known.
    #[must_use]
    pub fn column(&self) -> Option<usize> {
        self.0.place.map(|(_, column)| column)
    }

    fn at(problem: Problem, place: Option<(usize, usize)>) -> Self {
        Self(Box::new(Parts {
            path: None,
            endpoint: None,
            place,
            problem,
        }))
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
            Problem::Unreadable(_) => f.write_str(": cannot be read"),
            Problem::Malformed(problem) => write!(f, ": {problem}"),
            Problem::Wrong(error) => write!(f, ": {error}"),
        }
    }
}

impl std::error::Error for EndpointsError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.0.problem {
            Problem::Unreadable(error) => Some(error),
            Problem::Malformed(_) => None,
            Problem::Wrong(error) => error.source(),
        }
    }
}

impl EndpointConfigs {
    /// Reads endpoints from a TOML document. No key is read yet.
    ///
    /// ```
    /// let endpoints = resilient_http::EndpointConfigs::from_toml(r#"
    ///     [defaults]
    ///     max_retries = 2
    ///
    ///     [endpoint.chat]
    ///     preset = "openai"
    ///     api_key = "env:OPENAI_API_KEY"
    ///     extra_body = { model = "gpt-4.1-mini" }
    /// "#)?;
    /// assert_eq!(endpoints.get("chat").unwrap().full_name(), "openai.chat");
    ///
    /// let error = resilient_http::EndpointConfigs::from_toml("[endpoint.chat]\ntimout = \"5s\"").unwrap_err();
    /// assert_eq!((error.line(), error.column()), (Some(2), Some(1)));
    /// # Ok::<(), resilient_http::EndpointsError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`EndpointsError`], with its place, for what is no TOML, for unknown keys, and for values that cannot be.
    pub fn from_toml(document: &str) -> Result<Self, EndpointsError> {
        let malformed = |error: toml::de::Error| {
            let place = error.span().and_then(|span| place(document, span.start));
            EndpointsError::at(Problem::Malformed(without_values(error.message())), place)
        };
        let table = DeTable::parse(document).map_err(malformed)?;
        let read = toml::Deserializer::from(table.clone());
        let read = Document::deserialize(read).map_err(malformed)?;
        read.check().map_err(|(name, wrong)| {
            let span = find(table.get_ref(), &name, wrong.key);
            let place = span.and_then(|span| place(document, span.start));
            let mut error = EndpointsError::at(Problem::Wrong(wrong.error), place);
            error.0.endpoint = Some(name);
            error
        })
    }

    /// The same from a file.
    ///
    /// # Errors
    ///
    /// As there, and if the file cannot be read as UTF-8 text.
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self, EndpointsError> {
        let path = path.as_ref();
        std::fs::read_to_string(path)
            .map_err(|error| EndpointsError::at(Problem::Unreadable(error), None))
            .and_then(|document| Self::from_toml(&document))
            .map_err(|mut error| {
                error.0.path = Some(path.to_owned());
                error
            })
    }
}

/// Where the key stands: in the endpoint's section, else in the defaults; else where the section begins.
fn find(root: &DeTable<'_>, endpoint: &str, key: &str) -> Option<Range<usize>> {
    let own = entry(entry(root, "endpoint")?.1?, endpoint)?;
    let defaults = entry(root, "defaults").and_then(|(_, table)| table);
    let in_table = |table: Option<&DeTable<'_>>| entry(table?, key).map(|(span, _)| span);
    in_table(own.1)
        .or_else(|| in_table(defaults))
        .or(Some(own.0))
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

/// Line and column, both from 1.
fn place(document: &str, position: usize) -> Option<(usize, usize)> {
    let before = document.get(..position)?;
    let line = before.rsplit('\n').next().unwrap_or_default();
    Some((before.matches('\n').count() + 1, line.chars().count() + 1))
}

/// A message of serde without the values that it quotes: `invalid type: string "…", expected …`.
fn without_values(message: &str) -> String {
    // A number, which may be a key without its quotes, goes; what is quoted behind it is what would be right.
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
        // The last quote before the last `, expected`, since the value may have both of its own.
        let end = quoted
            .rfind("\", expected")
            .or_else(|| quoted.rfind('"').filter(|at| *at > 0));
        shown.push('…');
        rest = end.map_or("", |end| &quoted[end + 1..]);
        if rest.starts_with(", expected") {
            break;
        }
    }
    shown.push_str(rest);
    // A number, which may be a key without its quotes.
    for kind in ["integer `", "floating point `"] {
        if let Some((before, after)) = shown.split_once(kind) {
            let rest = after.split_once('`').map_or("", |(_, rest)| rest);
            shown = format!("{before}{}{rest}", kind.trim_end_matches(" `"));
        }
    }
    // A word that is none of those that are known.
    match shown.split_once("unknown variant `") {
        Some((before, after)) => {
            let rest = after
                .rfind("`, expected")
                .map_or("", |end| &after[end + 1..]);
            format!("{before}unknown value{rest}")
        }
        None => shown,
    }
}
