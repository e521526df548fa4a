//! The feature `tracing` logs each line at the right level, with the target and the fields that the
//! guide to operating lists. If a subscriber panics, calls are not affected.

#![allow(clippy::unused_async, reason = "the tests need async functions, not await points")]

mod breakers;
mod budgets;
mod callers;
mod capture;
mod http_lines;
mod retries;
mod secrets;
mod settings;
mod spans;
mod subscribers;
mod table;

use resilient::{CircuitOpen, TimedOut};

#[derive(Debug, PartialEq)]
struct Fault;

impl From<CircuitOpen> for Fault {
    fn from(_: CircuitOpen) -> Self {
        Self
    }
}

impl From<TimedOut> for Fault {
    fn from(_: TimedOut) -> Self {
        Self
    }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap()
}
