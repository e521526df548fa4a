//! Rule G8: a leased name stays registered while an override gives it a mode.

use resilient::breaker::{CircuitState, OperatorMode};
use resilient::registry::BreakerOverride;
use resilient::time::ManualClock;
use resilient::{BreakerConfig, Registry};

use resilient_testkit::{secs, succeed};

const HOUR: u64 = 3_600;

/// Returns a registry whose override holds `dependency` forced open for an hour.
fn forced_open_for_an_hour() -> (Registry, ManualClock) {
    let (registry, clock) = (Registry::new(), ManualClock::new());
    registry.use_clock(clock.clone());
    let mode = BreakerOverride::default().with_mode_for(OperatorMode::ForcedOpen, secs(HOUR));
    registry.override_breaker("dependency", mode).unwrap();
    (registry, clock)
}

/// Returns a registry whose override holds `dependency` forced open.
fn forced_open() -> Registry {
    let registry = Registry::new();
    registry.override_breaker("dependency", OperatorMode::ForcedOpen).unwrap();
    registry
}

#[test]
fn g08_the_mode_of_an_override_ends_for_a_breaker_that_is_leased_for_each_call() {
    let (registry, clock) = forced_open_for_an_hour();
    for hour in 0..4 {
        for _ in 0..3 {
            let lease = registry.lease("dependency", BreakerConfig::default());
            assert_eq!(lease.try_acquire().is_ok(), hour > 0, "hour {hour}");
        }
        clock.advance(secs(HOUR));
    }
}

#[test]
fn g08_the_mode_of_an_override_ends_for_keys_that_are_leased_for_each_call() {
    let (registry, clock) = forced_open_for_an_hour();
    for hour in 0..4 {
        for _ in 0..3 {
            let lease = registry.lease_keyed::<u32>("dependency", BreakerConfig::default());
            assert_eq!(lease.get(&1).try_acquire().is_ok(), hour > 0, "hour {hour}");
        }
        clock.advance(secs(HOUR));
    }
}

#[test]
fn g08_a_leased_breaker_that_was_closed_by_hand_under_a_mode_stays_closed() {
    let registry = forced_open();
    let lease = || registry.lease("dependency", BreakerConfig::default());
    let first = lease();
    registry.named("dependency").close();
    drop(first);
    assert_eq!(lease().state(), CircuitState::Closed);
}

#[test]
fn g08_leased_keys_that_were_closed_by_hand_under_a_mode_stay_closed() {
    for closes_one in [true, false] {
        let registry = forced_open();
        let lease = || registry.lease_keyed::<u32>("dependency", BreakerConfig::default());
        let first = lease();
        let key = first.get(&1);
        if closes_one {
            key.close();
        } else {
            registry.named("dependency").close();
        }
        drop((key, first));
        assert_eq!(lease().get(&1).state(), CircuitState::Closed);
        assert_eq!(lease().get(&2).state() == CircuitState::ForcedOpen, closes_one);
    }
}

#[test]
fn g08_a_lease_leaves_after_the_override_of_its_mode_was_cleared() {
    let registry = Registry::new();
    registry.override_breaker("dependency", OperatorMode::Disabled).unwrap();
    let lease = || registry.lease("dependency", BreakerConfig::default());
    drop(lease());
    assert!(registry.get("dependency").is_some());
    registry.clear_override("dependency").unwrap();
    succeed(&lease());
    assert!(registry.get("dependency").is_none());
}
