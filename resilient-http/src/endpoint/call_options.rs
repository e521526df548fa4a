//! Options of one call of an endpoint.

use std::fmt;
use std::time::Duration;

use http::HeaderMap;
use serde::Serialize;

use crate::error::BuildError;
use crate::redact::HeaderNames;
use crate::request::{Fields, Idempotency, IdempotencyKey, LimitOverride, header_pair, raw_json};
use crate::setters::setters;

/// The way in which a call uses the cache.
#[cfg(feature = "cache")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Caching {
    /// Uses a fresh cached response, joins a concurrent call with the same request, or asks the
    /// server and caches the response.
    #[default]
    Use,
    /// Asks the server and caches the response.
    Refresh,
    /// Asks the server and caches nothing.
    Skip,
}

/// Options of one call. An option overrides the request, and the request overrides the
/// configuration.
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
    pub(super) idle_timeout: Option<LimitOverride>,
    pub(super) idempotency: Option<Idempotency>,
    #[cfg(feature = "cache")]
    pub(super) caching: Caching,
    /// The first mistake in the use of the options. The call reports it.
    pub(super) problem: Option<BuildError>,
}

impl CallOptions {
    setters! {
        /// Sets the time limit for each attempt. The limit must be longer than zero; `None` means
        /// no limit.
        timeout(time: impl Into<Option<Duration>>) => timeout = Some(LimitOverride(time.into()));
        /// Sets the time limit for the whole call. The limit must be longer than zero; `None` means
        /// no limit.
        deadline(time: impl Into<Option<Duration>>) => deadline = Some(LimitOverride(time.into()));
        /// Sets the time limit for each wait for a chunk of a stream. The limit must be longer than
        /// zero; `None` means no limit.
        idle_timeout(time: impl Into<Option<Duration>>)
            => idle_timeout = Some(LimitOverride(time.into()));
        /// Sets whether the call may be sent twice.
        idempotency(idempotency: Idempotency) => idempotency = Some(idempotency);
        /// Sets how the call uses the cache. Default: [`Caching::Use`].
        #[cfg(feature = "cache")]
        caching(caching: Caching) => caching = caching;
    }

    /// Creates an empty set of options.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the value of a path parameter.
    pub fn param(mut self, name: impl Into<String>, value: impl fmt::Display) -> Self {
        self.params.push((name.into(), value.to_string()));
        self
    }

    /// Replaces a header of the endpoint, even the header with the key. Setting `content-type` is
    /// an error.
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

    /// Sets a field of the body or query. The field overrides the request and the configuration.
    /// `None` removes the field.
    pub fn field(mut self, name: impl Into<String>, value: impl Serialize) -> Self {
        let name = name.into();
        match raw_json(&value, &format!("field `{}`", name.escape_debug())) {
            Ok(value) => {
                self.fields.insert(name, value);
            }
            Err(error) => self.refuse(error),
        }
        self
    }

    /// Sends an idempotency key, by which the server recognises repeated requests.
    pub fn idempotency_key(self, key: impl Into<IdempotencyKey>) -> Self {
        self.idempotency(Idempotency::Key(key.into()))
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
