//! The headers that tell the server how long the caller waits, and which attempt this is.

use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue, header};
use resilient::deadline;
use resilient::retries::attempt_number;

use super::credentials::Credentials;
use crate::error::BuildError;
use crate::request::header_name;

/// The name for which gRPC defines another format of the value.
const GRPC_TIMEOUT: &str = "grpc-timeout";

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

/// The time that the attempt has left, if it does not suffice for a request.
pub(crate) struct TooLate(pub(crate) Duration);

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

    // D7
    /// Adds the headers to a request that is sent now. `has_deadline` says whether the time left is
    /// that of the whole response.
    pub(crate) fn add(&self, headers: &mut HeaderMap, has_deadline: bool) -> Result<(), TooLate> {
        if let Some(name) = self.deadline.as_ref().filter(|_| has_deadline) {
            if let Some(left) = deadline::remaining() {
                let value = value_of(left.saturating_sub(self.margin), name == GRPC_TIMEOUT);
                headers.insert(name, value.ok_or(TooLate(left))?);
            }
        }
        match (&self.attempt, attempt_number()) {
            (Some(name), number) if number > 1 => {
                headers.insert(name, number.into());
            }
            _ => {}
        }
        Ok(())
    }
}

/// Writes a time in full milliseconds. Returns `None` if it is shorter than a millisecond.
fn value_of(time: Duration, is_grpc: bool) -> Option<HeaderValue> {
    // The format of gRPC has at most eight digits.
    const MOST: u64 = 99_999_999;
    let millis = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    let text = match millis {
        0 => return None,
        _ if !is_grpc => return Some(millis.into()),
        ..=MOST => format!("{millis}m"),
        _ if time.as_secs() <= MOST => format!("{}S", time.as_secs()),
        _ => format!("{}H", (time.as_secs() / 3_600).min(MOST)),
    };
    HeaderValue::try_from(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn d07_a_time_is_written_in_the_format_of_its_header_and_never_as_more() {
        let day = Duration::from_secs(86_400);
        for (time, plain, grpc) in [
            (Duration::from_micros(1_999), "1", "1m"),
            (Duration::from_millis(99_999_999), "99999999", "99999999m"),
            (Duration::from_millis(100_000_999), "100000999", "100000S"),
            (day * 1_157, "99964800000", "99964800S"),
            (day * 1_158, "100051200000", "27792H"),
            (Duration::MAX, "18446744073709551615", "99999999H"),
        ] {
            assert_eq!(value_of(time, false).unwrap(), plain);
            assert_eq!(value_of(time, true).unwrap(), grpc);
        }
        assert_eq!(value_of(Duration::from_micros(999), false), None);
        assert_eq!(value_of(Duration::ZERO, true), None);
    }
}
