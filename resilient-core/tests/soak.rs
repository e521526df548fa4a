//! Fault I1: the memory of a breaker does not grow with the number of calls. A release build makes
//! a hundred million calls, and a debug build makes a million.

#![cfg(target_os = "linux")]

use std::time::Duration;

use resilient_core::breaker::{BreakerConfig, BreakerConfigBuilder, CircuitBreaker, CircuitState};
use resilient_core::signal::Outcome;

const MANY: u32 = if cfg!(debug_assertions) { 1_000_000 } else { 100_000_000 };

/// Returns the resident memory of the process in KiB.
fn resident() -> u64 {
    let rollup = std::fs::read_to_string("/proc/self/smaps_rollup").unwrap();
    let line = rollup.lines().find(|line| line.starts_with("Rss:"));
    let size = line.and_then(|line| line.split_whitespace().nth(1));
    size.unwrap().parse().unwrap()
}

/// Makes `calls / 100` calls to warm up, and then `calls` more. Returns how many KiB the memory
/// grew by after the warm-up.
fn growth(settings: &BreakerConfigBuilder, calls: u32, outcome: impl Fn(u32) -> Outcome) -> u64 {
    let breaker = CircuitBreaker::new("soaked", settings.build().unwrap());
    let make = |calls| {
        for nth in 0..calls {
            breaker.try_acquire().unwrap().report(outcome(nth));
        }
    };
    make(calls / 100);
    let before = resident();
    make(calls);
    let after = resident();
    let snapshot = breaker.snapshot();
    let totals = snapshot.totals;
    assert_eq!(snapshot.state, CircuitState::Closed);
    assert_eq!(
        totals.success + totals.failure + totals.ignored,
        u64::from(calls / 100) + u64::from(calls)
    );
    after.saturating_sub(before)
}

// This file has only one test, because the threads of a second test would change the measurement.
#[test]
fn fm_i1_a_hundred_million_calls_take_no_memory() {
    let settings = BreakerConfig::builder().failure_threshold(u32::MAX);
    let rated = settings.clone().failure_rate(1.0);
    let healthy = |_| Outcome::Success;
    let mixed = |nth| match nth % 10 {
        0 | 1 => Outcome::Failure,
        2 => Outcome::Ignored,
        _ => Outcome::Success,
    };
    let in_time = rated.clone().window(Duration::from_millis(10));
    let of_calls = rated.window(1_000);
    for (what, growth) in [
        ("failures in a row", growth(&settings, MANY, healthy)),
        ("a clean window", growth(&of_calls, MANY, healthy)),
        ("a window of calls", growth(&of_calls, MANY / 10, mixed)),
        ("a window of time", growth(&in_time, MANY / 10, mixed)),
    ] {
        assert!(growth <= 64, "{what}: {growth} KiB");
    }
}
