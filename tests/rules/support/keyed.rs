//! Helpers of the tests of keyed breakers.

use resilient::breaker::KeyedBreakers;

use crate::support::registry::settings;

pub(crate) fn shards() -> KeyedBreakers<u32> {
    KeyedBreakers::new("shards", settings())
}
