//! The types that can be the key of a breaker.

use std::fmt;
use std::hash::Hash;

/// A key that distinguishes breakers of one name: a tenant, a host, a shard.
///
/// Every type with these bounds implements this trait. The key's text is shown in errors and
/// snapshots; it is not a label of metrics.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the key of a circuit breaker",
    note = "a key is `Hash + Eq + Display + Clone + Send + Sync + 'static`, or a reference to such \
            a value; several values are one in a type that has all of these"
)]
pub trait BreakerKey: Hash + Eq + fmt::Display + Clone + Send + Sync + 'static {}

impl<K: Hash + Eq + fmt::Display + Clone + Send + Sync + 'static> BreakerKey for K {}
