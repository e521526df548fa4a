//! Counts rejections by the state that rejected. Most are those of an open circuit, and are
//! counted in the stripes of the threads; the other two counts are shared by all threads.

use std::sync::atomic::Ordering::Relaxed;

use super::{BreakerParts, SharedBreaker};
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
}

impl SharedBreaker {
    pub(super) fn count_rejection(&self, parts: &BreakerParts, state: CircuitState) {
        let others = &parts.other_rejections;
        let count = match state {
            CircuitState::HalfOpen => &others.half_open,
            CircuitState::ForcedOpen => &others.forced_open,
            _ => return self.counters.add_rejection(),
        };
        count.fetch_add(1, Relaxed);
    }

    // B13: each rejection is in one count, so the sum of the counts is exact.
    pub(super) fn rejections(&self, parts: &BreakerParts) -> RejectionCounts {
        RejectionCounts {
            open: self.counters.rejected(),
            half_open: parts.other_rejections.half_open.load(Relaxed),
            forced_open: parts.other_rejections.forced_open.load(Relaxed),
        }
    }
}
