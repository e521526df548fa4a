//! A caller may drop the future of an endpoint's call at any await point.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;

use resilient_http::{CacheConfig, Reply, Served};
use serde_json::{Value, json as value};

use crate::declared::{declared, endpoint};
use crate::support::api::{Api, json, status};
use crate::support::within;

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

#[tokio::test]
async fn a_call_dropped_at_any_point_leaves_room_for_the_next_one() {
    let mut dropped = 0;
    for k in 0.. {
        let server = Api::serve(|n, _| if n == 0 { status(503) } else { json("1") }).await;
        let config = declared(&server.url).cache(CacheConfig::new());
        let any = endpoint(&config).typed::<Value, Reply<u32>>();
        let ended = within("the polls", poll_times(Box::pin(any.call(&value!({}))), k)).await;
        assert_eq!(any.client().in_flight(), 0, "after {k} polls");
        // The next call does not wait for the dropped call.
        let next = within("the next call", any.call(&value!({}))).await.unwrap();
        assert_eq!(next.value, 1, "after {k} polls");
        let totals = any.circuit_breaker().snapshot().totals;
        let ends = totals.success + totals.failure + totals.ignored + totals.abandoned;
        assert!(ends >= server.count() as u64, "after {k} polls");
        if let Some(ended) = ended {
            assert_eq!(ended.unwrap().response.served(), Served::Fresh);
            assert!(matches!(next.response.served(), Served::Cached { .. }));
            break;
        }
        dropped += 1;
    }
    assert!(dropped > 3, "it was dropped at {dropped} points only");
}

#[tokio::test]
async fn a_call_that_waits_for_another_call_can_be_dropped_at_any_point() {
    let transport = crate::gated::Gated::new(|n| crate::declared::says(200, n.to_string()));
    let config = declared("http://localhost").cache(CacheConfig::new());
    let any: crate::declared::Any = resilient_http::Endpoint::builder(config.build().unwrap())
        .transport(transport.clone())
        .build()
        .unwrap();
    let (call, request) = (any.clone(), value!({}));
    let leader = tokio::spawn(async move { call.call(&request).await });
    crate::support::until("it is asked", || transport.asked() == 1).await;
    for k in 0..5 {
        let polls = async {
            let mut waits = pin!(any.call(&value!({})));
            for _ in 0..k {
                let is_pending =
                    poll_fn(|cx| Poll::Ready(waits.as_mut().poll(cx).is_pending())).await;
                assert!(is_pending);
            }
        };
        within("the polls", polls).await;
    }
    transport.let_through(1);
    assert_eq!(within("the call", leader).await.unwrap().unwrap(), 0);
    assert_eq!(transport.asked(), 1);
}
