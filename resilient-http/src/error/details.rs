//! What every error knows of the call and, if there was one, of the answer.

use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode};
use serde_json::Value;

use crate::outcome::OutcomeRules;
use crate::rate_limit::RateLimit;
use crate::redact::HeaderNames;
use crate::{BoxError, retry_after};

/// What an error knows besides its kind.
pub(crate) struct Details {
    /// Not known yet, or never, where a time limit of somebody else's made the error.
    pub(crate) call: Option<CallFacts>,
    pub(crate) attempts: u32,
    pub(crate) reply: Option<Reply>,
    pub(crate) source: Option<BoxError>,
}

/// What there is to know of a call without its values: fit to be printed.
#[derive(Clone)]
pub(crate) struct CallFacts {
    pub(crate) method: Method,
    pub(crate) template: Arc<str>,
    /// Doing it twice is as good as once: by its method, its key, or its caller's word.
    pub(crate) is_repeatable: bool,
    /// Its body can be sent again.
    pub(crate) is_replayable: bool,
    /// The server took it, and sent on to its result: whatever comes after that, to do it again is to do it twice.
    pub(crate) was_acted_upon: bool,
    pub(crate) rules: Arc<OutcomeRules>,
}

/// The answer that an error is about.
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// The body was longer than the cap, or broke off.
    pub(crate) is_truncated: bool,
}

impl Reply {
    /// The wait that the server asks for, where its status goes with one.
    pub(crate) fn retry_after(&self) -> Option<std::time::Duration> {
        let status = self.status;
        let may_ask = status == StatusCode::TOO_MANY_REQUESTS
            || status == StatusCode::REQUEST_TIMEOUT
            || status.is_server_error()
            || status.is_redirection();
        may_ask
            .then(|| retry_after(&self.headers, SystemTime::now()))
            .flatten()
    }

    pub(crate) fn limits(&self) -> Option<RateLimit> {
        RateLimit::parse(&self.headers)
    }

    /// What the server says of its own will: retry, or do not.
    pub(crate) fn says_retry(&self) -> Option<bool> {
        let names = ["x-should-retry", "stripe-should-retry"];
        names.iter().find_map(|name| {
            let value = self.headers.get(*name)?.as_bytes();
            if value.eq_ignore_ascii_case(b"true") {
                Some(true)
            } else if value.eq_ignore_ascii_case(b"false") {
                Some(false)
            } else {
                None
            }
        })
    }

    /// Whether its JSON says that it is one of these, as `code` or `type`, at its top or within `error`.
    pub(crate) fn has_code(&self, codes: &[String]) -> bool {
        let Ok(body) = serde_json::from_slice::<Value>(&self.body) else {
            return false;
        };
        let error = body.get("error");
        [Some(&body), error].into_iter().flatten().any(|part| {
            ["code", "type"].iter().any(|name| {
                let code = part.get(*name).and_then(Value::as_str);
                code.is_some_and(|code| codes.iter().any(|known| known == code))
            })
        })
    }

    pub(crate) fn request_id(&self) -> Option<&str> {
        request_id(&self.headers)
    }
}

/// The name that the server gave the request. Visible ASCII, of which at most 128 are taken.
pub(crate) fn request_id(headers: &HeaderMap) -> Option<&str> {
    let names = ["x-request-id", "request-id", "x-amzn-requestid", "cf-ray"];
    let id = names
        .iter()
        .find_map(|name| headers.get(*name)?.to_str().ok())?;
    Some(&id[..id.len().min(128)])
}

impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reply")
            .field("status", &self.status.as_u16())
            .field("headers", &HeaderNames(&self.headers))
            .field("body_bytes", &self.body.len())
            .field("is_truncated", &self.is_truncated)
            .finish()
    }
}

impl fmt::Debug for Details {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Details")
            .field("method", &self.call.as_ref().map(|call| &call.method))
            .field("template", &self.call.as_ref().map(|call| &call.template))
            .field("attempts", &self.attempts)
            .field("reply", &self.reply)
            .field("source", &self.source)
            .finish_non_exhaustive()
    }
}
