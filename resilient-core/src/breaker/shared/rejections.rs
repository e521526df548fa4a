//! Counts the rejections that the stripes of the threads do not count.

use std::sync::atomic::Ordering::Relaxed;

use crate::platform::AtomicU64;
use crate::signal::{CircuitState, RejectionCounts};

/// The rejections by a half-open breaker and by a breaker that is forced open. The first are made
/// under the breaker's lock in any case, and the second are an operator's exception, so neither
/// count takes room in every stripe.
#[derive(Debug)]
pub(super) struct OtherRejections {
    half_open: AtomicU64,
    forced_open: AtomicU64,
}

impl OtherRejections {
    pub(super) fn new() -> Self {
        Self { half_open: AtomicU64::new(0), forced_open: AtomicU64::new(0) }
    }

    /// Counts a rejection by this state. Returns `false` if the stripes must count it.
    #[inline]
    pub(super) fn count(&self, state: CircuitState) -> bool {
        let count = match state {
            CircuitState::HalfOpen => &self.half_open,
            CircuitState::ForcedOpen => &self.forced_open,
            _ => return false,
        };
        count.fetch_add(1, Relaxed);
        true
    }

    // B13: each rejection is in one count, so the sum of the counts is exact.
    /// Returns all counts. `open` is the count of the stripes.
    pub(super) fn with_open(&self, open: u64) -> RejectionCounts {
        RejectionCounts {
            open,
            half_open: self.half_open.load(Relaxed),
            forced_open: self.forced_open.load(Relaxed),
        }
    }
}
