//! The recipe that waits for an open circuit.

use super::dependency;

// excerpt: recipe
use resilient::{circuit_breaker, retry};
use std::io;

#[retry(when_open = wait, max_elapsed = "1m", attempt_timeout = "5s")]
#[circuit_breaker(name = "reports", recovery_time = "20s", probe_timeout = "10s")]
async fn deliver(report: &str) -> io::Result<()> {
    dependency::call(io::ErrorKind::ConnectionReset).await?; // not shown
    takes_half_a_second().await; // not shown
    // Store the report here, under its number: it is safe to repeat.
    Ok(())
}
// end excerpt

use resilient::Registry;
use std::time::Duration;
use tokio::time::Instant;

async fn takes_half_a_second() {
    tokio::time::sleep(Duration::from_millis(500)).await;
}

// One test, because all calls share the breaker.
#[tokio::test(start_paused = true)]
async fn a_call_waits_for_the_circuit_if_it_may_close_in_time() {
    deliver("1").await.unwrap();
    let breaker = Registry::global().get("reports").unwrap();
    let start = Instant::now();
    breaker.trip().unwrap();
    let (one, other) = tokio::join!(deliver("1"), deliver("2"));
    assert!(one.is_ok() && other.is_ok());
    assert_eq!(start.elapsed().as_secs(), 21);

    // The circuit will be open for longer than the call may wait.
    breaker.trip_for(Duration::from_secs(60)).unwrap();
    deliver("1").await.unwrap_err();
    // Nobody knows when the operator closes it.
    breaker.force_open();
    deliver("1").await.unwrap_err();
    assert_eq!(start.elapsed().as_secs(), 21);
    assert_eq!(dependency::calls(), 3);
}
