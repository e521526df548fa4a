//! The status and headers of a response, read once when the response arrives.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use http::{HeaderMap, HeaderValue, StatusCode};
use resilient_classify::retry_after;
use url::Url;

use super::rate_limit::RateLimit;
use crate::redact::{HeaderNames, mark_secrets};

/// The maximum length of a request id. Longer ids are cut.
const LONGEST_ID: usize = 128;

#[derive(Clone)]
pub(crate) struct ResponseHead {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    /// The address of the response, if a redirect led to it. It may contain secrets.
    pub(crate) redirected_to: Option<Arc<Url>>,
    /// The time by the local clock when the response arrived.
    arrival: SystemTime,
    /// The wait that the server asks for. It is read when the response arrives: if the header has a
    /// date, the wait until that date becomes shorter later.
    pub(crate) retry_after: Option<Duration>,
}

impl ResponseHead {
    /// Reads the headers of a response that has just arrived, and marks secret headers.
    pub(crate) fn received(status: StatusCode, mut headers: HeaderMap) -> Self {
        mark_secrets(&mut headers);
        let arrival = SystemTime::now();
        let retry_after = if status.is_success() { None } else { hint(status, &headers, arrival) };
        Self { status, headers, redirected_to: None, arrival, retry_after }
    }

    /// Copies the header values. In HTTP/1 they are slices of the connection's read buffer, and so
    /// keep the whole buffer in memory.
    pub(crate) fn detach(&mut self) {
        for value in self.headers.values_mut() {
            // A copy of a valid value is valid.
            let Ok(mut copy) = HeaderValue::from_bytes(value.as_bytes()) else { continue };
            copy.set_sensitive(value.is_sensitive());
            *value = copy;
        }
    }

    /// Reads the wait that a success asks for, after a hook has found an error in it.
    pub(crate) fn hint_of_success(&self) -> Option<Duration> {
        retry_after(&self.headers, self.arrival)
    }

    /// Returns all rate limits that the server reported.
    pub(crate) fn rate_limits(&self) -> Vec<RateLimit> {
        RateLimit::received(&self.headers, self.arrival)
    }

    /// Returns the rate limit of which the smallest share remains.
    pub(crate) fn rate_limit(&self) -> Option<RateLimit> {
        RateLimit::tightest(self.rate_limits())
    }

    /// Returns the id that the server gave the request. It has only visible ASCII characters, at
    /// most 128.
    pub(crate) fn request_id(&self) -> Option<&str> {
        let names = ["x-request-id", "request-id", "x-amzn-requestid", "cf-ray"];
        let id = names.iter().find_map(|name| self.headers.get(*name)?.to_str().ok())?;
        Some(&id[..id.len().min(LONGEST_ID)])
    }

    /// Adds the fields that `Debug` may show. Header names are shown without their values.
    pub(crate) fn debug_fields(&self, shown: &mut fmt::DebugStruct<'_, '_>) {
        shown.field("status", &self.status.as_u16()).field("headers", &HeaderNames(&self.headers));
    }
}

/// Returns the wait that a response with an error status asks for. A 429 without `Retry-After` asks
/// for a wait until its exhausted rate limits reset, or at most ten seconds for those that refill.
fn hint(status: StatusCode, headers: &HeaderMap, arrival: SystemTime) -> Option<Duration> {
    let of_limits = || {
        let is_limited = status == StatusCode::TOO_MANY_REQUESTS;
        is_limited
            .then(|| RateLimit::exhausted_until(&RateLimit::received(headers, arrival)))
            .flatten()
    };
    retry_after(headers, arrival).or_else(of_limits)
}

#[cfg(test)]
mod tests {
    use http::HeaderName;

    use super::*;

    fn hint_of(status: u16, headers: &[(&'static str, &str)]) -> Option<Duration> {
        let headers = headers.iter().map(|(name, value)| {
            (HeaderName::from_static(name), HeaderValue::from_str(value).unwrap())
        });
        let status = StatusCode::from_u16(status).unwrap();
        ResponseHead::received(status, headers.collect()).retry_after
    }

    #[test]
    fn the_wait_is_read_from_a_response_of_any_status_but_a_success() {
        let later = SystemTime::now() + Duration::from_secs(3600);
        let date = httpdate::fmt_http_date(later);
        for status in [301, 304, 400, 401, 403, 404, 408, 409, 429, 500, 503, 529] {
            let wait = hint_of(status, &[("retry-after", &date)]).unwrap();
            assert!(wait > Duration::from_secs(3500), "{status}: {wait:?}");
        }
        for status in [200, 202, 204] {
            assert_eq!(hint_of(status, &[("retry-after", &date)]), None, "{status}");
        }
    }

    #[test]
    fn a_429_without_a_wait_asks_to_wait_until_its_exhausted_limits_reset() {
        let exhausted = [("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "7")];
        assert_eq!(hint_of(429, &exhausted), Some(Duration::from_secs(7)));
        for status in [403, 500, 503] {
            assert_eq!(hint_of(status, &exhausted), None, "{status}");
        }
        let both = [exhausted[0], exhausted[1], ("retry-after", "2")];
        assert_eq!(hint_of(429, &both), Some(Duration::from_secs(2)));
        let some_left = [("x-ratelimit-remaining", "1"), ("x-ratelimit-reset", "7")];
        assert_eq!(hint_of(429, &some_left), None);
    }
}
