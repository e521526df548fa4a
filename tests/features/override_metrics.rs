//! The feature `metrics` records how many tables of overrides apply, and how many wait.

use std::collections::BTreeMap;

use metrics_util::debugging::{DebugValue, DebuggingRecorder};
use resilient::budget::BudgetConfig;
use resilient::registry::Overrides;
use resilient::{BreakerConfig, Registry, RetryPolicy};

/// Returns the tables by section and state, without zeros.
fn tables(registry: &Registry) -> BTreeMap<(String, String), f64> {
    let recorder = DebuggingRecorder::new();
    metrics::with_local_recorder(&recorder, || registry.record_metrics());
    let series = recorder.snapshotter().snapshot().into_vec().into_iter();
    let series = series.filter(|(key, ..)| key.key().name() == "resilient.override.tables");
    let series = series.map(|(key, _, _, value)| {
        let label = |name| {
            let label = key.key().labels().find(|label| label.key() == name);
            label.unwrap().value().to_owned()
        };
        let DebugValue::Gauge(tables) = value else { panic!("a gauge") };
        ((label("section"), label("state")), tables.into_inner())
    });
    series.filter(|(_, tables)| *tables > 0.0).collect()
}

fn expected(rows: &[(&str, &str, f64)]) -> BTreeMap<(String, String), f64> {
    let rows = rows.iter();
    rows.map(|(section, state, tables)| (((*section).to_owned(), (*state).to_owned()), *tables))
        .collect()
}

#[test]
fn g09_the_tables_of_overrides_are_counted_by_section_and_by_whether_they_apply() {
    // No other test of this program sets overrides of the global registry.
    let registry = Registry::global();
    assert_eq!(tables(registry), expected(&[]));
    let settings = || BreakerConfig::builder().failure_threshold(8);
    let overrides = Overrides::new()
        .with("tables::payments", settings())
        .with("tables::pay*", settings())
        .with("tables::search", settings())
        .with_budget("tables::payments", BudgetConfig::builder().capacity(0))
        .with_retry("tables::stock", RetryPolicy::builder().max_retries(0));
    registry.set_overrides(overrides).unwrap();
    let waiting =
        [("breakers", "waiting", 3.0), ("budgets", "waiting", 1.0), ("retries", "waiting", 1.0)];
    assert_eq!(tables(registry), expected(&waiting));

    let _ = registry.get_or_register("tables::payments", BreakerConfig::default());
    let _ = registry.get_or_register_budget("tables::payments", BudgetConfig::default());
    let _ = registry.get_or_register_retry("tables::stock", RetryPolicy::default());
    let live = [
        ("breakers", "live", 2.0),
        ("breakers", "waiting", 1.0),
        ("budgets", "live", 1.0),
        ("retries", "live", 1.0),
    ];
    assert_eq!(tables(registry), expected(&live));

    registry.set_overrides(Overrides::new()).unwrap();
    assert_eq!(tables(registry), expected(&[]));
}
