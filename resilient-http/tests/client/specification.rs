//! Tests of the specification: UT-14 to UT-16, IT-1 and IT-3, and acceptance criteria 1, 2, 3, 6
//! and 7.

use std::future::IntoFuture;
use std::time::{Duration, Instant};

use resilient::breaker::CircuitState;
use resilient_http::{ApiError, BreakerConfig, ErrorKind, Jitter, Reply, Response, RetryPolicy};

use crate::support::api::{Api, answer, json, status};
use crate::support::raw::{Raw, Step, ok, write};
use crate::support::settings::{client, quick, quickly};
use crate::support::{until, within};

fn opens_after(failures: u32) -> BreakerConfig {
    BreakerConfig::builder()
        .failure_threshold(failures)
        .recovery_time(Duration::from_secs(3600))
        .build()
        .unwrap()
}

#[tokio::test]
async fn ut_14_the_circuit_breaker_is_applied_to_requests() {
    let server = Api::statuses(&[500]).await;
    let api = client(&server.url).no_retry().circuit_breaker(opens_after(3)).build().unwrap();
    for _ in 0..3 {
        let error = within("the call", api.get::<()>("x")).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Server);
    }
    assert_eq!(api.circuit_breaker().state(), CircuitState::Open);
    for _ in 0..10 {
        let error = within("the call", api.post::<()>("y")).await.unwrap_err();
        let ApiError::CircuitOpen(open) = &error else { panic!("{error:?}") };
        assert!(open.retry_after().is_some());
    }
    assert_eq!(server.count(), 3);
    assert_eq!(api.circuit_breaker().snapshot().totals.rejected, 10);
}

#[tokio::test]
async fn ut_15_the_retry_is_applied_to_requests() {
    let server = Api::serve(|n, _| if n < 2 { status(503) } else { json("[7]") }).await;
    let api = client(&server.url).build().unwrap();
    let reply: Reply<Vec<u32>> = within("the call", api.get("x")).await.unwrap();
    assert_eq!((reply.value, reply.response.attempts()), (vec![7], 3));
    assert_eq!(server.count(), 3);
    // If all attempts fail, the caller receives the last error.
    let server = Api::statuses(&[500, 502, 504]).await;
    let api = client(&server.url).build().unwrap();
    let error = within("the call", api.get::<()>("x")).await.unwrap_err();
    assert_eq!((error.status().unwrap().as_u16(), error.attempts()), (504, 3));
    assert_eq!(server.count(), 3);
}

#[tokio::test]
async fn ut_16_both_are_applied_and_the_retry_is_outside() {
    let server = Api::statuses(&[500]).await;
    let api =
        client(&server.url).retry(quickly(10)).circuit_breaker(opens_after(4)).build().unwrap();
    // The failures of this call open the circuit. The call ends with the server's error, and the
    // next call with `CircuitOpen`.
    let error = within("the call", api.get::<()>("x")).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts(), server.count()), (ErrorKind::Server, 4, 4));
    let error = within("the call", api.get::<()>("x")).await.unwrap_err();
    assert_eq!((error.kind(), server.count()), (ErrorKind::CircuitOpen, 4));
    // When the server has recovered, a call closes the circuit.
    let server = Api::serve(|n, _| if n < 2 { status(500) } else { json("1") }).await;
    let api = client(&server.url).circuit_breaker(opens_after(2)).build().unwrap();
    within("the call", api.get::<u32>("x")).await.unwrap_err();
    assert_eq!(api.circuit_breaker().state(), CircuitState::Open);
    api.circuit_breaker().half_open().unwrap();
    let one: u32 = within("the call", api.get("x")).await.unwrap();
    assert_eq!((one, api.circuit_breaker().state()), (1, CircuitState::Closed));
}

/// Starts a server that fails every third request: by a reset, by an error status, or by a
/// truncated response.
async fn intermittent() -> Raw {
    Raw::serve(|n| match n % 9 {
        2 => vec![Step::Reset],
        5 => vec![write("HTTP/1.1 503 x\r\ncontent-length: 0\r\n\r\n"), Step::Next],
        8 => vec![write("HTTP/1.1 200 x\r\ncontent-length: 9\r\n\r\n[1")],
        _ => vec![ok("[1]"), Step::Next],
    })
    .await
}

#[tokio::test]
async fn it_1_a_server_that_fails_now_and_then_is_handled_by_retry_and_circuit_breaker() {
    let server = intermittent().await;
    let api = client(&server.url).circuit_breaker(opens_after(5)).build().unwrap();
    for _ in 0..60 {
        let one: Vec<u32> = within("the call", api.get("x")).await.unwrap();
        assert_eq!(one, [1]);
    }
    let snapshot = api.circuit_breaker().snapshot();
    assert_eq!((snapshot.totals.success, snapshot.state), (60, CircuitState::Closed));
    // The server received one request per attempt, so there is only one retry loop. A request that
    // is reset on a reused connection is sent again within its attempt, and is no failure.
    let resets = (0..server.count()).filter(|n| n % 9 == 2).count();
    assert_eq!((server.count() - resets) as u64, 60 + snapshot.totals.failure);
    assert!(resets >= 8 && snapshot.totals.failure >= 16);
    // From now on, the server is down.
    let url = server.url.clone();
    drop(server);
    let down = client(&url).circuit_breaker(opens_after(5)).build().unwrap();
    let mut kinds = Vec::new();
    for _ in 0..4 {
        kinds.push(within("the call", down.get::<()>("x")).await.unwrap_err().kind());
    }
    assert_eq!(kinds[..2], [ErrorKind::Connection, ErrorKind::Connection]);
    assert_eq!(kinds[2..], [ErrorKind::CircuitOpen, ErrorKind::CircuitOpen]);
}

#[tokio::test]
async fn ac_1_an_outage_does_not_cascade() {
    let server = Raw::always(vec![Step::Stall]).await;
    let api = client(&server.url)
        .timeout(Duration::from_millis(50))
        .circuit_breaker(opens_after(5))
        .build()
        .unwrap();
    let mut ended = Vec::new();
    for _ in 0..200 {
        ended.push(within("the call", api.get::<()>("x")).await.unwrap_err());
    }
    // Five attempts hung and opened the circuit. All later calls failed at once and sent nothing.
    assert!(server.count() <= 5, "{}", server.count());
    assert_eq!(ended.iter().filter(|error| error.is_timeout()).count(), 2);
    assert_eq!(ended.iter().filter(|error| error.is_circuit_open()).count(), 198);
}

#[tokio::test]
async fn ac_2_transient_failures_are_retried_with_exponential_backoff() {
    let server = Api::statuses(&[503, 503, 503, 200]).await;
    let policy = RetryPolicy::builder()
        .max_retries(3)
        .base_delay(Duration::from_millis(40))
        .jitter(Jitter::None)
        .build()
        .unwrap();
    let api = client(&server.url).retry(policy).build().unwrap();
    let began = Instant::now();
    let response: Response = within("the call", api.get("x")).await.unwrap();
    assert_eq!((response.attempts(), server.count()), (4, 4));
    assert!(began.elapsed() >= Duration::from_millis(40 + 80 + 160));
}

#[tokio::test]
async fn it_3_ac_3_resources_are_cleaned_up_after_failures_cancellations_and_close() {
    let server = Raw::serve(|n| match n % 5 {
        0 => vec![Step::Reset],
        1 => vec![write("HTTP/1.1 200 x\r\ncontent-length: 9\r\n\r\n[1"), Step::Stall],
        2 => vec![write("HTTP/1.1 500 x\r\ncontent-length: 0\r\n\r\n"), Step::Next],
        3 => vec![Step::Stall],
        _ => vec![ok("1"), Step::Next],
    })
    .await;
    let api = client(&server.url).timeout(Duration::from_millis(100)).build().unwrap();
    // These calls fail.
    for _ in 0..10 {
        let _ = within("the call", api.get::<u32>("x")).await;
        assert_eq!(api.in_flight(), 0);
    }
    // These calls are cancelled while they wait for a response or for a retry.
    let hanging = client(&server.url).retry(quickly(1000)).build().unwrap();
    let calls: Vec<_> =
        (0..50).map(|_| tokio::spawn(hanging.get::<Vec<u32>>("x").into_future())).collect();
    until("the calls are at the server", || server.connections.accepted() > 60).await;
    for call in &calls {
        call.abort();
    }
    for call in calls {
        let _ = within("the call ends", call).await;
    }
    assert_eq!(hanging.in_flight(), 0);
    // A cancelled probe frees its slot, which is the only slot.
    let breaker = hanging.circuit_breaker();
    breaker.trip().unwrap();
    breaker.half_open().unwrap();
    for _ in 0..20 {
        let probe = tokio::spawn(hanging.get::<Vec<u32>>("x").into_future());
        until("it has begun", || probe.is_finished() || breaker.snapshot().probes_in_flight == 1)
            .await;
        probe.abort();
        let _ = within("the probe ends", probe).await;
        assert_eq!(breaker.snapshot().probes_in_flight, 0);
        if breaker.state() != CircuitState::HalfOpen {
            breaker.close();
            breaker.trip().unwrap();
            breaker.half_open().unwrap();
        }
    }
    // After the client is closed, no socket is open.
    within("close", api.shutdown(Duration::from_secs(20))).await.unwrap();
    within("close", hanging.shutdown(Duration::from_secs(20))).await.unwrap();
    until("all connections are closed", || server.connections.open() == 0).await;
}

#[tokio::test]
async fn it_3_close_waits_for_calls_that_run_and_lets_no_other_in() {
    let server = Raw::always(vec![Step::Stall]).await;
    let api = client(&server.url).timeout(Duration::from_millis(1500)).no_retry().build().unwrap();
    let running = tokio::spawn(api.get::<()>("x").into_future());
    until("the call is at the server", || server.count() == 1).await;
    let left = within("close", api.shutdown(Duration::from_millis(1))).await.unwrap_err();
    assert_eq!(left.calls(), 1);
    let error = within("the call", api.get::<()>("x")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Closed);
    within("close", api.shutdown(Duration::from_secs(20))).await.unwrap();
    let ended = within("the call", running).await.unwrap();
    assert_eq!(ended.unwrap_err().kind(), ErrorKind::Timeout);
    until("its connection is closed", || server.connections.open() == 0).await;
}

#[tokio::test]
async fn it_3_idle_connections_are_closed_with_the_client_or_its_last_handle() {
    let server = Api::serve(|_, _| json("1")).await;
    for close in [true, false] {
        let api = client(&server.url).build().unwrap();
        let clone = api.clone();
        let _: u32 = within("the call", api.get("x")).await.unwrap();
        assert_eq!(server.connections.open(), 1);
        if close {
            api.close();
            until("it is closed", || server.connections.open() == 0).await;
        } else {
            drop(api);
            let _: u32 = within("the call", clone.get("x")).await.unwrap();
            drop(clone);
            until("it is closed", || server.connections.open() == 0).await;
        }
    }
}

#[tokio::test]
async fn ac_6_rate_limits_are_waited_for_as_the_server_asks() {
    let server = Api::serve(|n, _| match n {
        0 => answer(429, &[("retry-after", "1"), ("x-ratelimit-remaining", "0")], ""),
        _ => json("1"),
    })
    .await;
    let api = client(&server.url).circuit_breaker(opens_after(1)).build().unwrap();
    let began = Instant::now();
    let response: Response = within("the call", api.post("x").json(&1)).await.unwrap();
    assert!(began.elapsed() >= Duration::from_secs(1));
    assert_eq!((response.attempts(), server.count()), (2, 2));
    // If the hint does not fit into the deadline, the call ends at once, and the error contains the
    // hint.
    let server = Api::serve(|_, _| {
        answer(429, &[("retry-after", "3600"), ("ratelimit", "\"d\";r=0;t=3600")], "")
    })
    .await;
    let api = client(&server.url).build().unwrap();
    let error = within("the call", api.get::<()>("x")).await.unwrap_err();
    assert_eq!((error.retry_after(), server.count()), (Some(Duration::from_secs(3600)), 1));
    assert_eq!(error.rate_limit().unwrap().remaining, Some(0));
}

#[tokio::test]
async fn ac_7_a_failing_service_is_not_overwhelmed() {
    let server = Api::statuses(&[500]).await;
    let api = client(&server.url).retry(quick()).circuit_breaker(opens_after(5)).build().unwrap();
    let calls = (0..500).map(|_| tokio::spawn(api.get::<()>("x").into_future()));
    let calls: Vec<_> = calls.collect();
    for call in calls {
        within("the call", call).await.unwrap().unwrap_err();
    }
    // The server receives at most the first requests of all calls, which were sent before the
    // circuit opened, and the retries of the five calls that opened it.
    assert!(server.count() <= 500 + 5 * 2, "{}", server.count());
    assert_eq!(api.circuit_breaker().state(), CircuitState::Open);
    let before = server.count();
    for _ in 0..500 {
        let error = within("the call", api.get::<()>("x")).await.unwrap_err();
        assert!(error.is_circuit_open());
    }
    assert_eq!(server.count(), before);
}
