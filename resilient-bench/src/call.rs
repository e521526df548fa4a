//! The call that every case makes, and its error. The call is so short that it does not hide the
//! overhead of a library.

use std::cell::Cell;
use std::fmt;
use std::hint::black_box;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use resilient::CircuitOpen;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fault;

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the call failed")
    }
}

impl std::error::Error for Fault {}

impl From<CircuitOpen> for Fault {
    fn from(_: CircuitOpen) -> Self {
        Self
    }
}

#[cfg(feature = "arcly-http")]
impl From<arcly_http::__macro_support::BreakerOpen> for Fault {
    fn from(_: arcly_http::__macro_support::BreakerOpen) -> Self {
        Self
    }
}

/// Succeeds.
#[inline(never)]
pub fn work(x: u64) -> Result<u64, Fault> {
    black_box(if x == u64::MAX { Err(Fault) } else { Ok(x) })
}

/// Fails in one of 64 calls. Among any 100 consecutive calls, one or two fail.
#[inline(never)]
pub fn work_with_failures(x: u64) -> Result<u64, Fault> {
    black_box(if x & 63 == 63 { Err(Fault) } else { Ok(x) })
}

/// Succeeds in one of 32 calls. Among any 100 consecutive calls, at most 97 fail.
#[inline(never)]
pub fn work_failing(x: u64) -> Result<u64, Fault> {
    black_box(if x & 31 == 31 { Ok(x) } else { Err(Fault) })
}

/// Always fails.
#[inline(never)]
pub fn work_never(_: u64) -> Result<u64, Fault> {
    black_box(Err(Fault))
}

/// Fails as long as `failures` is above zero, and decrements it. Then succeeds.
#[inline(never)]
pub fn work_after(failures: &Cell<u32>) -> Result<u64, Fault> {
    let left = failures.get();
    black_box(if left > 0 {
        failures.set(left - 1);
        Err(Fault)
    } else {
        Ok(7)
    })
}

/// Calls `work` in a future, as a client library would.
#[inline(never)]
pub async fn work_later(x: u64) -> Result<u64, Fault> {
    work(x)
}

/// Polls a future once. The future must then be ready.
#[inline(always)]
pub fn ready<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => unreachable!("the future is ready at the first poll"),
    }
}

/// Polls a future until it is ready. The future may wait for another thread.
#[cfg(feature = "peers")]
#[inline(always)]
pub fn insist<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(output) => break output,
            Poll::Pending => std::thread::yield_now(),
        }
    }
}

/// Leaks a value, so that threads can share it.
#[cfg(feature = "peers")]
pub fn leak<T>(value: T) -> &'static T {
    Box::leak(Box::new(value))
}

/// The number of keys in the scenarios with keys.
pub const KEYS: u64 = 10_000;

/// Returns the index of the key for call `x`. The indexes of consecutive calls are far apart.
#[inline(always)]
pub fn key_of(x: u64) -> usize {
    (x.wrapping_mul(7_919) % KEYS) as usize
}

/// Returns the index of the key for call `x`. There are only 64 indexes, so the breakers of these
/// keys stay in the processor's cache.
#[inline(always)]
pub fn hot_key_of(x: u64) -> usize {
    (x % 64 * 151) as usize
}

/// Returns keys that are as long as host names.
pub fn string_keys() -> &'static [String] {
    let keys: Vec<String> = (0..KEYS).map(|n| format!("host-{n:05}.example.com:443")).collect();
    keys.leak()
}

/// Returns keys that are spread over all 64-bit numbers.
pub fn number_keys() -> &'static [u64] {
    let keys: Vec<u64> = (0..KEYS).map(|n| n.wrapping_mul(0x9e37_79b9_7f4a_7c15)).collect();
    keys.leak()
}
