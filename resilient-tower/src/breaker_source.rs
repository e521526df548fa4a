//! The breaker of a request: one for all requests, or one for each key.

use std::fmt;

use resilient::CircuitBreaker;
use resilient::breaker::{BreakerKey, KeyedBreakers};

/// Finds the breaker of a request. A [`CircuitBreaker`] is the breaker of all requests.
pub trait BreakerSource<Req> {
    /// Returns the breaker of this request.
    fn breaker(&self, request: &Req) -> CircuitBreaker;
}

impl<Req> BreakerSource<Req> for CircuitBreaker {
    fn breaker(&self, _: &Req) -> CircuitBreaker {
        self.clone()
    }
}

/// One breaker for each key, which a function reads from the request, for example its host. See
/// [`BreakerLayer::keyed`](crate::BreakerLayer::keyed).
pub struct KeyedBy<K, F> {
    breakers: KeyedBreakers<K>,
    key: F,
}

impl<K, F> KeyedBy<K, F> {
    /// Finds the breaker among `breakers` by the key that `key` returns.
    pub fn new(breakers: KeyedBreakers<K>, key: F) -> Self {
        Self { breakers, key }
    }
}

impl<Req, K: BreakerKey, F: Fn(&Req) -> K> BreakerSource<Req> for KeyedBy<K, F> {
    fn breaker(&self, request: &Req) -> CircuitBreaker {
        self.breakers.get(&(self.key)(request))
    }
}

impl<K, F: Clone> Clone for KeyedBy<K, F> {
    fn clone(&self) -> Self {
        Self { breakers: self.breakers.clone(), key: self.key.clone() }
    }
}

impl<K, F> fmt::Debug for KeyedBy<K, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyedBy").field("breakers", &self.breakers).finish_non_exhaustive()
    }
}
