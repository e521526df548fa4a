//! Helpers of the tests of overdue calls. In these tests, `slow_call` is two seconds.

use std::time::Duration;

use resilient::CircuitBreaker;
use resilient::breaker::Permit;
use resilient::time::ManualClock;

pub(super) const LIMIT: Duration = Duration::from_secs(2);
pub(super) const NANO: Duration = Duration::from_nanos(1);
pub(super) const JUST_BELOW: Duration = Duration::from_nanos(1_999_999_999);

/// The breaker notices an overdue call at most this long after `slow_call`.
pub(super) const TOLERANCE: Duration = Duration::from_millis(250);

pub(super) fn acquire(breaker: &CircuitBreaker) -> Permit<'_> {
    breaker.try_acquire().unwrap()
}

pub(super) fn overdue(breaker: &CircuitBreaker) -> u64 {
    breaker.snapshot().overdue
}

/// Begins `many` calls and advances the clock until they are overdue.
pub(super) fn hang<'breaker>(
    breaker: &'breaker CircuitBreaker,
    clock: &ManualClock,
    many: usize,
) -> Vec<Permit<'breaker>> {
    let hung = (0..many).map(|_| acquire(breaker)).collect();
    clock.advance(LIMIT + TOLERANCE);
    hung
}
