//! Rule G2: many names, keys and overrides. A change compares no table with each name: with these
//! numbers, that would take minutes.

use resilient::budget::BudgetConfig;
use resilient::registry::Overrides;
use resilient::{BreakerConfig, Registry, RetryPolicy};

use crate::support::override_rules::builder;
use crate::support::registry::settings;

const MANY: u32 = 10_000;

#[test]
fn g02_ten_thousand_names_have_each_their_overrides() {
    let registry = Registry::new();
    let name = |index: u32| format!("tenants/{index}");
    for index in 0..MANY {
        let _ = registry.get_or_register(&name(index), BreakerConfig::default());
        let _ = registry.get_or_register_budget(&name(index), BudgetConfig::default());
        let _ = registry.get_or_register_retry(&name(index), RetryPolicy::default());
    }
    let mut overrides = Overrides::new().with("tenants/*", builder().half_open_successes(3));
    for index in 0..MANY {
        overrides = overrides
            .with(name(index), builder().failure_threshold(index + 1))
            .with_budget(name(index), BudgetConfig::builder().capacity(index + 5))
            .with_retry(name(index), RetryPolicy::builder().max_retries(index));
    }
    let applied = registry.set_overrides(overrides).unwrap();
    assert_eq!(
        [applied.live.len(), applied.live_budgets.len(), applied.live_retries.len()],
        [10_001, 10_000, 10_000]
    );
    let status = registry.override_snapshot().tables;
    assert_eq!(status.iter().map(|table| table.applies_to).sum::<usize>(), 40_000);
    // One more change, and one more name.
    registry.override_breaker("other", builder().failure_threshold(2)).unwrap();
    let _ = registry.get_or_register("tenants/new", settings());
    let expected = builder().half_open_successes(3);
    for index in [0, 1, 4_999, MANY - 1] {
        let breaker = registry.get(&name(index)).unwrap();
        let expected = expected.clone().failure_threshold(index + 1).build().unwrap();
        assert_eq!(breaker.config(), expected);
        assert_eq!(registry.budget(&name(index)).unwrap().config().capacity(), index + 5);
        let retry = registry.get_retry(&name(index)).unwrap().snapshot().policy;
        assert_eq!(retry.worst_case().attempts(), index + 1);
    }
}

#[test]
fn g02_ten_thousand_keys_have_each_their_overrides() {
    let registry = Registry::new();
    let code = builder().max_keys(2 * MANY).build().unwrap();
    let tenants = registry.get_or_register_keyed::<String>("search", code);
    let key = |index: u32| format!("tenant-{index}");
    for index in 0..MANY / 2 {
        let _ = tenants.get(&*key(index));
    }
    let mut overrides =
        Overrides::new().with_key("s*", "tenant*", builder().half_open_successes(3));
    for index in 0..MANY {
        overrides =
            overrides.with_key("search", key(index), builder().failure_threshold(index + 1));
    }
    registry.set_overrides(overrides).unwrap();
    let expected = builder().max_keys(2 * MANY).half_open_successes(3);
    for index in 0..MANY {
        let expected = expected.clone().failure_threshold(index + 1).build().unwrap();
        assert_eq!(tenants.get(&*key(index)).config(), expected);
    }
    let applied = registry.override_snapshot().tables;
    assert_eq!(applied.iter().map(|table| table.applies_to).sum::<usize>(), 20_000);
    // The length of an attacker's key costs nothing either.
    let long = "tenant-".repeat(100_000);
    assert_eq!(tenants.get(&*long).config(), expected.build().unwrap());
}
