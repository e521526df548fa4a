//! G6: breakers that somebody else owns.

use resilient::breaker::CircuitState;
use resilient::events::EventKind;
use resilient::{CircuitBreaker, Registry};

use super::{other_settings, settings};
use crate::support::{Heard, fail};

#[test]
fn g06_a_breaker_of_ones_own_is_in_no_registry_until_it_is_registered() {
    let registry = Registry::new();
    let owned = CircuitBreaker::new("tenant", settings());
    assert!(registry.get("tenant").is_none());
    assert!(Registry::global().get("tenant").is_none());
    registry.register(&owned).unwrap();
    registry.get("tenant").unwrap().force_open();
    assert_eq!(owned.state(), CircuitState::ForcedOpen);
    assert!(Registry::global().get("tenant").is_none());
}

#[test]
fn g06_clones_of_an_owned_breaker_are_handles_of_one() {
    let owned = CircuitBreaker::new("tenant", settings());
    let clone = owned.clone();
    fail(&clone);
    assert_eq!(owned.state(), CircuitState::Open);
    assert!(size_of::<CircuitBreaker>() <= size_of::<[usize; 2]>());
}

#[test]
fn g06_two_instances_of_one_name_are_two_breakers_and_one_of_them_can_be_registered() {
    let registry = Registry::new();
    let first = CircuitBreaker::new("tenant", settings());
    let second = CircuitBreaker::new("tenant", settings());
    fail(&first);
    assert_eq!(second.state(), CircuitState::Closed);
    registry.register(&first).unwrap();
    let taken = registry.register(&second).unwrap_err();
    assert!(taken.to_string().contains("`tenant`"), "{taken}");
    assert_eq!(registry.get("tenant").unwrap().state(), CircuitState::Open);
}

#[test]
fn g06_registering_the_same_breaker_twice_is_no_error() {
    let registry = Registry::new();
    let owned = CircuitBreaker::new("tenant", settings());
    assert_eq!(registry.register(&owned), Ok(()));
    assert_eq!(registry.register(&owned.clone()), Ok(()));
    assert_eq!(registry.breakers().len(), 1);
}

#[test]
fn g06_a_registered_breaker_is_the_one_that_its_name_then_finds() {
    let registry = Registry::new();
    let owned = CircuitBreaker::new("tenant", settings());
    registry.register(&owned).unwrap();
    let found = registry.get_or_register("tenant", settings());
    fail(&found);
    assert_eq!(owned.state(), CircuitState::Open);
}

#[test]
fn g06_a_conflict_with_a_registered_breaker_names_where_it_was_registered() {
    let registry = Registry::new();
    let heard = Heard::default();
    registry.on_event(heard.listener());
    let owned = CircuitBreaker::new("tenant", settings());
    let line = line!() + 1;
    registry.register(&owned).unwrap();
    let _ = registry.get_or_register("tenant", other_settings());
    let events = heard.events();
    let [event] = events.as_slice() else {
        panic!("{events:?}");
    };
    assert!(
        matches!(event.kind(), EventKind::Conflict { first, .. } if first.line() == line),
        "{event:?}"
    );
}

#[test]
fn g06_a_registered_breaker_is_heard_by_the_listeners_of_the_registry() {
    let registry = Registry::new();
    let heard = Heard::default();
    registry.on_event(heard.listener());
    let owned = CircuitBreaker::new("tenant", settings());
    owned.trip().unwrap();
    registry.register(&owned).unwrap();
    owned.close();
    assert_eq!(heard.steps(), [(CircuitState::Open, CircuitState::Closed)]);
}

#[test]
fn g06_a_breaker_in_two_registries_is_heard_in_both() {
    let (first, second) = (Registry::new(), Registry::new());
    let owned = CircuitBreaker::new("tenant", settings());
    let heard = [Heard::default(), Heard::default()];
    first.on_event(heard[0].listener());
    second.on_event(heard[1].listener());
    first.register(&owned).unwrap();
    second.register(&owned).unwrap();
    owned.trip().unwrap();
    // "every event of every breaker that is or will be here", says `Registry::on_event`.
    assert_eq!(heard.each_ref().map(|each| each.steps().len()), [1, 1]);
}

#[test]
fn g06_the_breaker_of_one_key_is_not_registered_apart_from_its_name() {
    let registry = Registry::new();
    let shards = resilient::breaker::KeyedBreakers::<u32>::new("shards", settings());
    let error = registry.register(&shards.get(&1)).unwrap_err();
    assert!(error.to_string().contains("`shards` [1]"), "{error}");
    assert!(registry.all().is_empty());
    registry.register_keyed(&shards).unwrap();
    assert!(registry.register(&shards.get(&1)).is_err());
}
