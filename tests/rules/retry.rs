//! Retry: rules R1 to R12 and R14, through the public API, on time that stands still until it is moved.

mod attempts;
mod budgets;
mod cancellation;
mod circuit;
mod classes;
mod composition;
mod cuts;
mod delays;
mod errors;
mod flow;
mod hints;
mod limits;
mod nested;
mod rows;
mod runtimes;
mod sendable;
mod spread;
mod worst_case;

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use resilient::retries::{Jitter, RetryPolicyBuilder};
use resilient::{BreakerConfig, CircuitBreaker, CircuitOpen, Classification, RetryPolicy};
use tokio::time::Instant;

const SECOND: Duration = Duration::from_secs(1);

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// An error as applications have them.
#[derive(Debug, PartialEq)]
enum Fault {
    /// The dependency failed, at this attempt.
    Down(u32),
    Rejected(CircuitOpen),
}

impl From<CircuitOpen> for Fault {
    fn from(open: CircuitOpen) -> Self {
        Self::Rejected(open)
    }
}

fn build(settings: &RetryPolicyBuilder) -> RetryPolicy {
    settings.build().expect("these settings are in range")
}

/// Delays of exactly 100, 200, 400 ms ….
fn exact() -> RetryPolicyBuilder {
    RetryPolicy::builder().jitter(Jitter::None)
}

/// Retries with no delay.
fn at_once(max_retries: u32) -> RetryPolicy {
    build(&exact().base_delay(Duration::ZERO).max_retries(max_retries))
}

/// A breaker that opens after `failures` in a row, for ten seconds.
fn breaker(failures: u32) -> CircuitBreaker {
    let settings = BreakerConfig::builder()
        .failure_threshold(failures)
        .recovery_time(10 * SECOND);
    CircuitBreaker::new("inventory", settings.build().expect("in range"))
}

/// What a call did that failed in every attempt.
#[derive(Debug, PartialEq)]
struct Course {
    result: Result<(), Fault>,
    /// How often its body ran.
    executions: u32,
    /// How long it waited before each attempt but the first. Attempts themselves take no time.
    delays: Vec<Duration>,
    /// How long it went on after the last attempt.
    after: Duration,
}

impl Course {
    fn new() -> Self {
        Self {
            result: Ok(()),
            executions: 0,
            delays: Vec::new(),
            after: Duration::ZERO,
        }
    }
}

/// Makes a call of which every attempt fails, each time with the same class.
async fn fail(policy: &RetryPolicy, class: Classification) -> Course {
    let mut course = Course::new();
    let mut last_start = Instant::now();
    course.result = policy
        .call()
        .classify_with(|output: &Result<(), Fault>| output.is_err().then_some(class))
        .run(|attempt| {
            note_start(&mut course.executions, &mut course.delays, &mut last_start);
            async move { Err(Fault::Down(attempt.number())) }
        })
        .await;
    course.after = last_start.elapsed();
    course
}

/// The same, with every attempt passing through a breaker.
async fn fail_through(
    breaker: &CircuitBreaker,
    policy: &RetryPolicy,
    class: Classification,
) -> Course {
    let mut course = Course::new();
    let mut last_start = Instant::now();
    course.result = policy
        .call()
        .through(breaker)
        .classify_with(|output: &Result<(), Fault>| output.is_err().then_some(class))
        .run(|attempt| {
            note_start(&mut course.executions, &mut course.delays, &mut last_start);
            async move { Err(Fault::Down(attempt.number())) }
        })
        .await;
    course.after = last_start.elapsed();
    course
}

fn note_start(executions: &mut u32, delays: &mut Vec<Duration>, last_start: &mut Instant) {
    *executions += 1;
    if *executions > 1 {
        delays.push(last_start.elapsed());
    }
    *last_start = Instant::now();
}

/// Polls a future once, with no runtime to wake it.
fn poll_once<F: Future>(future: F) -> Poll<F::Output> {
    pin!(future).poll(&mut Context::from_waker(Waker::noop()))
}
