//! Helpers of the tests of retries.

use std::time::Duration;

use resilient::retries::{Jitter, RetryPolicyBuilder};
use resilient::{BreakerConfig, CircuitBreaker, Classification, RetryPolicy};
use resilient_testkit::Fault;
use tokio::time::Instant;

pub(crate) const SECOND: Duration = Duration::from_secs(1);

pub(crate) fn build(settings: &RetryPolicyBuilder) -> RetryPolicy {
    settings.build().expect("these settings are in range")
}

/// Returns settings without jitter: the delays are 100, 200, 400 ms and so on.
pub(crate) fn exact() -> RetryPolicyBuilder {
    RetryPolicy::builder().jitter(Jitter::None)
}

/// Creates a policy that retries without delay.
pub(crate) fn at_once(max_retries: u32) -> RetryPolicy {
    build(&exact().base_delay(Duration::ZERO).max_retries(max_retries))
}

/// Creates a breaker that opens for ten seconds after this many consecutive failures.
pub(crate) fn breaker(failures: u32) -> CircuitBreaker {
    let settings = BreakerConfig::builder().failure_threshold(failures).recovery_time(10 * SECOND);
    CircuitBreaker::new("inventory", settings.build().expect("in range"))
}

/// The course of a call whose attempts all fail.
#[derive(Debug, PartialEq)]
pub(crate) struct Course {
    pub(crate) result: Result<(), Fault>,
    /// The number of times that the body ran.
    pub(crate) executions: u32,
    /// The delay before each retry. The attempts themselves take no time.
    pub(crate) delays: Vec<Duration>,
    /// The time from the last attempt to the end of the call.
    pub(crate) after: Duration,
}

impl Course {
    pub(crate) fn new() -> Self {
        Self { result: Ok(()), executions: 0, delays: Vec::new(), after: Duration::ZERO }
    }
}

/// Makes a call whose attempts all fail with this classification.
pub(crate) async fn fail(policy: &RetryPolicy, class: Classification) -> Course {
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

/// Makes a call through the breaker. All attempts fail with this classification.
pub(crate) async fn fail_through(
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

pub(crate) fn note_start(
    executions: &mut u32,
    delays: &mut Vec<Duration>,
    last_start: &mut Instant,
) {
    *executions += 1;
    if *executions > 1 {
        delays.push(last_start.elapsed());
    }
    *last_start = Instant::now();
}
