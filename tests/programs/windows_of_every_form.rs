//! A window is a number of calls or a time, written as a literal or as an expression of a type that
//! converts into a window.

use std::time::Duration;

use resilient::breaker::Window;
use resilient::{BreakerConfig, Registry, circuit_breaker, retry};

const CALLS: u32 = 50;
const TIME: Duration = Duration::from_secs(30);
const WINDOW: Window = Window::Time(TIME);
const RATE: f64 = 0.25;

fn buckets() -> u32 {
    6
}

#[circuit_breaker(name = "calls", window = 1_00, failure_rate = "50%")]
fn calls() -> Option<u32> {
    Some(1)
}

#[circuit_breaker(
    name = "time",
    window = "1m30s",
    window_buckets = 9,
    min_calls = 20,
    failure_rate = 0.5
)]
async fn time() -> Option<u32> {
    Some(1)
}

#[circuit_breaker(name = "const calls", window = CALLS, failure_count = 10u32)]
fn const_calls() -> Option<u32> {
    Some(1)
}

#[circuit_breaker(
    name = "const time",
    window = TIME * 2,
    window_buckets = buckets(),
    failure_rate = RATE
)]
fn const_time() -> Option<u32> {
    Some(1)
}

#[circuit_breaker(
    name = "const window",
    window = WINDOW,
    slow_call = "2s",
    slow_call_rate = "80%"
)]
async fn const_window() -> Option<u32> {
    Some(1)
}

#[retry]
#[circuit_breaker(name = "sum", window = 2 * 50, failure_count = 3 + 4, failure_threshold = 3)]
async fn sum() -> Option<u32> {
    Some(1)
}

#[circuit_breaker(
    name = "of the enum",
    window = Window::Calls(7),
    slow_call = TIME,
    slow_call_rate = RATE * 2.0,
    min_calls = CALLS / 10, order = explicit
)]
#[retry]
fn of_the_enum() -> Option<u32> {
    Some(1)
}

#[circuit_breaker(name = "whole", window = 1, failure_rate = 1, min_calls = 1, failure_count = 1)]
fn whole() -> Option<u32> {
    Some(1)
}

#[tokio::test]
async fn runs() {
    calls();
    time().await;
    const_calls();
    const_time();
    const_window().await;
    sum().await;
    of_the_enum();
    whole();
    let new = BreakerConfig::builder;
    for (name, config) in [
        ("calls", new().window(100).failure_rate(0.5)),
        (
            "time",
            new().window(Duration::from_secs(90)).window_buckets(9).min_calls(20).failure_rate(0.5),
        ),
        ("const calls", new().window(50).failure_count(10)),
        ("const time", new().window(Duration::from_secs(60)).window_buckets(6).failure_rate(0.25)),
        ("const window", new().window(TIME).slow_call(Duration::from_secs(2)).slow_call_rate(0.8)),
        ("sum", new().window(100).failure_count(7).failure_threshold(3)),
        ("of the enum", new().window(7).slow_call(TIME).slow_call_rate(0.5).min_calls(5)),
        ("whole", new().window(1).failure_rate(1.0).min_calls(1).failure_count(1)),
    ] {
        let breaker = Registry::global().get(name).expect(name);
        assert_eq!(breaker.config(), config.build().unwrap(), "{name}");
    }
}
