//! The circuit breaker below a retry.

use resilient::CircuitBreaker;

use crate::breaker_source::BreakerSource;

/// Finds the breaker of the layer below a [`RetryLayer`](crate::RetryLayer).
pub trait WatchedCircuit<Req> {
    /// Returns the breaker that the request passes below, if it is known.
    fn circuit(&self, request: &Req) -> Option<CircuitBreaker>;
}

/// The retry knows no breaker.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoCircuit;

/// The retry knows the breaker of the layer below: see
/// [`RetryLayer::through`](crate::RetryLayer::through).
#[derive(Debug, Clone)]
pub struct Through<B>(pub(crate) B);

impl<Req> WatchedCircuit<Req> for NoCircuit {
    fn circuit(&self, _: &Req) -> Option<CircuitBreaker> {
        None
    }
}

impl<Req, B: BreakerSource<Req>> WatchedCircuit<Req> for Through<B> {
    fn circuit(&self, request: &Req) -> Option<CircuitBreaker> {
        Some(self.0.breaker(request))
    }
}
