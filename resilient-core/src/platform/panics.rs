//! Contains the panics of user code: listeners, clocks, subscribers.

use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs user code. Returns `None` if the code panics.
pub(crate) fn contain<R>(code: impl FnOnce() -> R) -> Option<R> {
    catch_unwind(AssertUnwindSafe(code))
        .map_err(|payload| {
            // Dropping the payload of the panic may panic, too.
            if let Err(again) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
                std::mem::forget(again);
            }
        })
        .ok()
}
