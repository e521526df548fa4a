//! Helpers that the test suites share: breakers on a manual clock, silent panics, futures that
//! tests poll by hand, events, and an error type.

#![allow(
    clippy::missing_panics_doc,
    clippy::must_use_candidate,
    reason = "a helper panics to fail its test"
)]

mod breakers;
mod events;
mod fault;
mod futures;
mod panics;

use std::time::Duration;

pub use breakers::{
    abandon, calls, closed, due, fail, fragile, ignore, last_reason, rejection, succeed, take,
    window,
};
pub use events::Heard;
pub use fault::{Calls, Fault};
pub use futures::{must_end, pause, poll_and_drop, poll_once, run, sendable};
pub use panics::{
    OWN_PANIC, panic_in_call, panic_of, panic_of_call, panic_quietly, while_unwinding,
};

/// Returns a duration in seconds.
pub const fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// Returns a duration in milliseconds.
pub const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}
