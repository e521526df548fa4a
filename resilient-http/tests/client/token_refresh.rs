//! Credentials that the client refreshes when the server refuses them.

use std::error::Error;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use http_body_util::Full;
use resilient_http::{
    ApiClient, Auth, Body, BoxError, Bytes, ErrorKind, IdempotencyKey, SecretString,
};
use tokio::sync::Notify;

use crate::support::api::{Api, answer, json};
use crate::support::settings::client;
use crate::support::{until, within};

/// Tokens `t1`, `t2`, … and how often one was fetched.
#[derive(Clone, Default)]
struct Tokens {
    fetched: Arc<AtomicU32>,
}

impl Tokens {
    fn auth(&self) -> Auth {
        let fetched = Arc::clone(&self.fetched);
        Auth::refresh("authorization", move |_| {
            let n = fetched.fetch_add(1, Ordering::Relaxed) + 1;
            // A yield gives other calls the chance to join.
            async move {
                tokio::task::yield_now().await;
                Ok::<_, BoxError>(format!("Bearer t{n}").into())
            }
        })
    }

    fn fetched(&self) -> u32 {
        self.fetched.load(Ordering::Relaxed)
    }
}

/// Starts a server that accepts one token.
async fn accepts(token: &'static str) -> Api {
    Api::serve(move |_, seen| match seen.header("authorization") {
        Some(given) if given == token => json("1"),
        _ => answer(401, &[], ""),
    })
    .await
}

fn failures(api: &ApiClient) -> u64 {
    let totals = api.circuit_breaker().snapshot().totals;
    totals.failure + totals.abandoned
}

#[tokio::test]
async fn forty_posts_with_a_refused_token_cause_one_refresh_and_all_succeed() {
    let server = accepts("Bearer t2").await;
    let tokens = Tokens::default();
    let api = client(&server.url).auth(tokens.auth()).no_retry().build().unwrap();
    let calls: Vec<_> = (0..40)
        .map(|n| {
            let api = api.clone();
            tokio::spawn(async move { api.post::<u32>("orders").json(&n).await })
        })
        .collect();
    for call in calls {
        assert_eq!(within("a call", call).await.unwrap().unwrap(), 1);
    }
    assert_eq!(tokens.fetched(), 2);
    assert_eq!(failures(&api), 0);
    let _: u32 = within("a later call", api.get("x")).await.unwrap();
    assert_eq!(tokens.fetched(), 2);
}

#[tokio::test]
async fn the_request_is_sent_again_with_the_same_body_and_key_within_one_attempt() {
    let server = accepts("Bearer t2").await;
    let api = client(&server.url).auth(Tokens::default().auth()).no_retry().build().unwrap();
    let call = api.post::<resilient_http::Reply<u32>>("orders").json("one");
    let reply = within("the call", call.idempotency_key(IdempotencyKey::Auto)).await.unwrap();
    assert_eq!(reply.response.attempts(), 1);
    let seen = server.seen();
    assert_eq!(seen.len(), 2);
    assert_eq!(seen[0].body, seen[1].body);
    assert_eq!(seen[0].header("idempotency-key"), seen[1].header("idempotency-key"));
    assert_eq!(api.circuit_breaker().snapshot().totals.success, 1);
}

#[tokio::test]
async fn a_second_401_is_the_error_and_the_token_stays() {
    let server = accepts("none").await;
    let tokens = Tokens::default();
    let api = client(&server.url).auth(tokens.auth()).build().unwrap();
    let error = within("the call", api.get::<u32>("x")).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Authentication, 1));
    assert_eq!((server.count(), tokens.fetched()), (2, 2));
    assert_eq!(failures(&api), 0);
    // The next call uses the token, because another call may have it accepted.
    within("the call", api.get::<u32>("x")).await.unwrap_err();
    assert_eq!(server.seen()[2].header("authorization"), Some("Bearer t2"));
}

#[tokio::test]
async fn a_call_refreshes_once_even_if_it_makes_several_attempts() {
    let server = Api::serve(|n, _| match n {
        0 | 2 => answer(401, &[], ""),
        _ => answer(503, &[], ""),
    })
    .await;
    let tokens = Tokens::default();
    let api = client(&server.url).auth(tokens.auth()).build().unwrap();
    let error = within("the call", api.get::<u32>("x")).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Authentication, 2));
    assert_eq!((server.count(), tokens.fetched()), (3, 2));
}

#[tokio::test]
async fn a_body_that_exists_once_is_not_sent_again_and_the_next_call_refreshes() {
    let server = accepts("Bearer t2").await;
    let tokens = Tokens::default();
    let api = client(&server.url).auth(tokens.auth()).build().unwrap();
    let once = Body::once(Full::new(Bytes::from_static(b"x")));
    let error = within("the call", api.put::<u32>("x").body(once)).await.unwrap_err();
    assert_eq!((error.kind(), server.count()), (ErrorKind::Authentication, 1));
    let once = Body::once(Full::new(Bytes::from_static(b"x")));
    let _: u32 = within("the call", api.put("x").body(once)).await.unwrap();
    assert_eq!((server.count(), tokens.fetched()), (2, 2));
}

#[tokio::test]
async fn a_refresh_that_fails_or_panics_is_neither_retried_nor_counted() {
    let server = accepts("none").await;
    let fails = |_| async { Err::<SecretString, _>(io::Error::other("the token server is down")) };
    let panics = |_| -> std::future::Ready<io::Result<SecretString>> { panic!("in the closure") };
    for auth in [Auth::refresh("x-token", fails), Auth::refresh("x-token", panics)] {
        let api = client(&server.url).auth(auth).build().unwrap();
        let error = within("the call", api.get::<u32>("x/{id}").param("id", 1)).await.unwrap_err();
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::Credentials, 1));
        assert_eq!(error.to_string(), "GET x/{id}: the credentials are not available");
        assert!(!error.is_retryable());
        assert_eq!(failures(&api), 0);
        let why = error.source().unwrap();
        if let Some(source) = why.source() {
            assert!(source.downcast_ref::<io::Error>().is_some());
        } else {
            assert_eq!(why.to_string(), "the closure panicked");
        }
    }
    assert_eq!(server.count(), 0);
}

#[tokio::test]
async fn a_request_to_another_origin_has_no_token_and_causes_no_refresh() {
    let other = accepts("none").await;
    let server = accepts("none").await;
    let tokens = Tokens::default();
    let builder = client(&server.url).auth(tokens.auth()).allow_origin(&other.url);
    let api = builder.build().unwrap();
    let error = within("the call", api.get::<u32>(format!("{}/x", other.url))).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Authentication);
    assert_eq!(other.only().header("authorization"), None);
    assert_eq!(tokens.fetched(), 0);
}

#[tokio::test]
async fn a_header_of_the_request_replaces_the_token_and_is_not_refreshed() {
    let server = accepts("none").await;
    let tokens = Tokens::default();
    let api = client(&server.url).auth(tokens.auth()).build().unwrap();
    let call = api.get::<u32>("x").header("authorization", "mine");
    let error = within("the call", call).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Authentication);
    assert_eq!(server.only().header("authorization"), Some("mine"));
    assert_eq!(tokens.fetched(), 0);
}

#[tokio::test]
async fn after_a_redirect_only_the_refused_request_is_sent_again() {
    let server = Api::serve(|_, seen| match (seen.target.as_str(), seen.header("authorization")) {
        ("/orders", _) => answer(303, &[("location", "/result")], ""),
        (_, Some("Bearer t2")) => json("1"),
        _ => answer(401, &[], ""),
    })
    .await;
    let api = client(&server.url).auth(Tokens::default().auth()).build().unwrap();
    let _: u32 = within("the call", api.post("orders").json("one")).await.unwrap();
    let seen = server.seen();
    let targets: Vec<_> = seen.iter().map(|seen| seen.target.as_str()).collect();
    assert_eq!(targets, ["/orders", "/result", "/result"]);
}

#[tokio::test]
async fn a_401_with_fresh_credentials_is_not_sent_again() {
    let server = accepts("none").await;
    let fresh = Auth::fresh("authorization", || Ok::<_, BoxError>("t".into()));
    let api = client(&server.url).auth(fresh).build().unwrap();
    let error = within("the call", api.get::<u32>("x")).await.unwrap_err();
    assert_eq!((error.kind(), server.count()), (ErrorKind::Authentication, 1));
}

#[tokio::test]
async fn clients_with_one_auth_share_its_token() {
    let server = accepts("Bearer t1").await;
    let tokens = Tokens::default();
    let auth = tokens.auth();
    for auth in [auth.clone(), auth] {
        let api = client(&server.url).auth(auth).build().unwrap();
        let _: u32 = within("the call", api.get("x")).await.unwrap();
    }
    assert_eq!(tokens.fetched(), 1);
}

/// A refresh that waits until it is let go.
fn gated(started: &Arc<Notify>, go: &Arc<Notify>) -> Auth {
    let (started, go) = (Arc::clone(started), Arc::clone(go));
    Auth::refresh("authorization", move |_| {
        let (started, go) = (Arc::clone(&started), Arc::clone(&go));
        async move {
            started.notify_one();
            go.notified().await;
            Ok::<_, BoxError>("t".into())
        }
    })
}

#[tokio::test]
async fn closing_the_client_does_not_interrupt_a_refresh() {
    let server = accepts("t").await;
    let (started, go) = (Arc::default(), Arc::default());
    let api = client(&server.url).auth(gated(&started, &go)).build().unwrap();
    let call = tokio::spawn(api.get::<u32>("x").send());
    within("the refresh", started.notified()).await;
    api.close();
    go.notify_one();
    assert_eq!(within("the call", call).await.unwrap().unwrap(), 1);
    assert_eq!(api.in_flight(), 0);
}

#[tokio::test]
async fn another_call_takes_over_if_the_refreshing_call_is_dropped() {
    let server = accepts("t").await;
    let (started, go) = (Arc::default(), Arc::default());
    let api = client(&server.url).auth(gated(&started, &go)).build().unwrap();
    let dropped = tokio::spawn(api.get::<u32>("x").send());
    within("the refresh", started.notified()).await;
    let waiting = tokio::spawn(api.get::<u32>("x").send());
    until("both calls run", || api.in_flight() == 2).await;
    dropped.abort();
    within("the next refresh", started.notified()).await;
    go.notify_one();
    assert_eq!(within("the call", waiting).await.unwrap().unwrap(), 1);
    assert_eq!(api.circuit_breaker().snapshot().totals.failure, 0);
}

#[cfg(feature = "test-util")]
#[tokio::test(start_paused = true)]
async fn a_refresh_that_hangs_ends_with_its_attempt_and_is_no_failure_of_the_server() {
    use std::time::Duration;

    use resilient_http::{ApiError, MockTransport};

    let hangs = || {
        Auth::refresh("authorization", |_| std::future::pending::<Result<SecretString, BoxError>>())
    };
    let transport = MockTransport::new(|_| Ok(http::Response::new("1".into())));
    for (timeout, deadline) in [(Some(10), Some(30)), (Some(10), None), (None, Some(10))] {
        let api = ApiClient::builder("http://localhost")
            .transport(transport.clone())
            .auth(hangs())
            .timeout(timeout.map(Duration::from_secs))
            .deadline(deadline.map(Duration::from_secs))
            .build()
            .unwrap();
        let began = tokio::time::Instant::now();
        let calls: Vec<_> = (0..5).map(|_| tokio::spawn(api.get::<u32>("x").send())).collect();
        for call in calls {
            let error: ApiError = call.await.unwrap().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Credentials, "{error:?}");
        }
        assert_eq!(began.elapsed().as_millis(), 8750);
        assert_eq!(failures(&api), 0);
    }
    // The limit of an outer call counts, too.
    let api = ApiClient::builder("http://localhost").transport(transport).auth(hangs());
    let api = api.timeout(None).deadline(None).build().unwrap();
    let began = tokio::time::Instant::now();
    assert!(outer(&api).await.is_err());
    assert_eq!((began.elapsed().as_millis(), failures(&api)), (3500, 0));
}

#[cfg(feature = "test-util")]
#[tokio::test(start_paused = true)]
async fn a_thousand_calls_that_wait_for_a_refresh_that_hangs_do_not_run_it_one_after_another() {
    use std::time::Duration;

    use resilient_http::MockTransport;

    let runs = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&runs);
    let auth = Auth::refresh("authorization", move |_| {
        counted.fetch_add(1, Ordering::Relaxed);
        std::future::pending::<Result<SecretString, BoxError>>()
    });
    let transport = MockTransport::new(|_| Ok(http::Response::new("1".into())));
    let build = |seconds| {
        let api = ApiClient::builder("http://localhost").transport(transport.clone());
        api.auth(auth.clone()).timeout(Duration::from_secs(seconds)).build().unwrap()
    };
    let (short, usual, long) = (build(1), build(10), build(20));
    let mut calls = Vec::new();
    let began = tokio::time::Instant::now();
    calls.push(tokio::spawn(short.get::<u32>("x").send()));
    for _ in 0..1_000 {
        calls.push(tokio::spawn(usual.get::<u32>("x").send()));
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    calls.push(tokio::spawn(long.get::<u32>("x").send()));
    for call in calls {
        assert_eq!(call.await.unwrap().unwrap_err().kind(), ErrorKind::Credentials);
    }
    // The first call had too little time to say something about the refresh. The second call did
    // not, and the last one had more time left than the second.
    assert_eq!(runs.load(Ordering::Relaxed), 3);
    assert!(began.elapsed() <= Duration::from_millis(22_500), "{:?}", began.elapsed());
    assert_eq!(failures(&usual), 0);
}

#[cfg(feature = "test-util")]
#[resilient::timeout("4s")]
async fn outer(api: &ApiClient) -> Result<u32, resilient_http::ApiError> {
    api.get("x").await
}

#[tokio::test]
async fn without_time_limits_a_call_waits_for_its_token() {
    let server = Api::serve(|_, _| json("1")).await;
    let tokens = Tokens::default();
    let api = client(&server.url).auth(tokens.auth()).timeout(None).deadline(None);
    let _: u32 = within("the call", api.build().unwrap().get("x")).await.unwrap();
    assert_eq!((tokens.fetched(), server.only().header("authorization")), (1, Some("Bearer t1")));
}
