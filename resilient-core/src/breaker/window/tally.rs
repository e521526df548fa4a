//! Counted calls: a single call, and sums of calls.

/// A counted call: a success or a failure, fast or slow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::breaker) struct Call {
    pub(in crate::breaker) failed: bool,
    pub(in crate::breaker) slow: bool,
}

/// The number of calls, and how many of them failed or were slow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in crate::breaker) struct Tally {
    pub(in crate::breaker) calls: u64,
    pub(in crate::breaker) failures: u64,
    pub(in crate::breaker) slow: u64,
}

impl Tally {
    #[inline]
    pub(in crate::breaker) fn add(&mut self, call: Call) {
        *self = self.plus(Self::of(call));
    }

    #[inline]
    pub(in crate::breaker) fn remove(&mut self, call: Call) {
        *self = self.minus(Self::of(call));
    }

    pub(in crate::breaker) fn plus(self, other: Self) -> Self {
        Self {
            calls: self.calls.saturating_add(other.calls),
            failures: self.failures.saturating_add(other.failures),
            slow: self.slow.saturating_add(other.slow),
        }
    }

    pub(in crate::breaker) fn minus(self, other: Self) -> Self {
        Self {
            calls: self.calls.saturating_sub(other.calls),
            failures: self.failures.saturating_sub(other.failures),
            slow: self.slow.saturating_sub(other.slow),
        }
    }

    fn of(call: Call) -> Self {
        Self { calls: 1, failures: u64::from(call.failed), slow: u64::from(call.slow) }
    }
}
