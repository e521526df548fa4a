//! Marks of a call in the low bits of its ticket's generation. These bits are zero in every
//! generation.
//!
//! A success is clean only if its ticket's generation equals the state word. The state word of a
//! breaker in use never equals a generation with only these marks, so the end of a marked call
//! never takes the path of a clean success.

use super::{GENERATION_STEP, Stamp, Ticket};

impl Ticket {
    /// The mark of a call that was admitted while the breaker was disabled.
    const UNCOUNTED: u64 = 4;
    /// The mark of a call whose response head has arrived. The ticket's stamp is then how long the
    /// call took until its head.
    const MEASURED: u64 = 4 | 8;
    /// The mark of a call that the breaker watches, to notice when the call is overdue. The bits
    /// from `WATCH_SHIFT` on are the number of the watch.
    const WATCHED: u64 = 2;
    const WATCH_SHIFT: u32 = 3;
    const WATCHES: u64 = 1 << 4;

    /// Makes the ticket of a call that a disabled breaker admits.
    pub(in crate::breaker) fn of_disabled(generation: u64, stamp: u64) -> Self {
        Self { generation: generation | Self::UNCOUNTED, stamp }
    }

    /// Returns the marks of a call under the watch of this number, modulo 16.
    pub(in crate::breaker) fn marks_of_watch(number: u64) -> u64 {
        Self::WATCHED | (number % Self::WATCHES) << Self::WATCH_SHIFT
    }

    /// Returns the ticket with these marks.
    pub(in crate::breaker) fn with_marks(self, marks: u64) -> Self {
        Self { generation: self.generation | marks, ..self }
    }

    /// Returns the ticket without the marks of a watched call.
    pub(in crate::breaker) fn unwatched(self) -> Self {
        if self.is_watched() { Self { generation: self.admitted_in(), ..self } } else { self }
    }

    pub(in crate::breaker) fn is_watched(self) -> bool {
        self.generation & Self::WATCHED != 0
    }

    // B6: a streamed response is timed up to its head.
    /// Returns the ticket of a call that is timed only until `now`, in nanoseconds since the
    /// breaker was made. The call is no longer watched.
    pub(in crate::breaker) fn measured(self, now: u64) -> Self {
        let Some(took) = self.took(now) else { return self.unwatched() };
        let generation = self.admitted_in() | Self::MEASURED;
        Self { generation, stamp: Stamp::of_nanos(took) }
    }

    /// Returns how many nanoseconds the call has taken, up to its response head if that has
    /// arrived. Returns `None` if the time when the call began is unknown.
    pub(in crate::breaker) fn took(self, now: u64) -> Option<u64> {
        if self.is_measured() {
            return self.stamp.checked_sub(1);
        }
        Stamp::took(self.stamp, now)
    }

    fn is_measured(self) -> bool {
        self.generation & Self::MEASURED == Self::MEASURED
    }

    /// Returns the generation that admitted the call, without marks.
    pub(in crate::breaker) fn admitted_in(self) -> u64 {
        self.generation & !(GENERATION_STEP - 1)
    }

    // B19: only this function decides which calls count as in flight.
    /// Returns whether the call counts as in flight from its admission to its end.
    pub(in crate::breaker) fn is_counted(self) -> bool {
        !self.is_nested() && self.generation & Self::MEASURED != Self::UNCOUNTED
    }
}
