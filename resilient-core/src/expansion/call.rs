//! One call of a breaker.

use crate::breaker::{CircuitBreaker, CircuitOpen, Permit, RejectedOutput};
use crate::signal::Classification;

/// Reports by class: `None` is a success.
#[inline]
pub fn report(permit: Permit<'_>, class: Option<Classification>) {
    permit.report_class(class);
}

/// The output of a rejected call.
#[inline]
pub fn rejected<O: RejectedOutput>(open: CircuitOpen) -> O {
    O::rejected(open)
}

/// The output of a rejected call, as the user has it.
#[inline]
pub fn on_open<O>(open: CircuitOpen, make: impl FnOnce(CircuitOpen) -> O) -> O {
    make(open)
}

/// A breaker as the user has it, kept for the call.
#[inline]
#[must_use]
pub fn given_breaker(breaker: &CircuitBreaker) -> CircuitBreaker {
    breaker.clone()
}
