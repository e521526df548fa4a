//! The wait of one call for a circuit, without a timer.

use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use super::handle::CircuitBreaker;
use super::shared::{SharedBreaker, Waiter};

// R9
/// The wait of one call for a circuit. It is woken when the circuit closes, when its open time gets
/// another end, or when a probe slot becomes free. Dropping it ends the wait.
#[derive(Debug)]
pub(crate) struct CircuitWait<'a> {
    breaker: &'a SharedBreaker,
    waiter: Arc<Waiter>,
    /// The place of the call among the waiting calls. `None` if the call is not listed, because
    /// the circuit may admit it.
    place: Option<u64>,
    is_over: bool,
}

/// How long until the circuit may admit the call: zero if the call should ask now, `None` if the
/// time is unknown.
pub(crate) type AdmitsIn = Option<Duration>;

impl<'a> CircuitWait<'a> {
    /// Begins a wait.
    pub(crate) fn begin(breaker: &'a CircuitBreaker) -> (Self, AdmitsIn) {
        let mut wait =
            Self { breaker: breaker.shared(), waiter: Arc::default(), place: None, is_over: false };
        let admits_in = wait.list();
        (wait, admits_in)
    }

    fn list(&mut self) -> AdmitsIn {
        let prospect = self.breaker.list(&self.waiter);
        self.place = prospect.place;
        prospect.admits_in
    }

    /// Returns the news of the circuit, if there are any.
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

    /// Blocks the thread until there is news of the circuit, or returns `None` at `end`. An `end`
    /// of `None` is never.
    pub(crate) fn block(&mut self, end: Option<Instant>) -> Option<AdmitsIn> {
        if self.place.is_some() {
            return self.waiter.block(end).then(|| self.list());
        }
        let left = end.map(|end| end.saturating_duration_since(Instant::now()));
        std::thread::sleep(left.unwrap_or(Duration::MAX));
        None
    }

    /// Ends the wait of a call that asks the breaker next.
    pub(crate) fn end(mut self) {
        self.is_over = true;
    }
}

// R11
impl Drop for CircuitWait<'_> {
    fn drop(&mut self) {
        if !self.is_over || self.place.is_some() {
            self.breaker.unlist(self.place, &self.waiter, !self.is_over);
        }
    }
}
