//! The attributes, and calls of a policy without them, add a limited number of bytes to a future.

use std::mem::size_of_val;

use resilient::{
    CircuitBreaker, RetryError, RetryPolicy, circuit_breaker, fallback, retry, timeout,
};

use resilient_testkit::Fault;

const ARGUMENT: usize = 128;

async fn wait(argument: [u8; ARGUMENT]) -> Result<u8, Fault> {
    tokio::task::yield_now().await;
    Ok(argument[0])
}

async fn bare(argument: [u8; ARGUMENT]) -> Result<u8, Fault> {
    wait(argument).await
}

#[circuit_breaker]
async fn breaker(argument: [u8; ARGUMENT]) -> Result<u8, Fault> {
    wait(argument).await
}

#[circuit_breaker]
async fn breaker_around_a_block(argument: [u8; ARGUMENT]) -> Result<u8, Fault> {
    let byte = wait(argument).await?;
    Ok(byte)
}

#[retry]
async fn retried(argument: [u8; ARGUMENT]) -> Result<u8, Fault> {
    wait(argument).await
}

#[retry]
#[circuit_breaker]
async fn both(argument: [u8; ARGUMENT]) -> Result<u8, Fault> {
    wait(argument).await
}

#[retry]
#[circuit_breaker]
async fn both_around_a_block(argument: [u8; ARGUMENT]) -> Result<u8, Fault> {
    let byte = wait(argument).await?;
    Ok(byte)
}

#[timeout("1s")]
async fn limited(argument: [u8; ARGUMENT]) -> Result<u8, Fault> {
    wait(argument).await
}

#[fallback(value = 0)]
async fn replaced(argument: [u8; ARGUMENT]) -> Result<u8, Fault> {
    wait(argument).await
}

#[fallback(value = 0)]
#[retry(deadline = "1m")]
#[circuit_breaker]
#[timeout("1s")]
async fn all(argument: [u8; ARGUMENT]) -> Result<u8, Fault> {
    wait(argument).await
}

#[expect(clippy::manual_async_fn, reason = "the test measures this form")]
#[circuit_breaker]
fn returned(argument: [u8; ARGUMENT]) -> impl Future<Output = Result<u8, Fault>> {
    async move { wait(argument).await }
}

/// The bytes that a breaker adds: the permit, the data with which nested calls find the permit, the
/// output, and alignment.
const BREAKER: usize = 96;
/// The bytes that a time limit adds: tokio's timer, the state of the limited future with the number
/// of the attempt, and with the feature `tracing` the span of the attempt.
const LIMIT: usize = 208;
/// The bytes that a retry loop adds: the state of the attempt, the last delay, and the random
/// numbers.
const LOOP: usize = 128;

#[test]
fn a_future_grows_by_at_most_one_copy_of_the_arguments_and_a_fixed_part() {
    let argument = [0; ARGUMENT];
    let bare = size_of_val(&bare(argument));
    for (name, size, fixed, copies) in [
        ("returned", size_of_val(&returned(argument)), BREAKER, 1),
        ("breaker", size_of_val(&breaker(argument)), BREAKER, 1),
        ("breaker around a block", size_of_val(&breaker_around_a_block(argument)), BREAKER, 1),
        ("retry", size_of_val(&retried(argument)), LOOP, 1),
        ("timeout", size_of_val(&limited(argument)), LIMIT, 1),
        ("fallback", size_of_val(&replaced(argument)), 0, 0),
        ("all", size_of_val(&all(argument)), BREAKER + LOOP + 64 + 2 * LIMIT, 1),
        ("both", size_of_val(&both(argument)), BREAKER + LOOP + 64, 1),
        (
            "both around a block",
            size_of_val(&both_around_a_block(argument)),
            BREAKER + LOOP + 64,
            1,
        ),
    ] {
        let most = bare + copies * ARGUMENT + fixed;
        assert!(size <= most, "{name}: {size} bytes, expected at most {most}");
    }
}

/// The bytes of the future of an attempt that a loop without attributes runs.
const BODY: usize = 2_048;

#[test]
fn a_call_of_a_policy_holds_the_attempt_once() {
    let breaker = CircuitBreaker::default();
    let attempt = |_| async {
        let body = std::hint::black_box([0_u8; BODY]);
        tokio::task::yield_now().await;
        Ok::<u8, Fault>(body[0])
    };
    let call = || RetryPolicy::DEFAULT.call();
    for (name, size) in [
        ("alone", size_of_val(&call().run(attempt))),
        ("through a breaker", size_of_val(&call().through(&breaker).run(attempt))),
    ] {
        assert!(size < 2 * BODY, "{name}: {size} bytes, expected less than {}", 2 * BODY);
    }
}

const OUTPUT: usize = 4_096;

async fn bytes() -> Result<[u8; OUTPUT], Fault> {
    tokio::task::yield_now().await;
    Ok([0; OUTPUT])
}

#[retry]
async fn output_dropped() -> Result<[u8; OUTPUT], Fault> {
    bytes().await
}

#[retry]
#[circuit_breaker]
async fn output_kept() -> Result<[u8; OUTPUT], Fault> {
    bytes().await
}

#[retry(attempt = attempt)]
async fn output_shown() -> Result<[u8; OUTPUT], Fault> {
    let _ = attempt.last_output();
    bytes().await
}

#[retry(attempt = attempt, errors = all)]
async fn output_shown_of_all() -> Result<[u8; OUTPUT], RetryError<Fault>> {
    let _ = attempt.last_output();
    bytes().await
}

#[test]
fn a_future_holds_the_last_output_at_most_once() {
    for (name, size, outputs) in [
        ("dropped", size_of_val(&output_dropped()), 0),
        ("kept", size_of_val(&output_kept()), 1),
        ("shown", size_of_val(&output_shown()), 1),
        ("shown, all errors", size_of_val(&output_shown_of_all()), 1),
    ] {
        let most = size_of_val(&bytes()) + outputs * OUTPUT + BREAKER + LOOP + 128;
        assert!(size <= most, "{name}: {size} bytes, expected at most {most}");
    }
}
