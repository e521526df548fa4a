//! Rule G3: a declaration without settings takes the settings of a later declaration.

use std::sync::Barrier;

use resilient::breaker::{BreakerConfigBuilder, CircuitState, KeyedBreakers};
use resilient::events::{EventKind, ListenerId};
use resilient::{BreakerConfig, CircuitBreaker, Registry, circuit_breaker};

use crate::support::override_rules::builder;
use crate::support::registry::is_conflict;
use resilient_testkit::{Heard, fail, secs, succeed};

fn config(settings: &BreakerConfigBuilder) -> BreakerConfig {
    settings.build().unwrap()
}

fn threshold(failures: u32) -> BreakerConfig {
    config(&builder().failure_threshold(failures))
}

fn is_change(kind: &EventKind) -> bool {
    matches!(kind, EventKind::SettingsChanged(_))
}

/// Collects the events of one breaker of the global registry, and ignores the events of other
/// tests.
fn events_of(name: &'static str) -> (Heard, ListenerId) {
    let heard = Heard::default();
    let listener = heard.listener();
    let id = Registry::global().on_event(move |event| {
        if event.name() == name {
            listener(event);
        }
    });
    (heard, id)
}

#[test]
fn g03_an_attribute_without_settings_leaves_them_to_the_next_attribute_of_the_name() {
    const NAME: &str = "g03 write and read";
    #[circuit_breaker(name = "g03 write and read")]
    fn write() -> Option<()> {
        None
    }
    #[circuit_breaker(name = "g03 write and read", failure_threshold = 2)]
    fn read() -> Option<()> {
        None
    }
    let (heard, id) = events_of(NAME);
    assert!(write().is_none());
    let breaker = Registry::global().get(NAME).unwrap();
    assert_eq!(breaker.config(), BreakerConfig::default());
    assert!(read().is_none());
    assert_eq!(breaker.config(), threshold(2));
    // The failures of `write` and `read` both count, and two failures open the circuit.
    assert_eq!(breaker.state(), CircuitState::Open);
    assert_eq!((heard.count(is_change), heard.count(is_conflict)), (1, 0));
    Registry::global().remove_listener(id);
}

#[test]
fn g03_the_first_of_three_attributes_that_has_settings_sets_them() {
    const NAME: &str = "g03 three";
    #[circuit_breaker(name = "g03 three")]
    fn first() -> Option<()> {
        Some(())
    }
    #[circuit_breaker(name = "g03 three", failure_threshold = 2)]
    fn second() -> Option<()> {
        Some(())
    }
    #[circuit_breaker(name = "g03 three", failure_threshold = 3)]
    fn third() -> Option<()> {
        Some(())
    }
    let (heard, id) = events_of(NAME);
    for _ in 0..3 {
        (first(), second(), third(), first()).0.unwrap();
    }
    assert_eq!(Registry::global().get(NAME).unwrap().config(), threshold(2));
    let conflicts: Vec<_> = heard.events();
    let conflicts: Vec<_> = conflicts.iter().filter(|event| is_conflict(event.kind())).collect();
    let [conflict] = conflicts[..] else {
        panic!("{conflicts:?}");
    };
    let EventKind::Conflict { first, second } = conflict.kind() else {
        panic!("{conflict:?}");
    };
    assert!(first.line() < second.line(), "the places of the two attributes with settings");
    assert_eq!(second.line() - first.line(), 4);
    Registry::global().remove_listener(id);
}

#[test]
fn g03_a_keyed_attribute_without_settings_leaves_them_to_the_next_one() {
    const NAME: &str = "g03 keyed";
    #[circuit_breaker(name = "g03 keyed", key = tenant)]
    fn write(tenant: u32) -> Option<()> {
        (tenant > 100).then_some(())
    }
    #[circuit_breaker(name = "g03 keyed", key = tenant, failure_threshold = 2, max_keys = 3)]
    fn read(tenant: u32) -> Option<()> {
        (tenant > 100).then_some(())
    }
    assert!(write(1).is_none());
    assert!(read(2).is_none());
    let breakers: KeyedBreakers<u32> = Registry::global().get_keyed(NAME).unwrap();
    for tenant in [1, 2, 3] {
        let adopted = config(&builder().failure_threshold(2).max_keys(3));
        assert_eq!(breakers.get(&tenant).config(), adopted);
    }
    assert!(write(1).is_none());
    assert_eq!(breakers.get(&1).state(), CircuitState::Open);
    let _ = breakers.get(&4);
    assert_eq!(breakers.len(), 3, "the bound of the later declaration holds");
}

#[test]
fn g03_a_lower_bound_of_keys_that_comes_later_evicts_closed_breakers() {
    let registry = Registry::new();
    let breakers = registry.lease_keyed::<u32>("shards", BreakerConfig::default());
    for shard in 0..10 {
        let _ = breakers.get(&shard);
    }
    let _ = registry.get_or_register_keyed::<u32>("shards", config(&builder().max_keys(4)));
    assert_eq!(breakers.len(), 4);
}

#[test]
fn g03_a_lease_without_settings_leaves_them_to_an_attribute() {
    const NAME: &str = "g03 leased";
    #[circuit_breaker(name = "g03 leased", failure_threshold = 2)]
    fn read() -> Option<()> {
        Some(())
    }
    let breaker = Registry::global().lease(NAME, BreakerConfig::default());
    read().unwrap();
    assert_eq!(breaker.config(), threshold(2));
}

#[test]
fn g03_a_configuration_by_hand_counts_as_settings_even_if_it_holds_only_defaults() {
    const NAME: &str = "g03 defaults by hand";
    #[circuit_breaker(name = "g03 defaults by hand", failure_threshold = 2)]
    fn read() -> Option<()> {
        Some(())
    }
    let (heard, id) = events_of(NAME);
    let breaker = Registry::global().get_or_register(NAME, BreakerConfig::default());
    read().unwrap();
    assert_eq!((breaker.config(), heard.count(is_conflict)), (BreakerConfig::default(), 1));
    Registry::global().remove_listener(id);

    let registry = Registry::new();
    let heard = Heard::default();
    registry.on_event(heard.listener());
    let owned = CircuitBreaker::new("payments", BreakerConfig::default());
    registry.register(&owned).unwrap();
    let _ = registry.get_or_register("payments", threshold(2));
    assert_eq!((owned.config(), heard.count(is_conflict)), (BreakerConfig::default(), 1));
}

#[test]
fn g03_a_setting_that_equals_its_default_is_a_setting() {
    let registry = Registry::new();
    let heard = Heard::default();
    registry.on_event(heard.listener());
    assert_eq!(threshold(5), BreakerConfig::default());
    let breaker = registry.lease("payments", BreakerConfig::default());
    let _ = registry.get_or_register("payments", threshold(5));
    let _ = registry.get_or_register("payments", threshold(2));
    assert_eq!(breaker.config(), BreakerConfig::default());
    assert_eq!((heard.count(is_change), heard.count(is_conflict)), (0, 1));
}

#[test]
fn g03_settings_that_come_later_leave_state_and_outcomes() {
    let registry = Registry::new();
    let breaker = registry.lease("payments", BreakerConfig::default());
    for _ in 0..3 {
        fail(&breaker);
    }
    let before = breaker.snapshot();
    let _ = registry.get_or_register("payments", threshold(4));
    let after = breaker.snapshot();
    assert_eq!((after.state, after.consecutive_failures), (CircuitState::Closed, 3));
    assert_eq!((after.totals, after.transitions), (before.totals, before.transitions));
    fail(&breaker);
    assert_eq!(breaker.state(), CircuitState::Open);
}

#[test]
fn g03_settings_that_come_later_leave_an_open_circuit_open() {
    let registry = Registry::new();
    let breaker = registry.lease("payments", BreakerConfig::default());
    breaker.trip().unwrap();
    let longer = config(&builder().recovery_time(secs(300)));
    let _ = registry.get_or_register("payments", longer);
    let seen = breaker.snapshot();
    assert_eq!(seen.state, CircuitState::Open);
    assert!(seen.retry_after.unwrap() > secs(200), "the end of the present opening moves");
}

#[test]
fn g03_an_override_wins_over_settings_that_come_later() {
    let registry = Registry::new();
    registry.override_breaker("payments", builder().failure_threshold(9)).unwrap();
    let breaker = registry.lease("payments", BreakerConfig::default());
    let later = config(&builder().failure_threshold(2).half_open_successes(3));
    let _ = registry.get_or_register("payments", later.clone());
    let both = config(&builder().failure_threshold(9).half_open_successes(3));
    assert_eq!(breaker.config(), both);
    registry.clear_override("payments").unwrap();
    assert_eq!(breaker.config(), later);
}

#[test]
fn g03_settings_that_come_later_apply_after_an_override_of_a_live_breaker() {
    let registry = Registry::new();
    let breaker = registry.lease("payments", BreakerConfig::default());
    registry.override_breaker("payments", builder().half_open_successes(3)).unwrap();
    let _ = registry.get_or_register("payments", threshold(2));
    let both = config(&builder().failure_threshold(2).half_open_successes(3));
    assert_eq!(breaker.config(), both);
}

#[test]
fn g03_settings_that_come_later_and_contradict_an_override_are_reported() {
    let registry = Registry::new();
    let breaker = registry.lease("payments", BreakerConfig::default());
    let heard = Heard::from(&breaker);
    registry.override_breaker("payments", builder().window(5)).unwrap();
    let later = config(&builder().window(20).failure_count(10));
    let _ = registry.get_or_register("payments", later);
    let is_invalid = |kind: &EventKind| matches!(kind, EventKind::InvalidSetting(_));
    assert_eq!(heard.count(is_invalid), 1);
}

#[test]
fn g03_a_listener_of_settings_that_come_later_may_call_the_same_functions() {
    const NAME: &str = "g03 calls back";
    #[circuit_breaker(name = "g03 calls back")]
    fn write() -> Option<()> {
        Some(())
    }
    #[circuit_breaker(name = "g03 calls back", failure_threshold = 2)]
    fn read() -> Option<()> {
        Some(())
    }
    resilient_testkit::must_end(|| {
        write().unwrap();
        let breaker = Registry::global().get(NAME).unwrap();
        let heard = Heard::from(&breaker);
        breaker.on_event(|_| (write(), read()).1.unwrap());
        read().unwrap();
        assert_eq!(heard.count(is_change), 1);
    });
}

#[test]
fn g03_many_threads_with_and_without_settings_agree_on_the_settings() {
    for _ in 0..50 {
        let registry = Registry::new();
        let heard = Heard::default();
        registry.on_event(heard.listener());
        let start = Barrier::new(8);
        std::thread::scope(|scope| {
            for thread in 0..8 {
                let (registry, start) = (&registry, &start);
                scope.spawn(move || {
                    start.wait();
                    if thread % 2 == 0 {
                        let _ = registry.get_or_register("payments", threshold(2));
                        let _ = registry.get_or_register_keyed::<u32>("shards", threshold(2));
                    }
                    succeed(&registry.lease("payments", BreakerConfig::default()));
                    let shards = registry.lease_keyed::<u32>("shards", BreakerConfig::default());
                    succeed(&shards.get(&7));
                });
            }
        });
        assert_eq!(registry.get("payments").unwrap().config(), threshold(2));
        let shards = registry.get_keyed::<u32>("shards").unwrap();
        assert_eq!(shards.get(&7).config(), threshold(2));
        assert_eq!(heard.count(is_conflict), 0);
    }
}

#[test]
fn g03_an_override_that_races_with_settings_that_come_later_wins() {
    for _ in 0..200 {
        let registry = Registry::new();
        let breaker = registry.lease("payments", BreakerConfig::default());
        std::thread::scope(|scope| {
            scope.spawn(|| {
                registry.override_breaker("payments", builder().failure_threshold(9)).unwrap();
            });
            scope.spawn(|| {
                let later = config(&builder().failure_threshold(2).half_open_successes(3));
                let _ = registry.get_or_register("payments", later);
            });
        });
        let both = config(&builder().failure_threshold(9).half_open_successes(3));
        assert_eq!(breaker.config(), both);
    }
}
