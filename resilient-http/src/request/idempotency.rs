//! Decides whether a request may be sent twice.

use http::{HeaderMap, HeaderName, HeaderValue, Method};
use uuid::Uuid;

use super::headers::single_value;

use crate::error::BuildError;

/// The header for idempotency keys, unless the client sets another one.
pub(crate) const IDEMPOTENCY_HEADER: &str = "idempotency-key";

/// Whether a request may be sent twice. If so, it is retried even if the server may already have
/// acted on it. Otherwise, it is retried only if the response or the failure says that the server
/// did not act on it: see the [table](crate::guide::outcomes#what-is-retried-and-what-counts).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Idempotency {
    /// The method decides. Requests with `POST`, `PATCH` or `CONNECT` may not be sent twice; all
    /// others may.
    #[default]
    Auto,
    /// The request may be sent twice, whatever the method.
    Yes,
    /// The request may not be sent twice, whatever the method and the response: neither after a 429
    /// nor with a new token after a 401. The client sends it again only if there was no connection,
    /// or if the server [refused](crate::Phase::Refused) to process it.
    No,
    /// The request may be sent twice, because all attempts carry a key that the server recognises.
    Key(IdempotencyKey),
}

/// The key by which a server recognises a repeated request.
///
/// A call has one key, wherever it is set: as an option or as a header with the name of
/// [`idempotency_header`](crate::ApiClientBuilder::idempotency_header). A key that the caller
/// chooses wins over a random one, and a key of the call wins over the default of an endpoint.
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

    /// Decides by what the call sets, as an option and as a header, and by the default of the
    /// endpoint. A key in a header is a key like any other. It moves from the headers into the
    /// result, unless the call says that it may not be sent twice.
    pub(crate) fn resolve(
        of_call: Option<Self>,
        default: Self,
        headers: &mut HeaderMap,
        name: &HeaderName,
    ) -> Result<Self, BuildError> {
        let Some(value) = single_value(headers, name)? else {
            return Ok(of_call.unwrap_or(default));
        };
        let text = String::from_utf8(value.as_bytes().to_vec())
            .map_err(|_| BuildError::header(name.as_str(), "is not UTF-8"))?;
        match of_call {
            Some(Self::No) => return Ok(Self::No),
            Some(Self::Key(IdempotencyKey::Given(key))) if key != text => {
                let problem = "has one key, and `idempotency_key` sets another";
                return Err(BuildError::header(name.as_str(), problem));
            }
            _ => {}
        }
        headers.remove(name);
        Ok(Self::Key(IdempotencyKey::Given(text)))
    }

    /// Returns whether the key is a constant. As a default of all calls, it would make the server
    /// take all calls for one.
    pub(crate) fn is_constant_key(&self) -> bool {
        matches!(self, Self::Key(IdempotencyKey::Given(_)))
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
        // White space around a value is not sent as a part of it.
        if value.as_bytes().trim_ascii().is_empty() {
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

    fn resolve(of_call: Option<Idempotency>, default: Idempotency) -> (Idempotency, bool) {
        let name = HeaderName::from_static("x-key");
        let mut headers = HeaderMap::new();
        headers.insert(&name, HeaderValue::from_static("order-17"));
        let idempotency = Idempotency::resolve(of_call, default, &mut headers, &name).unwrap();
        (idempotency, headers.contains_key(&name))
    }

    #[test]
    fn a_key_in_a_header_wins_over_automatic_keys_and_over_every_default() {
        let given = Idempotency::Key("order-17".into());
        let auto = Idempotency::Key(IdempotencyKey::Auto);
        let same = Some(given.clone());
        for of_call in
            [None, Some(Idempotency::Auto), Some(Idempotency::Yes), Some(auto.clone()), same]
        {
            for default in [Idempotency::Auto, Idempotency::Yes, Idempotency::No, auto.clone()] {
                assert_eq!(resolve(of_call.clone(), default), (given.clone(), false));
            }
        }
    }

    #[test]
    fn a_key_in_a_header_is_sent_but_allows_no_repetition_if_the_call_forbids_it() {
        let no = Some(Idempotency::No);
        assert_eq!(resolve(no, Idempotency::Yes), (Idempotency::No, true));
    }

    #[test]
    fn two_different_keys_an_empty_key_and_a_key_that_is_no_text_are_refused() {
        let name = HeaderName::from_static("x-key");
        let resolve = |of_call: Option<&str>, values: &[&[u8]]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(&name, HeaderValue::from_bytes(value).unwrap());
            }
            let of_call = of_call.map(|key| Idempotency::Key(key.into()));
            let idempotency =
                Idempotency::resolve(of_call, Idempotency::Auto, &mut headers, &name)?;
            idempotency.header(&name)
        };
        assert_eq!(resolve(Some("a"), &[b"a"]).unwrap().unwrap(), "a");
        assert_eq!(resolve(None, &[]).unwrap(), None);
        resolve(Some("b"), &[b"a"]).unwrap_err();
        resolve(None, &[b"a", b"a"]).unwrap_err();
        resolve(None, &[b""]).unwrap_err();
        resolve(None, &[b" \t"]).unwrap_err();
        resolve(Some(" "), &[]).unwrap_err();
        resolve(None, &[b"\xff"]).unwrap_err();
    }
}
