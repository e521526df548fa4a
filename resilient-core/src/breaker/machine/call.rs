//! A call as the state machine sees it: its ticket, its end, and how it was counted.

use std::time::Duration;

use crate::signal::{CallCounts, CircuitState, ErrorText, Outcome};

/// The difference between two consecutive generations. The low bits of a generation are always
/// zero. The state word stores the state in these bits, so it holds the generation without a shift.
pub(in crate::breaker) const GENERATION_STEP: u64 = 1 << 7;

/// Returns the generation after this one. The first generation is zero.
pub(in crate::breaker) const fn next_generation(generation: u64) -> u64 {
    generation.wrapping_add(GENERATION_STEP)
}

/// The data that an admitted call carries until its end is reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::breaker) struct Ticket {
    /// The generation that admitted the call, and the call's marks in the low bits.
    pub(in crate::breaker) generation: u64,
    /// The number of the probe if the call is a probe; otherwise the time when the call began, as a
    /// [`Stamp`].
    pub(in crate::breaker) stamp: u64,
}

impl Ticket {
    /// The mark of a nested call, in the generation of its ticket. The state word of a breaker in
    /// use never equals a generation with only this bit, so the report of a nested call never takes
    /// the fast path.
    const NESTED: u64 = 1;

    /// The first number of a probe. Every [`Stamp`] is lower than this for 292 years.
    pub(super) const FIRST_PROBE: u64 = 1 << 63;

    /// Returns the number of the probe after this one.
    pub(super) fn next_probe(number: u64) -> u64 {
        number.wrapping_add(1) | Self::FIRST_PROBE
    }

    /// Makes the ticket of a call that is nested in a probe of this generation.
    pub(super) fn nested(generation: u64) -> Self {
        Self { generation: generation | Self::NESTED, stamp: Stamp::UNKNOWN }
    }

    /// Returns whether the call was admitted as a probe. After 292 years, other calls are mistaken
    /// for probes. This has no effect, because such a call holds no slot.
    #[inline]
    pub(in crate::breaker) fn is_probe(self) -> bool {
        self.stamp >= Self::FIRST_PROBE
    }

    /// Returns whether the call uses the permit of a probe around it.
    pub(in crate::breaker) fn is_nested(self) -> bool {
        self.generation & Self::NESTED != 0
    }
}

/// The time at which a call began, as nanoseconds since its breaker was made, plus one. Zero means
/// that the time is unknown; such a call is never slow.
#[derive(Debug, Clone, Copy)]
pub(in crate::breaker) struct Stamp;

impl Stamp {
    pub(in crate::breaker) const UNKNOWN: u64 = 0;

    pub(in crate::breaker) fn of_nanos(begun: u64) -> u64 {
        begun.saturating_add(1)
    }

    /// Returns when the call began. Call this only if the time is known.
    #[inline]
    pub(in crate::breaker) fn begun(stamp: u64) -> u64 {
        stamp.wrapping_sub(1)
    }

    /// Returns how many nanoseconds the call has taken, or `None` if the time when the call began
    /// is unknown. `now` is in nanoseconds since the breaker was made.
    pub(in crate::breaker) fn took(stamp: u64, now: u64) -> Option<u64> {
        let begun = stamp.checked_sub(1)?;
        Some(now.saturating_sub(begun))
    }
}

/// Why a call was rejected, and how long to wait if that is known.
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

/// The end of an admitted call, with everything that is known about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::breaker) struct CallEnd {
    pub(in crate::breaker) ending: Ending,
    /// The dependency's hint about how long to wait.
    pub(in crate::breaker) retry_after: Option<Duration>,
    /// The text about the error.
    pub(in crate::breaker) text: Option<ErrorText>,
}

impl CallEnd {
    pub(in crate::breaker) const SUCCESS: Self = Self::of(Ending::Reported(Outcome::Success));

    pub(in crate::breaker) const fn of(ending: Ending) -> Self {
        Self { ending, retry_after: None, text: None }
    }
}

/// How a success that is not slow is handled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::breaker) enum SuccessHandling {
    /// The success changes nothing, so it is only counted.
    Clean,
    /// The success cannot open the circuit and can be deferred: the state machine records it later.
    Pending,
    /// Like `Pending`, but only for a success that is reported before the present bucket of the
    /// window of time ends. A later success is recorded at once.
    PendingInBucket,
    /// The state machine must record the success at once.
    Locked,
}

impl SuccessHandling {
    pub(in crate::breaker) fn is_deferrable(self) -> bool {
        matches!(self, Self::Pending | Self::PendingInBucket)
    }
}

/// How a call was counted when it was reported.
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
    /// The generation that admitted the call has ended.
    Late,
    /// The breaker is disabled, so the call is in no total.
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
        assert_eq!(counts, full);
        assert_eq!(full.plus(&full), full);
        assert_eq!(CallCounts::default().since(&full), CallCounts::default());
    }
}
