//! The errors of building a client or a request. When they occur, nothing was sent.

use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// Any error.
pub type BoxError = Box<dyn Error + Send + Sync>;

/// The part of a client or request that is invalid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum BuildErrorKind {
    /// The base URL.
    BaseUrl,
    /// The path template.
    Template,
    /// The value of a path parameter.
    Parameter,
    /// The query.
    Query,
    /// The name or value of a header.
    Header,
    /// The body cannot be written as JSON or as a form.
    Body,
    /// The origin of the address is neither the origin of the base URL nor an allowed origin, or
    /// the path is outside the [fence](crate::ApiClientBuilder::fence_path).
    CrossOrigin,
    /// The next page of a list cannot be requested: the server's link to it cannot be read or leads
    /// back, or the list has too many pages.
    NextPage,
    /// A key is missing or empty, or plain `http` would expose credentials.
    Credentials,
    /// The address uses `https`, but no TLS feature is on.
    Tls,
    /// A setting is out of range, or two settings exclude each other.
    Setting,
    /// The transport cannot send this request.
    Transport,
}

/// The reason why a client or a request cannot be built. Nothing was sent.
///
/// It names the part and the problem, never a value, because values may be secrets.
#[derive(Debug, Clone)]
pub struct BuildError {
    kind: BuildErrorKind,
    subject: String,
    problem: String,
    source: Option<Arc<dyn Error + Send + Sync>>,
}

impl BuildError {
    /// Returns the part that is invalid.
    #[must_use]
    pub fn kind(&self) -> BuildErrorKind {
        self.kind
    }

    pub(crate) fn new(
        kind: BuildErrorKind,
        subject: impl Into<String>,
        problem: impl Into<String>,
    ) -> Self {
        Self { kind, subject: subject.into(), problem: problem.into(), source: None }
    }

    pub(crate) fn template(text: &str, problem: &str) -> Self {
        let subject = format!("path template {}", shown(text));
        Self::new(BuildErrorKind::Template, subject, problem)
    }

    pub(crate) fn parameter(name: &str, problem: impl Into<String>) -> Self {
        let subject = format!("parameter `{}`", name.escape_debug());
        Self::new(BuildErrorKind::Parameter, subject, problem)
    }

    pub(crate) fn missing_parameter(name: &str, template: &str) -> Self {
        Self::parameter(name, format!("of the path template {} has no value", shown(template)))
    }

    pub(crate) fn unknown_parameter(name: &str, template: &str) -> Self {
        Self::parameter(name, format!("is not in the path template {}", shown(template)))
    }

    pub(crate) fn header(name: &str, problem: &str) -> Self {
        let name = name.escape_debug();
        Self::new(BuildErrorKind::Header, format!("header `{name}`"), problem)
    }

    pub(crate) fn base(problem: &str) -> Self {
        Self::new(BuildErrorKind::BaseUrl, "base URL", problem)
    }

    /// Checks that no time limit is zero.
    pub(crate) fn check_times(times: &[(&str, Option<Duration>)]) -> Result<(), Self> {
        match times.iter().find(|(_, time)| *time == Some(Duration::ZERO)) {
            Some((name, _)) => Err(Self::setting(name, "must be longer than zero")),
            None => Ok(()),
        }
    }

    pub(crate) fn setting(name: &str, problem: impl Into<String>) -> Self {
        Self::new(BuildErrorKind::Setting, format!("`{name}`"), problem)
    }

    pub(crate) fn credentials(subject: impl Into<String>, problem: impl Into<String>) -> Self {
        Self::new(BuildErrorKind::Credentials, subject, problem)
    }

    pub(crate) fn in_the_clear() -> Self {
        let problem = "would go over plain `http`: use `https`, or `.allow_plain_http()`";
        Self::credentials("credentials", problem)
    }

    pub(crate) fn streamed() -> Self {
        let problem = "asks for a stream: call `stream` instead of `call` or `execute`";
        Self::new(BuildErrorKind::Body, "field `stream`", problem)
    }

    pub(crate) fn caused_by(mut self, source: impl Into<BoxError>) -> Self {
        self.source = Some(Arc::from(source.into()));
        self
    }
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.subject, self.problem)
    }
}

impl Error for BuildError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        let source = self.source.as_deref()?;
        Some(source)
    }
}

/// Returns the template without its query, which may hold a key. An absolute URL is not shown at
/// all.
fn shown(text: &str) -> String {
    if text.contains("//") || text.contains('@') {
        return "that looks like an address".to_owned();
    }
    let path = text.split(['?', '#']).next().unwrap_or_default();
    let short: String = path.chars().take(80).collect();
    format!("`{}`", short.escape_debug())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_error_about_a_template_hides_parts_that_may_be_secret() {
        for text in ["users?key=canary", "https://canary@host/x", "//host/canary", "x#canary"] {
            let error = BuildError::template(text, "is wrong");
            assert!(!format!("{error} {error:?}").contains("canary"), "{error}");
        }
    }
}
