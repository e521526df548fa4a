//! Causes panics that print nothing.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use resilient::CircuitBreaker;

use crate::run;

/// The text of the panics that tests cause on purpose.
pub const OWN_PANIC: &str = "a panic of the test";

/// Makes a call that panics while it holds its permit.
#[track_caller]
pub fn panic_in_call(breaker: &CircuitBreaker) {
    let permit = breaker.try_acquire().unwrap();
    while_unwinding(permit);
}

/// Drops `dropped` while the thread unwinds from a panic.
pub fn while_unwinding<T>(dropped: T) {
    let unwound = catch_unwind(AssertUnwindSafe(move || {
        let _dropped = dropped;
        panic_quietly();
    }));
    assert!(unwound.is_err());
}

/// Panics with [`OWN_PANIC`] and prints nothing.
pub fn panic_quietly() -> ! {
    resume_unwind(Box::new(OWN_PANIC))
}

/// Runs `code` and returns the text of its panic.
#[track_caller]
pub fn panic_of<R>(code: impl FnOnce() -> R) -> &'static str {
    match catch_unwind(AssertUnwindSafe(code)) {
        Ok(_) => panic!("the code must panic"),
        Err(payload) => payload.downcast_ref::<&str>().expect("another panic"),
    }
}

/// Polls a future until it panics, and returns the text of the panic.
#[track_caller]
pub fn panic_of_call<F: Future>(future: F) -> &'static str {
    panic_of(|| run(future))
}
