//! Measures the sizes of futures with `size_of_val`. The functions have an argument of 128 bytes.

use resilient::breaker::Permit;
use resilient::retries::RetryDriver;
use resilient::{circuit_breaker, retry};

use crate::call::{Fault, work};
use crate::table::{BARE, OURS};

type Argument = [u64; 16];

async fn bare(argument: Argument) -> Result<u64, Fault> {
    std::future::ready(()).await;
    work(argument[0])
}

#[allow(clippy::manual_async_fn, reason = "this shape is measured")]
fn bare_future(argument: Argument) -> impl Future<Output = Result<u64, Fault>> {
    async move {
        std::future::ready(()).await;
        work(argument[0])
    }
}

#[circuit_breaker]
async fn breaker_async(argument: Argument) -> Result<u64, Fault> {
    std::future::ready(()).await;
    work(argument[0])
}

#[circuit_breaker]
#[allow(clippy::manual_async_fn, reason = "this shape is measured")]
fn breaker_future(argument: Argument) -> impl Future<Output = Result<u64, Fault>> {
    async move {
        std::future::ready(()).await;
        work(argument[0])
    }
}

#[retry]
async fn retry_async(argument: Argument) -> Result<u64, Fault> {
    std::future::ready(()).await;
    work(argument[0])
}

#[retry]
#[circuit_breaker]
async fn both_async(argument: Argument) -> Result<u64, Fault> {
    std::future::ready(()).await;
    work(argument[0])
}

pub struct FutureSize {
    pub library: &'static str,
    pub shape: &'static str,
    pub bytes: usize,
    /// How many bytes this future has more than the future of a bare function of the same shape.
    pub added: usize,
}

pub const ARGUMENT: usize = size_of::<Argument>();

/// The size of a permit. The future of a call through a breaker contains a permit.
pub const PERMIT: usize = size_of::<Permit<'static>>();

/// The size of the state of a call's retries. The future of a call with retries contains this
/// state.
pub const RETRY: usize = size_of::<RetryDriver<'static>>();

pub const BY_FUTURE: &str = "breaker, fn -> impl Future";
pub const BY_ASYNC: &str = "breaker, async fn";
pub const BY_RETRY: &str = "retry, async fn";
pub const BY_BOTH: &str = "retry and breaker, async fn";

/// Returns the sizes of the futures of all libraries that do not allocate their futures in boxes.
pub fn futures() -> Vec<FutureSize> {
    let argument: Argument = [1; 16];
    let mut sizes = Vec::new();
    let mut add = |library, shape, bytes: usize| {
        let base = if shape == BY_FUTURE {
            size_of_val(&bare_future(argument))
        } else {
            size_of_val(&bare(argument))
        };
        sizes.push(FutureSize { library, shape, bytes, added: bytes.saturating_sub(base) });
    };
    add(BARE, BY_FUTURE, size_of_val(&bare_future(argument)));
    add(BARE, BY_ASYNC, size_of_val(&bare(argument)));
    add(OURS, BY_FUTURE, size_of_val(&breaker_future(argument)));
    add(OURS, BY_ASYNC, size_of_val(&breaker_async(argument)));
    add(OURS, BY_RETRY, size_of_val(&retry_async(argument)));
    add(OURS, BY_BOTH, size_of_val(&both_async(argument)));
    #[cfg(feature = "peers")]
    peers(&mut add, argument);
    sizes
}

#[cfg(feature = "peers")]
fn peers(add: &mut impl FnMut(&'static str, &'static str, usize), argument: Argument) {
    use backon::Retryable as _;
    const WRAPS: &str = "breaker, wraps a future";
    const CALLS: &str = "breaker, calls a closure";
    const RETRIES: &str = "retry, calls a closure";
    let nobreak = nobreak::breaker();
    add("nobreak", CALLS, size_of_val(&nobreak.call_async(|| bare(argument))));
    let failsafe = failsafe::Config::new().build();
    add(
        "failsafe",
        WRAPS,
        size_of_val(&failsafe::futures::CircuitBreaker::call(&failsafe, bare(argument))),
    );
    let recloser = recloser::AsyncRecloser::from(recloser::Recloser::default());
    add("recloser", WRAPS, size_of_val(&recloser.call(bare(argument))));
    let rs =
        circuitbreaker_rs::CircuitBreaker::<circuitbreaker_rs::DefaultPolicy, Fault>::builder()
            .build();
    add("circuitbreaker-rs", CALLS, size_of_val(&rs.call_async(|| bare(argument))));
    let policy = execution_policy::ExecutionPolicyBuilder::<u64, Fault>::new()
        .circuit_breaker(execution_policy::CircuitBreaker::consecutive_failures(5))
        .build();
    add(
        "execution-policy",
        "policy, calls a closure",
        size_of_val(&policy.run(async || bare(argument).await)),
    );
    let again = again::RetryPolicy::default();
    add("again", RETRIES, size_of_val(&again.retry(|| bare(argument))));
    add("tryhard", RETRIES, size_of_val(&tryhard::retry_fn(|| bare(argument)).retries(3)));
    let backoff = backon::ExponentialBuilder::default();
    add("backon", RETRIES, size_of_val(&async { (|| bare(argument)).retry(backoff).await }));
    let strategy = tokio_retry2::strategy::FixedInterval::from_millis(1).take(3);
    let action = || async { bare(argument).await.map_err(tokio_retry2::RetryError::transient) };
    add("tokio-retry2", RETRIES, size_of_val(&tokio_retry2::Retry::spawn(strategy, action)));
    #[cfg(feature = "arcly-http")]
    {
        #[arcly_http::prelude::circuit_breaker(threshold = 5, cooldown = "30s")]
        async fn arcly(argument: Argument) -> Result<u64, Fault> {
            std::future::ready(()).await;
            work(argument[0])
        }
        add("arcly-http", BY_ASYNC, size_of_val(&arcly(argument)));
    }
}

pub fn print() {
    println!(
        "\nfutures, with an argument of {ARGUMENT} bytes: bytes, and bytes above the bare function"
    );
    for size in futures() {
        println!("  {:<20} {:<28} {:>6} {:>6}", size.library, size.shape, size.bytes, size.added);
    }
    println!(
        "  {:<20} {:<28} {:>6}         every future is boxed",
        "tower-resilience", "layer", 16
    );
    println!("  our permit has {PERMIT} bytes, the state of a call's retries {RETRY}");
}
