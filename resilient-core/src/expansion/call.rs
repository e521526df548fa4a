//! The steps of one call through a breaker.

use super::pause::LoopBreaker;
use crate::breaker::{
    CircuitBreaker, CircuitOpen, Permit, PermitFuture, RejectedOutput, TimedHere,
};
use crate::telemetry::{CallSpan, EnteredHere};

/// Wraps the future of a call, so that the call runs under its permit: see [`Permit::within`].
#[inline]
pub fn within<'permit, F: Future>(
    permit: &'permit Permit<'permit>,
    future: F,
) -> PermitFuture<'permit, F> {
    permit.within(future)
}

/// A guard that lives as long as a plain function runs under a breaker. Meanwhile the thread is in
/// the span of the call, and the call is measured.
#[derive(Debug)]
#[must_use]
pub struct CallHere<'b> {
    _timed: TimedHere<'b>,
    _span: EnteredHere,
}

/// Begins a call that runs and ends on this thread.
#[inline]
pub fn call_here<'b>(breaker: impl LoopBreaker<'b> + Copy) -> CallHere<'b> {
    CallHere {
        _timed: TimedHere::begin(|| breaker.handle().shared()),
        _span: CallSpan::of_breaker(|| breaker.handle().shared().name()).entered(),
    }
}

/// Makes the output of a rejected call.
#[inline]
pub fn rejected<O: RejectedOutput>(open: CircuitOpen) -> O {
    O::rejected(open)
}

/// Makes the output of a rejected call with the user's function.
#[inline]
pub fn on_open<O>(open: CircuitOpen, make: impl FnOnce(CircuitOpen) -> O) -> O {
    make(open)
}

/// Clones the user's breaker, so that the call has a handle of the breaker.
#[inline]
#[must_use]
pub fn given_breaker(breaker: &CircuitBreaker) -> CircuitBreaker {
    breaker.clone()
}

// C1
/// Does nothing. The expansion of a breaker above a retry calls this deprecated function, so that
/// the compiler prints the warning.
#[deprecated(
    note = "`#[circuit_breaker]` above `#[retry]` sees one call for a whole loop: it counts an \
            outage late, and cannot stop the retries. Put `#[retry]` above `#[circuit_breaker]`, \
            or, if that is what you want, write `#[circuit_breaker(order = explicit, …)]`"
)]
#[inline]
pub fn breaker_above_retry() {}

// C1
/// Does nothing. The expansion of a breaker below a timeout calls this deprecated function, so that
/// the compiler prints the warning.
#[deprecated(
    note = "`#[timeout]` above `#[circuit_breaker]` hides a dependency that hangs: a call that it \
            cuts short does not count, and the circuit never opens. Put `#[timeout]` below \
            `#[circuit_breaker]`, or, if that is what you want, write \
            `#[circuit_breaker(order = explicit, …)]`"
)]
#[inline]
pub fn timeout_above_breaker() {}
