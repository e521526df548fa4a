//! A clock that stands still and counts its readings.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::SeqCst;
use std::time::Instant;

use resilient::CircuitBreaker;
use resilient::breaker::BreakerConfigBuilder;
use resilient::time::Clock;

#[derive(Clone)]
struct Counting {
    now: Instant,
    reads: Arc<AtomicU64>,
}

impl Clock for Counting {
    fn now(&self) -> Instant {
        self.reads.fetch_add(1, SeqCst);
        self.now
    }
}

/// Returns a breaker whose clock counts its readings, and a function that returns the count.
pub(crate) fn counting(
    config: &BreakerConfigBuilder,
) -> (CircuitBreaker, impl Fn() -> u64 + use<>) {
    let clock = Counting { now: Instant::now(), reads: Arc::default() };
    let config = config.build().unwrap();
    let breaker = CircuitBreaker::with_clock("dependency", config, clock.clone());
    (breaker, move || clock.reads.load(SeqCst))
}

/// Returns the number of clock readings during a call.
pub(crate) fn reads_of(reads: impl Fn() -> u64, call: impl FnOnce()) -> u64 {
    let before = reads();
    call();
    reads() - before
}
