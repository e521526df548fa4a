//! B16: the clock of the breakers of a registry.

use std::time::Instant;

use resilient::breaker::CircuitState;
use resilient::time::{Clock, ManualClock};
use resilient::{CircuitBreaker, Registry};

use crate::support::{fragile, must_end, secs};

#[test]
fn b16_a_registry_gives_its_clock_to_breakers_to_come_and_to_no_others() {
    let registry = Registry::new();
    let config = || fragile().build().unwrap();
    let before = registry.get_or_register("before", config());
    let clock = ManualClock::new();
    registry.use_clock(clock.clone());
    let after = registry.get_or_register("after", config());
    let keyed = registry.get_or_register_keyed::<u32>("keyed", config());
    let breakers = [before, after, keyed.get(&1)];
    for breaker in &breakers {
        breaker.trip().unwrap();
    }
    clock.advance(secs(10));
    let states = breakers.each_ref().map(CircuitBreaker::state);
    assert_eq!(
        states,
        [
            CircuitState::Open,
            CircuitState::HalfOpen,
            CircuitState::HalfOpen
        ]
    );
}

#[test]
fn b16_the_clock_that_a_registry_gave_last_is_the_one() {
    let registry = Registry::new();
    let (first, second) = (ManualClock::new(), ManualClock::new());
    registry.use_clock(first.clone());
    registry.use_clock(second.clone());
    let breaker = registry.get_or_register("dependency", fragile().build().unwrap());
    breaker.trip().unwrap();
    first.advance(secs(10));
    assert_eq!(breaker.state(), CircuitState::Open);
    second.advance(secs(10));
    assert_eq!(breaker.state(), CircuitState::HalfOpen);
}

/// Asks the registry whenever it is asked.
struct Nosy(Registry);

impl Clock for Nosy {
    fn now(&self) -> Instant {
        assert!(self.0.overrides().breakers.is_empty());
        let _ = self.0.get("dependency");
        Instant::now()
    }
}

#[test]
fn fm_b6_a_clock_may_ask_the_registry_while_a_breaker_is_made() {
    must_end(|| {
        let registry = Registry::new();
        registry.use_clock(Nosy(registry.clone()));
        let config = || fragile().max_keys(1).build().unwrap();
        let _ = registry.get_or_register("dependency", config());
        let keyed = registry.get_or_register_keyed::<u32>("keyed", config());
        keyed.get(&1).trip().unwrap();
        // The breaker that other keys share.
        assert!(keyed.get(&2).try_acquire().is_ok());
    });
}
