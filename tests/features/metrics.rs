//! The feature `metrics` records every series with its value and bounds the number of label values.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use metrics::Unit;
use metrics_util::debugging::{DebugValue, DebuggingRecorder, Snapshotter};
use resilient::breaker::{BreakerConfigBuilder, CircuitState, KeyedBreakers};
use resilient::budget::BudgetConfig;
use resilient::retries::{AttemptEnd, RetryDriver, WhenOpen};
use resilient::time::ManualClock;
use resilient::{BreakerConfig, CircuitBreaker, Outcome, Registry, RetryPolicy};

const RESULTS: [&str; 6] = ["success", "failure", "ignored", "abandoned", "late", "rejected"];

/// Returns settings that open the circuit for ten seconds after two consecutive failures. A call of
/// two seconds or more is slow.
fn settings() -> BreakerConfigBuilder {
    BreakerConfig::builder()
        .failure_threshold(2)
        .recovery_time(Duration::from_secs(10))
        .window(100)
        .slow_call(Duration::from_secs(2))
        .slow_call_rate(1.0)
        .min_calls(100)
}

/// Returns a registry, its breaker `name`, and the breaker's clock.
fn registered(name: &str) -> (Registry, CircuitBreaker, ManualClock) {
    let (registry, clock) = (Registry::new(), ManualClock::new());
    let config = settings().build().unwrap();
    let breaker = CircuitBreaker::with_clock(name, config, clock.clone());
    registry.register(&breaker).unwrap();
    (registry, breaker, clock)
}

fn report(breaker: &CircuitBreaker, outcome: Outcome) {
    breaker.try_acquire().unwrap().report(outcome);
}

/// The values in a recorder. Each key is the name and the labels of a series without the prefix
/// `resilient.breaker.`, such as `calls{breaker=payments,result=success}`.
type Recorded = BTreeMap<String, u64>;

/// Runs `code` with a new recorder. `code` reads the recorder with `take`.
fn recording<R>(code: impl FnOnce(&Snapshotter) -> R) -> R {
    let recorder = DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    metrics::with_local_recorder(&recorder, || code(&snapshotter))
}

/// Reads the recorder. Reading resets its values to zero.
fn take(snapshotter: &Snapshotter) -> Recorded {
    let series = snapshotter.snapshot().into_vec().into_iter();
    series
        .map(|(key, _, _, value)| {
            let (_, key) = key.into_parts();
            let name = key.name();
            let name = name.strip_prefix("resilient.breaker.").unwrap_or(name);
            let labels: BTreeSet<_> =
                key.labels().map(|label| format!("{}={}", label.key(), label.value())).collect();
            let labels: Vec<_> = labels.into_iter().collect();
            let value = match value {
                DebugValue::Counter(count) => count,
                // The gauge counts breakers, so it is a whole number.
                DebugValue::Gauge(value) => value.to_string().parse().unwrap(),
                DebugValue::Histogram(_) => panic!("no histogram is documented"),
            };
            (format!("{name}{{{}}}", labels.join(",")), value)
        })
        .collect()
}

/// Returns the series that are not zero.
fn above_zero(recorded: &Recorded) -> Vec<(&str, u64)> {
    let series = recorded.iter().filter(|(_, value)| **value != 0);
    series.map(|(name, value)| (name.as_str(), *value)).collect()
}

#[test]
fn every_series_of_the_table_has_its_exact_value_after_a_scripted_run() {
    let (registry, breaker, clock) = registered("payments");
    let late = breaker.try_acquire().unwrap();
    let hung = breaker.try_acquire().unwrap();
    clock.advance(Duration::from_millis(1_500));
    (0..5).for_each(|_| report(&breaker, Outcome::Success));
    (0..3).for_each(|_| report(&breaker, Outcome::Ignored));
    drop(breaker.try_acquire().unwrap());
    let slow = breaker.try_acquire().unwrap();
    clock.advance(Duration::from_secs(2));
    slow.report(Outcome::Failure);
    report(&breaker, Outcome::Failure);
    late.report(Outcome::Success);
    (0..7).for_each(|_| drop(breaker.try_acquire().unwrap_err()));
    clock.advance(Duration::from_secs(14));
    report(&breaker, Outcome::Failure);
    breaker.force_open();
    clock.advance(Duration::from_secs(1));
    let _in_flight = hung;

    let recorded = recording(|snapshotter| {
        registry.record_metrics();
        take(snapshotter)
    });
    let expected = [
        ("calls{breaker=payments,result=abandoned}", 1),
        ("calls{breaker=payments,result=failure}", 3),
        ("calls{breaker=payments,result=ignored}", 3),
        ("calls{breaker=payments,result=late}", 1),
        ("calls{breaker=payments,result=rejected}", 7),
        ("calls{breaker=payments,result=success}", 5),
        ("in_flight{breaker=payments}", 1),
        ("rejections{breaker=payments,reason=open}", 7),
        ("slow_calls{breaker=payments}", 1),
        ("state{breaker=payments,state=forced_open}", 1),
        ("time_in_state{breaker=payments,state=closed}", 3_500),
        ("time_in_state{breaker=payments,state=forced_open}", 1_000),
        ("time_in_state{breaker=payments,state=half_open}", 4_000),
        ("time_in_state{breaker=payments,state=open}", 10_000),
        ("transitions{breaker=payments,to=forced_open}", 1),
        ("transitions{breaker=payments,to=half_open}", 1),
        ("transitions{breaker=payments,to=open}", 2),
    ];
    assert_eq!(above_zero(&recorded), expected);
}

#[test]
fn the_labels_of_every_series_are_a_closed_set() {
    let (registry, _breaker, _clock) = registered("payments");
    let recorded = recording(|snapshotter| {
        registry.record_metrics();
        take(snapshotter)
    });
    let mut expected = BTreeSet::new();
    for name in ["in_flight", "overdue", "slow_calls", "waiting"] {
        expected.insert(format!("{name}{{breaker=payments}}"));
    }
    for result in RESULTS {
        expected.insert(format!("calls{{breaker=payments,result={result}}}"));
    }
    for reason in ["open", "half_open", "forced_open"] {
        expected.insert(format!("rejections{{breaker=payments,reason={reason}}}"));
    }
    for state in CircuitState::ALL {
        expected.insert(format!("transitions{{breaker=payments,to={state}}}"));
        expected.insert(format!("state{{breaker=payments,state={state}}}"));
        expected.insert(format!("time_in_state{{breaker=payments,state={state}}}"));
    }
    // The recorder has every series from the start. Most of them are zero.
    assert_eq!(recorded.into_keys().collect::<BTreeSet<_>>(), expected);
}

#[test]
fn every_metric_is_described_with_its_unit() {
    let (registry, _breaker, _clock) = registered("payments");
    let series = recording(|snapshotter| {
        registry.record_metrics();
        snapshotter.snapshot().into_vec()
    });
    for (key, unit, description, _) in series {
        let name = key.key().name();
        let expected =
            if name.ends_with("time_in_state") { Unit::Milliseconds } else { Unit::Count };
        assert_eq!(unit, Some(expected), "{name}");
        assert!(description.is_some_and(|text| !text.is_empty()), "{name}");
    }
}

#[test]
fn exactly_one_state_has_the_value_one() {
    let (registry, breaker, clock) = registered("payments");
    recording(|snapshotter| {
        let assert_only = |state: CircuitState| {
            registry.record_metrics();
            let recorded = take(snapshotter);
            for each in CircuitState::ALL {
                let series = format!("state{{breaker=payments,state={each}}}");
                let expected = u64::from(each == state);
                assert_eq!(recorded.get(&series), Some(&expected), "{series} in {state}");
            }
        };
        assert_only(CircuitState::Closed);
        breaker.trip().unwrap();
        assert_only(CircuitState::Open);
        // No call follows. The circuit becomes half-open because its open time ends.
        clock.advance(Duration::from_secs(10));
        assert_only(CircuitState::HalfOpen);
        breaker.force_open();
        assert_only(CircuitState::ForcedOpen);
        breaker.disable();
        assert_only(CircuitState::Disabled);
        breaker.observe_only();
        assert_only(CircuitState::ObserveOnly);
        breaker.close();
        assert_only(CircuitState::Closed);
    });
}

#[test]
fn a_change_of_state_is_recorded_at_once() {
    let (_registry, breaker, _clock) = registered("payments");
    recording(|snapshotter| {
        report(&breaker, Outcome::Success);
        report(&breaker, Outcome::Failure);
        assert!(take(snapshotter).is_empty(), "a healthy call records nothing");
        report(&breaker, Outcome::Failure);
        let recorded = take(snapshotter);
        let expected = [
            ("calls{breaker=payments,result=failure}", 2),
            ("calls{breaker=payments,result=success}", 1),
            ("state{breaker=payments,state=open}", 1),
            ("transitions{breaker=payments,to=open}", 1),
        ];
        assert_eq!(above_zero(&recorded), expected);
    });
}

#[test]
fn b19_the_gauges_show_calls_in_flight_and_overdue_calls_of_all_keys_that_exist() {
    let (registry, shards, clock) = keyed();
    let (one, two, three) = (shards.get(&1), shards.get(&2), shards.get(&3));
    let permits = [&one, &one, &two].map(|shard| shard.try_acquire().unwrap());
    clock.advance(Duration::from_secs(2));
    let young = three.try_acquire().unwrap();
    clock.advance(Duration::from_millis(250));
    let gauges = || {
        let recorded = recording(|snapshotter| {
            registry.record_metrics();
            take(snapshotter)
        });
        (recorded["in_flight{breaker=shards}"], recorded["overdue{breaker=shards}"])
    };
    assert_eq!(gauges(), (4, 3));
    drop(permits);
    assert_eq!(gauges(), (1, 0));
    // The new keys evict keys 1 to 3. The gauges no longer show the call of key 3.
    (4..7).for_each(|key| drop(shards.get(&key)));
    assert_eq!(gauges(), (0, 0));
    drop(young);
}

#[test]
fn a_breaker_that_is_in_no_registry_is_not_recorded() {
    let config = settings().build().unwrap();
    let owned = CircuitBreaker::new("owned", config.clone());
    let keyed = KeyedBreakers::<u32>::new("keyed", config);
    let recorded = recording(|snapshotter| {
        owned.trip().unwrap();
        keyed.get(&1).trip().unwrap();
        Registry::new().record_metrics();
        take(snapshotter)
    });
    assert_eq!(recorded, Recorded::new());
}

#[test]
fn breakers_that_left_a_registry_are_no_longer_recorded() {
    let (registry, breaker, _clock) = registered("payments");
    registry.unregister(&breaker);
    let recorded = recording(|snapshotter| {
        breaker.trip().unwrap();
        registry.record_metrics();
        take(snapshotter)
    });
    assert_eq!(recorded, Recorded::new());
}

#[test]
fn g08_the_counters_of_a_leased_name_continue_from_lease_to_lease() {
    let registry = Registry::new();
    let budget = BudgetConfig::builder().deposit(5).build().unwrap();
    for _ in 0..3 {
        let config = settings().build().unwrap();
        report(&registry.lease("single", config.clone()), Outcome::Success);
        report(&registry.lease_keyed::<u32>("keyed", config).get(&7), Outcome::Success);
        let budget = registry.lease_budget("budget", budget);
        budget.try_reserve().unwrap().spend();
        budget.succeeded(true);
    }
    assert!(registry.breakers().is_empty() && registry.budgets().is_empty());
    let read = || {
        recording(|snapshotter| {
            registry.record_metrics();
            take(snapshotter)
        })
    };
    let released = read();
    assert_eq!(released["calls{breaker=single,result=success}"], 3);
    assert_eq!(released["calls{breaker=keyed,result=success}"], 3);
    assert_eq!(released["state{breaker=keyed,state=closed}"], 0, "no breaker is in a state");
    assert_eq!(released["resilient.budget.retries{budget=budget,result=granted}"], 3);
    let single = registry.lease("single", settings().build().unwrap());
    report(&single, Outcome::Success);
    let leased = read();
    assert_eq!(leased["calls{breaker=single,result=success}"], 4);
    assert_eq!(leased["state{breaker=single,state=closed}"], 1);
}

#[test]
fn g08_the_counters_of_a_thousand_released_names_are_kept() {
    let registry = Registry::new();
    for name in 0..1_200 {
        drop(registry.lease(&format!("client {name}"), settings().build().unwrap()));
        drop(registry.lease_budget(&format!("client {name}"), BudgetConfig::default()));
    }
    let recorded = recording(|snapshotter| {
        registry.record_metrics();
        take(snapshotter)
    });
    let count = |prefix: &str| recorded.keys().filter(|name| name.starts_with(prefix)).count();
    assert_eq!((count("slow_calls{"), count("resilient.budget.returned{")), (1_000, 1_000));
}

#[test]
fn each_breaker_has_its_own_series() {
    let registry = Registry::new();
    let config = settings().build().unwrap();
    let (mail, stock) = (
        registry.get_or_register("mail", config.clone()),
        registry.get_or_register("stock", config),
    );
    report(&mail, Outcome::Success);
    report(&stock, Outcome::Failure);
    let recorded = recording(|snapshotter| {
        registry.record_metrics();
        take(snapshotter)
    });
    let calls = |breaker, result| recorded[&format!("calls{{breaker={breaker},result={result}}}")];
    assert_eq!((calls("mail", "success"), calls("mail", "failure")), (1, 0));
    assert_eq!((calls("stock", "success"), calls("stock", "failure")), (0, 1));
}

/// Returns a registry, a group of breakers for at most three keys, and the clock of the group.
fn keyed() -> (Registry, KeyedBreakers<u32>, ManualClock) {
    let (registry, clock) = (Registry::new(), ManualClock::new());
    let config = settings().max_keys(3).build().unwrap();
    let shards = KeyedBreakers::with_clock("shards", config, clock.clone());
    registry.register_keyed(&shards).unwrap();
    (registry, shards, clock)
}

#[test]
fn keyed_breakers_of_one_name_are_summed_and_no_key_is_a_label() {
    let (registry, shards, clock) = keyed();
    report(&shards.get(&1), Outcome::Success);
    report(&shards.get(&2), Outcome::Success);
    shards.get(&2).trip().unwrap();
    drop(shards.get(&2).try_acquire().unwrap_err());
    shards.get(&3).force_open();
    clock.advance(Duration::from_secs(3));
    let recorded = recording(|snapshotter| {
        registry.record_metrics();
        take(snapshotter)
    });
    let expected = [
        ("calls{breaker=shards,result=rejected}", 1),
        ("calls{breaker=shards,result=success}", 2),
        ("rejections{breaker=shards,reason=open}", 1),
        ("state{breaker=shards,state=closed}", 1),
        ("state{breaker=shards,state=forced_open}", 1),
        ("state{breaker=shards,state=open}", 1),
        ("time_in_state{breaker=shards,state=closed}", 3_000),
        ("time_in_state{breaker=shards,state=forced_open}", 3_000),
        ("time_in_state{breaker=shards,state=open}", 3_000),
        ("transitions{breaker=shards,to=forced_open}", 1),
        ("transitions{breaker=shards,to=open}", 1),
    ];
    assert_eq!(above_zero(&recorded), expected);
    assert_eq!(recorded.len(), 6 + 3 + 4 + 3 * 6);
}

#[test]
fn the_counts_of_forgotten_keys_stay_in_the_counters() {
    let (registry, shards, clock) = keyed();
    let mut before = Recorded::new();
    let mut calls = 0_u32;
    for key in 0..50 {
        let shard = shards.get(&key);
        report(&shard, Outcome::Success);
        let permit = shard.try_acquire().unwrap();
        clock.advance(Duration::from_secs(2));
        permit.report(Outcome::Success);
        shard.trip().unwrap();
        drop(shard.try_acquire().unwrap_err());
        shard.close();
        calls += 2;
        let now = recording(|snapshotter| {
            registry.record_metrics();
            take(snapshotter)
        });
        for (series, value) in before.iter().filter(|(name, _)| !name.starts_with("state{")) {
            assert!(now[series] >= *value, "{series} decreased");
        }
        assert_eq!(now["calls{breaker=shards,result=success}"], u64::from(calls));
        assert_eq!(now["slow_calls{breaker=shards}"], u64::from(calls / 2));
        assert_eq!(now["transitions{breaker=shards,to=open}"], u64::from(calls / 2));
        let there = now["state{breaker=shards,state=closed}"];
        assert_eq!(there, u64::from((key + 1).min(3)), "the number of breakers in the group");
        before = now;
    }
    assert_eq!(shards.len(), 3);
}

#[test]
fn the_sum_includes_the_breaker_that_all_other_keys_share() {
    let (registry, shards, _clock) = keyed();
    for key in 0..3 {
        shards.get(&key).trip().unwrap();
    }
    report(&shards.get(&9), Outcome::Success);
    let recorded = recording(|snapshotter| {
        registry.record_metrics();
        take(snapshotter)
    });
    assert_eq!(recorded["calls{breaker=shards,result=success}"], 1);
    assert_eq!(recorded["state{breaker=shards,state=open}"], 3);
    assert_eq!(recorded["state{breaker=shards,state=closed}"], 1);
}

#[test]
fn without_a_recorder_calls_still_work() {
    let (registry, breaker, _clock) = registered("payments");
    registry.record_metrics();
    breaker.trip().unwrap();
    assert_eq!(breaker.snapshot().listener_panics, 0);
}

#[test]
fn a_recorder_that_panics_harms_no_call() {
    struct Broken;
    impl metrics::Recorder for Broken {
        fn describe_counter(&self, _: metrics::KeyName, _: Option<Unit>, _: metrics::SharedString) {
        }
        fn describe_gauge(&self, _: metrics::KeyName, _: Option<Unit>, _: metrics::SharedString) {}
        fn describe_histogram(
            &self,
            _: metrics::KeyName,
            _: Option<Unit>,
            _: metrics::SharedString,
        ) {
        }
        fn register_counter(
            &self,
            _: &metrics::Key,
            _: &metrics::Metadata<'_>,
        ) -> metrics::Counter {
            std::panic::resume_unwind(Box::new("a panic of the test"))
        }
        fn register_gauge(&self, _: &metrics::Key, _: &metrics::Metadata<'_>) -> metrics::Gauge {
            std::panic::resume_unwind(Box::new("a panic of the test"))
        }
        fn register_histogram(
            &self,
            _: &metrics::Key,
            _: &metrics::Metadata<'_>,
        ) -> metrics::Histogram {
            metrics::Histogram::noop()
        }
    }
    let (_registry, breaker, _clock) = registered("payments");
    metrics::with_local_recorder(&Broken, || {
        report(&breaker, Outcome::Failure);
        report(&breaker, Outcome::Failure);
    });
    assert_eq!(breaker.state(), CircuitState::Open);
    assert_eq!(breaker.snapshot().totals.failure, 2);
}

#[test]
fn every_series_of_a_budget_has_its_exact_value_and_no_label_but_its_name() {
    let registry = Registry::new();
    let settings = BudgetConfig::builder().capacity(40).initial_tokens(17);
    let budget = registry.get_or_register_budget("payments", settings.build().unwrap());
    budget.try_reserve().unwrap().spend();
    drop(budget.try_reserve());
    budget.try_reserve().unwrap().spend();
    let _asleep = budget.try_reserve();
    (0..7).for_each(|_| assert!(budget.try_reserve().is_none()));
    (0..2).for_each(|_| budget.succeeded(false));
    let recorded = recording(|snapshotter| {
        registry.record_metrics();
        registry.record_metrics();
        take(snapshotter)
    });
    let expected = [
        ("resilient.budget.capacity{budget=payments}", 40),
        ("resilient.budget.retries{budget=payments,result=granted}", 4),
        ("resilient.budget.retries{budget=payments,result=refused}", 7),
        ("resilient.budget.returned{budget=payments}", 1),
        ("resilient.budget.tokens{budget=payments}", 4),
    ];
    let all: Vec<_> = recorded.iter().map(|(series, value)| (series.as_str(), *value)).collect();
    assert_eq!(all, expected);
}

#[test]
fn every_metric_of_a_budget_is_described() {
    let registry = Registry::new();
    let _ = registry.get_or_register_budget("payments", BudgetConfig::default());
    let series = recording(|snapshotter| {
        registry.record_metrics();
        snapshotter.snapshot().into_vec()
    });
    assert_eq!(series.len(), 5);
    for (key, unit, description, _) in series {
        assert_eq!(unit, Some(Unit::Count), "{key:?}");
        assert!(description.is_some_and(|text| !text.is_empty()), "{key:?}");
    }
}

/// Returns the calls of retry policies in this process by result, and the number of waits under
/// `waits`. Leaves out results without a call.
fn retry_calls() -> BTreeMap<String, u64> {
    let recorded = recording(|snapshotter| {
        Registry::global().record_metrics();
        take(snapshotter)
    });
    let of_retries = recorded.into_iter().filter_map(|(series, calls)| {
        let series = series
            .strip_suffix(",retry=unnamed}")
            .or_else(|| series.strip_suffix("{retry=unnamed}"))?;
        if series.ends_with("retry.waits") {
            return Some(("waits".to_owned(), calls));
        }
        Some((series.split_once("retry.calls{result=")?.1.to_owned(), calls))
    });
    of_retries.filter(|(_, calls)| *calls > 0).collect()
}

#[test]
fn the_calls_that_wait_for_a_circuit_are_a_gauge() {
    let (registry, breaker, _clock) = registered("payments");
    while_a_call_waits_for(&breaker, || {
        assert_eq!(waiting(&registry, "payments"), 1);
    });
    assert_eq!(waiting(&registry, "payments"), 0);
}

#[test]
fn a_call_that_waits_for_a_removed_key_is_not_in_the_gauge() {
    let (registry, shards, _clock) = keyed();
    let shard = shards.get(&1);
    while_a_call_waits_for(&shard, || {
        assert_eq!(waiting(&registry, "shards"), 1);
        assert!(shards.remove(&1));
        assert_eq!(waiting(&registry, "shards"), 0);
    });
    assert_eq!(waiting(&registry, "shards"), 0);
}

/// Returns the right to make calls under a retry. Their counters are global, so only one test at a
/// time makes such calls.
fn alone() -> MutexGuard<'static, ()> {
    static CALLS: Mutex<()> = Mutex::new(());
    CALLS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Opens the circuit, begins to wait for it, and runs `check` meanwhile.
fn while_a_call_waits_for(breaker: &CircuitBreaker, check: impl FnOnce()) {
    let _alone = alone();
    let policy = RetryPolicy::builder().when_open(WhenOpen::Wait).build().unwrap();
    breaker.trip().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let _entered = runtime.enter();
    let mut driver = RetryDriver::start_async(&policy);
    let open = breaker.try_acquire().unwrap_err();
    let delay = driver.after(AttemptEnd::Rejected(&open), None).unwrap();
    let mut sleep = Box::pin(driver.sleep(delay, Some(breaker)));
    let polled = sleep.as_mut().poll(&mut std::task::Context::from_waker(std::task::Waker::noop()));
    assert!(polled.is_pending());
    check();
}

/// Returns the gauge of the calls that wait for the breakers of this name.
fn waiting(registry: &Registry, name: &str) -> u64 {
    recording(|snapshotter| {
        registry.record_metrics();
        take(snapshotter)[&format!("waiting{{breaker={name}}}")]
    })
}

#[test]
fn each_call_under_a_retry_is_in_exactly_one_result() {
    let _alone = alone();
    let before = retry_calls();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(async {
        let policy = RetryPolicy::builder().max_retries(1).build().unwrap();
        let breaker = CircuitBreaker::default();
        breaker.force_open();
        for _ in 0..3 {
            assert_eq!(policy.call().run(async |_| Some(1)).await, Some(1));
        }
        let second = policy.call().run(async |attempt| attempt.last_error().map(|()| 2));
        assert_eq!(second.await, Some(2));
        assert_eq!(policy.call().run(async |_| Option::<()>::None).await, None);
        let rejected = policy.call().through(&breaker).run(async |_| Some(1));
        assert_eq!(rejected.await, None);
        let waits = RetryPolicy::builder().when_open(WhenOpen::Wait).build().unwrap();
        breaker.close();
        breaker.trip().unwrap();
        let waiting = waits.call().through(&breaker).run(async |_| Some(1));
        assert_eq!(waiting.await, Some(1));
        let late = policy.call().deadline(Duration::from_secs(1));
        let late = late.run(|_| std::future::pending::<Option<()>>());
        assert_eq!(late.await, None);
        let permanent = policy
            .call()
            .classify_with(|_: &Option<()>| Some(resilient::Classification::permanent()))
            .run(async |_| None);
        assert_eq!(permanent.await, None);
        let never = policy.call().run(|_| std::future::pending::<Option<()>>());
        let cancelled = tokio::time::timeout(Duration::from_secs(1), never).await;
        assert!(cancelled.is_err());
        let asleep = policy.call().run(async |_| Option::<()>::None);
        let cancelled = tokio::time::timeout(Duration::from_nanos(1), asleep).await;
        assert!(cancelled.is_err());
    });
    let panics = std::thread::spawn(|| {
        let policy = RetryPolicy::DEFAULT;
        let call = policy.call().run(|_| -> std::future::Ready<Option<()>> {
            std::panic::resume_unwind(Box::new("quietly"))
        });
        let mut call = Box::pin(call);
        let _ = call.as_mut().poll(&mut std::task::Context::from_waker(std::task::Waker::noop()));
    });
    assert!(panics.join().is_err());

    let expected = [
        // One of these calls waited for the circuit. A wait is not a retry.
        ("success", 4),
        ("waits", 1),
        ("success_after_retry", 1),
        ("exhausted", 1),
        ("circuit_open", 1),
        ("deadline", 1),
        ("not_retryable", 1),
        ("cancelled", 2),
        ("panicked", 1),
    ];
    let expected = expected.map(|(result, calls)| (result.to_owned(), calls));
    let mut made = retry_calls();
    for (result, calls) in &mut made {
        *calls -= before.get(result).unwrap_or(&0);
    }
    assert_eq!(made, BTreeMap::from(expected));
}
