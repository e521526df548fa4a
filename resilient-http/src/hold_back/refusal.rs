//! What the response to a refused request says about the server.

use std::time::Duration;

use http::StatusCode;
use tokio::time::Instant;

use crate::response::{RateLimit, ResponseHead};

/// By Anthropic and others: the server is overloaded for all its users.
const OVERLOADED: u16 = 529;

/// What a refused request says about the server.
#[derive(Debug, Clone, Copy)]
pub(super) struct Refusal {
    /// When the refused request was sent.
    pub(super) sent_at: Instant,
    /// How long the server asks to wait. It is longer than zero.
    pub(super) hint: Duration,
    /// Whether the server refused because of a limit (429), not because it cannot serve (503, 529).
    pub(super) is_limit: bool,
    /// The time per request that the server states in its rate-limit headers.
    pub(super) stated: Option<Duration>,
}

/// Returns whether the server refused the request because it wants fewer requests.
pub(super) fn is_refusal(status: StatusCode) -> bool {
    status == StatusCode::TOO_MANY_REQUESTS
        || status == StatusCode::SERVICE_UNAVAILABLE
        || status == OVERLOADED
}

impl Refusal {
    /// Reads the head of the response to a refused request. Returns `None` if it names no time to
    /// wait. A time of zero allows a request at once, so it holds nothing back.
    pub(super) fn of(head: &ResponseHead, sent_at: Instant) -> Option<Self> {
        let hint = head.retry_after.filter(|hint| !hint.is_zero())?;
        let is_limit = head.status == StatusCode::TOO_MANY_REQUESTS;
        let stated = head.rate_limit().as_ref().and_then(time_per_request);
        Some(Self { sent_at, hint, is_limit, stated })
    }
}

/// Returns the time per request that the server states, if it states its limit and its window.
fn time_per_request(limit: &RateLimit) -> Option<Duration> {
    let requests = u32::try_from(limit.limit?).unwrap_or(u32::MAX);
    limit.window?.checked_div(requests)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn the_time_per_request_needs_a_limit_and_a_window() {
        let stated =
            |limit, window| time_per_request(&RateLimit { limit, window, ..RateLimit::default() });
        assert_eq!(stated(Some(10), Some(SECOND)), Some(SECOND / 10));
        assert_eq!(stated(Some(u64::MAX), Some(SECOND)), Some(Duration::ZERO));
        assert_eq!(stated(Some(0), Some(SECOND)), None);
        assert_eq!((stated(None, Some(SECOND)), stated(Some(10), None)), (None, None));
    }
}
