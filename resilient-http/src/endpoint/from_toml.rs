//! Reads endpoints from a TOML document, and finds the position of a mistake.

use std::ops::Range;
use std::path::Path;

use serde::Deserialize as _;
use toml::de::{DeTable, DeValue};

use super::deserialize::{Document, EndpointConfigs};
use super::endpoints_error::EndpointsError;

impl EndpointConfigs {
    /// Reads endpoints from a TOML document. It does not read the API keys.
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
    /// let wrong = "[endpoint.chat]\ntimout = \"5s\"";
    /// let error = resilient_http::EndpointConfigs::from_toml(wrong).unwrap_err();
    /// assert_eq!((error.line(), error.column()), (Some(2), Some(1)));
    /// # Ok::<(), resilient_http::EndpointsError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an [`EndpointsError`] with the position of the mistake if the TOML is invalid, a key
    /// is unknown, or a value is invalid.
    pub fn from_toml(document: &str) -> Result<Self, EndpointsError> {
        let malformed = |error: toml::de::Error| {
            let place = error.span().and_then(|span| place(document, span.start));
            EndpointsError::malformed(error.message(), place)
        };
        let parsed = DeTable::parse(document).map_err(malformed)?;
        // Deserializing consumes the table, so it gets a copy. The table has the positions of
        // errors that the check finds later.
        let sections =
            Document::deserialize(toml::Deserializer::from(parsed.clone())).map_err(malformed)?;
        sections.check().map_err(|(name, wrong)| {
            let span = find(parsed.get_ref(), &name, wrong.key);
            let place = span.and_then(|span| place(document, span.start));
            EndpointsError::invalid(name, wrong.error, place)
        })
    }

    /// Reads endpoints from a TOML file.
    ///
    /// # Errors
    ///
    /// Returns an [`EndpointsError`] if the file cannot be read as UTF-8, and in the cases of
    /// [`from_toml`](Self::from_toml).
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self, EndpointsError> {
        let path = path.as_ref();
        std::fs::read_to_string(path)
            .map_err(EndpointsError::unreadable)
            .and_then(|document| Self::from_toml(&document))
            .map_err(|error| error.in_file(path))
    }
}

/// Finds the position of a key in the section of the endpoint, or else in the section of the
/// defaults. If neither section has the key, returns the position of the endpoint's section.
fn find(root: &DeTable<'_>, endpoint: &str, key: &str) -> Option<Range<usize>> {
    let own = entry(entry(root, "endpoint")?.1?, endpoint)?;
    let defaults = entry(root, "defaults").and_then(|(_, table)| table);
    let in_table = |table: Option<&DeTable<'_>>| entry(table?, key).map(|(span, _)| span);
    in_table(own.1).or_else(|| in_table(defaults)).or(Some(own.0))
}

/// Returns the position of a key in a table. If the value of the key is a table, also returns that
/// table.
fn entry<'a>(table: &'a DeTable<'a>, key: &str) -> Option<(Range<usize>, Option<&'a DeTable<'a>>)> {
    let (found, value) = table.iter().find(|(each, _)| each.get_ref() == key)?;
    let inner = match value.get_ref() {
        DeValue::Table(inner) => Some(inner),
        _ => None,
    };
    Some((found.span(), inner))
}

/// Converts a byte position to line and column, both counted from 1.
fn place(document: &str, position: usize) -> Option<(usize, usize)> {
    let before = document.get(..position)?;
    let line = before.rsplit('\n').next().unwrap_or_default();
    Some((before.matches('\n').count() + 1, line.chars().count() + 1))
}
