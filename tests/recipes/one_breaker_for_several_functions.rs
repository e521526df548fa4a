//! The recipe with one breaker for several functions.

use super::dependency;

// excerpt: recipe
use resilient::{circuit_breaker, retry, timeout};
use std::io;

// This function gives the settings.
#[retry(attempt_timeout = "1s")]
#[circuit_breaker(name = "inventory", failure_threshold = 3, recovery_time = "10s")]
async fn count(article: u32) -> io::Result<u32> {
    query("count", article).await
}

// This function accepts them. It is not retried, because it is not safe to repeat.
#[circuit_breaker(name = "inventory")]
#[timeout("1s")]
async fn take(article: u32) -> io::Result<u32> {
    query("take", article).await
}

async fn query(what: &str, article: u32) -> io::Result<u32> {
    dependency::call(io::ErrorKind::ConnectionReset).await?; // not shown
    // Ask the inventory here.
    Ok(3)
}
// end excerpt

#[circuit_breaker(name = "inventory", failure_threshold = 2)]
async fn with_other_settings() -> Option<()> {
    Some(())
}

mod by_hand {
    // excerpt: by hand
    use resilient::{CircuitBreaker, CircuitOpen, Outcome};

    async fn total(inventory: &CircuitBreaker) -> Result<u32, CircuitOpen> {
        let permit = inventory.try_acquire()?;
        // Calls inside `within` use this permit while the circuit is half-open.
        let sum = permit.within(async {
            Ok::<u32, CircuitOpen>(one(inventory).await? + one(inventory).await?)
        });
        let output = sum.await;
        permit.report_output(&output);
        output
    }

    async fn one(inventory: &CircuitBreaker) -> Result<u32, CircuitOpen> {
        let permit = inventory.try_acquire()?;
        // Ask the inventory here, under a `tokio::time::timeout`.
        permit.report(Outcome::Success);
        Ok(1)
    }
    // end excerpt

    #[tokio::test(start_paused = true)]
    async fn calls_inside_a_probe_use_its_permit() {
        let inventory = CircuitBreaker::default();
        inventory.force_open();
        inventory.half_open().unwrap();
        assert_eq!(total(&inventory).await, Ok(2));
        assert_eq!(inventory.state(), resilient::breaker::CircuitState::Closed);
    }
}

use resilient::Registry;
use resilient::events::EventKind;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};

static CONFLICTS: AtomicU32 = AtomicU32::new(0);

// One test, because all calls share the breaker.
#[tokio::test(start_paused = true)]
async fn functions_with_one_name_share_the_breaker_and_different_settings_are_reported_once() {
    Registry::global().on_event(|event| {
        if matches!(event.kind(), EventKind::Conflict { .. }) && event.name() == "inventory" {
            CONFLICTS.fetch_add(1, SeqCst);
        }
    });
    count(1).await.unwrap();
    take(1).await.unwrap();
    dependency::fail(3);
    count(1).await.unwrap_err();
    assert_eq!(dependency::calls(), 1 + 1 + 3);
    take(1).await.unwrap_err();
    assert_eq!(dependency::calls(), 0, "the circuit is open for both");
    assert_eq!(CONFLICTS.load(SeqCst), 0);

    assert!(with_other_settings().await.is_none());
    assert!(with_other_settings().await.is_none());
    assert_eq!(CONFLICTS.load(SeqCst), 1);

    tokio::time::advance(std::time::Duration::from_secs(10)).await;
    take(1).await.unwrap();
    count(1).await.unwrap();
}
