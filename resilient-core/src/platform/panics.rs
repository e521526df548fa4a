//! Contains the panics of user code: listeners, clocks, subscribers.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs user code, and catches its panic.
pub(crate) fn contain<R>(code: impl FnOnce() -> R) -> Result<R, Box<dyn Any + Send>> {
    catch_unwind(AssertUnwindSafe(code))
}

/// Drops the payload of a contained panic, which may panic itself.
pub(crate) fn discard(payload: Box<dyn Any + Send>) {
    if let Err(again) = contain(|| drop(payload)) {
        std::mem::forget(again);
    }
}
