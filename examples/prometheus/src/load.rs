//! The load: two functions with breakers, whose dependencies can fail.

use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use resilient::circuit_breaker;
use tokio::time::{MissedTickBehavior, interval, sleep};

const BETWEEN_CALLS: Duration = Duration::from_millis(5);
const SHARDS: u32 = 4;
/// The shard that is slow during an outage.
const SICK_SHARD: u32 = 2;

#[circuit_breaker(name = "payments", failure_threshold = 5, recovery_time = "500ms")]
async fn charge(is_down: bool, cents: u64) -> Option<u64> {
    (!is_down).then_some(cents)
}

/// A slow response counts as a success. The circuit opens if half of the calls in one second are
/// slow.
#[circuit_breaker(
    name = "search",
    key = shard,
    window = "1s",
    slow_call = "20ms",
    slow_call_rate = "50%",
    recovery_time = "500ms"
)]
async fn search(is_slow: bool, shard: u32) -> Option<u32> {
    if is_slow {
        sleep(Duration::from_millis(30)).await;
    }
    Some(shard)
}

#[derive(Debug, Default)]
pub(crate) struct Load {
    is_outage: AtomicBool,
}

impl Load {
    pub(crate) fn set_outage(&self, is_outage: bool) {
        self.is_outage.store(is_outage, Relaxed);
    }

    /// Makes calls while it is polled.
    pub(crate) async fn run(&self) {
        let mut ticks = interval(BETWEEN_CALLS);
        // After a slow call, the ticks that passed are skipped.
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        for shard in (0..SHARDS).cycle() {
            ticks.tick().await;
            let is_outage = self.is_outage.load(Relaxed);
            charge(is_outage, 100).await;
            search(is_outage && shard == SICK_SHARD, shard).await;
        }
    }
}
