//! One breaker for each key, under one name: for a dependency with many parts, of which one may
//! fail.

mod entry;
mod group;
mod handle;
mod key;
mod keys;
#[cfg(test)]
mod modes_tests;

pub(crate) use self::entry::KeyedEntry;
pub(crate) use self::group::Group;
use self::group::{Standing, most_keys};
pub use self::handle::KeyedBreakers;
pub use self::key::BreakerKey;
use self::keys::{Evicted, Hashing, Keys};
