//! Helpers of the tests from `keyed`.

use resilient::breaker::KeyedBreakers;

use crate::support::registry::settings;

pub(crate) fn shards() -> KeyedBreakers<u32> {
    KeyedBreakers::new("shards", settings())
}
