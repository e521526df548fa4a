//! Whether a request may be sent twice.

use http::{HeaderName, HeaderValue, Method};
use uuid::Uuid;

use crate::error::BuildError;

/// Whether doing a request twice is as good as doing it once, so that it may be tried again after it was sent.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Idempotency {
    /// By its method: all but `POST`, `PATCH` and `CONNECT`.
    #[default]
    Auto,
    /// Yes, whatever the method: its caller knows.
    Yes,
    /// No, whatever the method.
    No,
    /// Yes, since the server recognises it by a key that every attempt carries.
    Key(IdempotencyKey),
}

/// The key by which a server recognises a request that it has seen.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum IdempotencyKey {
    /// A random one, made once for each call: the same on all its attempts, another one for the next call.
    Auto,
    /// One of the caller's, such as an order's number: the same whenever the caller asks for the same thing.
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

    /// The value of the header for one call, if it has one.
    pub(crate) fn header(&self, name: &HeaderName) -> Result<Option<HeaderValue>, BuildError> {
        let Self::Key(key) = self else {
            return Ok(None);
        };
        let text = match key {
            IdempotencyKey::Auto => Uuid::new_v4().to_string(),
            IdempotencyKey::Given(text) => text.clone(),
        };
        let value = HeaderValue::from_str(&text).map_err(|_| {
            BuildError::header(name.as_str(), "has a value that no header can have")
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
    fn the_method_decides_unless_told_otherwise() {
        for method in [
            Method::GET,
            Method::HEAD,
            Method::PUT,
            Method::DELETE,
            Method::OPTIONS,
        ] {
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
