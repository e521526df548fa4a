//! The keys of cached responses. They are salted digests, which reveal nothing about a request.

use http::HeaderMap;
use http::header::CACHE_CONTROL;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::request::{Idempotency, IdempotencyKey, PreparedRequest};

/// A digest of everything that distinguishes a request: endpoint, method, URL, headers and body.
///
/// Headers and body may contain secrets. Because of the salt, an attacker cannot find a secret by
/// comparing digests of guesses. The endpoint's API key is not part of the digest: an endpoint has
/// one key, and endpoints never share responses.
pub(super) type CacheKey = [u8; 32];

/// Makes the keys of one cache.
pub(super) struct KeyMaker {
    salt: [u8; 16],
}

impl KeyMaker {
    pub(super) fn new() -> Self {
        Self { salt: *Uuid::new_v4().as_bytes() }
    }

    /// Returns the key of a request, or `None` if the body is a stream.
    pub(super) fn of(&self, owner: u64, request: &PreparedRequest) -> Option<CacheKey> {
        let body = request.body.as_bytes()?;
        let mut digest = Sha256::new();
        digest.update(self.salt);
        digest.update(owner.to_be_bytes());
        part(&mut digest, request.method.as_str().as_bytes());
        part(&mut digest, request.url.as_str().as_bytes());
        headers(&mut digest, &request.headers);
        if let Idempotency::Key(IdempotencyKey::Given(key)) = &request.options.idempotency {
            part(&mut digest, key.as_bytes());
        }
        part(&mut digest, body);
        Some(digest.finalize().into())
    }
}

/// Adds a part with its length, so that different sequences of parts never produce the same bytes.
fn part(digest: &mut Sha256, bytes: &[u8]) {
    digest.update((bytes.len() as u64).to_be_bytes());
    digest.update(bytes);
}

fn headers(digest: &mut Sha256, headers: &HeaderMap) {
    // `cache-control` says how a call uses the cache. It does not distinguish responses.
    let mut sorted: Vec<_> = headers.iter().filter(|(name, _)| *name != CACHE_CONTROL).collect();
    // The sort is stable, because the order of several values of one header matters.
    sorted.sort_by_key(|(name, _)| name.as_str());
    part(digest, &(sorted.len() as u64).to_be_bytes());
    for (name, value) in sorted {
        part(digest, name.as_str().as_bytes());
        part(digest, value.as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::{HeaderValue, Method};

    use super::*;
    use crate::request::{Body, RequestOptions};

    fn request(url: &str, body: Body, headers: &[(&'static str, &'static str)]) -> PreparedRequest {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, HeaderValue::from_static(value));
        }
        PreparedRequest {
            method: Method::POST,
            url: url.parse().unwrap(),
            template: "x".into(),
            headers: map,
            body,
            options: RequestOptions::default(),
        }
    }

    #[test]
    fn only_equal_requests_of_one_endpoint_have_the_same_key() {
        let keys = KeyMaker::new();
        let of =
            |owner, url: &str, body: &'static str, headers: &[(&'static str, &'static str)]| {
                keys.of(owner, &request(url, Bytes::from_static(body.as_bytes()).into(), headers))
            };
        let first = of(1, "http://h/a", "b", &[("x", "1"), ("y", "2")]);
        assert!(first.is_some());
        assert_eq!(first, of(1, "http://h/a", "b", &[("y", "2"), ("x", "1")]));
        for other in [
            of(2, "http://h/a", "b", &[("x", "1"), ("y", "2")]),
            of(1, "http://h/b", "b", &[("x", "1"), ("y", "2")]),
            of(1, "http://h/a", "c", &[("x", "1"), ("y", "2")]),
            of(1, "http://h/a", "b", &[("x", "1"), ("y", "3")]),
            of(1, "http://h/a", "b", &[("x", "1y2")]),
            of(1, "http://h/a", "b", &[("y", "1"), ("x", "2")]),
            of(1, "http://h/ab", "", &[("x", "1"), ("y", "2")]),
        ] {
            assert_ne!(first, other);
        }
        // Another cache has another salt, so it has another key for the same request.
        let elsewhere = KeyMaker::new();
        let same =
            request("http://h/a", Bytes::from_static(b"b").into(), &[("x", "1"), ("y", "2")]);
        assert_ne!(first, elsewhere.of(1, &same));
    }

    #[test]
    fn a_request_whose_body_is_a_stream_has_no_key() {
        let stream = Body::once(http_body_util::Full::new(Bytes::new()));
        assert_eq!(KeyMaker::new().of(1, &request("http://h/a", stream, &[])), None);
    }
}
