//! A caller may drop the future of a call at any await point.

use std::future::{Future, IntoFuture, poll_fn};
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use resilient::breaker::CircuitState;
use resilient_http::{ApiClient, BudgetConfig, Response, RetryBudget};

use crate::support::api::{Api, json, status};
use crate::support::raw::{Raw, Step};
use crate::support::settings::client;
use crate::support::{until, within};

/// Polls a future at most `times` times, then drops it. Returns the output, or `None` if the future
/// did not finish.
async fn poll_times<F: Future>(future: F, times: u32) -> Option<F::Output> {
    let mut future = pin!(future);
    let mut polls = 0;
    poll_fn(|cx| {
        if polls == times {
            return Poll::Ready(None);
        }
        polls += 1;
        match future.as_mut().poll(cx) {
            Poll::Ready(output) => Poll::Ready(Some(output)),
            Poll::Pending if polls == times => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}

/// Starts a server whose first two responses are failures and whose later responses are successes.
async fn failing_twice() -> Api {
    Api::serve(|n, _| if n % 3 == 2 { json("1") } else { status(503) }).await
}

fn ends(api: &ApiClient) -> u64 {
    let totals = api.circuit_breaker().snapshot().totals;
    totals.success + totals.failure + totals.ignored + totals.abandoned
}

#[tokio::test]
async fn a_call_dropped_at_any_point_leaves_nothing_behind() {
    let mut dropped = 0;
    for k in 0.. {
        let server = failing_twice().await;
        let budget = RetryBudget::new("cancelled", BudgetConfig::default());
        let api = client(&server.url).shared_budget(budget.clone()).build().unwrap();
        let call = api.get::<Response>("x").into_future();
        let ended = within("the polls", poll_times(call, k)).await;
        assert_eq!(api.in_flight(), 0, "after {k} polls");
        let counts = budget.snapshot().counts;
        assert_eq!(counts.granted, counts.spent + counts.returned, "after {k} polls");
        assert!(ends(&api) >= server.count() as u64, "after {k} polls");
        within("close", api.shutdown(Duration::from_secs(20))).await.unwrap();
        until("its connections are closed", || server.connections.open() == 0).await;
        if let Some(ended) = ended {
            assert_eq!(ended.unwrap().attempts(), 3);
            break;
        }
        dropped += 1;
    }
    assert!(dropped > 5, "it was dropped at {dropped} points only");
}

#[tokio::test]
async fn a_probe_dropped_at_any_point_frees_its_slot() {
    for k in 0.. {
        let server = Api::serve(|_, _| json("1")).await;
        let api = client(&server.url).build().unwrap();
        let breaker = api.circuit_breaker();
        breaker.trip().unwrap();
        breaker.half_open().unwrap();
        let call = api.get::<u32>("x").into_future();
        let ended = within("the polls", poll_times(call, k)).await;
        assert_eq!(breaker.snapshot().probes_in_flight, 0, "after {k} polls");
        if ended.is_some() {
            assert_eq!(breaker.state(), CircuitState::Closed);
            break;
        }
        assert_eq!(breaker.state(), CircuitState::HalfOpen);
        let one: u32 = within("the next call is let in", api.get("x")).await.unwrap();
        assert_eq!((one, breaker.state()), (1, CircuitState::Closed));
    }
}

#[tokio::test]
async fn shutdown_can_be_cancelled_and_called_again() {
    let server = Raw::always(vec![Step::Stall]).await;
    let api = client(&server.url).no_retry().build().unwrap();
    let running = tokio::spawn(api.get::<()>("x").into_future());
    until("the call is at the server", || server.count() == 1).await;
    for k in 0..2 {
        let wait = api.shutdown(Duration::from_secs(20));
        assert!(poll_times(wait, k).await.is_none());
        assert_eq!(api.is_closed(), k > 0);
    }
    let (one, other, ()) = tokio::join!(
        within("close", api.shutdown(Duration::from_secs(20))),
        within("close", api.shutdown(Duration::from_secs(20))),
        async { running.abort() },
    );
    assert_eq!((one, other), (Ok(()), Ok(())));
}

#[tokio::test]
async fn a_request_that_is_not_awaited_is_not_sent() {
    let server = Api::serve(|_, _| json("1")).await;
    let api = client(&server.url).build().unwrap();
    drop(api.get::<u32>("x"));
    drop(api.get::<u32>("x").into_future());
    assert_eq!((server.count(), ends(&api)), (0, 0));
}
