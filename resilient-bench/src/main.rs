//! Runs one case so many times: `resilient-bench CASE N`. `count` beside this package's manifest runs it under valgrind.

use std::hint::black_box;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use resilient::{CircuitOpen, circuit_breaker, retry};

#[derive(Debug)]
struct Fault;

impl From<CircuitOpen> for Fault {
    fn from(_: CircuitOpen) -> Self {
        Self
    }
}

/// The call itself: too small for anything to hide behind.
#[inline(never)]
fn work(x: u64) -> Result<u64, Fault> {
    black_box(if x == u64::MAX { Err(Fault) } else { Ok(x) })
}

fn plain_bare(x: u64) -> Result<u64, Fault> {
    work(x)
}

#[circuit_breaker]
fn plain_breaker(x: u64) -> Result<u64, Fault> {
    work(x)
}

#[retry]
fn plain_retry(x: u64) -> Result<u64, Fault> {
    work(x)
}

#[retry]
#[circuit_breaker]
fn plain_stack(x: u64) -> Result<u64, Fault> {
    work(x)
}

#[circuit_breaker(window = 100, failure_rate = 0.9)]
fn window_clean(x: u64) -> Result<u64, Fault> {
    work(x)
}

#[circuit_breaker(window = 100, failure_rate = 0.9)]
fn window_dirty(x: u64) -> Result<u64, Fault> {
    if x == 50 || x == 51 { return Err(Fault); }
    work(x)
}

#[circuit_breaker(window = "60s", failure_rate = 0.9)]
fn time_window(x: u64) -> Result<u64, Fault> {
    work(x)
}

#[circuit_breaker(window = 100, slow_call = "2s", slow_call_rate = 0.9)]
fn slow_calls(x: u64) -> Result<u64, Fault> {
    work(x)
}

#[circuit_breaker(failure_threshold = 4_000_000_000)]
fn failing(x: u64) -> Result<u64, Fault> {
    let _ = work(x);
    Err(Fault)
}

#[circuit_breaker(window = 100, failure_rate = 1.0)]
fn failing_window(x: u64) -> Result<u64, Fault> {
    if x == 0 { return work(x); }
    let _ = work(x);
    if x % 50 == 0 { return Ok(x) }
    Err(Fault)
}

#[circuit_breaker(failure_threshold = 1, recovery_time = "1h")]
fn rejected(x: u64) -> Result<u64, Fault> {
    let _ = work(x);
    Err(Fault)
}

#[circuit_breaker(key = x % 1000)]
fn keyed(x: u64) -> Result<u64, Fault> {
    work(x)
}

async fn async_bare(x: u64) -> Result<u64, Fault> {
    work(x)
}

#[circuit_breaker]
async fn async_breaker(x: u64) -> Result<u64, Fault> {
    work(x)
}

#[retry]
async fn async_retry(x: u64) -> Result<u64, Fault> {
    work(x)
}

#[retry]
#[circuit_breaker]
async fn async_stack(x: u64) -> Result<u64, Fault> {
    work(x)
}

/// Polls a future that is ready at once.
#[inline(always)]
fn ready<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => unreachable!("nothing here waits"),
    }
}

fn main() {
    let mut args = std::env::args().skip(1);
    let case = args.next().unwrap_or_default();
    let n: u64 = args.next().and_then(|n| n.parse().ok()).unwrap_or(0);
    macro_rules! cases {
        ($($name:ident: $call:expr,)*) => {
            match case.as_str() {
                $(stringify!($name) => {
                    for x in 0..n {
                        let call: fn(u64) -> Result<u64, Fault> = $call;
                        black_box(call(black_box(x)).is_ok());
                    }
                })*
                _ => {
                    eprintln!("usage: resilient-bench CASE N, with CASE one of:");
                    $(eprintln!("  {}", stringify!($name));)*
                    std::process::exit(2);
                }
            }
        };
    }
    cases! {
        plain_bare: plain_bare,
        plain_breaker: plain_breaker,
        plain_retry: plain_retry,
        plain_stack: plain_stack,
        window_clean: window_clean,
        window_dirty: window_dirty,
        time_window: time_window,
        slow_calls: slow_calls,
        failing: failing,
        failing_window: failing_window,
        rejected: rejected,
        keyed: keyed,
        async_bare: |x| ready(async_bare(x)),
        async_breaker: |x| ready(async_breaker(x)),
        async_retry: |x| ready(async_retry(x)),
        async_stack: |x| ready(async_stack(x)),
    }
}
