//! Our cases. They use the attributes, except the case of the coarse clock, and the case of the
//! delay, because no attribute returns a delay.

use std::cell::Cell;
use std::hint::black_box;
use std::time::Duration;
#[cfg(feature = "planted")]
use std::time::Instant;

use resilient::breaker::CircuitState;
use resilient::retries::Jitter;
use resilient::time::CoarseClock;
use resilient::{BreakerConfig, CircuitBreaker, Registry, RetryPolicy, circuit_breaker, retry};

use crate::call::{
    Fault, hot_key_of, key_of, number_keys, ready, string_keys, work, work_after, work_failing,
    work_later, work_never, work_with_failures,
};
use crate::table::{OURS, Scenario, Table};

/// If the feature `planted` is on, makes each of our calls slower. This proves that the guard
/// detects a regression.
#[inline(always)]
fn planted() {
    #[cfg(feature = "planted")]
    {
        use std::sync::Mutex;
        static LAST: Mutex<Option<Box<Instant>>> = Mutex::new(None);
        *LAST.lock().unwrap() = Some(black_box(Box::new(Instant::now())));
    }
}

#[circuit_breaker]
fn plain(x: u64) -> Result<u64, Fault> {
    work(x)
}

#[circuit_breaker]
async fn later(x: u64) -> Result<u64, Fault> {
    work(x)
}

#[circuit_breaker]
async fn awaits(x: u64) -> Result<u64, Fault> {
    work_later(x).await
}

#[circuit_breaker]
async fn tries(x: u64) -> Result<u64, Fault> {
    let result = work_later(x).await?;
    Ok(result)
}

#[circuit_breaker(window = 100, failure_rate = 0.5)]
fn window(x: u64) -> Result<u64, Fault> {
    work(x)
}

#[circuit_breaker(window = 100, failure_rate = 0.5)]
fn window_failures(x: u64) -> Result<u64, Fault> {
    work_with_failures(x)
}

#[circuit_breaker(failure_threshold = 1_000_000_000)]
fn failure(x: u64) -> Result<u64, Fault> {
    work_never(x)
}

#[circuit_breaker(window = 100, min_calls = 100, failure_rate = 0.99)]
fn window_failure(x: u64) -> Result<u64, Fault> {
    work_failing(x)
}

#[circuit_breaker(window = "60s", failure_rate = 0.5)]
fn time_window(x: u64) -> Result<u64, Fault> {
    work(x)
}

/// Calls through the breaker by hand, because an attribute would clone a breaker that is an
/// argument.
fn coarse(breaker: &CircuitBreaker, x: u64) -> Result<u64, Fault> {
    let permit = breaker.try_acquire()?;
    let result = work(x);
    permit.report_output(&result);
    result
}

#[circuit_breaker(window = "60s", failure_rate = 0.5)]
fn time_window_busy(x: u64) -> Result<u64, Fault> {
    work(x)
}

#[circuit_breaker(window = 100, slow_call = "10s", slow_call_rate = 0.9)]
fn slow(x: u64) -> Result<u64, Fault> {
    work(x)
}

#[circuit_breaker(name = "rejected", failure_threshold = 1, recovery_time = "10m")]
fn rejected(x: u64) -> Result<u64, Fault> {
    work_never(x)
}

#[circuit_breaker(key = key, max_keys = 10_000)]
fn by_string(key: &str, x: u64) -> Result<u64, Fault> {
    work(x)
}

#[circuit_breaker(key = key, max_keys = 10_000)]
fn by_number(key: u64, x: u64) -> Result<u64, Fault> {
    work(x)
}

#[retry]
fn retry_plain(x: u64) -> Result<u64, Fault> {
    work(x)
}

#[retry]
async fn retry_async(x: u64) -> Result<u64, Fault> {
    work(x)
}

#[retry(base_delay = "0s")]
async fn retry_zero(failures: &Cell<u32>) -> Result<u64, Fault> {
    work_after(failures)
}

#[retry]
#[circuit_breaker]
fn stack_plain(x: u64) -> Result<u64, Fault> {
    work(x)
}

#[retry]
#[circuit_breaker]
async fn stack_async(x: u64) -> Result<u64, Fault> {
    work(x)
}

#[retry]
#[circuit_breaker]
async fn stack_awaits(x: u64) -> Result<u64, Fault> {
    work_later(x).await
}

/// The library name of the cases with `?` in the body.
pub const TRIES: &str = "resilient, tries";
/// The library name of the cases with both attributes on one function, in the scenarios of a
/// breaker.
pub const STACK: &str = "resilient, both";
/// The library name of the cases with the clock of the feature `coarse-clock`.
pub const COARSE: &str = "resilient, coarse";

macro_rules! by_attribute {
    ($table:ident: $($scenario:ident, $library:expr, $call:expr;)*) => {
        $($table.add(Scenario::$scenario, $library, || |x| {
            planted();
            ($call)(x).is_ok()
        });)*
    };
}

pub fn add(table: &mut Table) {
    by_attribute! { table:
        Plain, OURS, plain;
        Plain, STACK, stack_plain;
        Async, OURS, |x: u64| ready(later(x));
        Async, STACK, |x: u64| ready(stack_async(x));
        Awaits, OURS, |x: u64| ready(awaits(x));
        Awaits, TRIES, |x: u64| ready(tries(x));
        Awaits, STACK, |x: u64| ready(stack_awaits(x));
        Window, OURS, window;
        WindowFailures, OURS, window_failures;
        Failure, OURS, failure;
        WindowFailure, OURS, window_failure;
        TimeWindow, OURS, time_window;
        Slow, OURS, slow;
        RetryPlain, OURS, retry_plain;
        RetryAsync, OURS, |x: u64| ready(retry_async(x));
    }
    table.add(Scenario::TimeWindowBusy, OURS, || {
        (0..10_000).for_each(|x| assert!(time_window_busy(x).is_ok()));
        |x| {
            planted();
            time_window_busy(x).is_ok()
        }
    });
    table.add(Scenario::TimeWindow, COARSE, || {
        let config = BreakerConfig::builder()
            .window(Duration::from_secs(60))
            .failure_rate(0.5)
            .build()
            .expect("these settings are within their ranges");
        let clock = CoarseClock::new();
        let breaker: &'static CircuitBreaker =
            Box::leak(Box::new(CircuitBreaker::with_clock("coarse", config, clock)));
        move |x| {
            planted();
            coarse(breaker, x).is_ok()
        }
    });
    table.add(Scenario::Rejected, OURS, || {
        let _ = rejected(0);
        let breaker = Registry::global().get("rejected").expect("the first call registers it");
        assert_eq!(breaker.state(), CircuitState::Open);
        |x| {
            planted();
            rejected(x).is_ok()
        }
    });
    string_keys_of(table, Scenario::KeyString, key_of);
    string_keys_of(table, Scenario::KeyHot, hot_key_of);
    table.add(Scenario::KeyNumber, OURS, || {
        let keys = number_keys();
        keys.iter().for_each(|key| assert!(by_number(*key, 0).is_ok()));
        move |x| {
            planted();
            by_number(keys[key_of(x)], x).is_ok()
        }
    });
    table.add(Scenario::RetryZero, OURS, || {
        |_| {
            planted();
            ready(retry_zero(&Cell::new(3))).is_ok()
        }
    });
    table.add(Scenario::Delay, OURS, || {
        let policy: &'static RetryPolicy = Box::leak(Box::new(
            RetryPolicy::builder()
                .base_delay(Duration::from_millis(100))
                .jitter(Jitter::Equal)
                .build()
                .expect("these settings are within their ranges"),
        ));
        move |_| {
            planted();
            black_box(policy).delays().next().is_some()
        }
    });
}

/// Adds a case with string keys. `index` returns the index of the key for a call.
fn string_keys_of(
    table: &mut Table,
    scenario: Scenario,
    index: impl Fn(u64) -> usize + Copy + Send + 'static,
) {
    table.add(scenario, OURS, move || {
        let keys = string_keys();
        keys.iter().for_each(|key| assert!(by_string(key, 0).is_ok()));
        move |x| {
            planted();
            by_string(&keys[index(x)], x).is_ok()
        }
    });
}
