//! What a running attempt leaves for the loops inside it: that there is one around them, and until when.
//!
//! It stands in a thread-local while an attempt runs; an asynchronous attempt puts it there for each poll. So it follows a
//! task from thread to thread, and does not reach what an attempt spawns. Only a loop that fails reads it.

use std::cell::Cell;
use std::time::Instant;

/// What is around the code that runs now.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scope {
    /// A loop that is at its second attempt, or at a later one.
    pub(super) in_retry: bool,
    /// The earliest end of the calls around.
    pub(super) deadline: Option<Instant>,
}

impl Scope {
    const NOTHING: Self = Self {
        in_retry: false,
        deadline: None,
    };
}

thread_local! {
    static CURRENT: Cell<Scope> = const { Cell::new(Scope::NOTHING) };
}

/// What is around the code that runs now. While a thread ends, nothing is.
pub(super) fn current() -> Scope {
    CURRENT.try_with(Cell::get).unwrap_or(Scope::NOTHING)
}

/// The earlier of two instants, either of which may be never.
pub(super) fn earlier(a: Option<Instant>, b: Option<Instant>) -> Option<Instant> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

/// Code runs within a loop, or until a deadline, as long as this lives.
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
    // Where the thread ends, nobody asks any more.
    let _ = CURRENT.try_with(|current| current.set(scope));
    Entered { before }
}

impl Drop for Entered {
    // Not where all goes well: there it would take registers.
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
    fn the_earliest_deadline_holds_and_what_was_before_comes_back() {
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
    fn what_was_before_comes_back_after_a_panic() {
        let panicked = crate::platform::contain(|| {
            let _entered = enter(true, None);
            panic!("in an attempt");
        });
        assert!(panicked.is_err());
        assert!(!current().in_retry);
    }
}
