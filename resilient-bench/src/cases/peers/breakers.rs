//! Libraries whose breaker wraps a call.

use std::time::Duration;

use crate::call::{Fault, leak, ready, work, work_failing, work_never, work_with_failures};
use crate::table::{Scenario, Table};

const LONG: Duration = Duration::from_secs(600);

async fn later(x: u64) -> Result<u64, Fault> {
    work(x)
}

pub fn add(table: &mut Table) {
    nobreak(table);
    failsafe(table);
    recloser(table);
    ferryman(table);
    circuitbreaker_rs(table);
}

fn nobreak(table: &mut Table) {
    const NAME: &str = "nobreak";
    fn breaker(threshold: usize) -> &'static nobreak::CircuitBreaker {
        leak(nobreak::builder().with_failure_threshold(threshold).with_open_duration(LONG).build())
    }
    table.add(Scenario::Plain, NAME, || {
        let breaker = breaker(5);
        move |x| breaker.call(|| work(x)).is_ok()
    });
    table.add(Scenario::Async, NAME, || {
        let breaker = breaker(5);
        move |x| ready(breaker.call_async(|| later(x))).is_ok()
    });
    table.add(Scenario::Failure, NAME, || {
        let breaker = breaker(usize::MAX);
        move |x| breaker.call(|| work_never(x)).is_ok()
    });
    table.add(Scenario::Rejected, NAME, || {
        let breaker = breaker(1);
        let _ = breaker.call(|| work_never(0));
        move |x| breaker.call(|| work(x)).is_ok()
    });
}

fn failsafe(table: &mut Table) {
    use failsafe::{CircuitBreaker as _, Config, backoff, failure_policy};
    const NAME: &str = "failsafe";
    fn consecutive(n: u32) -> &'static impl failsafe::CircuitBreaker {
        leak(
            Config::new()
                .failure_policy(failure_policy::consecutive_failures(n, backoff::constant(LONG)))
                .build(),
        )
    }
    fn rate() -> &'static impl failsafe::CircuitBreaker {
        let minute = Duration::from_secs(60);
        leak(
            Config::new()
                .failure_policy(failure_policy::success_rate_over_time_window(
                    0.5,
                    10,
                    minute,
                    backoff::constant(LONG),
                ))
                .build(),
        )
    }
    table.add(Scenario::Plain, NAME, || {
        let breaker = consecutive(5);
        move |x| breaker.call(|| work(x)).is_ok()
    });
    table.add(Scenario::Async, NAME, || {
        let breaker = leak(
            Config::new()
                .failure_policy(failure_policy::consecutive_failures(5, backoff::constant(LONG)))
                .build(),
        );
        move |x| ready(failsafe::futures::CircuitBreaker::call(breaker, later(x))).is_ok()
    });
    table.add(Scenario::Failure, NAME, || {
        let breaker = consecutive(u32::MAX);
        move |x| breaker.call(|| work_never(x)).is_ok()
    });
    table
        .add(Scenario::TimeWindow, NAME, || {
            let breaker = rate();
            move |x| breaker.call(|| work(x)).is_ok()
        })
        .note = "a moving average and 5 buckets of counts";
    table.add(Scenario::TimeWindowBusy, NAME, || {
        let breaker = rate();
        (0..10_000).for_each(|x| assert!(breaker.call(|| work(x)).is_ok()));
        move |x| breaker.call(|| work(x)).is_ok()
    });
    table.add(Scenario::Rejected, NAME, || {
        let breaker = consecutive(1);
        let _ = breaker.call(|| work_never(0));
        move |x| breaker.call(|| work(x)).is_ok()
    });
    table
        .add(Scenario::Delay, NAME, || {
            let backoff = backoff::equal_jittered(Duration::from_secs(1), Duration::from_secs(10));
            move |_| backoff.clone().next().is_some()
        })
        .note = "a delay of 1 s, the shortest it accepts";
}

fn recloser(table: &mut Table) {
    use recloser::{AsyncRecloser, Recloser};
    const NAME: &str = "recloser";
    fn breaker(rate: f32) -> Recloser {
        Recloser::custom().error_rate(rate).closed_len(100).open_wait(LONG).build()
    }
    table.add(Scenario::Window, NAME, || {
        let breaker = leak(breaker(0.5));
        move |x| breaker.call(|| work(x)).is_ok()
    });
    table
        .add(Scenario::Async, NAME, || {
            let breaker = leak(AsyncRecloser::from(breaker(0.5)));
            move |x| ready(breaker.call(later(x))).is_ok()
        })
        .note = "window of 100 calls";
    table.add(Scenario::WindowFailures, NAME, || {
        let breaker = leak(breaker(0.5));
        move |x| breaker.call(|| work_with_failures(x)).is_ok()
    });
    table.add(Scenario::WindowFailure, NAME, || {
        let breaker = leak(breaker(0.99));
        move |x| breaker.call(|| work_failing(x)).is_ok()
    });
    table.add(Scenario::Rejected, NAME, || {
        let breaker =
            leak(Recloser::custom().error_rate(0.5).closed_len(1).open_wait(LONG).build());
        for _ in 0..3 {
            let _ = breaker.call(|| work_never(0));
        }
        move |x| breaker.call(|| work(x)).is_ok()
    });
}

fn ferryman(table: &mut Table) {
    use ferryman_core::{Breaker, BreakerConfig};
    const NAME: &str = "ferryman";
    fn breaker(threshold: u32) -> &'static Breaker {
        let config = BreakerConfig::default().with_failure_threshold(threshold).with_cooldown(LONG);
        leak(Breaker::new(config).expect("these settings are within their ranges"))
    }
    /// Admits and records by hand, because this library has no function that wraps a call.
    #[inline(always)]
    fn through(breaker: &Breaker, call: impl FnOnce() -> Result<u64, Fault>) -> Result<u64, Fault> {
        let Some(admission) = breaker.try_acquire() else {
            return Err(Fault);
        };
        let result = call();
        match result {
            Ok(_) => breaker.record_success(admission),
            Err(_) => breaker.record_failure(admission),
        };
        result
    }
    const BY_HAND: &str = "admit and record by hand";
    table
        .add(Scenario::Plain, NAME, || {
            let breaker = breaker(5);
            move |x| through(breaker, || work(x)).is_ok()
        })
        .note = BY_HAND;
    table
        .add(Scenario::Failure, NAME, || {
            let breaker = breaker(u32::MAX);
            move |x| through(breaker, || work_never(x)).is_ok()
        })
        .note = BY_HAND;
    table
        .add(Scenario::Rejected, NAME, || {
            let breaker = breaker(1);
            let _ = through(breaker, || work_never(0));
            move |x| through(breaker, || work(x)).is_ok()
        })
        .note = BY_HAND;
}

fn circuitbreaker_rs(table: &mut Table) {
    use circuitbreaker_rs::{CircuitBreaker, DefaultPolicy};
    const NAME: &str = "circuitbreaker-rs";
    type Breaker = CircuitBreaker<DefaultPolicy, Fault>;
    fn breaker(consecutive: u64) -> &'static Breaker {
        leak(
            Breaker::builder()
                .failure_threshold(2.0)
                .min_throughput(u64::MAX)
                .consecutive_failures(consecutive)
                .cooldown(LONG)
                .build(),
        )
    }
    const TIMED: &str = "times each call for its metric sink; has no slow-call condition";
    table
        .add(Scenario::Plain, NAME, || {
            let breaker = breaker(5);
            move |x| breaker.call(|| work(x)).is_ok()
        })
        .note = TIMED;
    table
        .add(Scenario::Slow, NAME, || {
            let breaker = breaker(5);
            move |x| breaker.call(|| work(x)).is_ok()
        })
        .note = TIMED;
    table.add(Scenario::Async, NAME, || {
        let breaker = breaker(5);
        move |x| ready(breaker.call_async(|| later(x))).is_ok()
    });
    table.add(Scenario::Failure, NAME, || {
        let breaker = breaker(u64::MAX);
        move |x| breaker.call(|| work_never(x)).is_ok()
    });
    table.add(Scenario::Rejected, NAME, || {
        let breaker = breaker(1);
        let _ = breaker.call(|| work_never(0));
        move |x| breaker.call(|| work(x)).is_ok()
    });
}
