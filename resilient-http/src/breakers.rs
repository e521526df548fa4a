//! Which circuit breaker a call passes through.

use resilient::CircuitBreaker;
use resilient::breaker::KeyedBreakers;
use url::Url;

/// The circuit breakers of a client.
#[derive(Clone)]
pub(crate) enum Breakers {
    /// One for each origin. There are no more than the base's and the allowed ones.
    PerOrigin(KeyedBreakers<String>),
    /// One for all.
    Shared(CircuitBreaker),
}

impl Breakers {
    pub(crate) fn of(&self, url: &Url) -> CircuitBreaker {
        match self {
            Self::PerOrigin(breakers) => breakers.get(&url.origin().ascii_serialization()),
            Self::Shared(breaker) => breaker.clone(),
        }
    }
}
