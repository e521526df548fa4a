//! Rule C2: a server that hangs opens its circuit. A caller whose deadline leaves little time does
//! not open it.

use std::time::Duration;

use resilient::breaker::CircuitState;
use resilient::retry;
use resilient_http::{ApiClient, ApiError, CacheConfig, CallOptions, CircuitBreaker, Endpoint};
use serde_json::json;

use crate::declared::{Any, declared, opens_after, says};
use crate::gated::Gated;
use crate::support::settings::quickly;
use crate::support::until;

const SECOND: Duration = Duration::from_secs(1);

fn hangs() -> Gated {
    Gated::new(|_| says(200, "1"))
}

/// Returns how many attempts failed and how many were abandoned.
fn counts(breaker: &CircuitBreaker) -> (u64, u64) {
    let totals = breaker.snapshot().totals;
    (totals.failure, totals.abandoned)
}

fn client(timeout: Option<Duration>, deadline: Option<Duration>) -> ApiClient {
    let builder = ApiClient::builder("http://localhost").circuit_breaker(opens_after(3));
    let builder = builder.retry(quickly(0)).timeout(timeout).deadline(deadline);
    builder.transport(hangs()).build().unwrap()
}

#[tokio::test(start_paused = true)]
async fn c02_a_server_that_hangs_opens_its_circuit_whatever_the_limits_are() {
    for (timeout, deadline) in [
        (None, Some(SECOND)),
        (Some(SECOND), None),
        (Some(60 * SECOND), Some(SECOND)),
        (Some(SECOND), Some(SECOND)),
        (Some(SECOND), Some(60 * SECOND)),
    ] {
        let api = client(timeout, deadline);
        for _ in 0..10 {
            assert!(api.get::<()>("x").await.is_err());
        }
        assert_eq!(counts(&api.circuit_breaker()), (3, 0), "{timeout:?}, {deadline:?}");
        assert_eq!(api.circuit_breaker().state(), CircuitState::Open);
    }
}

#[tokio::test(start_paused = true)]
async fn c02_callers_with_tiny_deadlines_do_not_open_the_circuit_of_a_client() {
    #[retry(deadline = "5ms", max_retries = 0)]
    async fn hurried(api: &ApiClient) -> Result<(), ApiError> {
        api.get("x").await
    }
    let api = client(Some(10 * SECOND), Some(30 * SECOND));
    for _ in 0..10 {
        assert!(hurried(&api).await.is_err());
    }
    assert_eq!(counts(&api.circuit_breaker()), (0, 10));
    assert_eq!(api.circuit_breaker().state(), CircuitState::Closed);
}

#[tokio::test(start_paused = true)]
async fn c02_a_deadline_spent_on_the_wait_for_another_call_is_not_the_servers_fault() {
    let transport = hangs();
    let config = declared("http://localhost").cache(CacheConfig::new()).build().unwrap();
    let any: Any = Endpoint::builder(config).transport(transport.clone()).build().unwrap();
    let ask = |seconds: u32| {
        let (any, limits) = (any.clone(), CallOptions::new().timeout(60 * SECOND));
        let limits = limits.deadline(seconds * SECOND);
        tokio::spawn(async move { any.call_with(&json!({}), &limits).await })
    };
    let first = ask(3);
    until("it asks", || transport.asked() == 1).await;
    let second = ask(5);
    assert!(first.await.unwrap().is_err());
    assert_eq!(counts(&any.circuit_breaker()), (1, 0), "the attempt had the whole deadline");
    assert!(second.await.unwrap().is_err());
    assert_eq!(counts(&any.circuit_breaker()), (1, 1), "the attempt had two of five seconds");
    assert_eq!(transport.asked(), 2);
}
