//! How calls behave while the server wants no requests.

/// What calls do after a server has refused a request and named a time to wait: with a 429, a
/// 503 or a 529 (overloaded), and a hint such as `Retry-After`.
///
/// The client then holds back all calls to that origin for this time. Afterwards, calls start one
/// by one, at the pace at which the server accepted requests before. The pace grows as long as the
/// server refuses nothing. If no call had to wait for a minute, calls start freely again.
///
/// A call that does not fit fails at once with
/// [`ApiError::RateLimited`](crate::ApiError::RateLimited), which has the time to wait, and nothing
/// is sent for it. A call does not fit if it would have to wait longer than the `max_retry_after`
/// of its retry policy (60 s), or until its deadline or longer.
///
/// The hold and the circuit breaker are independent of each other. While the circuit is open, calls
/// are rejected at once and do not wait for the hold. Probes of a half-open circuit wait for the
/// end of the hold. A success of a request that was sent before does not end the
/// hold. After an hour, one call asks the server again, even if the
/// hint is longer.
/// ```
/// use resilient_http::{ApiClient, OnRateLimit};
///
/// let api = ApiClient::builder("http://localhost:8080").on_rate_limit(OnRateLimit::Fail).build()?;
/// assert_eq!(api.held_back(), None);
/// # Ok::<(), resilient_http::BuildError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum OnRateLimit {
    /// A call waits for the end of the hold and for its turn.
    #[default]
    Wait,
    /// A call that begins during the hold fails at once. After the hold, calls wait for their turn.
    /// A call that has already sent a request waits, as its retry policy decides.
    Fail,
    /// Nothing is held back. Each call only waits as its own responses ask for.
    Ignore,
}
