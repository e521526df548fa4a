//! Counted calls: one, and many.

/// A call that counts: a success or a failure, fast or slow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Call {
    pub(crate) failed: bool,
    pub(crate) slow: bool,
}

/// How many calls, and how many of them failed or were slow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Tally {
    pub(crate) calls: u64,
    pub(crate) failures: u64,
    pub(crate) slow: u64,
}

impl Tally {
    #[inline]
    pub(crate) fn add(&mut self, call: Call) {
        *self = self.plus(Self::of(call));
    }

    #[inline]
    pub(crate) fn remove(&mut self, call: Call) {
        *self = self.minus(Self::of(call));
    }

    pub(crate) fn plus(self, other: Self) -> Self {
        Self {
            calls: self.calls.saturating_add(other.calls),
            failures: self.failures.saturating_add(other.failures),
            slow: self.slow.saturating_add(other.slow),
        }
    }

    pub(crate) fn minus(self, other: Self) -> Self {
        Self {
            calls: self.calls.saturating_sub(other.calls),
            failures: self.failures.saturating_sub(other.failures),
            slow: self.slow.saturating_sub(other.slow),
        }
    }

    pub(crate) fn failure_rate(self) -> Option<f64> {
        self.share(self.failures)
    }

    pub(crate) fn slow_call_rate(self) -> Option<f64> {
        self.share(self.slow)
    }

    fn share(self, part: u64) -> Option<f64> {
        (self.calls > 0).then(|| part as f64 / self.calls as f64)
    }

    fn of(call: Call) -> Self {
        Self {
            calls: 1,
            failures: u64::from(call.failed),
            slow: u64::from(call.slow),
        }
    }
}
