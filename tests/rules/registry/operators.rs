//! G5: what operators find and move.

use resilient::breaker::CircuitState;
use resilient::{CircuitBreaker, Registry};

use super::settings;
use crate::support::{Heard, fail, succeed};

#[test]
fn g05_a_breaker_is_found_by_its_name_and_by_no_other() {
    let registry = Registry::new();
    assert!(registry.get("payments").is_none());
    let _ = registry.get_or_register("payments", settings());
    assert_eq!(registry.get("payments").unwrap().name(), "payments");
    assert!(registry.get("payment").is_none());
    assert!(registry.get("Payments").is_none());
}

#[test]
fn g05_all_breakers_and_their_snapshots_come_ordered_by_name() {
    let registry = Registry::new();
    for name in ["stock", "mail", "payments"] {
        let _ = registry.get_or_register(name, settings());
    }
    fail(&registry.get("mail").unwrap());
    let breakers = registry.breakers();
    let names: Vec<_> = breakers.iter().map(CircuitBreaker::name).collect();
    assert_eq!(names, ["mail", "payments", "stock"]);
    let snapshots = registry.snapshot();
    let states: Vec<_> = snapshots
        .iter()
        .map(|each| (each.name.as_str(), each.state))
        .collect();
    let expected = [
        ("mail", CircuitState::Open),
        ("payments", CircuitState::Closed),
        ("stock", CircuitState::Closed),
    ];
    assert_eq!(states, expected);
}

#[test]
fn g05_an_operator_moves_the_breaker_that_the_code_holds() {
    let registry = Registry::new();
    let held = registry.get_or_register("payments", settings());
    let operated = || registry.get("payments").unwrap();
    operated().trip().unwrap();
    assert_eq!(held.state(), CircuitState::Open);
    operated().force_open();
    assert_eq!(held.state(), CircuitState::ForcedOpen);
    operated().disable();
    assert_eq!(held.state(), CircuitState::Disabled);
    operated().close();
    assert_eq!(held.state(), CircuitState::Closed);
    succeed(&held);
}

#[test]
fn g05_a_listener_of_the_registry_hears_breakers_that_came_before_and_after_it() {
    let registry = Registry::new();
    let before = registry.get_or_register("before", settings());
    let heard = Heard::default();
    let id = registry.on_event(heard.listener());
    let after = registry.get_or_register("after", settings());
    before.trip().unwrap();
    after.trip().unwrap();
    let names: Vec<_> = heard
        .events()
        .iter()
        .map(|event| event.name().to_owned())
        .collect();
    assert_eq!(names, ["before", "after"]);
    assert!(registry.remove_listener(id));
    assert!(!registry.remove_listener(id));
    before.close();
    assert_eq!(heard.events().len(), 2);
}

#[test]
fn b14_a_panicking_listener_of_the_registry_is_counted_where_its_event_came_from() {
    let registry = Registry::new();
    let told_of = registry.get_or_register("payments", settings());
    let other = registry.get_or_register("stock", settings());
    registry.on_event(|_| crate::support::panic_quietly());
    let heard = Heard::default();
    registry.on_event(heard.listener());
    told_of.trip().unwrap();
    assert_eq!(heard.steps(), [(CircuitState::Closed, CircuitState::Open)]);
    let panics = [&told_of, &other].map(|breaker| breaker.snapshot().listener_panics);
    assert_eq!(panics, [1, 0]);
}
