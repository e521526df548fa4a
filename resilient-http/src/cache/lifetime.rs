//! Decides whether a response may be stored, and how long it may be used.

use std::time::{Duration, SystemTime};

use http::HeaderMap;
use http::header::{AGE, DATE, EXPIRES, VARY};

use super::cache_control::{CacheControl, seconds};
use super::config::CacheConfig;
use crate::response::Response;

/// The statuses of complete successes that RFC 9110 makes cacheable without further permission. A
/// 202 is only a promise, a 201 describes what one request made, and a 206 is a part.
const CACHEABLE: [u16; 3] = [200, 203, 204];

/// How long a response may be used, from its arrival on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Lifetime {
    /// The age of the response when it arrived, because other caches had stored it.
    pub(super) age: Duration,
    pub(super) fresh_for: Duration,
    /// The end of the time in which the response may be used while the circuit is open.
    pub(super) stale_until: Duration,
}

impl Lifetime {
    /// Returns the lifetime of a response that has just arrived, or `None` if it must not be
    /// stored. The server can shorten the times of the configuration.
    pub(super) fn of(response: &Response, config: &CacheConfig) -> Option<Self> {
        let headers = &response.head.headers;
        let control = CacheControl::of(headers);
        // A response with `no-cache` must be revalidated at each use, which this cache never does.
        let is_forbidden = control.no_store || control.no_cache;
        if is_forbidden || varies_by_anything(headers) || !is_cacheable(response) {
            return None;
        }
        let age = text(headers, &AGE).and_then(seconds).unwrap_or_default();
        let lifetime = control.max_age.or_else(|| until_expiry(headers));
        let left = match lifetime {
            // A response that is stale on arrival is not stored.
            Some(lifetime) => Some(lifetime.checked_sub(age).filter(|left| !left.is_zero())?),
            None => None,
        };
        let fresh_for = left.map_or(config.ttl, |left| left.min(config.ttl));
        let stale_for = if control.must_revalidate { Duration::ZERO } else { config.stale_if_open };
        let stale_until = fresh_for.saturating_add(stale_for);
        (!stale_until.is_zero()).then_some(Self { age, fresh_for, stale_until })
    }
}

fn is_cacheable(response: &Response) -> bool {
    CACHEABLE.contains(&response.status().as_u16())
}

/// Returns whether the response depends on more than the request. All headers of a request are part
/// of its key, so other values of `vary` need no check.
fn varies_by_anything(headers: &HeaderMap) -> bool {
    let values = headers.get_all(VARY).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|name| name.trim() == "*")
}

/// Returns the time from `date` to `expires`. A date that cannot be read has passed.
fn until_expiry(headers: &HeaderMap) -> Option<Duration> {
    let expires = headers.get(EXPIRES)?.to_str().ok().and_then(parse_date);
    let date = text(headers, &DATE).and_then(parse_date).unwrap_or_else(SystemTime::now);
    Some(expires.and_then(|at| at.duration_since(date).ok()).unwrap_or_default())
}

fn parse_date(text: &str) -> Option<SystemTime> {
    httpdate::parse_http_date(text).ok()
}

fn text<'a>(headers: &'a HeaderMap, name: &http::HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}
