//! If several concurrent calls have the same request, only one of them sends it to the server.

use std::future::Future;
use std::task::Poll;
use std::time::Duration;

use resilient_http::{
    ApiError, CacheConfig, Caching, CallOptions, Endpoint, ErrorKind, Reply, Served,
};
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use crate::declared::{Any, declared, says};
use crate::gated::Gated;
use crate::support::{until, within};

fn gated(transport: &Gated) -> Any {
    let config = declared("http://localhost").cache(CacheConfig::new());
    let builder = Endpoint::builder(config.build().unwrap());
    builder.transport(transport.clone()).build().unwrap()
}

fn ask(any: &Any, options: CallOptions) -> JoinHandle<Result<Reply<Value>, ApiError>> {
    let any = any.typed::<Value, Reply<Value>>();
    tokio::spawn(async move { any.call_with(&json!({}), &options).await })
}

/// Starts this many calls, and lets each call run until it waits for the server or for another
/// call.
async fn asking(any: &Any, calls: usize) -> Vec<JoinHandle<Result<Reply<Value>, ApiError>>> {
    let calls: Vec<_> = (0..calls).map(|_| ask(any, CallOptions::new())).collect();
    for _ in 0..calls.len() + 10 {
        tokio::task::yield_now().await;
    }
    calls
}

#[tokio::test]
async fn many_calls_share_one_request_and_its_response() {
    let transport = Gated::new(|n| says(200, n.to_string()));
    let any = gated(&transport);
    let calls = asking(&any, 50).await;
    assert_eq!(transport.asked(), 1);
    transport.let_through(50);
    let mut fresh = 0;
    for call in calls {
        let reply = within("the call", call).await.unwrap().unwrap();
        assert_eq!(reply.value, 0);
        match reply.response.served() {
            Served::Fresh => fresh += 1,
            served => assert_eq!(served, Served::Joined),
        }
    }
    assert_eq!((fresh, transport.asked()), (1, 1));
    let counts = any.cache().unwrap().counts();
    assert_eq!((counts.misses, counts.joined, counts.hits), (1, 49, 0));
}

#[tokio::test]
async fn all_waiting_calls_get_a_failure_and_later_calls_do_not() {
    let transport = Gated::new(|n| match n {
        0 => says(404, "{\"detail\": \"gone\"}"),
        n => says(200, n.to_string()),
    });
    let any = gated(&transport);
    let calls = asking(&any, 20).await;
    transport.let_through(20);
    for call in calls {
        let error = within("the call", call).await.unwrap().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
        assert_eq!(error.message().as_deref(), Some("gone"));
    }
    assert_eq!(transport.asked(), 1);
    let reply = within("the call", ask(&any, CallOptions::new())).await.unwrap().unwrap();
    assert_eq!(reply.value, 1);
}

#[tokio::test]
async fn a_waiting_call_replaces_the_sending_call_if_that_is_cancelled() {
    let transport = Gated::new(|n| says(200, n.to_string()));
    let any = gated(&transport);
    let mut calls = asking(&any, 10).await;
    assert_eq!(transport.asked(), 1);
    let leader = calls.remove(0);
    leader.abort();
    assert!(leader.await.unwrap_err().is_cancelled());
    until("another one asks", || transport.asked() == 2).await;
    transport.let_through(10);
    for call in calls {
        let reply = within("the call", call).await.unwrap().unwrap();
        assert_eq!(reply.value, 1);
    }
    assert_eq!(transport.asked(), 2);
    assert_eq!(any.client().in_flight(), 0);
}

#[tokio::test]
async fn waiting_calls_can_be_cancelled_without_harm() {
    let transport = Gated::new(|n| says(200, n.to_string()));
    let any = gated(&transport);
    let mut calls = asking(&any, 10).await;
    for call in calls.drain(1..) {
        call.abort();
        assert!(call.await.unwrap_err().is_cancelled());
    }
    transport.let_through(1);
    let leader = calls.remove(0);
    assert_eq!(within("the call", leader).await.unwrap().unwrap().value, 0);
}

#[tokio::test(start_paused = true)]
async fn a_waiting_call_keeps_its_own_deadline() {
    let transport = Gated::new(|n| says(200, n.to_string()));
    let any = gated(&transport);
    let calls = asking(&any, 1).await;
    let short = CallOptions::new().deadline(Duration::from_secs(1));
    let error = ask(&any, short).await.unwrap().unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Timeout, 0));
    assert_eq!(error.template(), Some("chat"));
    transport.let_through(1);
    for call in calls {
        call.await.unwrap().unwrap();
    }
    assert_eq!(transport.asked(), 1);
}

#[tokio::test]
async fn a_refreshing_call_does_not_wait_for_another_call() {
    let transport = Gated::new(|n| says(200, n.to_string()));
    let any = gated(&transport);
    let calls = asking(&any, 2).await;
    let news = ask(&any, CallOptions::new().caching(Caching::Refresh));
    until("it asks for itself", || transport.asked() == 2).await;
    transport.let_through(2);
    let reply = within("the call", news).await.unwrap().unwrap();
    assert_eq!(reply.response.served(), Served::Fresh);
    for call in calls {
        within("the call", call).await.unwrap().unwrap();
    }
    assert_eq!(transport.asked(), 2);
}

#[tokio::test]
async fn calls_with_different_requests_do_not_wait_for_each_other() {
    let transport = Gated::new(|n| says(200, n.to_string()));
    let any = gated(&transport);
    let calls: Vec<_> = (0..5)
        .map(|n| {
            let any = any.clone();
            tokio::spawn(async move { any.call(&json!({ "n": n })).await })
        })
        .collect();
    until("all of them ask", || transport.asked() == 5).await;
    transport.let_through(5);
    for call in calls {
        within("the call", call).await.unwrap().unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_after_the_response_does_not_join_the_finished_request() {
    let transport = Gated::new(|n| match n {
        0 => says(404, ""),
        n => says(200, n.to_string()),
    });
    let any = gated(&transport);
    let leader = asking(&any, 1).await.remove(0);
    // This call waits for the first call. The test polls it again only after the response has
    // arrived.
    let mut waits = Box::pin(any.call(&json!({})));
    std::future::poll_fn(|cx| {
        assert!(waits.as_mut().poll(cx).is_pending());
        Poll::Ready(())
    })
    .await;
    transport.let_through(2);
    assert!(within("the call", leader).await.unwrap().is_err());
    let later = within("the call", any.call(&json!({}))).await.unwrap();
    assert_eq!((later, transport.asked()), (json!(1), 2));
    let error = within("the call", waits).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
}

#[tokio::test(start_paused = true)]
async fn a_timeout_of_the_sending_call_does_not_fail_the_waiting_calls() {
    let transport = Gated::new(|n| says(200, n.to_string()));
    let any = gated(&transport);
    let hurried = ask(&any, CallOptions::new().deadline(Duration::from_secs(1)));
    until("it asks", || transport.asked() == 1).await;
    let calls = asking(&any, 3).await;
    let error = hurried.await.unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
    // One of the waiting calls now sends the request, and the other calls wait for it.
    until("another one asks", || transport.asked() == 2).await;
    transport.let_through(2);
    for call in calls {
        assert_eq!(call.await.unwrap().unwrap().value, 1);
    }
    assert_eq!(transport.asked(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_replaces_the_sending_call_has_only_the_rest_of_its_own_time() {
    let transport = Gated::new(|n| says(200, n.to_string()));
    let any = gated(&transport);
    let began = tokio::time::Instant::now();
    let first = ask(&any, CallOptions::new().deadline(Duration::from_secs(3)));
    until("it asks", || transport.asked() == 1).await;
    let second = ask(&any, CallOptions::new().deadline(Duration::from_secs(5)));
    assert_eq!(first.await.unwrap().unwrap_err().kind(), ErrorKind::Timeout);
    let error = second.await.unwrap().unwrap_err();
    assert_eq!((error.kind(), transport.asked()), (ErrorKind::Timeout, 2));
    let elapsed = began.elapsed();
    assert!(elapsed < Duration::from_millis(5100), "{elapsed:?}");
}

#[tokio::test]
async fn a_response_that_one_call_cannot_read_is_read_by_calls_of_another_type() {
    let transport = Gated::new(|_| says(200, r#""a text""#));
    let any = gated(&transport);
    let numbers = any.typed::<Value, u32>();
    let reads_a_number =
        tokio::spawn(async move { numbers.call_with(&json!({}), &CallOptions::new()).await });
    tokio::task::yield_now().await;
    let reads_anything = asking(&any, 1).await.remove(0);
    assert_eq!(transport.asked(), 1);
    transport.let_through(2);
    let error = within("the first", reads_a_number).await.unwrap();
    assert_eq!(error.unwrap_err().kind(), ErrorKind::Decode);
    let reply = within("the second", reads_anything).await.unwrap().unwrap();
    assert_eq!(reply.value, "a text");
}

#[tokio::test]
async fn an_unreadable_response_is_requested_once() {
    let transport = Gated::new(|_| says(200, "no JSON"));
    let any = gated(&transport);
    let calls = asking(&any, 10).await;
    transport.let_through(10);
    for call in calls {
        let error = within("the call", call).await.unwrap().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode);
    }
    assert_eq!(transport.asked(), 1);
}

#[test]
fn without_timers_a_call_with_a_cache_is_an_error() {
    let transport = Gated::new(|_| says(200, "1"));
    transport.let_through(1);
    let any = gated(&transport);
    let without_timers = tokio::runtime::Builder::new_current_thread().build();
    let call = any.call(&json!({}));
    let error = without_timers.unwrap().block_on(call).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Build, "{error:?}");
}
