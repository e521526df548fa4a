//! Rule B18: a call through a breaker inside another call through the same breaker does not keep
//! the circuit open.

mod by_hand;
mod limits;
mod shapes;

use resilient::breaker::{BreakerSnapshot, CircuitState};
use resilient::{CircuitBreaker, Registry};

use resilient_testkit::secs;

/// Makes the circuit due for a probe: opens it and waits until its recovery time is over. Tokio's
/// time must be paused.
async fn make_due(breaker: &CircuitBreaker) {
    breaker.trip().unwrap();
    tokio::time::advance(secs(1_000)).await;
    assert_eq!(breaker.state(), CircuitState::HalfOpen);
}

/// Asserts that the first call of the function closes the circuit, although the function calls
/// itself or another function with the same breaker. On a closed circuit, each call of the function
/// must add `calls` calls to the totals.
async fn closes<C: AsyncFn() -> bool>(name: &str, calls: u64, call: C) {
    assert!(call().await, "{name}: the first call succeeds");
    let breaker = Registry::global().get(name).unwrap();
    let closed = breaker.snapshot().totals;
    assert_eq!((closed.success, closed.failure), (calls, 0), "{name}: all calls are counted");

    make_due(&breaker).await;
    assert!(call().await, "{name}: no part of the probe is rejected");
    let probed = breaker.snapshot();
    assert_eq!(probed.state, CircuitState::Closed, "{name}");
    assert_eq!(probed.totals.success, calls + 1, "{name}: the probe counts once");
    only_successes(name, &probed);

    assert!(call().await);
    assert_eq!(breaker.snapshot().totals.success, 2 * calls + 1, "{name}: all are counted again");
}

fn only_successes(name: &str, snapshot: &BreakerSnapshot) {
    let totals = snapshot.totals;
    let others = [totals.failure, totals.ignored, totals.abandoned, totals.late, totals.rejected];
    assert_eq!(others, [0; 5], "{name}: failed, ignored, abandoned, late, rejected");
    assert_eq!(snapshot.probes_in_flight, 0, "{name}: no slot is taken");
}
