//! Path templates such as `users/{id}/orders`.

use std::fmt;
use std::sync::Arc;

use percent_encoding::utf8_percent_encode;

use super::path_segment::{LITERAL, SEGMENT, TemplatePart, TemplateParts, check_value, climbs};
use crate::error::BuildError;

/// A path with named parameters: `users/{id}`.
///
/// Each `{name}` stands for one value within one segment. The value is percent-encoded. Values may
/// come from users: an empty value or a value that could leave the path (`..`, `.`, `a/../b`) is an
/// error.
///
/// ```
/// use resilient_http::PathTemplate;
///
/// let path = PathTemplate::parse("users/{id}/avatar.png")?;
/// assert_eq!(path.expand([("id", "a/b")])?, "users/a%2Fb/avatar.png");
/// assert!(path.expand([("id", "..")]).is_err());
/// assert!(path.expand([("name", "x")]).is_err());
/// # Ok::<(), resilient_http::BuildError>(())
/// ```
///
/// A template has no query (use [`query`](crate::RequestBuilder::query)), no `.` or `..` segment,
/// and no empty segment, except that the last segment may be empty. A leading `/` makes no
/// difference: all paths are below the base URL.
#[derive(Clone, PartialEq, Eq)]
pub struct PathTemplate {
    text: Arc<str>,
    parts: TemplateParts,
}

impl PathTemplate {
    /// Parses and checks a template.
    ///
    /// # Errors
    ///
    /// Returns a [`BuildError`] that names the problem.
    pub fn parse(text: &str) -> Result<Self, BuildError> {
        let refuse = |problem: &'static str| BuildError::template(text, problem);
        if text.starts_with("//") {
            return Err(refuse("begins with `//`, which would be another host"));
        }
        let path = text.strip_prefix('/').unwrap_or(text);
        let mut at = text.len() - path.len();
        let mut parts = TemplateParts::default();
        let mut segments = path.split('/').peekable();
        let mut is_first = true;
        while let Some(segment) = segments.next() {
            let is_last = segments.peek().is_none();
            if segment.is_empty() && !is_last {
                return Err(refuse("has an empty segment"));
            }
            if is_first && segment.contains(':') && !segment.contains('{') && !is_last {
                let scheme = segment.trim_end_matches(':');
                if segment.ends_with(':') && scheme.chars().all(char::is_alphanumeric) {
                    return Err(refuse("is a whole address, not a path"));
                }
            }
            if !is_first {
                parts.push_slash(at - 1);
            }
            is_first = false;
            parts.push_segment(text, at..at + segment.len()).map_err(refuse)?;
            at += segment.len() + 1;
        }
        Ok(Self { text: text.into(), parts })
    }

    /// Returns the template as it was written, without values. You can log it and use it as
    /// `url.template`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    pub(crate) fn shared_text(&self) -> Arc<str> {
        Arc::clone(&self.text)
    }

    /// Returns the parameter names, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.parts.0.iter().filter_map(|part| match part {
            TemplatePart::Name { at } => Some(&self.text[at.clone()]),
            TemplatePart::Literal { .. } => None,
        })
    }

    /// Returns the path with a percent-encoded value for each name, without the leading `/`.
    ///
    /// # Errors
    ///
    /// Returns a [`BuildError`] if a name has no value, if a value has no name, or if a value is
    /// empty, longer than 4096 bytes, or contains a segment `.` or `..` (encoded or not). The error
    /// does not show the value.
    pub fn expand<'a>(
        &self,
        values: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<String, BuildError> {
        let mut path = String::new();
        let values: Vec<(&str, &str)> = values.into_iter().collect();
        self.expand_onto(&mut path, &values)?;
        Ok(path)
    }

    /// Appends the expanded path to `path`.
    pub(super) fn expand_onto<T: AsRef<str>>(
        &self,
        path: &mut String,
        values: &[(T, T)],
    ) -> Result<(), BuildError> {
        let begin = path.len();
        for (name, _) in values {
            let name = name.as_ref();
            if !self.names().any(|known| known == name) {
                return Err(BuildError::unknown_parameter(name, &self.text));
            }
        }
        for part in &self.parts.0 {
            match part {
                TemplatePart::Literal { at, needs_encoding: false } => {
                    path.push_str(&self.text[at.clone()]);
                }
                TemplatePart::Literal { at, .. } => {
                    path.extend(utf8_percent_encode(&self.text[at.clone()], LITERAL));
                }
                TemplatePart::Name { at } => {
                    let name = &self.text[at.clone()];
                    let given = values.iter().rev().find(|(given, _)| given.as_ref() == name);
                    let Some((_, value)) = given else {
                        return Err(BuildError::missing_parameter(name, &self.text));
                    };
                    let value = value.as_ref();
                    check_value(value).map_err(|problem| BuildError::parameter(name, problem))?;
                    path.extend(utf8_percent_encode(value, SEGMENT));
                }
            }
        }
        // A literal and a harmless value can together form a dot segment, as in `.{a}`.
        if climbs(&path[begin..]) {
            return Err(BuildError::template(
                &self.text,
                "with these values has a segment `.` or `..`",
            ));
        }
        Ok(())
    }
}

impl fmt::Display for PathTemplate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

impl fmt::Debug for PathTemplate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PathTemplate({:?})", self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expand(template: &str, value: &str) -> Result<String, BuildError> {
        PathTemplate::parse(template)?.expand([("id", value)])
    }

    #[test]
    fn a_value_stays_one_segment() {
        for (value, expected) in [
            ("42", "users/42"),
            ("a/b", "users/a%2Fb"),
            ("a?b#c", "users/a%3Fb%23c"),
            ("100%", "users/100%25"),
            ("..a;x", "users/..a%3Bx"),
            ("tab\there", "users/tab%09here"),
            ("é", "users/%C3%A9"),
            ("\u{202e}x", "users/%E2%80%AEx"),
        ] {
            assert_eq!(expand("users/{id}", value).unwrap(), expected);
        }
    }

    #[test]
    fn a_value_that_could_leave_the_path_is_refused_however_often_it_is_encoded() {
        for value in ["", ".", "..", "%2e%2e", "%2E.", "%252e%252e", ".%2e", "..;x", "a/../b"] {
            assert!(expand("users/{id}", value).is_err(), "{value:?}");
        }
        assert!(expand(".{id}", ".x").is_ok());
        assert!(expand("a/{id}.", "%2e").is_err());
    }

    #[test]
    fn adjacent_values_cannot_form_a_dot_segment() {
        let path = PathTemplate::parse("files/{a}.").unwrap();
        assert!(path.expand([("a", ".")]).is_err());
        let path = PathTemplate::parse("files/.{a}").unwrap();
        assert!(path.expand([("a", ".")]).is_err());
    }

    #[test]
    fn templates_that_are_no_plain_path_are_refused() {
        for text in [
            "//evil.example/x",
            "https://evil.example/x",
            "a//b",
            "a/../b",
            "a/./b",
            "a/%2e%2e/b",
            "a?b=1",
            "a#b",
            "a\\b",
            "a/{id",
            "a/id}",
            "a/{}",
            "a/{i d}",
            "a/%2Fb",
            "a/%zz",
            "a\nb",
        ] {
            assert!(PathTemplate::parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_colon_in_a_path_is_no_scheme() {
        for text in ["", "/", "users", "/users/", "models/m:predict", "{id}:undelete", "a:b/c"] {
            assert!(PathTemplate::parse(text).is_ok(), "{text:?}");
        }
    }

    #[test]
    fn missing_and_unknown_names_are_errors() {
        let path = PathTemplate::parse("users/{id}").unwrap();
        let missing = path.expand([]).unwrap_err().to_string();
        assert!(missing.contains("`id`"), "{missing}");
        let unknown = path.expand([("id", "1"), ("nmae", "x")]).unwrap_err();
        assert!(unknown.to_string().contains("`nmae`"), "{unknown}");
    }
}
