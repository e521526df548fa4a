//! The headers that tell the server how long the caller waits, and which attempt this is.

use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue, header};
use resilient::TimedOut;
use resilient::deadline::{HopFormat, time_to_send};
use resilient::retries::attempt_number;

use super::credentials::Credentials;
use crate::error::BuildError;
use crate::request::header_name;

/// Headers with another meaning to the transport or to the client.
const TAKEN: [HeaderName; 5] = [
    header::CONNECTION,
    header::CONTENT_LENGTH,
    header::CONTENT_TYPE,
    header::HOST,
    header::TRANSFER_ENCODING,
];

pub(crate) struct ContextHeaders {
    pub(super) deadline: Option<HeaderName>,
    pub(super) margin: Duration,
    pub(super) attempt: Option<HeaderName>,
}

impl ContextHeaders {
    pub(super) fn new(
        deadline: Option<&str>,
        margin: Duration,
        attempt: Option<&str>,
    ) -> Result<Self, BuildError> {
        let parsed = |name: Option<&str>| name.map(header_name).transpose();
        Ok(Self { deadline: parsed(deadline)?, margin, attempt: parsed(attempt)? })
    }

    /// Refuses a header that another setting sets, and a margin that leaves no time.
    pub(super) fn check(
        &self,
        credentials: &Credentials,
        idempotency: &HeaderName,
        headers: &HeaderMap,
        limits: [Option<Duration>; 2],
    ) -> Result<(), BuildError> {
        for name in [&self.deadline, &self.attempt].into_iter().flatten() {
            let problem = if TAKEN.contains(name) {
                "is not free: choose another name"
            } else if credentials.header().is_some_and(|it| it == name) {
                "is the one that `auth` sets"
            } else if name == idempotency {
                "is the one for idempotency keys"
            } else if headers.contains_key(name) {
                "is set for all calls, and changes with each attempt: set one of the two"
            } else {
                continue;
            };
            return Err(BuildError::header(name.as_str(), problem));
        }
        match (&self.deadline, &self.attempt) {
            (Some(deadline), Some(attempt)) if deadline == attempt => {
                let problem = "cannot have both the time left and the attempt number";
                Err(BuildError::header(deadline.as_str(), problem))
            }
            (Some(_), _) if limits.into_iter().flatten().any(|limit| limit <= self.margin) => {
                let problem = "must be shorter than the timeout and the deadline";
                Err(BuildError::setting("deadline_margin", problem))
            }
            _ => Ok(()),
        }
    }

    // D9
    /// Adds the headers to a request that is sent now. `has_deadline` says whether the time left is
    /// that of the whole response. Returns an error if too little time is left for a request.
    pub(crate) fn add(&self, headers: &mut HeaderMap, has_deadline: bool) -> Result<(), TimedOut> {
        if let Some(name) = self.deadline.as_ref().filter(|_| has_deadline) {
            if let Some(time) = time_to_send(self.margin)? {
                insert(headers, name, &format_of(name).write_time(time));
            }
        }
        if let (Some(name), number @ 2..) = (&self.attempt, attempt_number()) {
            insert(headers, name, &format_of(name).write_attempt(number));
        }
        Ok(())
    }
}

/// Returns the format of a header, by its name.
fn format_of(name: &HeaderName) -> HopFormat {
    let grpc = HopFormat::Grpc;
    if name == grpc.time_header() || name == grpc.attempt_header() { grpc } else { HopFormat::Http }
}

fn insert(headers: &mut HeaderMap, name: &HeaderName, value: &str) {
    // A number with a unit is always a value that a header can carry.
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}
