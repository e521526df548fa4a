//! Tests of the mode in which the later keys of a group start.

use super::KeyedBreakers;
use crate::breaker::{BreakerConfig, CircuitState, OperatorMode};
use crate::registry::{BreakerOverride, Registry};

fn keyed(registry: &Registry) -> KeyedBreakers<u32> {
    let hosts = registry.get_or_register_keyed("hosts", BreakerConfig::default());
    let _ = hosts.get(&1);
    hosts
}

/// Returns the state of an existing key and of a new key.
fn old_and_new(hosts: &KeyedBreakers<u32>) -> (CircuitState, CircuitState) {
    let new = u32::try_from(hosts.len()).unwrap() + 1;
    (hosts.get(&1).state(), hosts.get(&new).state())
}

#[test]
fn g04_a_group_closed_by_hand_under_an_overrides_mode_is_closed_for_later_keys() {
    let registry = Registry::new();
    let hosts = keyed(&registry);
    registry.override_breaker("hosts", OperatorMode::ForcedOpen).unwrap();
    assert_eq!(old_and_new(&hosts), (CircuitState::ForcedOpen, CircuitState::ForcedOpen));
    registry.named("hosts").close();
    assert_eq!(old_and_new(&hosts), (CircuitState::Closed, CircuitState::Closed));
}

#[test]
fn g04_an_overrides_mode_after_a_mode_by_hand_applies_to_later_keys() {
    let registry = Registry::new();
    let hosts = keyed(&registry);
    registry.named("hosts").force_open();
    assert_eq!(old_and_new(&hosts), (CircuitState::ForcedOpen, CircuitState::ForcedOpen));
    registry.override_breaker("hosts", OperatorMode::Disabled).unwrap();
    assert_eq!(old_and_new(&hosts), (CircuitState::Disabled, CircuitState::Disabled));
    registry.clear_override("hosts").unwrap();
    assert_eq!(old_and_new(&hosts), (CircuitState::Closed, CircuitState::Closed));
}

#[test]
fn g04_a_mode_by_hand_outlives_an_overrides_mode_that_came_before_it() {
    let registry = Registry::new();
    let hosts = keyed(&registry);
    registry.override_breaker("hosts", OperatorMode::Disabled).unwrap();
    registry.named("hosts").force_open();
    registry.clear_override("hosts").unwrap();
    assert_eq!(old_and_new(&hosts), (CircuitState::ForcedOpen, CircuitState::ForcedOpen));
}

#[test]
fn g04_an_override_without_a_mode_leaves_a_mode_by_hand() {
    let registry = Registry::new();
    let hosts = keyed(&registry);
    registry.named("hosts").disable();
    let stricter = BreakerOverride::from(BreakerConfig::builder().failure_threshold(1));
    registry.override_breaker("hosts", stricter).unwrap();
    assert_eq!(old_and_new(&hosts), (CircuitState::Disabled, CircuitState::Disabled));
}
