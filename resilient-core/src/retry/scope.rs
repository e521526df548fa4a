//! The retry loops around the running code, for the loops inside an attempt.
//!
//! A thread-local holds the scope while an attempt runs; an async attempt sets it for each poll. So
//! the scope follows a task from thread to thread, but does not reach tasks that an attempt spawns.
//! A loop without time limits reads the scope only after a failure.

use std::cell::Cell;
use std::time::Instant;

#[cfg(feature = "tokio")]
use crate::time;

/// The state of the loops around the running code.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scope {
    /// Whether one of the loops is at its second attempt or later.
    pub(super) in_retry: bool,
    /// The earliest deadline of the calls around the code.
    pub(super) deadline: Option<Instant>,
}

impl Scope {
    const NOTHING: Self = Self { in_retry: false, deadline: None };
}

thread_local! {
    static CURRENT: Cell<Scope> = const { Cell::new(Scope::NOTHING) };
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

/// Returns the scope of the running code, or `NOTHING` while a thread ends.
pub(super) fn current() -> Scope {
    CURRENT.try_with(Cell::get).unwrap_or(Scope::NOTHING)
}

/// Returns the earlier of two instants, where `None` means never.
pub(super) fn earlier(a: Option<Instant>, b: Option<Instant>) -> Option<Instant> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

/// A guard that lives as long as an attempt runs. Dropping the guard restores the outer scope.
#[derive(Debug)]
#[must_use]
pub struct Entered {
    before: Scope,
}

#[inline(never)]
pub(super) fn enter(in_retry: bool, deadline: Option<Instant>) -> Entered {
    let before = current();
    let scope = Scope {
        in_retry: before.in_retry || in_retry,
        deadline: earlier(before.deadline, deadline),
    };
    // This fails only while the thread ends, when the scope no longer exists.
    let _ = CURRENT.try_with(|current| current.set(scope));
    Entered { before }
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

    #[test]
    fn the_earliest_deadline_applies_and_the_outer_scope_is_restored() {
        let now = Instant::now();
        let (soon, late) = (now + Duration::from_secs(1), now + Duration::from_secs(2));
        let outer = enter(false, Some(soon));
        let inner = enter(true, Some(late));
        assert_eq!(current().deadline, Some(soon));
        assert!(current().in_retry);
        drop(inner);
        assert!(!current().in_retry);
        drop(outer);
        assert_eq!(current().deadline, None);
    }

    #[test]
    fn the_outer_scope_is_restored_after_a_panic() {
        let panicked = crate::platform::contain(|| {
            let _entered = enter(true, None);
            panic!("in an attempt");
        });
        assert!(panicked.is_none());
        assert!(!current().in_retry);
    }
}
