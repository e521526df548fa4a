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

/// Asserts that the circuit was never open. A reload may close a connection twice during one
/// attempt, which counts as a failure.
pub(crate) fn assert_never_open(api: &ApiClient, successes: u64) {
    let snapshot = api.circuit_breaker().snapshot();
    let counts = (snapshot.totals.success, snapshot.totals.rejected, snapshot.transitions.opened);
    assert_eq!(counts, (successes, 0, 0), "{snapshot:?}");
}
