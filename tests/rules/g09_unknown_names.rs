//! Rule G9: an override for a name that nothing has declared shows its age and the nearest name.

use resilient::breaker::{KeyedBreakers, OperatorMode};
use resilient::budget::BudgetConfig;
use resilient::events::EventKind;
use resilient::registry::{OverrideStatus, OverrideTarget, Overrides};
use resilient::time::ManualClock;
use resilient::{BreakerConfig, Registry, RetryPolicy};

use resilient_testkit::{Heard, secs};

fn registry() -> (Registry, ManualClock) {
    let (registry, clock) = (Registry::new(), ManualClock::new());
    registry.use_clock(clock.clone());
    (registry, clock)
}

/// Returns the status of each table by its header.
fn statuses(registry: &Registry) -> Vec<(String, OverrideStatus)> {
    let tables = registry.override_snapshot().tables;
    tables.into_iter().map(|status| (status.table.to_string(), status)).collect()
}

#[test]
fn g09_an_override_that_waits_shows_its_age_and_the_nearest_name() {
    let (registry, clock) = registry();
    let _ = registry.get_or_register("payments", BreakerConfig::default());
    let misspelt = Overrides::new()
        .with("payment", OperatorMode::Disabled)
        .with("payments", BreakerConfig::builder().failure_threshold(2));
    registry.set_overrides(misspelt.clone()).unwrap();
    clock.advance(secs(90));
    // A file that is loaded again continues the ages.
    registry.set_overrides(misspelt).unwrap();
    clock.advance(secs(30));
    let statuses = statuses(&registry);
    let [(waiting, misspelt), (live, right)] = statuses.as_slice() else {
        panic!("{statuses:?}");
    };
    assert_eq!((&**waiting, &**live), ("[breakers.payment]", "[breakers.payments]"));
    assert_eq!((misspelt.age, right.age), (secs(120), secs(120)));
    assert_eq!((misspelt.applies_to, right.applies_to), (0, 1));
    assert_eq!((misspelt.is_declared, right.is_declared), (false, true));
    assert_eq!((misspelt.nearest.as_deref(), &right.nearest), (Some("payments"), &None));
}

#[test]
fn g09_the_age_begins_when_the_table_comes_and_not_when_its_settings_change() {
    let (registry, clock) = registry();
    let settings = |count| BreakerConfig::builder().failure_threshold(count);
    registry.override_breaker("later", settings(2)).unwrap();
    clock.advance(secs(10));
    registry.override_breaker("later", settings(3)).unwrap();
    registry.override_breaker("newer", settings(3)).unwrap();
    clock.advance(secs(5));
    let ages = || statuses(&registry).into_iter().map(|(_, it)| it.age).collect::<Vec<_>>();
    assert_eq!(ages(), [secs(15), secs(5)]);
    registry.clear_override("later").unwrap();
    registry.override_breaker("later", settings(2)).unwrap();
    assert_eq!(ages(), [secs(0), secs(5)]);
    registry.set_overrides(Overrides::new()).unwrap();
    assert_eq!(ages(), []);
}

#[test]
fn g09_a_table_that_waited_applies_once_its_name_is_registered() {
    let (registry, _clock) = registry();
    registry.override_retry("stock", RetryPolicy::builder().max_retries(0)).unwrap();
    registry.override_budget("stock", BudgetConfig::builder().capacity(0)).unwrap();
    registry.override_breaker("stock", OperatorMode::Disabled).unwrap();
    let applies = || statuses(&registry).into_iter().map(|(_, it)| it.applies_to);
    assert_eq!(applies().collect::<Vec<_>>(), [0; 3]);
    let _ = registry.get_or_register("stock", BreakerConfig::default());
    let _ = registry.get_or_register_budget("stock", BudgetConfig::default());
    let _ = registry.get_or_register_retry("stock", RetryPolicy::default());
    assert_eq!(applies().collect::<Vec<_>>(), [1; 3]);
    assert!(registry.unregister_by_name("stock"));
    assert_eq!(applies().collect::<Vec<_>>(), [0, 1, 1]);
}

#[test]
fn g09_names_are_compared_with_names_of_the_same_kind_only() {
    let (registry, _clock) = registry();
    let _ = registry.get_or_register("payments", BreakerConfig::default());
    registry.override_retry("payment", RetryPolicy::builder().max_retries(0)).unwrap();
    registry.override_budget("payment", BudgetConfig::builder().deposit(0)).unwrap();
    for (table, status) in statuses(&registry) {
        assert_eq!((status.is_declared, status.nearest), (false, None), "{table}");
    }
}

#[test]
fn g09_a_prefix_applies_to_as_many_names_as_begin_with_it_and_is_compared_with_beginnings() {
    let (registry, _clock) = registry();
    for name in ["payments/charge", "payments/refund", "search"] {
        let _ = registry.get_or_register(name, BreakerConfig::default());
    }
    for prefix in ["*", "payments/*", "paymnts/*", "x*"] {
        registry.override_breaker(prefix, OperatorMode::ObserveOnly).unwrap();
    }
    let found = statuses(&registry).into_iter().map(|(table, status)| {
        let nearest = status.nearest.unwrap_or_default();
        (table, status.applies_to, status.is_declared, nearest)
    });
    let expected = [
        ("[breakers.\"*\"]", 3, true, ""),
        ("[breakers.\"payments/*\"]", 2, true, ""),
        ("[breakers.\"paymnts/*\"]", 0, false, "payments/*"),
        ("[breakers.\"x*\"]", 0, false, ""),
    ];
    let expected = expected.map(|(table, count, is_declared, nearest)| {
        (table.to_owned(), count, is_declared, nearest.to_owned())
    });
    assert_eq!(found.collect::<Vec<_>>(), expected);
}

#[test]
fn g09_the_table_of_a_key_needs_a_name_with_keys_and_applies_to_its_live_keys() {
    let (registry, _clock) = registry();
    let _ = registry.get_or_register("single", BreakerConfig::default());
    let shards: KeyedBreakers<u32> =
        registry.get_or_register_keyed("shards", BreakerConfig::default());
    for key in [1, 12, 2] {
        let _ = shards.get(&key);
    }
    for (name, key) in [("single", "1"), ("shards", "1*"), ("shards", "3"), ("shard", "1")] {
        registry.override_key(name, key, BreakerConfig::builder().failure_threshold(2)).unwrap();
    }
    let found = statuses(&registry).into_iter().map(|(table, status)| {
        assert_eq!(status.table.target(), OverrideTarget::Breaker);
        (table, status.applies_to, status.is_declared, status.nearest)
    });
    let shards = Some("shards".to_owned());
    assert_eq!(
        found.collect::<Vec<_>>(),
        [
            ("[breakers.shard.keys.1]".to_owned(), 0, false, shards),
            ("[breakers.shards.keys.\"1*\"]".to_owned(), 2, true, None),
            ("[breakers.shards.keys.3]".to_owned(), 0, true, None),
            ("[breakers.single.keys.1]".to_owned(), 0, false, None),
        ]
    );
}

#[test]
fn g09_a_registry_that_does_not_know_all_functions_reports_no_event() {
    let (registry, _clock) = registry();
    let heard = Heard::default();
    registry.on_event(heard.listener());
    registry.override_breaker("nobody", OperatorMode::Disabled).unwrap();
    assert_eq!(heard.events().len(), 0);
}

#[test]
fn g09_a_snapshot_of_many_waiting_overrides_is_taken_while_others_change_them() {
    let (registry, _clock) = registry();
    std::thread::scope(|scope| {
        for thread in 0..3 {
            let registry = &registry;
            scope.spawn(move || {
                for round in 0..50 {
                    let name = format!("name {thread} {round}");
                    registry.override_breaker(&name, OperatorMode::Disabled).unwrap();
                    let snapshot = registry.override_snapshot();
                    assert!(snapshot.tables.iter().any(|it| it.table.name() == Some(&name)));
                }
            });
        }
    });
    assert_eq!(registry.override_snapshot().tables.len(), 150);
}

#[cfg(feature = "serde")]
#[test]
fn g09_a_snapshot_of_overrides_is_json() {
    let (registry, clock) = registry();
    let _ = registry.get_or_register("payments", BreakerConfig::default());
    registry.override_breaker("payment", OperatorMode::Disabled).unwrap();
    clock.advance(secs(90));
    let shown = serde_json::to_value(registry.override_snapshot()).unwrap();
    let expected = serde_json::json!({ "tables": [{
        "table": "[breakers.payment]",
        "age_seconds": 90.0,
        "applies_to": 0,
        "is_declared": false,
        "nearest": "payments"
    }]});
    assert_eq!(shown, expected);
}

#[test]
fn r15_a_time_limit_that_no_code_of_the_retry_has_is_reported_once() {
    #[resilient::retry(name = "g09 limits", max_retries = 0, deadline = "5s")]
    async fn limited() -> Result<(), Late> {
        Ok(())
    }
    let registry = Registry::global();
    let heard = Heard::default();
    let id = registry.on_event(heard.listener());
    let tokio = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let limits = |attempt| {
        let both = resilient::registry::RetryOverride::default().with_deadline(secs(3));
        let both = both.with_attempt_timeout(secs(attempt));
        registry.override_retry("g09 limits", both).unwrap();
    };
    limits(1);
    let reported = || {
        let events = heard.events();
        let unused = events.iter().filter_map(|event| match event.kind() {
            EventKind::UnusedOverride(unused) if unused.setting().is_some() => {
                (event.name() == "g09 limits").then(|| unused.to_string())
            }
            _ => None,
        });
        unused.collect::<Vec<_>>()
    };
    assert!(reported().is_empty(), "no code has the name yet");
    tokio.block_on(limited()).unwrap();
    let text = "[retries.\"g09 limits\"]: `attempt_timeout` has no effect: no code under this name \
                has `attempt_timeout`, and an override cannot add it";
    assert_eq!(reported(), [text]);
    limits(2);
    tokio.block_on(limited()).unwrap();
    assert_eq!(reported(), [text], "it was reported before");
    registry.clear_retry_override("g09 limits").unwrap();
    limits(1);
    assert_eq!(reported(), [text; 2], "the table came again");
    registry.clear_retry_override("g09 limits").unwrap();
    registry.remove_listener(id);
}

#[test]
fn r15_a_time_limit_in_the_override_of_a_prefix_is_for_further_retries_too() {
    #[resilient::retry(name = "g09 prefix/a", max_retries = 0, deadline = "5s")]
    async fn without() -> Result<(), Late> {
        Ok(())
    }
    #[resilient::retry(name = "g09 prefix/b", max_retries = 0, attempt_timeout = "5s")]
    async fn with() -> Result<(), Late> {
        Ok(())
    }
    let registry = Registry::global();
    let heard = Heard::default();
    let id = registry.on_event(heard.listener());
    let tokio = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let limit = resilient::registry::RetryOverride::default().with_attempt_timeout(secs(1));
    registry.override_retry("g09 prefix*", limit.clone()).unwrap();
    let reported = || {
        let events = heard.events();
        let limits = events.iter().filter(|event| match event.kind() {
            EventKind::UnusedOverride(unused) => {
                event.name() == "g09 prefix*" && unused.setting().is_some()
            }
            _ => false,
        });
        limits.count()
    };
    tokio.block_on(without()).unwrap();
    tokio.block_on(with()).unwrap();
    // Until both retries are known, a change of another override reports this one. Other tests make
    // such changes at the same time.
    registry.clear_retry_override("g09 prefix*").unwrap();
    let before = reported();
    registry.override_retry("g09 prefix*", limit.clone()).unwrap();
    assert_eq!(reported(), before, "one retry has it");
    registry.clear_retry_override("g09 prefix*").unwrap();
    registry.override_retry("g09 prefix/a*", limit).unwrap();
    registry.clear_retry_override("g09 prefix/a*").unwrap();
    assert_eq!(reported(), before);
    let names: Vec<_> = heard.events().iter().map(|event| event.name().to_owned()).collect();
    assert!(names.contains(&"g09 prefix/a*".to_owned()), "no retry of this prefix has it");
    registry.remove_listener(id);
}

/// The error of a call that a deadline ended.
#[derive(Debug)]
struct Late;

impl From<resilient::TimedOut> for Late {
    fn from(_: resilient::TimedOut) -> Self {
        Self
    }
}

#[cfg(feature = "toml")]
#[test]
fn g09_the_defaults_of_a_document_wait_for_no_name() {
    let (registry, _clock) = registry();
    let payments = registry.get_or_register("payments", BreakerConfig::default());
    registry.apply_toml("[defaults]\nfailure_threshold = 2").unwrap();
    assert_eq!(payments.config().to_builder(), BreakerConfig::builder().failure_threshold(2));
    let statuses = statuses(&registry);
    assert!(statuses.is_empty(), "{statuses:?}");
}
