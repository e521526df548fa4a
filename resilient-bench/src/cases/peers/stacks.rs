//! Libraries whose breaker is a layer of a service or a part of a policy.

use std::time::Duration;

use execution_policy::ExecutionPolicyBuilder;
use layered::{Execute, Service as _, Stack as _};
use seatbelt::breaker::{Breaker, BreakerId};
use seatbelt::{RecoveryInfo, ResilienceContext};
use tower_resilience_circuitbreaker::{CircuitBreakerLayer, SlidingWindowType};

use crate::call::{
    Fault, hot_key_of, insist, key_of, leak, number_keys, ready, string_keys, work, work_failing,
    work_never, work_with_failures,
};
use crate::table::{Scenario, Table};

const LONG: Duration = Duration::from_secs(600);
const MINUTE: Duration = Duration::from_secs(60);

pub fn add(table: &mut Table) {
    seatbelt(table);
    tower_resilience(table);
    execution_policy(table);
}

type Answer = Result<u64, Fault>;

fn recovery(answer: &Answer) -> RecoveryInfo {
    if answer.is_ok() { RecoveryInfo::never() } else { RecoveryInfo::retry() }
}

/// Builds a service with a time window of one minute, as the documentation of seatbelt shows.
pub fn seatbelt_breaker<F>(
    call: fn(u64) -> F,
    throughput: u32,
) -> impl layered::Service<u64, Out = Answer>
where
    F: Future<Output = Answer> + Send + 'static,
{
    let context = ResilienceContext::new(crate::cases::peers::clock());
    (
        Breaker::layer("bench", &context)
            .recovery_with(|answer: &Answer, _| recovery(answer))
            .rejected_input_error(|_, _| Fault)
            .failure_threshold(0.5)
            .min_throughput(throughput)
            .sampling_duration(MINUTE)
            .break_duration(LONG),
        Execute::new(call),
    )
        .into_service()
}

fn seatbelt(table: &mut Table) {
    const NAME: &str = "seatbelt";
    async fn ok(x: u64) -> Answer {
        work(x)
    }
    async fn never(x: u64) -> Answer {
        work_never(x)
    }
    for scenario in [Scenario::Async, Scenario::TimeWindow] {
        table
            .add(scenario, NAME, || {
                let service = leak(seatbelt_breaker(ok, 100));
                move |x| ready(service.execute(x)).is_ok()
            })
            .note = "async service, time window of 60 s";
    }
    table
        .add(Scenario::TimeWindowBusy, NAME, || {
            let service = leak(seatbelt_breaker(ok, 100));
            (0..10_000).for_each(|x| assert!(ready(service.execute(x)).is_ok()));
            move |x| ready(service.execute(x)).is_ok()
        })
        .note = "async service";
    table
        .add(Scenario::Rejected, NAME, || {
            let service = leak(seatbelt_breaker(never, 2));
            for _ in 0..10 {
                let _ = ready(service.execute(0));
            }
            move |x| ready(service.execute(x)).is_ok()
        })
        .note = "async service";
    string_keys_of(table, Scenario::KeyString, key_of);
    string_keys_of(table, Scenario::KeyHot, hot_key_of);
    table.add(Scenario::KeyNumber, NAME, || {
        let keys = number_keys();
        let context = ResilienceContext::new(crate::cases::peers::clock());
        let service = leak(
            (
                Breaker::layer("bench", &context)
                    .recovery_with(|answer: &Answer, _| recovery(answer))
                    .rejected_input_error(|_, _| Fault)
                    .sampling_duration(MINUTE)
                    .breaker_id(|key: &u64| BreakerId::from(*key)),
                Execute::new(ok),
            )
                .into_service(),
        );
        keys.iter().for_each(|key| assert!(ready(service.execute(*key)).is_ok()));
        move |x| ready(service.execute(keys[key_of(x)])).is_ok()
    });
}

/// The condition on which the circuit opens.
#[derive(Clone, Copy)]
pub enum Tower {
    Consecutive(usize),
    Calls,
    Minute,
    Slow,
}

/// Builds a service that makes calls of `call` through a breaker.
pub fn tower_breaker<F>(
    call: fn(u64) -> F,
    opens: Tower,
) -> impl tower::Service<u64, Response = u64> + Clone + Send + 'static
where
    F: Future<Output = Answer> + Send + 'static,
{
    let builder =
        CircuitBreakerLayer::builder().failure_rate_threshold(0.99).wait_duration_in_open(LONG);
    let builder = match opens {
        Tower::Consecutive(n) => builder.consecutive_failures(n),
        Tower::Calls => builder.sliding_window_size(100),
        Tower::Minute => builder
            .sliding_window_type(SlidingWindowType::TimeBased)
            .sliding_window_duration(MINUTE),
        Tower::Slow => builder
            .sliding_window_size(100)
            .slow_call_duration_threshold(Duration::from_secs(10))
            .slow_call_rate_threshold(0.9),
    };
    builder
        .build()
        .expect("these settings are within their ranges")
        .layer_fn(tower::service_fn(call))
}

fn tower_resilience(table: &mut Table) {
    const NAME: &str = "tower-resilience";
    async fn ok(x: u64) -> Answer {
        work(x)
    }
    async fn failures(x: u64) -> Answer {
        work_with_failures(x)
    }
    async fn failing(x: u64) -> Answer {
        work_failing(x)
    }
    async fn never(x: u64) -> Answer {
        work_never(x)
    }
    #[inline(always)]
    fn call(service: &mut impl tower::Service<u64, Response = u64>, x: u64) -> bool {
        insist(std::future::poll_fn(|context| service.poll_ready(context))).is_ok()
            && insist(service.call(x)).is_ok()
    }
    macro_rules! case {
        ($scenario:ident, $call:expr, $opens:expr) => {
            table.add(Scenario::$scenario, NAME, || {
                let mut service = tower_breaker($call, $opens);
                move |x| call(&mut service, x)
            })
        };
    }
    case!(Async, ok, Tower::Consecutive(5));
    case!(Window, ok, Tower::Calls).note = "async service";
    case!(WindowFailures, failures, Tower::Calls).note = "async service";
    case!(WindowFailure, failing, Tower::Calls).note = "async service";
    case!(Slow, ok, Tower::Slow).note = "async service, window of 100 calls";
    const RECORDS: &str = "async service; keeps a record of every call in the window";
    let case = case!(TimeWindow, ok, Tower::Minute);
    case.note = RECORDS;
    case.most = 200;
    let case = table.add(Scenario::TimeWindowBusy, NAME, || {
        let mut service = tower_breaker(ok, Tower::Minute);
        (0..10_000).for_each(|x| assert!(call(&mut service, x)));
        move |x| call(&mut service, x)
    });
    case.note = RECORDS;
    case.most = 200;
    table
        .add(Scenario::Rejected, NAME, || {
            let mut service = tower_breaker(never, Tower::Consecutive(1));
            call(&mut service, 0);
            move |x| call(&mut service, x)
        })
        .note = "async service";
}

fn execution_policy(table: &mut Table) {
    use execution_policy::CircuitBreaker;
    const NAME: &str = "execution-policy";
    fn policy(
        breaker: CircuitBreaker<Fault>,
    ) -> &'static execution_policy::ExecutionPolicy<execution_policy::DefaultCore, u64, Fault> {
        leak(ExecutionPolicyBuilder::new().circuit_breaker(breaker.open_for(LONG)).build())
    }
    fn minute() -> CircuitBreaker<Fault> {
        CircuitBreaker::failure_ratio().ratio(0.5).minimum_throughput(10).sampling_window(MINUTE)
    }
    table.add(Scenario::Async, NAME, || {
        let policy = policy(CircuitBreaker::consecutive_failures(5));
        move |x| ready(policy.run(async || work(x))).is_ok()
    });
    table
        .add(Scenario::TimeWindow, NAME, || {
            let policy = policy(minute());
            move |x| ready(policy.run(async || work(x))).is_ok()
        })
        .note = "async policy";
    table
        .add(Scenario::TimeWindowBusy, NAME, || {
            let policy = policy(minute());
            (0..10_000).for_each(|x| assert!(ready(policy.run(async || work(x))).is_ok()));
            move |x| ready(policy.run(async || work(x))).is_ok()
        })
        .note = "async policy";
    table
        .add(Scenario::Rejected, NAME, || {
            let policy = policy(CircuitBreaker::consecutive_failures(1));
            let _ = ready(policy.run(async || work_never(0)));
            move |x| ready(policy.run(async || work(x))).is_ok()
        })
        .note = "async policy";
}

/// Adds a case with string keys. `index` returns the index of the key for a call.
fn string_keys_of(
    table: &mut Table,
    scenario: Scenario,
    index: impl Fn(u64) -> usize + Copy + Send + 'static,
) {
    table.add(scenario, "seatbelt", move || {
        async fn ok(_: &'static str) -> Answer {
            work(7)
        }
        let keys = string_keys();
        let context = ResilienceContext::new(crate::cases::peers::clock());
        let service = leak(
            (
                Breaker::layer("bench", &context)
                    .recovery_with(|answer: &Answer, _| recovery(answer))
                    .rejected_input_error(|_, _| Fault)
                    .sampling_duration(MINUTE)
                    .breaker_id(|key: &&'static str| BreakerId::from(*key)),
                Execute::new(ok),
            )
                .into_service(),
        );
        keys.iter().for_each(|key| assert!(ready(service.execute(key.as_str())).is_ok()));
        move |x| ready(service.execute(keys[index(x)].as_str())).is_ok()
    });
}
