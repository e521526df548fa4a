//! The wait of one call for a circuit, without a timer.

use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use super::handle::CircuitBreaker;
use super::shared::Waiter;

// R9
/// The wait of one call for a circuit. The call is woken when the circuit closes, when the end of
/// the open time changes, or when a probe slot becomes free. Dropping this value ends the wait.
#[derive(Debug)]
pub(crate) struct CircuitWait {
    breaker: CircuitBreaker,
    waiter: Arc<Waiter>,
    /// The place of the call in the list of waiting calls. `None` if the call is not listed,
    /// because the circuit may admit it now.
    place: Option<u64>,
    is_over: bool,
}

/// How long until the circuit may admit the call: zero if the call should ask now, `None` if the
/// time is unknown.
pub(crate) type AdmitsIn = Option<Duration>;

impl CircuitWait {
    /// Begins a wait.
    pub(crate) fn begin(breaker: &CircuitBreaker) -> (Self, AdmitsIn) {
        let mut wait =
            Self { breaker: breaker.clone(), waiter: Arc::default(), place: None, is_over: false };
        let admits_in = wait.list();
        (wait, admits_in)
    }

    fn list(&mut self) -> AdmitsIn {
        let prospect = self.breaker.shared().list(&self.waiter);
        self.place = prospect.place;
        prospect.admits_in
    }

    /// Returns the new time until the circuit may admit the call, if the call was woken. Otherwise
    /// the task is woken later.
    #[cfg_attr(
        not(any(feature = "tokio", loom, shuttle)),
        expect(dead_code, reason = "without tokio, only threads wait")
    )]
    pub(crate) fn poll_news(&mut self, cx: &Context<'_>) -> Poll<AdmitsIn> {
        if self.place.is_some() && self.waiter.poll(cx) {
            Poll::Ready(self.list())
        } else {
            Poll::Pending
        }
    }

    /// Blocks the thread until the call is woken. Then returns how long the circuit may still
    /// reject the call. Returns `None` if `end` comes first. Without an `end`, the wait has no time
    /// limit.
    pub(crate) fn block(&mut self, end: Option<Instant>) -> Option<AdmitsIn> {
        if self.place.is_some() {
            return self.waiter.block(end).then(|| self.list());
        }
        let left = end.map(|end| end.saturating_duration_since(Instant::now()));
        std::thread::sleep(left.unwrap_or(Duration::MAX));
        None
    }

    /// Ends the wait of a call that asks the breaker next. If a wait is dropped without this, the
    /// call was cancelled.
    pub(crate) fn end(mut self) {
        self.is_over = true;
    }
}

// R11
impl Drop for CircuitWait {
    fn drop(&mut self) {
        if !self.is_over || self.place.is_some() {
            self.breaker.shared().unlist(self.place, &self.waiter, !self.is_over);
        }
    }
}
