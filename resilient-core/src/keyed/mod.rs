//! Keyed breakers: one breaker for each key, under one name. They suit a dependency with many parts
//! that fail separately.

mod entry;
mod group;
mod handle;
mod key;
mod keys;
#[cfg(test)]
mod modes_tests;
mod standing;

pub(crate) use self::entry::KeyedEntry;
pub(crate) use self::group::Group;
use self::group::{Guarded, most_keys};
pub use self::handle::KeyedBreakers;
pub use self::key::BreakerKey;
use self::keys::{Evicted, Hashing, Keys};
use self::standing::Standing;
