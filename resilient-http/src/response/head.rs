//! The status and headers of a response, read once when the response arrives.

use std::fmt;
use std::time::{Duration, SystemTime};

use http::{HeaderMap, StatusCode};

use super::rate_limit::RateLimit;
use super::retry_after::retry_after;
use crate::redact::{HeaderNames, mark_secrets};

/// The maximum length of a request id. Longer ids are cut.
const LONGEST_ID: usize = 128;

#[derive(Clone)]
pub(crate) struct ResponseHead {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    /// The wait that the server asks for. It is read when the response arrives: if the header has a
    /// date, the wait until that date becomes shorter later.
    pub(crate) retry_after: Option<Duration>,
    /// The rate limit is boxed, because few responses have one.
    pub(crate) rate_limit: Option<Box<RateLimit>>,
}

impl ResponseHead {
    /// Reads the headers of a response that has just arrived, and marks secret headers.
    pub(crate) fn received(status: StatusCode, mut headers: HeaderMap) -> Self {
        mark_secrets(&mut headers);
        let may_ask_for_a_wait = status == StatusCode::TOO_MANY_REQUESTS
            || status == StatusCode::REQUEST_TIMEOUT
            || status.is_server_error()
            || status.is_redirection();
        Self {
            status,
            retry_after: may_ask_for_a_wait
                .then(|| retry_after(&headers, SystemTime::now()))
                .flatten(),
            rate_limit: RateLimit::parse(&headers).map(Box::new),
            headers,
        }
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

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn the_wait_is_read_once_and_only_if_the_status_may_ask_for_a_wait() {
        let later = SystemTime::now() + Duration::from_secs(3600);
        let date = HeaderValue::from_str(&httpdate::fmt_http_date(later)).unwrap();
        let received = |status: u16| {
            let headers = HeaderMap::from_iter([(http::header::RETRY_AFTER, date.clone())]);
            ResponseHead::received(StatusCode::from_u16(status).unwrap(), headers).retry_after
        };
        for status in [301, 408, 429, 500, 503] {
            let wait = received(status).unwrap();
            assert!(wait > Duration::from_secs(3500), "{status}: {wait:?}");
        }
        for status in [200, 204, 401, 404] {
            assert_eq!(received(status), None, "{status}");
        }
    }
}
