//! Tests of the specification: UT-17 to UT-19, IT-2, IT-3 for endpoints, AC-8 and AC-9.

use std::time::{Duration, Instant};

use resilient::breaker::CircuitState;
use resilient_http::{
    ApiError, ApiKey, AuthKind, BreakerConfig, CacheConfig, CallOptions, CircuitBreaker, Endpoint,
    EndpointConfigs, ErrorKind, Jitter, Reply, RetryPolicy, Served,
};
use serde_json::{Value, json as value};

use crate::declared::{Any, declared, endpoint, opens_after, over, says, unique};
use crate::support::api::{Api, json, status};
use crate::support::raw::{Raw, Step, ok, write};
use crate::support::settings::{quick, quickly};
use crate::support::{until, within};

#[tokio::test]
async fn ut_17_the_circuit_breaker_is_applied_to_calls_of_an_endpoint() {
    let server = Api::statuses(&[500]).await;
    let any = endpoint(&declared(&server.url).retry(quickly(0)).circuit_breaker(&opens_after(3)));
    for _ in 0..3 {
        let error = within("the call", any.call(&value!({}))).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Server);
    }
    assert_eq!(any.circuit_breaker().state(), CircuitState::Open);
    for _ in 0..10 {
        let error = within("the call", any.call(&value!({}))).await.unwrap_err();
        let ApiError::CircuitOpen(open) = &error else { panic!("{error:?}") };
        assert!(open.retry_after().is_some());
    }
    assert_eq!(server.count(), 3);
    // The circuit breaker has the name of the endpoint in the registry.
    let name = any.config().full_name();
    assert!(any.circuit_breaker().name().contains(&name));
    // A circuit breaker from the builder replaces the configured breaker.
    let given = CircuitBreaker::new("given", opens_after(1));
    let config = declared(&server.url).retry(quickly(0)).build().unwrap();
    let any: Any = Endpoint::builder(config).circuit_breaker(given.clone()).build().unwrap();
    within("the call", any.call(&value!({}))).await.unwrap_err();
    assert_eq!(given.state(), CircuitState::Open);
}

#[tokio::test]
async fn ut_18_the_retry_is_applied_to_calls_of_an_endpoint() {
    let server = Api::serve(|n, _| if n < 2 { status(503) } else { json("[7]") }).await;
    let any = endpoint(&declared(&server.url)).typed::<Value, Reply<Vec<u32>>>();
    let reply = within("the call", any.call(&value!({}))).await.unwrap();
    assert_eq!((reply.value, reply.response.attempts()), (vec![7], 3));
    assert_eq!(server.count(), 3);
    // If all attempts fail, the caller receives the last error.
    let server = Api::statuses(&[500, 502, 504]).await;
    let any = endpoint(&declared(&server.url));
    let error = within("the call", any.call(&value!({}))).await.unwrap_err();
    assert_eq!((error.status().unwrap().as_u16(), error.attempts()), (504, 3));
    assert_eq!(server.count(), 3);
    // A policy from the builder replaces the configured policy.
    let server = Api::statuses(&[500]).await;
    let config = declared(&server.url).build().unwrap();
    let any: Any = Endpoint::builder(config).retry(quickly(5)).build().unwrap();
    within("the call", any.call(&value!({}))).await.unwrap_err();
    assert_eq!(server.count(), 6);
}

#[tokio::test]
async fn ut_19_both_are_applied_and_the_retry_is_outside() {
    let server = Api::statuses(&[500]).await;
    let config = declared(&server.url).retry(quickly(10)).circuit_breaker(&opens_after(4));
    let any = endpoint(&config);
    let error = within("the call", any.call(&value!({}))).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts(), server.count()), (ErrorKind::Server, 4, 4));
    let error = within("the call", any.call(&value!({}))).await.unwrap_err();
    assert_eq!((error.kind(), server.count()), (ErrorKind::CircuitOpen, 4));
    // When the server has recovered, a call closes the circuit.
    let server = Api::serve(|n, _| if n < 2 { status(500) } else { json("1") }).await;
    let any = endpoint(&declared(&server.url).circuit_breaker(&opens_after(2)));
    within("the call", any.call(&value!({}))).await.unwrap_err();
    assert_eq!(any.circuit_breaker().state(), CircuitState::Open);
    any.circuit_breaker().half_open().unwrap();
    let one = within("the call", any.call(&value!({}))).await.unwrap();
    assert_eq!((one, any.circuit_breaker().state()), (value!(1), CircuitState::Closed));
}

#[tokio::test]
async fn it_2_a_server_that_fails_now_and_then_is_handled_by_retry_and_circuit_breaker() {
    let server = Raw::serve(|n| match n % 9 {
        2 => vec![Step::Reset],
        5 => vec![write("HTTP/1.1 503 x\r\ncontent-length: 0\r\n\r\n"), Step::Next],
        8 => vec![write("HTTP/1.1 200 x\r\ncontent-length: 9\r\n\r\n[1")],
        _ => vec![ok("[1]"), Step::Next],
    })
    .await;
    let any = endpoint(&declared(&server.url).circuit_breaker(&opens_after(5)));
    for n in 0..60 {
        let one = within("the call", any.call(&value!({ "n": n }))).await.unwrap();
        assert_eq!(one, value!([1]));
    }
    let snapshot = any.circuit_breaker().snapshot();
    assert_eq!((snapshot.totals.success, snapshot.state), (60, CircuitState::Closed));
    // The server received one request per attempt, so there is only one retry loop. The requests
    // that were reset on reused connections were sent again within their attempts.
    let count = server.count() as u64;
    let lost = (0..count).filter(|n| n % 9 == 2).count() as u64;
    assert_eq!(count, 60 + snapshot.totals.failure + lost);
    assert!(snapshot.totals.failure >= 15);
    // From now on, the server is down.
    let url = server.url.clone();
    drop(server);
    let down = endpoint(&declared(&url).circuit_breaker(&opens_after(5)));
    let mut kinds = Vec::new();
    for _ in 0..4 {
        let error = within("the call", down.call(&value!({}))).await.unwrap_err();
        kinds.push(error.kind());
    }
    assert_eq!(kinds[..2], [ErrorKind::Connection, ErrorKind::Connection]);
    assert_eq!(kinds[2..], [ErrorKind::CircuitOpen, ErrorKind::CircuitOpen]);
}

#[tokio::test]
async fn it_3_resources_of_endpoints_are_cleaned_up_after_failures_cancellations_and_close() {
    let server = Raw::serve(|n| match n % 5 {
        0 => vec![Step::Reset],
        1 => vec![write("HTTP/1.1 200 x\r\ncontent-length: 9\r\n\r\n[1"), Step::Stall],
        2 => vec![write("HTTP/1.1 500 x\r\ncontent-length: 0\r\n\r\n"), Step::Next],
        3 => vec![Step::Stall],
        _ => vec![ok("1"), Step::Next],
    })
    .await;
    let any = endpoint(
        &declared(&server.url).timeout(Duration::from_millis(100)).cache(CacheConfig::new()),
    );
    for n in 0..10 {
        let _ = within("the call", any.call(&value!({ "n": n }))).await;
        assert_eq!(any.client().in_flight(), 0);
    }
    // These calls are cancelled while they wait for the server or for another call.
    let hanging = endpoint(&declared(&server.url).retry(quickly(1000)).cache(CacheConfig::new()))
        .typed::<Value, Vec<u32>>();
    let calls: Vec<_> = (0..60)
        .map(|n| {
            let hanging = hanging.clone();
            tokio::spawn(async move { hanging.call(&value!({ "n": n / 2 })).await })
        })
        .collect();
    until("the calls are at the server", || server.connections.accepted() > 40).await;
    for call in &calls {
        call.abort();
    }
    for call in calls {
        let _ = within("the call ends", call).await;
    }
    assert_eq!(hanging.client().in_flight(), 0);
    // A cancelled probe frees its slot, which is the only slot.
    let breaker = hanging.circuit_breaker();
    breaker.trip().unwrap();
    breaker.half_open().unwrap();
    let stalled = Raw::always(vec![Step::Stall]).await;
    let config = declared(&stalled.url).build().unwrap();
    let probing: Any = Endpoint::builder(config).circuit_breaker(breaker.clone()).build().unwrap();
    for _ in 0..5 {
        let probing = probing.clone();
        let probe = tokio::spawn(async move { probing.call(&value!({})).await });
        until("it has begun", || breaker.snapshot().probes_in_flight == 1).await;
        probe.abort();
        let _ = within("the probe ends", probe).await;
        assert_eq!(breaker.snapshot().probes_in_flight, 0);
    }
    for client in [any.client(), hanging.client(), probing.client()] {
        let wait = client.shutdown(Duration::from_secs(20));
        within("close", wait).await.unwrap();
    }
    until("all connections are closed", || {
        server.connections.open() + stalled.connections.open() == 0
    })
    .await;
}

#[tokio::test]
async fn ac_8_service_failures_are_handled_gracefully() {
    let server = Api::serve(|n, seen| match (n, seen.text()) {
        (0, _) => json("\"good\""),
        _ => status(503),
    })
    .await;
    let cache = CacheConfig::new().ttl(Duration::ZERO).stale_if_open(Duration::from_secs(3600));
    let config = declared(&server.url).circuit_breaker(&opens_after(4)).cache(cache);
    let any = endpoint(&config).typed::<Value, Reply<String>>();
    within("the call", any.call(&value!({"known": 1}))).await.unwrap();
    // Three attempts fail, and the circuit stays closed, so the caller gets the error.
    let error = within("the call", any.call(&value!({"known": 1}))).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Server, 3));
    // The next failure opens the circuit. From then on, calls get stale responses at once and send
    // nothing.
    for _ in 0..100 {
        let reply = within("the call", any.call(&value!({"known": 1}))).await.unwrap();
        assert_eq!(reply.value, "good");
        assert!(matches!(reply.response.served(), Served::Stale { .. }));
        let error = within("the call", any.call(&value!({"new": 1}))).await.unwrap_err();
        assert!(error.is_circuit_open() && error.retry_after().is_some());
    }
    assert_eq!(server.count(), 1 + 4);
}

#[tokio::test]
async fn ac_9_options_change_how_an_endpoint_behaves() {
    let name = unique();
    let document = format!(
        r#"
        [defaults]
        provider = "ac9"
        auth = "none"
        idempotency = "yes"
        timeout = "20s"

        [defaults.retry]
        base_delay = "1ms"

        [endpoint.{name}a]
        path = "a"
        base_url = "BASE"
        max_retries = 1
        circuit_breaker = {{ failure_threshold = 3, recovery_time = "1h" }}

        [endpoint.{name}b]
        path = "b"
        base_url = "BASE"
        max_retries = 4
        retry_statuses = [500, "417-419"]
        circuit_breaker = {{ window = 10, failure_rate = "100%", min_calls = 10 }}

        [endpoint.{name}c]
        path = "c"
        base_url = "BASE"
        idempotency = "by_method"

        [endpoint.{name}d]
        path = "d"
        base_url = "BASE"
        max_retries = 2
        retry = {{ base_delay = "40ms", backoff_factor = 3.0, jitter = "none" }}
        "#
    );
    let server = Api::serve(|_, seen| status(if seen.target == "/b" { 418 } else { 500 })).await;
    let configs = EndpointConfigs::from_toml(&document.replace("BASE", &server.url)).unwrap();
    let of = |letter: &str| -> Any {
        let name = format!("{name}{letter}");
        Endpoint::new(configs.get(&name).unwrap().clone()).unwrap()
    };
    let sent = async |any: &Any| {
        let before = server.count();
        within("the call", any.call(&value!({}))).await.unwrap_err();
        server.count() - before
    };
    let (a, b, c, d) = (of("a"), of("b"), of("c"), of("d"));
    assert_eq!((sent(&a).await, sent(&a).await, sent(&a).await), (2, 1, 0));
    assert_eq!(sent(&b).await, 5);
    // The client does not retry a `POST` that may not be sent twice.
    assert_eq!(sent(&c).await, 1);
    let began = Instant::now();
    assert_eq!(sent(&d).await, 3);
    assert!(began.elapsed() >= Duration::from_millis(40 + 120));
    // The settings of one endpoint do not affect another endpoint.
    assert_eq!(b.circuit_breaker().state(), CircuitState::Closed);
    // Code can set the policy, and override it for a single call.
    let policy = RetryPolicy::builder()
        .max_retries(1)
        .base_delay(Duration::from_millis(1))
        .jitter(Jitter::None)
        .build()
        .unwrap();
    let breaker = BreakerConfig::builder().failure_threshold(100).build().unwrap();
    let coded = endpoint(&declared(&server.url).retry(policy).circuit_breaker(&breaker));
    assert_eq!(sent(&coded).await, 2);
    let options = CallOptions::new().idempotency(resilient_http::Idempotency::No);
    let before = server.count();
    let call = coded.call_with(&value!({}), &options);
    within("the call", call).await.unwrap_err();
    assert_eq!(server.count() - before, 1);
    let keyed =
        declared(&server.url).auth(AuthKind::XApiKey).api_key(ApiKey::secret("k")).retry(quick());
    assert_eq!(sent(&endpoint(&keyed)).await, 3);
}

#[tokio::test(start_paused = true)]
async fn t_9_the_backoff_of_the_python_system_is_the_policy_of_the_one_loop() {
    // The first delay is one second, and each later delay is twice the delay before it. A 4xx
    // status other than 429 ends the loop at once.
    let policy = RetryPolicy::builder()
        .max_retries(3)
        .base_delay(Duration::from_secs(1))
        .jitter(Jitter::None)
        .build()
        .unwrap();
    for (code, waits) in [(500, 1 + 2 + 4), (429, 1 + 2 + 4), (400, 0), (401, 0), (404, 0)] {
        let config = declared("http://localhost").retry(policy.clone());
        let any = over(&config, move |_, _| says(code, ""));
        let began = tokio::time::Instant::now();
        let error = any.call(&value!({})).await.unwrap_err();
        // Timers are exact only to the millisecond, so this adds a tolerance.
        let elapsed = (began.elapsed() + Duration::from_millis(20)).as_secs();
        assert_eq!(elapsed, waits, "{code}");
        assert_eq!(error.attempts(), if waits == 0 { 1 } else { 4 }, "{code}");
    }
    // With full jitter, the delays of a call are at most seven seconds together.
    let policy =
        RetryPolicy::builder().max_retries(3).base_delay(Duration::from_secs(1)).build().unwrap();
    let any = over(&declared("http://localhost").retry(policy), |_, _| says(500, ""));
    for _ in 0..20 {
        let began = tokio::time::Instant::now();
        any.call(&value!({})).await.unwrap_err();
        assert!(began.elapsed() <= Duration::from_millis(7020));
    }
}
