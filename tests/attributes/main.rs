//! The attributes on functions of many kinds: what they do, by behaviour.

mod arguments;
mod breaker;
mod classify;
mod keys;
mod kinds;
mod sizes;
mod specification;
mod stack;

use std::sync::atomic::{AtomicU32, Ordering::SeqCst};

use resilient::CircuitOpen;

/// An error that says nothing of itself.
#[derive(Debug, Clone, PartialEq)]
enum Fault {
    Down(u32),
    Busy,
    Open(CircuitOpen),
}

impl From<CircuitOpen> for Fault {
    fn from(open: CircuitOpen) -> Self {
        Self::Open(open)
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
