//! G5 and G6: breakers that leave a registry.

use std::sync::Barrier;

use resilient::breaker::{CircuitState, OperatorMode};
use resilient::{BreakerConfig, CircuitBreaker, Outcome, Registry, circuit_breaker};

use super::overrides::live;
use super::{other_settings, settings};
use crate::support::{Heard, calls, fail, fragile, secs};

#[test]
fn g06_a_breaker_that_was_taken_out_is_not_found_and_its_name_is_free() {
    let registry = Registry::new();
    let owned = CircuitBreaker::new("tenant", settings());
    registry.register(&owned).unwrap();
    assert!(registry.unregister(&owned));
    assert!(registry.get("tenant").is_none());
    assert!(!registry.unregister(&owned));
    let heir = CircuitBreaker::new("tenant", other_settings());
    registry.register(&heir).unwrap();
    assert_eq!(registry.breakers().len(), 1);
}

#[test]
fn g06_who_has_a_handle_may_go_on_to_use_it() {
    let (registry, owned, _clock) = live(&fragile());
    let in_flight = owned.try_acquire().unwrap();
    registry.unregister(&owned);
    in_flight.report(Outcome::Failure);
    assert_eq!(owned.state(), CircuitState::Open);
}

#[test]
fn g06_a_new_breaker_of_the_name_has_nothing_of_the_old_one() {
    let registry = Registry::new();
    let old = registry.get_or_register("tenant", settings());
    fail(&old);
    assert!(registry.unregister(&old));
    let new = registry.get_or_register("tenant", settings());
    assert_eq!(
        (new.state(), old.state()),
        (CircuitState::Closed, CircuitState::Open)
    );
    assert_eq!(
        new.snapshot().totals,
        resilient::breaker::CallCounts::default()
    );
    fail(&new);
    assert_eq!(old.snapshot().totals.failure, 1);
}

#[test]
fn g06_only_the_breaker_itself_can_be_taken_out_under_its_name() {
    let registry = Registry::new();
    let registered = CircuitBreaker::new("tenant", settings());
    registry.register(&registered).unwrap();
    assert!(!registry.unregister(&CircuitBreaker::new("tenant", settings())));
    assert!(registry.get("tenant").is_some());
    assert!(
        registry.unregister(&registered.clone()),
        "a clone is itself"
    );
}

#[test]
fn g06_listeners_of_the_registry_no_longer_hear_it() {
    let (registry, owned, _clock) = live(&fragile());
    let heard = Heard::default();
    registry.on_event(heard.listener());
    let own = Heard::from(&owned);
    registry.unregister(&owned);
    owned.trip().unwrap();
    assert_eq!((heard.events().len(), own.events().len()), (0, 1));
}

#[test]
fn g06_operators_no_longer_reach_it() {
    let (registry, owned, _clock) = live(&fragile());
    registry.unregister(&owned);
    registry.all().force_open();
    registry
        .override_breaker("dependency", OperatorMode::Disabled)
        .unwrap();
    assert_eq!(owned.state(), CircuitState::Closed);
}

#[test]
fn g06_a_breaker_of_an_annotated_function_stays() {
    #[circuit_breaker(name = "g06_a_breaker_of_an_annotated_function_stays")]
    fn call() -> Option<()> {
        Some(())
    }
    call().unwrap();
    let name = "g06_a_breaker_of_an_annotated_function_stays";
    let breaker = Registry::global().get(name).unwrap();
    assert!(!Registry::global().unregister(&breaker));
    assert!(Registry::global().get(name).is_some());
}

#[test]
fn g02_the_codes_settings_hold_again_for_a_breaker_that_was_taken_out() {
    let (registry, owned, _clock) = live(&fragile().failure_threshold(9));
    let strict = BreakerConfig::builder().failure_threshold(2);
    registry.override_breaker("dependency", strict).unwrap();
    registry.unregister(&owned);
    assert_eq!(
        owned.config(),
        fragile().failure_threshold(9).build().unwrap()
    );
    // And are the ones that it comes back with.
    registry.register(&owned).unwrap();
    assert_eq!(owned.config().to_builder(), fragile().failure_threshold(2));
    registry.clear_override("dependency").unwrap();
    assert_eq!(
        owned.config(),
        fragile().failure_threshold(9).build().unwrap()
    );
}

#[test]
fn g02_a_mode_that_an_override_set_ends_when_the_breaker_is_taken_out() {
    let (registry, owned, _clock) = live(&fragile());
    registry
        .override_breaker("dependency", OperatorMode::ForcedOpen)
        .unwrap();
    registry.unregister(&owned);
    assert_eq!(owned.state(), CircuitState::Closed);
}

#[test]
fn g02_another_registry_overrides_a_breaker_that_was_taken_out_of_the_first() {
    let (first, owned, _clock) = live(&fragile());
    for threshold in 1..10 {
        let settings = BreakerConfig::builder().failure_threshold(threshold);
        first.override_breaker("dependency", settings).unwrap();
    }
    first.unregister(&owned);
    let second = Registry::new();
    second.register(&owned).unwrap();
    let settings = BreakerConfig::builder().failure_threshold(2);
    second.override_breaker("dependency", settings).unwrap();
    calls(&owned, "F");
    assert_eq!(owned.state(), CircuitState::Closed);
    calls(&owned, "F");
    assert_eq!(owned.state(), CircuitState::Open);
}

#[test]
fn g06_registering_taking_out_and_looking_up_at_once_never_revives_an_old_state() {
    let registry = Registry::new();
    let start = Barrier::new(4);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            let (registry, start) = (&registry, &start);
            scope.spawn(move || {
                start.wait();
                for _ in 0..500 {
                    let owned = CircuitBreaker::new("tenant", settings());
                    if registry.register(&owned).is_ok() {
                        assert_eq!(owned.state(), CircuitState::Closed);
                        // What it goes through is nothing to its successors.
                        owned.trip_for(secs(1_000)).unwrap();
                        assert!(registry.unregister(&owned));
                    }
                }
            });
            scope.spawn(move || {
                start.wait();
                for _ in 0..500 {
                    if let Some(found) = registry.get("tenant") {
                        let _ = (
                            found.state(),
                            found.try_acquire().map(drop),
                            registry.snapshot(),
                        );
                    }
                }
            });
        }
    });
    assert!(registry.breakers().is_empty());
    let fresh = registry.get_or_register("tenant", settings());
    assert_eq!(fresh.state(), CircuitState::Closed);
}
