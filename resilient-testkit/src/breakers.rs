//! Makes breakers on a manual clock, and calls with a given outcome.

use std::time::Duration;

use resilient::breaker::{BreakerConfigBuilder, CircuitState, TransitionReason};
use resilient::time::ManualClock;
use resilient::{BreakerConfig, CircuitBreaker, CircuitOpen, Outcome};

use crate::secs;

/// Returns settings that open the circuit for ten seconds at the first failure.
pub fn fragile() -> BreakerConfigBuilder {
    BreakerConfig::builder().failure_threshold(1).recovery_time(secs(10))
}

/// Returns a closed breaker named `dependency`, and the clock that it reads.
pub fn closed(config: &BreakerConfigBuilder) -> (CircuitBreaker, ManualClock) {
    let clock = ManualClock::new();
    let config = config.build().unwrap();
    let breaker = CircuitBreaker::with_clock("dependency", config, clock.clone());
    (breaker, clock)
}

/// Returns an open breaker named `dependency` whose recovery time is just over, and its clock. The
/// next call is a probe.
pub fn due(config: &BreakerConfigBuilder) -> (CircuitBreaker, ManualClock) {
    let (breaker, clock) = closed(config);
    breaker.trip().unwrap();
    clock.advance(breaker.snapshot().retry_after.unwrap());
    assert_eq!(breaker.state(), CircuitState::HalfOpen);
    (breaker, clock)
}

/// Makes a call that succeeds.
#[track_caller]
pub fn succeed(breaker: &CircuitBreaker) {
    breaker.try_acquire().unwrap().report(Outcome::Success);
}

/// Makes a call that fails.
#[track_caller]
pub fn fail(breaker: &CircuitBreaker) {
    breaker.try_acquire().unwrap().report(Outcome::Failure);
}

/// Makes a call that is ignored.
#[track_caller]
pub fn ignore(breaker: &CircuitBreaker) {
    breaker.try_acquire().unwrap().report(Outcome::Ignored);
}

/// Makes a call that is cancelled.
#[track_caller]
pub fn abandon(breaker: &CircuitBreaker) {
    drop(breaker.try_acquire().unwrap());
}

/// Makes one call per letter of `ends`: `S` succeeds, `F` fails, `I` is ignored, and `X` is
/// cancelled.
#[track_caller]
pub fn calls(breaker: &CircuitBreaker, ends: &str) {
    for end in ends.chars() {
        match end {
            'S' => succeed(breaker),
            'F' => fail(breaker),
            'I' => ignore(breaker),
            'X' => abandon(breaker),
            _ => panic!("`{end}` is not an end of a call"),
        }
    }
}

/// Makes a call that takes the time `time`, by the manual clock, and has the outcome `end`.
#[track_caller]
pub fn take(breaker: &CircuitBreaker, clock: &ManualClock, time: Duration, end: Outcome) {
    let permit = breaker.try_acquire().unwrap();
    clock.advance(time);
    permit.report(end);
}

/// Returns the numbers of calls, failures and slow calls in the breaker's window.
#[track_caller]
pub fn window(breaker: &CircuitBreaker) -> (u64, u64, u64) {
    let window = breaker.snapshot().window.expect("the breaker has a window");
    (window.calls, window.failures, window.slow)
}

/// Returns the reason of the breaker's last transition.
#[track_caller]
pub fn last_reason(breaker: &CircuitBreaker) -> TransitionReason {
    let recent = breaker.snapshot().recent;
    recent.last().expect("the breaker has changed its state").reason
}

/// Returns the error of a call that the breaker rejects.
#[track_caller]
pub fn rejection(breaker: &CircuitBreaker) -> CircuitOpen {
    breaker.try_acquire().map(drop).expect_err("the call must be rejected")
}
