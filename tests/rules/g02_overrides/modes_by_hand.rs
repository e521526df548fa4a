//! Rule G2: clearing an override undoes its mode, but not what an operator has done since then.

use resilient::breaker::{CircuitState, ManualChange, OperatorMode};
use resilient::registry::BreakerOverride;
use resilient::time::ManualClock;
use resilient::{BreakerConfig, Registry};

use crate::support::registry::{live, settings};
use resilient_testkit::{Heard, fail, fragile, must_end, secs};

#[test]
fn g02_a_state_set_by_hand_stays_even_if_it_is_the_one_of_the_cleared_mode() {
    let (registry, breaker, _clock) = live(&fragile());
    let mode = BreakerOverride::default().with_mode_for(OperatorMode::ForcedOpen, secs(60));
    registry.override_breaker("dependency", mode).unwrap();
    let change = ManualChange::force_open().by("alice").because("the bank is down");
    breaker.apply(&change).unwrap();
    registry.clear_override("dependency").unwrap();
    assert_eq!(breaker.state(), CircuitState::ForcedOpen);
    assert_eq!(breaker.snapshot().note.operator(), Some("alice"));
}

#[test]
fn g02_present_and_later_keys_stay_in_a_state_set_by_hand_that_is_the_one_of_the_mode() {
    let registry = Registry::new();
    let hosts = registry.get_or_register_keyed::<u32>("hosts", settings());
    let _ = hosts.get(&1);
    registry.override_breaker("hosts", OperatorMode::Disabled).unwrap();
    registry.named("hosts").disable();
    registry.clear_override("hosts").unwrap();
    for key in [1, 2] {
        assert_eq!(hosts.get(&key).state(), CircuitState::Disabled, "{key}");
    }
}

#[test]
fn g02_a_refused_operation_leaves_the_mode_to_the_override() {
    let (registry, breaker, _clock) = live(&fragile());
    registry.override_breaker("dependency", OperatorMode::Disabled).unwrap();
    breaker.trip().unwrap_err();
    registry.clear_override("dependency").unwrap();
    assert_eq!(breaker.state(), CircuitState::Closed);
}

#[test]
fn g02_clearing_a_mode_that_had_ended_leaves_keys_that_were_made_since() {
    let (registry, clock) = (Registry::new(), ManualClock::new());
    registry.use_clock(clock.clone());
    let hosts = registry.get_or_register_keyed::<u32>("hosts", BreakerConfig::default());
    let mode = BreakerOverride::default().with_mode_for(OperatorMode::Disabled, secs(60));
    registry.override_breaker("hosts", mode).unwrap();
    clock.advance(secs(60));
    let breaker = hosts.get(&1);
    for _ in 0..4 {
        fail(&breaker);
    }
    let heard = Heard::from(&breaker);
    registry.clear_override("hosts").unwrap();
    assert_eq!(heard.steps(), []);
    assert_eq!(breaker.snapshot().consecutive_failures, 4);
    fail(&breaker);
    assert_eq!(breaker.state(), CircuitState::Open);
}

/// An override whose conversion asks the registry.
struct Nosy(Registry);

impl From<Nosy> for BreakerOverride {
    fn from(Nosy(registry): Nosy) -> Self {
        assert!(registry.get("dependency").is_none());
        OperatorMode::Disabled.into()
    }
}

#[test]
fn g02_the_conversion_to_an_override_may_ask_the_registry() {
    must_end(|| {
        let registry = Registry::new();
        registry.override_breaker("dependency", Nosy(registry.clone())).unwrap();
        assert_eq!(registry.overrides().breakers.len(), 1);
    });
}
