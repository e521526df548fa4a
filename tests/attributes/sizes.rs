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

/// The bytes that a breaker adds to a function whose body has no `?` and no `return` and stays in
/// the function's own future.
const PERMIT: usize = 32;
/// The bytes that a breaker adds to any other function: a permit, the output, and alignment.
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
        ("returned", size_of_val(&returned(argument)), BREAKER, 0),
        ("breaker", size_of_val(&breaker(argument)), PERMIT, 0),
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

const BIG: usize = 4_096;

async fn wait_big(argument: [u8; BIG]) -> Result<u8, Fault> {
    tokio::task::yield_now().await;
    Ok(argument[0])
}

async fn big_bare(argument: [u8; BIG]) -> Result<u8, Fault> {
    wait_big(argument).await
}

#[retry]
async fn big_retried(argument: [u8; BIG]) -> Result<u8, Fault> {
    wait_big(argument).await
}

#[retry]
#[circuit_breaker]
async fn big_both(argument: [u8; BIG]) -> Result<u8, Fault> {
    wait_big(argument).await
}

#[retry(deadline = "1m")]
#[timeout("1s")]
#[circuit_breaker]
async fn big_timed(argument: [u8; BIG]) -> Result<u8, Fault> {
    wait_big(argument).await
}

#[retry]
#[circuit_breaker]
async fn big_block(argument: [u8; BIG]) -> Result<u8, Fault> {
    let byte = wait_big(argument).await?;
    Ok(byte)
}

#[circuit_breaker]
async fn big_breaker_block(argument: [u8; BIG]) -> Result<u8, Fault> {
    let byte = wait_big(argument).await?;
    Ok(byte)
}

#[timeout("1s")]
async fn big_limit(argument: [u8; BIG]) -> Result<u8, Fault> {
    wait_big(argument).await
}

async fn big_output_bare() -> Result<[u8; BIG], Fault> {
    tokio::task::yield_now().await;
    Ok([0; BIG])
}

#[retry]
async fn big_output() -> Result<[u8; BIG], Fault> {
    tokio::task::yield_now().await;
    Ok([0; BIG])
}

#[retry]
#[circuit_breaker]
async fn big_output_both() -> Result<[u8; BIG], Fault> {
    tokio::task::yield_now().await;
    Ok([0; BIG])
}

#[retry(attempt = attempt)]
async fn big_output_known() -> Result<[u8; BIG], Fault> {
    let _ = attempt.number();
    tokio::task::yield_now().await;
    Ok([0; BIG])
}

#[retry(attempt = attempt, errors = all)]
async fn big_output_all() -> Result<[u8; BIG], resilient::RetryError<Fault>> {
    let _ = attempt.number();
    tokio::task::yield_now().await;
    Ok([0; BIG])
}

#[test]
fn print() {
    let a = [0; BIG];
    eprintln!("bare {}", size_of_val(&big_bare(a)));
    eprintln!("retried {}", size_of_val(&big_retried(a)));
    eprintln!("both {}", size_of_val(&big_both(a)));
    eprintln!("timed {}", size_of_val(&big_timed(a)));
    eprintln!("block {}", size_of_val(&big_block(a)));
    eprintln!("breaker block {}", size_of_val(&big_breaker_block(a)));
    eprintln!("limit {}", size_of_val(&big_limit(a)));
    eprintln!("out bare {}", size_of_val(&big_output_bare()));
    eprintln!("out retry {}", size_of_val(&big_output()));
    eprintln!("out both {}", size_of_val(&big_output_both()));
    eprintln!("out known {}", size_of_val(&big_output_known()));
    eprintln!("out all {}", size_of_val(&big_output_all()));
}
