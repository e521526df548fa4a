//! What a caller in another process has said about its call.

use std::time::Duration;

use super::ambient::{Ambient, Nesting};
#[cfg(feature = "tokio")]
use super::deadline_scope::DeadlineScope;
use super::time_left::TimeLeft;
use crate::time;

// D6
/// What a caller in another process has said about its call: how long it waits, and which attempt
/// this is. A server makes it from the headers of a request, and runs the handler in it.
///
/// ```
/// use resilient_core::deadline::{self, CallerContext};
/// use resilient_core::retry::attempt_number;
/// use std::time::Duration;
///
/// # let mut runtime = tokio::runtime::Builder::new_current_thread();
/// # runtime.enable_time().start_paused(true).build().unwrap().block_on(async {
/// let time = Duration::from_millis(800);
/// let caller = CallerContext::new().time_left(time).attempt(2).collapse_retries(true);
/// let handler = async { (deadline::remaining(), attempt_number()) };
/// assert_eq!(caller.scope(handler).await, Ok((Some(time), 2)));
/// # });
/// ```
#[derive(Debug, Clone, Copy)]
pub struct CallerContext {
    time_left: Option<TimeLeft>,
    attempt: u32,
    nesting: Nesting,
}

impl CallerContext {
    /// Makes the context of a caller that has said nothing: no deadline, attempt 1, and retries as
    /// usual.
    #[must_use]
    pub const fn new() -> Self {
        Self { time_left: None, attempt: 1, nesting: Nesting::Alone }
    }

    /// Sets how long the caller still waits. The time counts from this call, so call it as soon as
    /// the request has arrived. `Duration::MAX` is no deadline. Default: no deadline.
    #[must_use]
    pub fn time_left(mut self, time: Duration) -> Self {
        self.time_left = TimeLeft::from(time::now(), Some(time));
        self
    }

    /// Sets the number of the caller's attempt, which
    /// [`attempt_number`](crate::retry::attempt_number) returns in the scope. The number alone
    /// changes nothing about retries. Default: 1. 0 counts as 1.
    #[must_use]
    pub const fn attempt(mut self, number: u32) -> Self {
        self.attempt = if number == 0 { 1 } else { number };
        self
    }

    /// Leaves retries to the caller: a retry loop in the scope makes a single attempt, unless it
    /// has [`NestedMode::Allow`](crate::retry::NestedMode::Allow). Set it only if the caller
    /// retries; otherwise nobody does. Default: `false`.
    ///
    /// Without it, the retries of a chain of services multiply: three services with three retries
    /// each make 64 calls to a database that is down.
    #[must_use]
    pub const fn collapse_retries(mut self, yes: bool) -> Self {
        self.nesting = if yes { Nesting::LeftToCaller } else { Nesting::Alone };
        self
    }

    /// Runs `future` in this context, and cancels it when the caller's time is up. If the time is
    /// up before the future starts, the future does not start.
    #[cfg(feature = "tokio")]
    pub fn scope<F: Future>(self, future: F) -> DeadlineScope<F> {
        DeadlineScope::open(self.ambient(), self.time_left, future)
    }

    /// Runs a plain function in this context. Nothing is cancelled: see
    /// [`scope_blocking`](super::scope_blocking).
    pub fn scope_blocking<R>(self, body: impl FnOnce() -> R) -> R {
        let _entered = self.ambient().enter();
        body()
    }

    fn ambient(self) -> Ambient {
        let deadline = self.time_left.map(|left| left.end);
        Ambient { attempt: self.attempt, nesting: self.nesting, deadline }
    }
}

impl Default for CallerContext {
    fn default() -> Self {
        Self::new()
    }
}
