//! What one call of an endpoint has of its own.

use std::fmt;
use std::time::Duration;

use http::HeaderMap;
use serde::Serialize;
use serde_json::value::to_raw_value;

use super::fields::Fields;
use crate::error::{BuildError, BuildErrorKind};
use crate::redact::HeaderNames;
use crate::request::{Idempotency, IdempotencyKey, LimitOverride, header_pair};

/// What a call does with answers that were kept.
#[cfg(feature = "cache")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Caching {
    /// Takes one that is young enough, waits for another call that asks the same, and keeps what it gets.
    #[default]
    Use,
    /// Asks the server, and keeps what it gets.
    Refresh,
    /// Asks the server, and keeps nothing.
    Skip,
}

/// What one call has of its own: it wins over the request, and that over the configuration.
///
/// ```
/// use resilient_http::CallOptions;
/// use std::time::Duration;
///
/// let options = CallOptions::new()
///     .header("x-trace", "7")
///     .field("temperature", 0.5)
///     .timeout(Duration::from_secs(20));
/// ```
#[derive(Default)]
#[must_use]
pub struct CallOptions {
    pub(super) params: Vec<(String, String)>,
    pub(super) headers: HeaderMap,
    pub(super) fields: Fields,
    pub(super) timeout: Option<LimitOverride>,
    pub(super) deadline: Option<LimitOverride>,
    pub(super) idempotency: Option<Idempotency>,
    #[cfg(feature = "cache")]
    pub(super) caching: Caching,
    /// The first thing that is wrong. Told by the call.
    pub(super) problem: Option<BuildError>,
}

impl CallOptions {
    /// Nothing of its own.
    pub fn new() -> Self {
        Self::default()
    }

    /// The value for a name in the path.
    pub fn param(mut self, name: impl Into<String>, value: impl fmt::Display) -> Self {
        self.params.push((name.into(), value.to_string()));
        self
    }

    /// A header, in the place of the endpoint's. Also the one with the key, to call for somebody else. Not `content-type`.
    pub fn header(mut self, name: impl AsRef<str>, value: impl AsRef<str>) -> Self {
        let pair = header_pair(name.as_ref(), value.as_ref());
        match pair {
            Ok((header, _)) if header == http::header::CONTENT_TYPE => {
                self.refuse(BuildError::header(
                    name.as_ref(),
                    "is that of the endpoint, which writes the body",
                ));
            }
            Ok((header, value)) => {
                self.headers.insert(header, value);
            }
            Err(error) => self.refuse(error),
        }
        self
    }

    /// A field of what is sent, whatever request and configuration say. `None` takes it away.
    pub fn field(mut self, name: impl Into<String>, value: impl Serialize) -> Self {
        let name = name.into();
        match to_raw_value(&value) {
            Ok(value) => {
                self.fields.insert(name, value);
            }
            Err(_) => self.refuse(BuildError::new(
                BuildErrorKind::Body,
                format!("field `{}`", name.escape_debug()),
                "cannot be written as JSON",
            )),
        }
        self
    }

    /// The time for each attempt. `None` is none.
    pub fn timeout(mut self, time: impl Into<Option<Duration>>) -> Self {
        self.timeout = Some(LimitOverride(time.into()));
        self
    }

    /// The time for all attempts and the waits between them. `None` is none.
    pub fn deadline(mut self, time: impl Into<Option<Duration>>) -> Self {
        self.deadline = Some(LimitOverride(time.into()));
        self
    }

    /// Whether it may be sent twice.
    pub fn idempotency(mut self, idempotency: Idempotency) -> Self {
        self.idempotency = Some(idempotency);
        self
    }

    /// Sends a key by which the server recognises attempts of the same call.
    pub fn idempotency_key(self, key: impl Into<IdempotencyKey>) -> Self {
        self.idempotency(Idempotency::Key(key.into()))
    }

    /// What it does with answers that were kept.
    #[cfg(feature = "cache")]
    pub fn caching(mut self, caching: Caching) -> Self {
        self.caching = caching;
        self
    }

    fn refuse(&mut self, error: BuildError) {
        self.problem.get_or_insert(error);
    }
}

impl fmt::Debug for CallOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallOptions")
            .field("headers", &HeaderNames(&self.headers))
            .field("fields", &self.fields.keys())
            .field("timeout", &self.timeout)
            .field("deadline", &self.deadline)
            .finish_non_exhaustive()
    }
}
