//! Tests of the rows of table I about metrics, for the feature `metrics`. `tests/logs` tests
//! the rows about `tracing`.

use std::collections::BTreeSet;
use std::sync::Mutex;

use metrics::{
    Counter, Gauge, Histogram, Key, KeyName, Metadata, Recorder, SharedString, Unit,
    with_local_recorder,
};
use resilient::breaker::CircuitState;
use resilient::{BreakerConfig, Outcome, Registry};

use resilient_testkit::{OWN_PANIC, fail, fragile, panic_of, panic_quietly, succeed};

/// A recorder that stores the name of every series. If it is broken, it panics.
#[derive(Default)]
struct Recording {
    series: Mutex<BTreeSet<String>>,
    is_broken: bool,
}

impl Recording {
    fn note(&self, key: &Key) {
        if self.is_broken {
            panic_quietly();
        }
        let labels: Vec<_> = key.labels().map(|label| label.value().to_owned()).collect();
        let series = format!("{} {}", key.name(), labels.join(" "));
        self.series.lock().unwrap().insert(series);
    }
}

impl Recorder for Recording {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        self.note(key);
        Counter::noop()
    }

    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        self.note(key);
        Gauge::noop()
    }

    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        self.note(key);
        Histogram::noop()
    }
}

#[test]
fn fm_i5_the_number_of_series_depends_on_the_names_and_not_on_the_keys() {
    let registry = Registry::new();
    let config = fragile().max_keys(1_000).build().unwrap();
    let hosts = registry.get_or_register_keyed::<u32>("hosts", config.clone());
    let recorder = Recording::default();
    let series = |keys| {
        with_local_recorder(&recorder, || {
            for key in 0..keys {
                if let Ok(permit) = hosts.get(&key).try_acquire() {
                    permit.report(Outcome::Failure);
                }
            }
            registry.all().close();
            registry.record_metrics();
        });
        recorder.series.lock().unwrap().clone()
    };
    let few = series(1);
    assert_eq!(series(500), few);
    assert!(few.iter().all(|series| series.split(' ').any(|word| word == "hosts")), "{few:?}");
    // Some keys were evicted, but their calls are still counted under the group's name.
    let _ = registry.get_or_register("second", config);
    assert_eq!(series(2_000).len(), 2 * few.len());
}

#[test]
fn fm_i7_a_recorder_that_panics_harms_no_call_and_no_listener() {
    let registry = Registry::new();
    let breaker = registry.get_or_register("one", BreakerConfig::default());
    let mut events = breaker.subscribe(8);
    let broken = Recording { is_broken: true, ..Recording::default() };
    with_local_recorder(&broken, || {
        succeed(&breaker);
        (0..5).for_each(|_| fail(&breaker));
        assert_eq!(breaker.state(), CircuitState::Open);
        assert!(events.try_next().is_some());
        breaker.close();
        assert!(events.try_next().is_some());
        // The recorder's panic reaches the caller of `record_metrics`. A later call can
        // succeed.
        assert_eq!(panic_of(|| registry.record_metrics()), OWN_PANIC);
    });
    let working = Recording::default();
    with_local_recorder(&working, || registry.record_metrics());
    assert!(!working.series.lock().unwrap().is_empty());
    assert_eq!(breaker.snapshot().listener_panics, 0);
}
