//! The fault model: tables A to E, H and I, one test or more for each row, named after it. What no test can prove is in
//! `README.md`, here.

#![allow(
    clippy::unused_async,
    reason = "what is tested is not what a body waits for"
)]

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
