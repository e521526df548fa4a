//! The rules of the registry, G1 to G7, where names are given by hand.

mod clock;
mod conflicts;
mod eviction;
mod keyed;
mod names;
mod operators;
mod override_modes;
mod override_recovery;
mod override_rules;
mod overrides;
mod owned;
mod races;
mod selection;
mod unregister;

use resilient::BreakerConfig;
use resilient::events::EventKind;

use crate::support::fragile;

fn settings() -> BreakerConfig {
    fragile().build().unwrap()
}

fn other_settings() -> BreakerConfig {
    fragile().failure_threshold(9).build().unwrap()
}

fn is_conflict(kind: &EventKind) -> bool {
    matches!(kind, EventKind::Conflict { .. })
}
