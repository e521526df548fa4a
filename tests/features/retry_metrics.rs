//! The feature `metrics` records the retries of a registry by name, and bounds the number of names.

use std::collections::BTreeMap;
use std::time::Duration;

use metrics_util::debugging::{DebugValue, DebuggingRecorder};
use resilient::retries::Jitter;
use resilient::testing::Scope;
use resilient::{Classification, Registry, RetryPolicy};

/// Returns the series of retries that are not zero, such as `calls{result=success,retry=stock}`.
fn recorded(registry: &Registry) -> BTreeMap<String, u64> {
    let recorder = DebuggingRecorder::new();
    metrics::with_local_recorder(&recorder, || registry.record_metrics());
    let series = recorder.snapshotter().snapshot().into_vec().into_iter();
    let series = series.filter_map(|(key, _, _, value)| {
        let name = key.key().name().strip_prefix("resilient.retry.")?;
        let mut labels: Vec<_> =
            key.key().labels().map(|label| format!("{}={}", label.key(), label.value())).collect();
        labels.sort();
        let DebugValue::Counter(count) = value else { panic!("{name} is a counter") };
        Some((format!("{name}{{{}}}", labels.join(",")), count))
    });
    series.filter(|(_, count)| *count > 0).collect()
}

fn policy() -> RetryPolicy {
    let policy = RetryPolicy::builder().max_retries(2).base_delay(Duration::from_millis(400));
    policy.jitter(Jitter::None).build().unwrap()
}

/// Runs calls on a paused clock.
fn run<F: Future>(calls: F) -> F::Output {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = runtime.enable_time().start_paused(true).build().unwrap();
    runtime.block_on(Scope::new().with_real_sleeps().run(calls))
}

#[test]
fn r15_every_series_of_a_name_has_its_exact_value_after_a_scripted_run() {
    let registry = Registry::new();
    let stock = registry.get_or_register_retry("stock", policy());
    run(async {
        for _ in 0..5 {
            assert_eq!(stock.call().run(async |_| Some(1)).await, Some(1));
        }
        let late = stock.call().run(async |attempt| attempt.last_error().map(|()| 1));
        assert_eq!(late.await, Some(1));
        assert_eq!(stock.call().run(async |_| Option::<()>::None).await, None);
        let permanent = |_: &Option<()>| Some(Classification::permanent());
        assert_eq!(stock.call().classify_with(permanent).run(async |_| None).await, None);
        let hangs = stock.call().run(|_| std::future::pending::<Option<()>>());
        assert!(tokio::time::timeout(Duration::from_secs(1), hangs).await.is_err());
    });
    let expected = [
        // 5 at once, 2 with a late success, 3 in vain, 1 permanent. The cancelled one did not end.
        ("attempts{retry=stock}", 11),
        ("calls{result=cancelled,retry=stock}", 1),
        ("calls{result=exhausted,retry=stock}", 1),
        ("calls{result=not_retryable,retry=stock}", 1),
        ("calls{result=success,retry=stock}", 5),
        ("calls{result=success_after_retry,retry=stock}", 1),
        ("retries{retry=stock}", 3),
        ("waiting_time{retry=stock}", 400 + 400 + 800),
    ];
    let expected = expected.map(|(series, count)| (series.to_owned(), count));
    assert_eq!(recorded(&registry), BTreeMap::from(expected));
}

#[test]
fn r15_a_thousand_names_have_series_and_the_rest_share_one() {
    const NAMES: usize = 1_000;
    let registry = Registry::new();
    let name = |n: usize| format!("{n:05}");
    let call = |name: &str| {
        let retry = registry.get_or_register_retry(name, policy());
        assert_eq!(run(retry.call().run(async |_| Some(1))), Some(1));
    };
    // Names are not given in their order, so that the first ones recorded keep their series.
    (500..500 + NAMES).for_each(|n| call(&name(n)));
    assert_eq!(recorded(&registry).len(), 2 * NAMES);
    for n in 0..3 {
        call(&name(n));
        call("other");
    }
    let series = recorded(&registry);
    assert_eq!(series.len(), 2 * (NAMES + 1));
    assert_eq!(series["calls{result=success,retry=other}"], 3 + 3);
    assert_eq!(series["calls{result=success,retry=00500}"], 1);
    assert!(!series.contains_key("calls{result=success,retry=00000}"));
}

#[test]
fn g08_the_counters_of_a_leased_retry_continue_with_the_next_lease() {
    let registry = Registry::new();
    for calls in 1..4 {
        let lease = registry.lease_retry("stock", policy());
        assert_eq!(run(lease.call().run(async |_| Some(1))), Some(1));
        drop(lease);
        assert!(registry.get_retry("stock").is_none());
        let expected =
            [("attempts{retry=stock}", calls), ("calls{result=success,retry=stock}", calls)];
        let expected = expected.map(|(series, count)| (series.to_owned(), count));
        assert_eq!(recorded(&registry), BTreeMap::from(expected));
    }
}

#[test]
fn r15_a_named_retry_in_no_registry_is_not_recorded() {
    let registry = Registry::new();
    let alone = policy().named("alone");
    assert_eq!(run(alone.call().run(async |_| Some(1))), Some(1));
    assert_eq!(recorded(&registry), BTreeMap::new());
    registry.register_retry(&alone).unwrap();
    assert_eq!(recorded(&registry)["calls{result=success,retry=alone}"], 1);
}
