//! The fault model of `docs/faults.md`: tables A to E, H and I. Each row has at least one test,
//! named after it.

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
