//! Decides whether a request may be sent twice.

use http::{HeaderName, HeaderValue, Method};
use uuid::Uuid;

use crate::error::BuildError;

/// Whether a request may be sent twice. If so, it is retried even if the server may already have
/// acted on it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Idempotency {
    /// The method decides. Requests with `POST`, `PATCH` or `CONNECT` may not be sent twice; all
    /// others may.
    #[default]
    Auto,
    /// The request may be sent twice, whatever the method.
    Yes,
    /// The request may not be sent twice, whatever the method.
    No,
    /// The request may be sent twice, because all attempts carry a key that the server recognises.
    Key(IdempotencyKey),
}

/// The key by which a server recognises a repeated request.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum IdempotencyKey {
    /// A random key for each call. All attempts of the call carry the same key.
    Auto,
    /// A key that the caller chooses, such as an order number.
    Given(String),
}

impl<T: Into<String>> From<T> for IdempotencyKey {
    fn from(key: T) -> Self {
        Self::Given(key.into())
    }
}

impl Idempotency {
    pub(crate) fn is_repeatable(&self, method: &Method) -> bool {
        match self {
            Self::Auto => method.is_idempotent(),
            Self::Yes | Self::Key(_) => true,
            Self::No => false,
        }
    }

    /// Returns the header value for one call, or `None` if the call has no key.
    pub(crate) fn header(&self, name: &HeaderName) -> Result<Option<HeaderValue>, BuildError> {
        let Self::Key(key) = self else {
            return Ok(None);
        };
        let text = match key {
            IdempotencyKey::Auto => Uuid::new_v4().to_string(),
            IdempotencyKey::Given(text) => text.clone(),
        };
        let value = HeaderValue::from_str(&text).map_err(|_| {
            BuildError::header(name.as_str(), "has a value that a header cannot carry")
        })?;
        if value.is_empty() {
            return Err(BuildError::header(name.as_str(), "is empty"));
        }
        Ok(Some(value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_method_decides_unless_the_caller_does() {
        for method in [Method::GET, Method::HEAD, Method::PUT, Method::DELETE, Method::OPTIONS] {
            assert!(Idempotency::Auto.is_repeatable(&method), "{method}");
            assert!(!Idempotency::No.is_repeatable(&method), "{method}");
        }
        for method in [Method::POST, Method::PATCH] {
            assert!(!Idempotency::Auto.is_repeatable(&method), "{method}");
            assert!(Idempotency::Yes.is_repeatable(&method), "{method}");
            assert!(Idempotency::Key(IdempotencyKey::Auto).is_repeatable(&method));
        }
    }
}
