//! The circuit breakers of a client.

use resilient::CircuitBreaker;
use resilient::breaker::KeyedBreakers;
use url::Url;

#[derive(Clone)]
pub(crate) enum ClientBreakers {
    /// One per origin. The base's origin and the allowed ones bound their number.
    PerOrigin(KeyedBreakers<String>),
    /// One for all origins.
    Shared(CircuitBreaker),
}

impl ClientBreakers {
    pub(crate) fn of(&self, url: &Url) -> CircuitBreaker {
        match self {
            Self::PerOrigin(breakers) => breakers.get(&url.origin().ascii_serialization()),
            Self::Shared(breaker) => breaker.clone(),
        }
    }
}
