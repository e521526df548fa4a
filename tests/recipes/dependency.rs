//! Plays the remote dependency of a recipe: it counts calls, and makes the next calls fail or hang.
//! Each test has its own thread, and so its own dependency.

use std::cell::Cell;
use std::future::pending;

thread_local! {
    static CALLS: Cell<u32> = const { Cell::new(0) };
    static FAILING: Cell<u32> = const { Cell::new(0) };
    static HANGING: Cell<u32> = const { Cell::new(0) };
}

/// Makes the next calls fail.
pub(crate) fn fail(calls: u32) {
    FAILING.set(calls);
}

/// Makes the next calls hang.
pub(crate) fn hang(calls: u32) {
    HANGING.set(calls);
}

/// Returns the number of calls since it was last asked, and ends failures and hangs.
pub(crate) fn calls() -> u32 {
    fail(0);
    hang(0);
    CALLS.replace(0)
}

/// Makes a call. A call that fails returns this error.
pub(crate) async fn call<E>(error: E) -> Result<(), E> {
    if let Some(left) = HANGING.get().checked_sub(1) {
        HANGING.set(left);
        CALLS.set(CALLS.get() + 1);
        return pending().await;
    }
    call_blocking(error)
}

/// Makes a call that blocks the thread. A call that fails returns this error.
pub(crate) fn call_blocking<E>(error: E) -> Result<(), E> {
    CALLS.set(CALLS.get() + 1);
    let Some(left) = FAILING.get().checked_sub(1) else { return Ok(()) };
    FAILING.set(left);
    Err(error)
}
