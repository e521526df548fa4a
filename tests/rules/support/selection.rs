//! Helpers of the tests of operations on a selection of breakers.

use resilient::Registry;
use resilient::breaker::KeyedBreakers;

use crate::support::registry::settings;

/// Creates a registry with three single breakers and with one group of two keys.
pub(crate) fn populated() -> (Registry, KeyedBreakers<u32>) {
    let registry = Registry::new();
    for name in ["stock", "payments/refund", "payments/charge"] {
        let _ = registry.get_or_register(name, settings());
    }
    let shards = registry.get_or_register_keyed("shards", settings());
    let _ = (shards.get(&2), shards.get(&1));
    (registry, shards)
}
