//! G1: one name is one breaker.

use resilient::Registry;
use resilient::breaker::CircuitState;

use super::settings;
use crate::support::{fail, rejection};

#[test]
fn g01_one_name_is_one_breaker() {
    let registry = Registry::new();
    let first = registry.get_or_register("payments", settings());
    let second = registry.get_or_register("payments", settings());
    fail(&first);
    assert_eq!(rejection(&second).breaker(), "payments");
    assert_eq!(registry.breakers().len(), 1);
}

#[test]
fn g01_another_name_is_another_breaker() {
    let registry = Registry::new();
    let payments = registry.get_or_register("payments", settings());
    let stock = registry.get_or_register("stock", settings());
    payments.trip().unwrap();
    assert_eq!(
        (payments.state(), stock.state()),
        (CircuitState::Open, CircuitState::Closed)
    );
    assert_eq!((payments.name(), stock.name()), ("payments", "stock"));
}

#[test]
fn g01_clones_of_a_registry_are_one_and_another_registry_is_another() {
    let registry = Registry::new();
    let breaker = registry.get_or_register("payments", settings());
    breaker.trip().unwrap();
    let same = registry.clone().get("payments").unwrap();
    assert_eq!(same.state(), CircuitState::Open);
    assert!(Registry::new().get("payments").is_none());
}

#[test]
fn g01_the_global_registry_is_one_for_the_process() {
    let name = "g01_the_global_registry_is_one_for_the_process";
    let breaker = Registry::global().get_or_register(name, settings());
    breaker.trip().unwrap();
    let same = std::thread::spawn(move || Registry::global().get(name).unwrap().state());
    assert_eq!(same.join().unwrap(), CircuitState::Open);
}

#[test]
fn g01_a_name_may_be_any_text() {
    let registry = Registry::new();
    let long = "x".repeat(100_000);
    for name in ["", " ", "a::b<C>", "größe", "line\nbreak", long.as_str()] {
        let breaker = registry.get_or_register(name, settings());
        assert_eq!(breaker.name(), name);
        assert!(registry.get(name).is_some());
    }
    assert_eq!(registry.breakers().len(), 6);
}
