//! Helpers of the tests of the registry.

use resilient::breaker::BreakerConfigBuilder;
use resilient::events::EventKind;
use resilient::time::ManualClock;
use resilient::{BreakerConfig, CircuitBreaker, Registry};

use resilient_testkit::fragile;

pub(crate) fn settings() -> BreakerConfig {
    fragile().build().unwrap()
}

pub(crate) fn other_settings() -> BreakerConfig {
    fragile().failure_threshold(9).build().unwrap()
}

pub(crate) fn is_conflict(kind: &EventKind) -> bool {
    matches!(kind, EventKind::Conflict { .. })
}

/// Creates a registry with a breaker named `dependency`. Returns the registry, the breaker and the
/// breaker's clock.
pub(crate) fn live(code: &BreakerConfigBuilder) -> (Registry, CircuitBreaker, ManualClock) {
    let registry = Registry::new();
    let (breaker, clock) = resilient_testkit::closed(code);
    registry.register(&breaker).unwrap();
    (registry, breaker, clock)
}

/// Overrides these settings of `dependency`, and asserts that they apply to the live breaker.
#[track_caller]
pub(crate) fn change(registry: &Registry, settings: BreakerConfigBuilder) {
    let applied = registry.override_breaker("dependency", settings).unwrap();
    assert_eq!(applied.live, ["dependency"]);
}
