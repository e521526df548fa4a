//! The attributes on functions of many kinds: what they do, by behaviour.

#![allow(
    clippy::unused_async,
    reason = "what is tested is not what a body waits for"
)]

mod arguments;
mod breaker;
mod classify;
mod fallback;
mod keys;
mod kinds;
mod limits;
mod sizes;
mod specification;
mod stack;
mod timeout;

use std::sync::atomic::{AtomicU32, Ordering::SeqCst};

use resilient::{CircuitOpen, TimedOut};

/// An error that says nothing of itself.
#[derive(Debug, Clone, PartialEq)]
enum Fault {
    Down(u32),
    Busy,
    Open(CircuitOpen),
    TimedOut(TimedOut),
}

impl From<CircuitOpen> for Fault {
    fn from(open: CircuitOpen) -> Self {
        Self::Open(open)
    }
}

impl From<TimedOut> for Fault {
    fn from(timed_out: TimedOut) -> Self {
        Self::TimedOut(timed_out)
    }
}

/// Counts calls.
#[derive(Debug, Default)]
struct Calls(AtomicU32);

impl Calls {
    const fn new() -> Self {
        Self(AtomicU32::new(0))
    }

    /// The number of this call, from 1.
    fn next(&self) -> u32 {
        self.0.fetch_add(1, SeqCst) + 1
    }

    fn count(&self) -> u32 {
        self.0.load(SeqCst)
    }
}

/// Compiles only for futures that may move between threads.
fn sendable<F: Future + Send>(future: F) -> F {
    future
}
