//! For model checkers only: a call that waits for a circuit.

use std::task::{Context, Poll, Waker};
use std::time::Duration;

use super::circuit_wait::CircuitWait;
use super::handle::CircuitBreaker;

#[derive(Debug)]
#[allow(missing_docs, reason = "for models only")]
pub struct WaitingCall(CircuitWait);

#[allow(missing_docs, reason = "for models only")]
impl WaitingCall {
    /// Begins a wait. Returns how long it takes until the circuit may admit the call.
    #[must_use]
    pub fn begin(breaker: &CircuitBreaker) -> (Self, Option<Duration>) {
        let (wait, admits_in) = CircuitWait::begin(breaker);
        (Self(wait), admits_in)
    }

    /// Returns the new time until the circuit may admit the call, if the call was woken. Otherwise
    /// `waker` is woken later.
    pub fn poll(&mut self, waker: &Waker) -> Poll<Option<Duration>> {
        self.0.poll_news(&Context::from_waker(waker))
    }

    /// Blocks until the call is woken, and returns the new time until the circuit may admit it.
    pub fn block(&mut self) -> Option<Duration> {
        self.0.block(None).flatten()
    }
}
