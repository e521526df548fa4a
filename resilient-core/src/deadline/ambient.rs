//! What the code around the running code has set: the deadline, and the number of the attempt.
//!
//! A thread-local holds it while an attempt or a scope runs; an async one sets it for each poll. So
//! it follows a task from thread to thread, but does not reach tasks that the code spawns. A loop
//! without time limits reads it only after a failure.

use std::cell::Cell;
use std::time::Instant;

#[cfg(feature = "tokio")]
use crate::time;

/// What an attempt shows to the code inside it. A first attempt shows nothing.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AttemptMark {
    pub(crate) number: u32,
    pub(crate) nesting: Nesting,
}

/// Whether somebody else repeats the code in which a loop runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Nesting {
    /// Nobody is known to.
    Alone,
    /// A loop around the code is at its second attempt or later.
    InRetry,
    /// The caller in another process does, and loops must leave retries to it.
    LeftToCaller,
}

/// The state that the running code inherits.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ambient {
    /// The number of the attempt around the code.
    pub(crate) attempt: u32,
    pub(crate) nesting: Nesting,
    /// The earliest deadline of the calls and scopes around the code.
    pub(crate) deadline: Option<Instant>,
}

impl Ambient {
    pub(super) const NOTHING: Self = Self { attempt: 1, nesting: Nesting::Alone, deadline: None };

    // D1, D5
    /// Returns the state of code inside `self`, where `self` is inside `outer`.
    fn inside(self, outer: Self) -> Self {
        Self {
            attempt: if self.attempt > 1 { self.attempt } else { outer.attempt },
            nesting: self.nesting.max(outer.nesting),
            deadline: earlier(outer.deadline, self.deadline),
        }
    }

    /// Adds `self` to the state of the running code, until the guard is dropped.
    #[inline(never)]
    pub(super) fn enter(self) -> Entered {
        let before = current();
        let now = self.inside(before);
        // This fails only while the thread ends, when the state no longer exists.
        let _ = CURRENT.try_with(|current| current.set(now));
        Entered { before }
    }
}

thread_local! {
    static CURRENT: Cell<Ambient> = const { Cell::new(Ambient::NOTHING) };
    /// The deadline that a call has found passed and that an outer call has set. The outer call
    /// polls the inner one, so it reads this in the same poll, on the same thread.
    #[cfg(feature = "tokio")]
    static PASSED: Cell<Option<Instant>> = const { Cell::new(None) };
}

/// Tells the outer call that set this deadline that it has passed.
#[cfg(feature = "tokio")]
pub(super) fn pass(deadline: Instant) {
    let _ = PASSED.try_with(|passed| passed.set(Some(deadline)));
}

/// Returns whether a call inside has found this deadline passed. Reads the clock as well, because
/// the call that set the deadline may no longer exist, and this call may have another clock.
#[cfg(feature = "tokio")]
pub(super) fn has_passed(deadline: Instant) -> bool {
    let passed = PASSED.try_with(Cell::get).ok().flatten();
    passed.is_some_and(|passed| deadline <= passed) && time::now() >= deadline
}

/// Ends the effect of [`pass`], after the call that set the deadline has ended.
#[cfg(feature = "tokio")]
pub(super) fn forget_passed(deadline: Instant) {
    let _ = PASSED.try_with(|passed| {
        if passed.get() == Some(deadline) {
            passed.set(None);
        }
    });
}

/// Returns the state of the running code, or `NOTHING` while a thread ends.
pub(crate) fn current() -> Ambient {
    CURRENT.try_with(Cell::get).unwrap_or(Ambient::NOTHING)
}

/// Returns the earlier of two instants, where `None` means never.
pub(crate) fn earlier(a: Option<Instant>, b: Option<Instant>) -> Option<Instant> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

/// A guard that lives as long as the code inside runs. Dropping the guard restores the outer state.
#[derive(Debug)]
#[must_use]
pub struct Entered {
    before: Ambient,
}

/// Adds the mark of an attempt and a deadline to the state of the running code, until the guard is
/// dropped.
#[inline(never)]
pub(crate) fn enter(mark: Option<AttemptMark>, deadline: Option<Instant>) -> Entered {
    let first = AttemptMark { number: 1, nesting: Nesting::Alone };
    let AttemptMark { number, nesting } = mark.unwrap_or(first);
    Ambient { attempt: number, nesting, deadline }.enter()
}

impl Drop for Entered {
    // Cold and not inlined, because inlining would take registers from the hot path.
    #[cold]
    #[inline(never)]
    fn drop(&mut self) {
        let _ = CURRENT.try_with(|current| current.set(self.before));
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn retry(number: u32) -> AttemptMark {
        AttemptMark { number, nesting: Nesting::InRetry }
    }

    /// Returns the attempt number and the nesting of the running code.
    fn shown() -> (u32, Nesting) {
        (current().attempt, current().nesting)
    }

    #[test]
    fn the_earliest_deadline_applies_and_the_outer_state_is_restored() {
        let now = Instant::now();
        let (soon, late) = (now + Duration::from_secs(1), now + Duration::from_secs(2));
        let outer = enter(None, Some(soon));
        let inner = enter(Some(retry(2)), Some(late));
        assert_eq!(current().deadline, Some(soon));
        assert_eq!(shown(), (2, Nesting::InRetry));
        drop(inner);
        assert_eq!(shown(), (1, Nesting::Alone));
        drop(outer);
        assert_eq!(current().deadline, None);
    }

    #[test]
    fn a_first_attempt_keeps_the_number_of_the_attempt_around_it() {
        let _outer = enter(Some(retry(3)), None);
        let _first = enter(None, None);
        assert_eq!(shown(), (3, Nesting::InRetry));
        let _hidden = enter(Some(AttemptMark { number: 2, nesting: Nesting::Alone }), None);
        assert_eq!(shown(), (2, Nesting::InRetry));
    }

    #[test]
    fn the_outer_state_is_restored_after_a_panic() {
        let panicked = crate::platform::contain(|| {
            let _entered = enter(Some(retry(2)), None);
            panic!("in an attempt");
        });
        assert!(panicked.is_none());
        assert_eq!(shown(), (1, Nesting::Alone));
    }
}
