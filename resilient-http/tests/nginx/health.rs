//! What the circuit breaker of a client counted.

use resilient::breaker::CircuitState;
use resilient_http::ApiClient;

/// Asserts that the breaker counted these successes and no failure.
pub(crate) fn assert_healthy(api: &ApiClient, successes: u64) {
    let snapshot = api.circuit_breaker().snapshot();
    assert_eq!(snapshot.state, CircuitState::Closed, "{snapshot:?}");
    let counts = (snapshot.totals.success, snapshot.totals.failure, snapshot.totals.rejected);
    assert_eq!(counts, (successes, 0, 0), "{snapshot:?}");
}
