//! Tests of the fault model of `docs/faults.md`: tables A to E, H and I. Each row has at least one
//! test, which is named after the row.

#![allow(clippy::unused_async, reason = "the tests need async functions, not await points")]

mod cancellation;
mod clocks;
mod concurrency;
mod crowds;
mod delays;
mod environment;
mod keys;
mod loops;
mod memory;
#[cfg(feature = "metrics")]
mod metrics;
mod numbers;
mod panics;
mod support;
