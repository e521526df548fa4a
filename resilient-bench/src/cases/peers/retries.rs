//! Libraries that retry. If a library sleeps even for a delay of zero, its futures run in a tokio
//! runtime with timers. All other futures are polled once.

use std::cell::Cell;
use std::time::Duration;

use backon::{BackoffBuilder, BlockingRetryable, ConstantBuilder, ExponentialBuilder, Retryable};
use execution_policy::ExecutionPolicyBuilder;
use layered::{Execute, Service as _, Stack as _};
use seatbelt::{RecoveryInfo, ResilienceContext};
use tokio_retry2::strategy::{ExponentialBackoff, FixedInterval, jitter};
use tower::Service as _;

use crate::call::{Fault, leak, ready, work, work_after};
use crate::table::{Scenario, Table};

const BASE: Duration = Duration::from_millis(100);

type Answer = Result<u64, Fault>;

async fn later(x: u64) -> Answer {
    work(x)
}

fn runtime() -> &'static tokio::runtime::Runtime {
    leak(
        tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .expect("a runtime can be built"),
    )
}

const SLEEPS: &str = "sleeps for a millisecond at a delay of zero";

pub fn add(table: &mut Table) {
    backon(table);
    tokio_retry2(table);
    again(table);
    tryhard(table);
    tower(table);
    seatbelt(table);
    execution_policy(table);
}

/// The number of calls of a case that sleeps. There are few, because each call takes long.
const FEW: u64 = 4;

fn backon(table: &mut Table) {
    const NAME: &str = "backon";
    table.add(Scenario::RetryPlain, NAME, || {
        |x| BlockingRetryable::retry(|| work(x), ExponentialBuilder::default()).call().is_ok()
    });
    table.add(Scenario::RetryAsync, NAME, || {
        |x| {
            ready(async { Retryable::retry(|| later(x), ExponentialBuilder::default()).await })
                .is_ok()
        }
    });
    let case = table.add(Scenario::RetryZero, NAME, || {
        let runtime = runtime();
        move |_| {
            let failures = Cell::new(3);
            let backoff = ConstantBuilder::default().with_delay(Duration::ZERO).with_max_times(3);
            runtime
                .block_on(async {
                    Retryable::retry(|| async { work_after(&failures) }, backoff).await
                })
                .is_ok()
        }
    });
    case.note = SLEEPS;
    case.most = FEW;
    table.add(Scenario::Delay, NAME, || {
        let backoff = ExponentialBuilder::default().with_min_delay(BASE).with_jitter();
        move |_| backoff.build().next().is_some()
    });
}

fn tokio_retry2(table: &mut Table) {
    use tokio_retry2::{Retry, RetryError};
    const NAME: &str = "tokio-retry2";
    table.add(Scenario::RetryAsync, NAME, || {
        |x| {
            let strategy = ExponentialBackoff::from_millis(100).take(3);
            ready(Retry::spawn(strategy, || async {
                later(x).await.map_err(RetryError::transient)
            }))
            .is_ok()
        }
    });
    let case = table.add(Scenario::RetryZero, NAME, || {
        let runtime = runtime();
        move |_| {
            let failures = Cell::new(3);
            let strategy = FixedInterval::from_millis(0).take(3);
            let action = || async { work_after(&failures).map_err(RetryError::transient) };
            runtime.block_on(async { Retry::spawn(strategy, action).await }).is_ok()
        }
    });
    case.note = SLEEPS;
    case.most = FEW;
    table.add(Scenario::Delay, NAME, || {
        |_| ExponentialBackoff::from_millis(100).map(jitter).next().is_some()
    });
}

fn again(table: &mut Table) {
    use again::RetryPolicy;
    const NAME: &str = "again";
    table.add(Scenario::RetryAsync, NAME, || {
        let policy = leak(RetryPolicy::exponential(BASE).with_max_retries(3));
        move |x| ready(policy.retry(|| later(x))).is_ok()
    });
    let case = table.add(Scenario::RetryZero, NAME, || {
        let policy = leak(RetryPolicy::fixed(Duration::ZERO).with_max_retries(3));
        let runtime = runtime();
        move |_| {
            let failures = Cell::new(3);
            runtime.block_on(policy.retry(|| async { work_after(&failures) })).is_ok()
        }
    });
    case.note = "waits for its own timer thread at a delay of zero";
    case.most = FEW;
}

fn tryhard(table: &mut Table) {
    const NAME: &str = "tryhard";
    table.add(Scenario::RetryAsync, NAME, || {
        |x| ready(tryhard::retry_fn(|| later(x)).retries(3).exponential_backoff(BASE)).is_ok()
    });
    let case = table.add(Scenario::RetryZero, NAME, || {
        let runtime = runtime();
        move |_| {
            let failures = Cell::new(3);
            let retry = || async { work_after(&failures) };
            runtime
                .block_on(async { tryhard::retry_fn(retry).retries(3).no_backoff().await })
                .is_ok()
        }
    });
    case.note = SLEEPS;
    case.most = FEW;
}

fn tower(table: &mut Table) {
    const NAME: &str = "tower";
    /// A policy from tower's documentation: a number of attempts without delay.
    #[derive(Clone, Copy)]
    struct Attempts(usize);
    impl<Request: Clone> tower::retry::Policy<Request, u64, Fault> for Attempts {
        type Future = std::future::Ready<()>;
        fn retry(&mut self, _: &mut Request, result: &mut Answer) -> Option<Self::Future> {
            if result.is_ok() || self.0 == 0 {
                return None;
            }
            self.0 -= 1;
            Some(std::future::ready(()))
        }
        fn clone_request(&mut self, request: &Request) -> Option<Request> {
            Some(request.clone())
        }
    }
    const IMMEDIATE: &str = "a handwritten policy that retries at once";
    table
        .add(Scenario::RetryAsync, NAME, || {
            let mut service =
                tower::retry::Retry::new(Attempts(3), tower::service_fn(later as fn(u64) -> _));
            move |x| ready(service.call(x)).is_ok()
        })
        .note = IMMEDIATE;
    table
        .add(Scenario::RetryZero, NAME, || {
            |_| {
                let failures = Cell::new(3);
                let mut service = tower::retry::Retry::new(
                    Attempts(3),
                    tower::service_fn(|failures| std::future::ready(work_after(failures))),
                );
                ready(service.call(&failures)).is_ok()
            }
        })
        .note = IMMEDIATE;
}

fn seatbelt(table: &mut Table) {
    use seatbelt::retry::Retry;
    const NAME: &str = "seatbelt";
    table.add(Scenario::RetryAsync, NAME, || {
        let context = ResilienceContext::new(crate::cases::peers::clock());
        let service = leak(
            (
                Retry::layer("bench", &context).clone_input().recovery_with(
                    |answer: &Answer, _| {
                        if answer.is_ok() { RecoveryInfo::never() } else { RecoveryInfo::retry() }
                    },
                ),
                Execute::new(later),
            )
                .into_service(),
        );
        move |x| ready(service.execute(x)).is_ok()
    });
    table.add(Scenario::RetryZero, NAME, || {
        use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
        let calls: &'static AtomicU64 = leak(AtomicU64::new(0));
        let context = ResilienceContext::new(crate::cases::peers::clock());
        let service = leak(
            (
                Retry::layer("bench", &context)
                    .clone_input()
                    .base_delay(Duration::ZERO)
                    .use_jitter(false)
                    .recovery_with(|answer: &Answer, _| {
                        if answer.is_ok() { RecoveryInfo::never() } else { RecoveryInfo::retry() }
                    }),
                Execute::new(move |_: u64| async {
                    work_after(&Cell::new(u32::from(calls.fetch_add(1, Relaxed) % 4 != 3)))
                }),
            )
                .into_service(),
        );
        move |x| ready(service.execute(x)).is_ok()
    });
}

fn execution_policy(table: &mut Table) {
    use execution_policy::Retry;
    const NAME: &str = "execution-policy";
    table.add(Scenario::RetryAsync, NAME, || {
        let policy = leak(
            ExecutionPolicyBuilder::<u64, Fault>::new()
                .retry(Retry::exponential().max_attempts(4).base_delay(BASE))
                .build(),
        );
        move |x| ready(policy.run(async || work(x))).is_ok()
    });
    table.add(Scenario::RetryZero, NAME, || {
        let policy = leak(
            ExecutionPolicyBuilder::<u64, Fault>::new()
                .retry(Retry::fixed(Duration::ZERO).max_attempts(4))
                .build(),
        );
        move |_| {
            let failures = Cell::new(3);
            ready(policy.run(async || work_after(&failures))).is_ok()
        }
    });
}
