//! The attributes add a limited number of bytes to a future.

use std::mem::size_of_val;

use resilient::{circuit_breaker, fallback, retry, timeout};

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

/// The bytes that a breaker adds: a permit, the parts of the permit for nested calls, the output,
/// and alignment.
const BREAKER: usize = 96;
/// The bytes that a time limit adds: tokio's timer, and the state of the limited future.
const LIMIT: usize = 192;
/// The bytes that a retry loop adds: the attempt, the last delay, and the random numbers.
const LOOP: usize = 128;

#[test]
fn a_future_grows_by_at_most_a_copy_of_the_arguments_per_block_and_a_fixed_part() {
    let argument = [0; ARGUMENT];
    let bare = size_of_val(&bare(argument));
    for (name, size, fixed, copies) in [
        ("returned", size_of_val(&returned(argument)), BREAKER, 1),
        ("breaker", size_of_val(&breaker(argument)), BREAKER, 1),
        ("breaker around a block", size_of_val(&breaker_around_a_block(argument)), BREAKER, 1),
        ("retry", size_of_val(&retried(argument)), LOOP, 2),
        ("timeout", size_of_val(&limited(argument)), LIMIT, 1),
        ("fallback", size_of_val(&replaced(argument)), 0, 0),
        ("all", size_of_val(&all(argument)), BREAKER + LOOP + 64 + 2 * LIMIT, 2),
        ("both", size_of_val(&both(argument)), BREAKER + LOOP + 64, 2),
    ] {
        let most = bare + copies * ARGUMENT + fixed;
        assert!(size <= most, "{name}: {size} bytes, expected at most {most}");
    }
}
