//! Rule G8: code can unregister a breaker.

use std::sync::Barrier;

use resilient::breaker::{CircuitState, OperatorMode};
use resilient::{CircuitBreaker, Outcome, Registry, circuit_breaker};

use crate::support::registry::live;
use crate::support::registry::{other_settings, settings};
use resilient_testkit::{Heard, fail, fragile, secs};

#[test]
fn g08_a_breaker_that_was_unregistered_is_not_found_and_its_name_is_free() {
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
fn g08_a_handle_works_after_its_breaker_was_unregistered() {
    let (registry, owned, _clock) = live(&fragile());
    let in_flight = owned.try_acquire().unwrap();
    registry.unregister(&owned);
    in_flight.report(Outcome::Failure);
    assert_eq!(owned.state(), CircuitState::Open);
}

#[test]
fn g08_a_new_breaker_of_the_name_has_no_state_of_the_old_one() {
    let registry = Registry::new();
    let old = registry.get_or_register("tenant", settings());
    fail(&old);
    assert!(registry.unregister(&old));
    let new = registry.get_or_register("tenant", settings());
    assert_eq!((new.state(), old.state()), (CircuitState::Closed, CircuitState::Open));
    assert_eq!(new.snapshot().totals, resilient::breaker::CallCounts::default());
    fail(&new);
    assert_eq!(old.snapshot().totals.failure, 1);
}

#[test]
fn g08_only_the_breaker_itself_can_be_unregistered_under_its_name() {
    let registry = Registry::new();
    let registered = CircuitBreaker::new("tenant", settings());
    registry.register(&registered).unwrap();
    assert!(!registry.unregister(&CircuitBreaker::new("tenant", settings())));
    assert!(registry.get("tenant").is_some());
    assert!(registry.unregister(&registered.clone()), "a clone is the same breaker");
}

#[test]
fn g08_listeners_of_the_registry_no_longer_hear_an_unregistered_breaker() {
    let (registry, owned, _clock) = live(&fragile());
    let heard = Heard::default();
    registry.on_event(heard.listener());
    let own = Heard::from(&owned);
    registry.unregister(&owned);
    owned.trip().unwrap();
    assert_eq!((heard.events().len(), own.events().len()), (0, 1));
}

#[test]
fn g08_operators_no_longer_reach_an_unregistered_breaker() {
    let (registry, owned, _clock) = live(&fragile());
    registry.unregister(&owned);
    registry.all().force_open();
    registry.override_breaker("dependency", OperatorMode::Disabled).unwrap();
    assert_eq!(owned.state(), CircuitState::Closed);
}

#[test]
fn g08_a_breaker_of_an_annotated_function_stays() {
    #[circuit_breaker(name = "g08_a_breaker_of_an_annotated_function_stays")]
    fn call() -> Option<()> {
        Some(())
    }
    call().unwrap();
    let name = "g08_a_breaker_of_an_annotated_function_stays";
    let breaker = Registry::global().get(name).unwrap();
    assert!(!Registry::global().unregister(&breaker));
    assert!(Registry::global().get(name).is_some());
}

#[test]
fn g08_concurrent_register_unregister_and_lookup_never_revive_an_old_state() {
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
                        // `trip_for` opens this breaker before it is removed. A breaker that is
                        // registered later under this name still starts closed.
                        owned.trip_for(secs(1_000)).unwrap();
                        assert!(registry.unregister(&owned));
                    }
                }
            });
            scope.spawn(move || {
                start.wait();
                for _ in 0..500 {
                    if let Some(found) = registry.get("tenant") {
                        let _ = (found.state(), found.try_acquire().map(drop), registry.snapshot());
                    }
                }
            });
        }
    });
    assert!(registry.breakers().is_empty());
    let fresh = registry.get_or_register("tenant", settings());
    assert_eq!(fresh.state(), CircuitState::Closed);
}
