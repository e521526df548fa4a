//! A call as the state machine sees it: its ticket, its end, and where it was counted.

use std::time::Duration;

use crate::signal::{CallCounts, CircuitState, Outcome};

/// Generations count in steps of this, so that they stand in the state word as they are: its low
/// bits hold the state.
pub(in crate::breaker) const GENERATION_STEP: u64 = 1 << 7;

/// The generation after this one. The first is zero.
pub(in crate::breaker) const fn next_generation(generation: u64) -> u64 {
    generation.wrapping_add(GENERATION_STEP)
}

/// What an admitted call remembers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::breaker) struct Ticket {
    /// The generation that admitted it.
    pub(in crate::breaker) generation: u64,
    /// The number of a probe; when another call began: see [`Stamp`].
    pub(in crate::breaker) stamp: u64,
}

/// When a call began: nanoseconds since its breaker was made, plus one. Zero is unknown, and such a
/// call is never slow.
#[derive(Debug, Clone, Copy)]
pub(in crate::breaker) struct Stamp;

impl Stamp {
    pub(in crate::breaker) const UNKNOWN: u64 = 0;

    pub(in crate::breaker) fn of_nanos(begun: u64) -> u64 {
        begun.saturating_add(1)
    }

    /// How long the call has taken. All times are nanoseconds; `now` counts from when the breaker
    /// was made.
    pub(in crate::breaker) fn took(stamp: u64, now: u64) -> Option<u64> {
        let begun = stamp.checked_sub(1)?;
        Some(now.saturating_sub(begun))
    }
}

/// Why a call was not admitted, and how long to wait if that is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::breaker) struct Rejection {
    pub(in crate::breaker) state: CircuitState,
    pub(in crate::breaker) retry_after: Option<Duration>,
}

/// How an admitted call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::breaker) enum Ending {
    Reported(Outcome),
    /// The permit was dropped without an outcome.
    Abandoned,
}

/// How a success that is not slow is handled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::breaker) enum SuccessHandling {
    /// It changes nothing and is only counted.
    Clean,
    /// It opens nothing, and can be deferred: the state machine records it later.
    Pending,
    /// It can be deferred while the present bucket of a window of time lasts.
    PendingInBucket,
    /// The state machine must record it at once.
    Locked,
}

impl SuccessHandling {
    pub(in crate::breaker) fn is_deferrable(self) -> bool {
        matches!(self, Self::Pending | Self::PendingInBucket)
    }
}

/// Where a reported call was counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::breaker) enum Counted {
    Success {
        slow: bool,
    },
    Failure {
        slow: bool,
    },
    Ignored,
    Abandoned,
    /// The state that admitted it is over.
    Late,
    /// The breaker is disabled.
    Nowhere,
}

impl Counted {
    pub(in crate::breaker) fn add_to(self, totals: &mut CallCounts) {
        let (count, slow) = match self {
            Self::Success { slow } => (&mut totals.success, slow),
            Self::Failure { slow } => (&mut totals.failure, slow),
            Self::Ignored => (&mut totals.ignored, false),
            Self::Abandoned => (&mut totals.abandoned, false),
            Self::Late => (&mut totals.late, false),
            Self::Nowhere => return,
        };
        *count = count.saturating_add(1);
        totals.slow = totals.slow.saturating_add(u64::from(slow));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fm_d14_counts_stay_at_the_largest_number() {
        let full = CallCounts {
            success: u64::MAX,
            failure: u64::MAX,
            ignored: u64::MAX,
            abandoned: u64::MAX,
            late: u64::MAX,
            rejected: u64::MAX,
            slow: u64::MAX,
        };
        let mut counts = full;
        for counted in [
            Counted::Success { slow: true },
            Counted::Failure { slow: true },
            Counted::Ignored,
            Counted::Abandoned,
            Counted::Late,
        ] {
            counted.add_to(&mut counts);
        }
        counts.count_rejection();
        assert_eq!(counts, full);
        assert_eq!(full.plus(&full), full);
        assert_eq!(CallCounts::default().since(&full), CallCounts::default());
    }
}
