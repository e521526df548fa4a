//! A server that refuses requests and names a time to wait holds back the client, not only the call
//! that it refused.

use std::collections::BTreeMap;
use std::future::IntoFuture;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use resilient::breaker::CircuitState;
use resilient_http::{
    ApiClient, ApiClientBuilder, ApiError, BreakerConfig, Bytes, ErrorKind, Exchange,
    MockTransport, OnRateLimit, ResponseBody, RetryPolicy, Transport, TransportRequest,
};
use tokio::task::JoinSet;
use tokio::time::Instant;

const SECOND: Duration = Duration::from_secs(1);

/// A server that responds to request `n`, counted from 0, with a status and a `Retry-After`.
struct Server {
    transport: MockTransport,
    requests: Arc<AtomicU32>,
    sent: AtomicU32,
}

impl Server {
    fn new(answer: impl Fn(u32) -> (u16, Option<&'static str>) + Send + Sync + 'static) -> Self {
        let requests = Arc::<AtomicU32>::default();
        let seen = Arc::clone(&requests);
        let transport = MockTransport::new(move |_| {
            let (status, hint) = answer(seen.fetch_add(1, SeqCst));
            let mut response = http::Response::builder().status(status);
            if let Some(hint) = hint {
                response = response.header("retry-after", hint);
            }
            Ok(response.body("null".into()).unwrap())
        });
        Self { transport, requests, sent: AtomicU32::new(0) }
    }

    /// Refuses the first request for this time.
    fn refusing_once(status: u16, hint: &'static str) -> Self {
        Self::new(move |n| if n == 0 { (status, Some(hint)) } else { (200, None) })
    }

    fn count(&self) -> u32 {
        self.requests.load(SeqCst)
    }

    /// Returns a client with the default settings.
    fn client(&self) -> ApiClientBuilder {
        ApiClient::builder("http://localhost").transport(self.transport.clone())
    }
}

async fn get(api: &ApiClient) -> Result<(), ApiError> {
    api.get("x").await
}

/// Makes a call that is refused and does not wait.
async fn be_refused(api: &ApiClient) -> ApiError {
    let once = RetryPolicy::builder().max_retries(0).build().unwrap();
    api.get::<()>("x").retry(once).await.unwrap_err()
}

#[tokio::test(start_paused = true)]
async fn r04_a_refusal_with_a_hint_holds_back_other_calls_for_this_time() {
    for status in [429, 503, 529] {
        let server = Server::refusing_once(status, "5");
        let api = server.client().build().unwrap();
        assert_eq!(api.held_back(), None);
        be_refused(&api).await;
        assert_eq!(api.held_back(), Some(SECOND * 5));
        let began = Instant::now();
        get(&api).await.unwrap();
        let waited = began.elapsed();
        assert!(waited >= SECOND * 5 && waited < SECOND * 6, "{status}: {waited:?}");
        assert_eq!((server.count(), api.held_back()), (2, None));
    }
}

#[tokio::test(start_paused = true)]
async fn r04_a_call_that_would_wait_too_long_fails_at_once_and_sends_nothing() {
    let server = Server::refusing_once(429, "45");
    let api = server.client().build().unwrap();
    be_refused(&api).await;
    // The deadline of 30 s comes first.
    let error = get(&api).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts(), error.status()), (ErrorKind::RateLimited, 0, None));
    let wait = error.retry_after().unwrap();
    assert!(wait >= SECOND * 45 && wait < SECOND * 46, "{wait:?}");
    assert!(error.is_held_back() && error.is_retryable());
    assert_eq!(error.retries_disabled(), None);
    let text = error.to_string();
    let expected = "GET x: not sent: the server asked earlier calls to wait; retry after 4";
    assert!(text.starts_with(expected), "{text}");
    // The policy follows hints of at most 20 s.
    let short = RetryPolicy::builder().max_retry_after(SECOND * 20).build().unwrap();
    let patient = || api.post::<()>("x").deadline(None);
    assert!(patient().retry(short).await.unwrap_err().is_held_back());
    assert_eq!(server.count(), 1);
    patient().await.unwrap();
    assert_eq!(server.count(), 2);
}

#[tokio::test(start_paused = true)]
async fn r04_a_hint_of_a_day_fails_calls_at_once_and_one_call_asks_again_after_an_hour() {
    let server = Server::new(|_| (429, Some("86400")));
    let api = server.client().build().unwrap();
    be_refused(&api).await;
    for _ in 0..3 {
        let wait = get(&api).await.unwrap_err().retry_after().unwrap();
        assert!(wait > Duration::from_secs(86_000), "{wait:?}");
    }
    assert_eq!(server.count(), 1);
    tokio::time::sleep(Duration::from_secs(3601)).await;
    let error = get(&api).await.unwrap_err();
    assert_eq!((error.status().map(|it| it.as_u16()), server.count()), (Some(429), 2));
    assert!(get(&api).await.unwrap_err().is_held_back());
}

#[tokio::test(start_paused = true)]
async fn r04_a_hint_of_zero_and_a_refusal_without_a_hint_hold_nothing_back() {
    for hint in [Some("0"), Some("soon"), None] {
        let server = Server::new(move |n| if n == 0 { (429, hint) } else { (200, None) });
        let api = server.client().build().unwrap();
        be_refused(&api).await;
        let began = Instant::now();
        get(&api).await.unwrap();
        assert_eq!((api.held_back(), began.elapsed()), (None, Duration::ZERO), "{hint:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_can_fail_calls_during_the_hold_and_a_call_that_was_refused_still_waits() {
    let server = Server::refusing_once(429, "5");
    let api = server.client().on_rate_limit(OnRateLimit::Fail).build().unwrap();
    let refused = tokio::spawn(api.get::<()>("x").into_future());
    tokio::time::sleep(SECOND).await;
    let error = get(&api).await.unwrap_err();
    let wait = error.retry_after().unwrap();
    assert!(error.is_held_back() && wait >= SECOND * 4 && wait < SECOND * 5, "{error}");
    assert_eq!(server.count(), 1);
    refused.await.unwrap().unwrap();
    get(&api).await.unwrap();
    assert_eq!(server.count(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_client_can_ignore_rate_limits() {
    let server = Server::refusing_once(429, "5");
    let api = server.client().on_rate_limit(OnRateLimit::Ignore).build().unwrap();
    be_refused(&api).await;
    let began = Instant::now();
    get(&api).await.unwrap();
    assert_eq!((began.elapsed(), api.held_back()), (Duration::ZERO, None));
}

#[tokio::test(start_paused = true)]
async fn b09_the_hold_is_not_cut_by_the_recovery_time_and_probes_wait_for_it() {
    let server = Server::refusing_once(503, "20");
    let breaker = BreakerConfig::builder()
        .failure_threshold(1)
        .recovery_time(SECOND)
        .max_recovery_time(SECOND * 2);
    let api = server.client().circuit_breaker(breaker.build().unwrap()).build().unwrap();
    be_refused(&api).await;
    assert_eq!(api.circuit_breaker().state(), CircuitState::Open);
    tokio::time::sleep(SECOND * 3).await;
    assert_eq!(api.circuit_breaker().state(), CircuitState::HalfOpen);
    let began = Instant::now();
    get(&api).await.unwrap();
    assert!(began.elapsed() >= SECOND * 17, "{:?}", began.elapsed());
    assert_eq!(api.circuit_breaker().state(), CircuitState::Closed);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_the_circuit_rejects_does_not_wait_for_the_hold() {
    let server = Server::refusing_once(503, "20");
    let breaker = BreakerConfig::builder().failure_threshold(1).recovery_time(SECOND * 10);
    let breaker = breaker.max_recovery_time(SECOND * 10).build().unwrap();
    let api = server.client().circuit_breaker(breaker).build().unwrap();
    be_refused(&api).await;
    let began = Instant::now();
    assert_eq!(get(&api).await.unwrap_err().kind(), ErrorKind::CircuitOpen);
    assert_eq!(began.elapsed(), Duration::ZERO);
    // The circuit opens while a probe is in line.
    tokio::time::sleep(SECOND * 12).await;
    let waiting = tokio::spawn(api.get::<()>("x").into_future());
    tokio::task::yield_now().await;
    api.circuit_breaker().force_open();
    tokio::time::sleep(SECOND * 15).await;
    assert_eq!(waiting.await.unwrap().unwrap_err().kind(), ErrorKind::CircuitOpen);
    assert_eq!(server.count(), 1);
}

/// Passes on the first request after two seconds and the second one after one second.
struct Slow(Server);

impl Transport for Slow {
    fn send(&self, request: TransportRequest) -> Exchange<'_> {
        let delay = if self.0.sent.fetch_add(1, SeqCst) == 0 { SECOND * 2 } else { SECOND };
        Box::pin(async move {
            tokio::time::sleep(delay).await;
            self.0.transport.send(request).await
        })
    }
}

#[tokio::test(start_paused = true)]
async fn a_success_that_was_sent_before_the_refusal_does_not_end_the_hold() {
    let transport = Slow(Server::new(|n| if n == 0 { (429, Some("10")) } else { (200, None) }));
    let api = ApiClient::builder("http://localhost").transport(transport).build().unwrap();
    let first = tokio::spawn(api.get::<()>("x").into_future());
    tokio::task::yield_now().await;
    be_refused(&api).await;
    first.await.unwrap().unwrap();
    assert_eq!(api.held_back(), Some(SECOND * 9));
}

#[tokio::test(start_paused = true)]
async fn r16_closing_the_client_ends_the_waits() {
    let server = Server::new(|_| (429, Some("20")));
    let api = server.client().build().unwrap();
    let refused = tokio::spawn(api.get::<()>("x").into_future());
    tokio::time::sleep(SECOND).await;
    let waiting = tokio::spawn(api.get::<()>("x").into_future());
    tokio::time::sleep(SECOND).await;
    let began = Instant::now();
    api.close();
    let refused = refused.await.unwrap().unwrap_err();
    assert_eq!((refused.status().map(|it| it.as_u16()), refused.attempts()), (Some(429), 1));
    assert_eq!(waiting.await.unwrap().unwrap_err().kind(), ErrorKind::Closed);
    assert_eq!((began.elapsed(), server.count(), api.in_flight()), (Duration::ZERO, 1, 0));
}

#[tokio::test(start_paused = true)]
async fn r16_closing_the_client_whose_connections_are_used_ends_the_waits_too() {
    let server = Server::new(|_| (429, Some("20")));
    let owner = server.client().build().unwrap();
    let api = ApiClient::builder("http://localhost").connections_of(&owner).build().unwrap();
    let refused = tokio::spawn(api.get::<()>("x").into_future());
    tokio::time::sleep(SECOND).await;
    let waiting = tokio::spawn(api.get::<()>("x").into_future());
    tokio::time::sleep(SECOND).await;
    let began = Instant::now();
    owner.close();
    assert_eq!(refused.await.unwrap().unwrap_err().kind(), ErrorKind::RateLimited);
    assert_eq!(waiting.await.unwrap().unwrap_err().kind(), ErrorKind::Closed);
    assert_eq!((began.elapsed(), owner.in_flight()), (Duration::ZERO, 0));
}

#[tokio::test(start_paused = true)]
async fn r16_closing_the_client_ends_the_wait_for_the_circuit_of_a_call_that_has_sent_nothing() {
    let server = Server::new(|_| (200, None));
    let policy = resilient::RetryPolicy::builder()
        .when_open(resilient::retries::WhenOpen::Wait)
        .build()
        .unwrap();
    let api = server.client().retry(policy).deadline(SECOND * 100).build().unwrap();
    api.circuit_breaker().trip().unwrap();
    let waiting = tokio::spawn(api.get::<()>("x").into_future());
    tokio::task::yield_now().await;
    let began = Instant::now();
    api.close();
    let error = waiting.await.unwrap().unwrap_err();
    assert_eq!((error.kind(), began.elapsed()), (ErrorKind::Closed, Duration::ZERO));
    assert_eq!((server.count(), api.in_flight()), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_wait_for_the_server_ends_at_the_deadline_of_the_call() {
    // A second refusal makes the hold longer than the call can wait.
    let server = Server::new(|n| (429, Some(if n == 0 { "5" } else { "50" })));
    let api = server.client().build().unwrap();
    be_refused(&api).await;
    let calls: Vec<_> = (0..3).map(|_| tokio::spawn(api.get::<()>("x").into_future())).collect();
    for call in calls {
        let error = call.await.unwrap().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::RateLimited);
        assert!(error.retry_after().unwrap() >= SECOND * 45, "{error}");
    }
    assert_eq!((server.count(), api.in_flight()), (2, 0));
}

#[tokio::test(start_paused = true)]
async fn the_budget_of_a_client_does_not_pay_for_calls_that_wait() {
    let server = Server::refusing_once(429, "5");
    let api = server.client().name("hold keeps its tokens").build().unwrap();
    be_refused(&api).await;
    for _ in 0..5 {
        get(&api).await.unwrap();
    }
    let budget = resilient::Registry::global().budget("hold keeps its tokens").unwrap();
    assert_eq!(budget.tokens(), 60 + 5);
}

#[tokio::test(start_paused = true)]
async fn clients_with_the_same_name_are_held_back_together() {
    let server = Server::refusing_once(429, "5");
    be_refused(&server.client().name("held together").build().unwrap()).await;
    let other = server.client().name("held together").build().unwrap();
    assert_eq!(other.held_back(), Some(SECOND * 5));
    assert_eq!(server.client().build().unwrap().held_back(), None);
}

/// A server that accepts ten requests in each second and refuses the others until the next second.
/// A request and a response each take ten milliseconds.
struct LimitedServer {
    began: Instant,
    windows: Mutex<BTreeMap<u64, u32>>,
    refused: AtomicU32,
}

#[derive(Clone)]
struct ToLimited(Arc<LimitedServer>);

impl Transport for ToLimited {
    fn send(&self, _: TransportRequest) -> Exchange<'_> {
        Box::pin(async {
            tokio::time::sleep(SECOND / 100).await;
            let response = self.0.respond();
            tokio::time::sleep(SECOND / 100).await;
            Ok(response)
        })
    }
}

impl LimitedServer {
    /// Starts the server. The calls begin so far into one of its seconds.
    fn start(offset: Duration) -> (Arc<Self>, ApiClient) {
        let began = Instant::now() - offset;
        let server =
            Arc::new(Self { began, windows: Mutex::default(), refused: AtomicU32::default() });
        let transport = ToLimited(Arc::clone(&server));
        let api = ApiClient::builder("http://localhost").transport(transport).build().unwrap();
        (server, api)
    }

    fn respond(&self) -> http::Response<ResponseBody> {
        let mut windows = self.windows.lock().unwrap();
        let accepted = windows.entry(self.began.elapsed().as_secs()).or_default();
        let mut response = http::Response::builder();
        if *accepted == 10 {
            self.refused.fetch_add(1, SeqCst);
            response = response.status(429).header("retry-after", "1");
        } else {
            *accepted += 1;
        }
        response.body(Bytes::from_static(b"null").into()).unwrap()
    }
}

#[tokio::test(start_paused = true)]
async fn forty_callers_of_a_server_that_allows_ten_per_second_all_succeed() {
    for tenth in 0..10 {
        let (server, api) = LimitedServer::start(SECOND / 10 * tenth);
        let began = Instant::now();
        let mut calls = JoinSet::new();
        for _ in 0..40 {
            calls.spawn(api.get::<()>("x").into_future());
        }
        // The first thirty refusals come before the client can know the limit.
        for ended in calls.join_all().await {
            ended.unwrap();
        }
        let later = server.refused.load(SeqCst) - 30;
        assert!(later <= 5, "{later} refusals after the first ones");
        assert!(began.elapsed() < SECOND * 8, "{:?}", began.elapsed());
    }
}

#[tokio::test(start_paused = true)]
async fn callers_that_come_later_join_the_line_and_cause_few_refusals() {
    let (server, api) = LimitedServer::start(Duration::ZERO);
    let mut calls = JoinSet::new();
    for _ in 0..12 {
        for _ in 0..20 {
            calls.spawn(api.get::<()>("x").into_future());
        }
        tokio::time::sleep(SECOND * 2).await;
    }
    for ended in calls.join_all().await {
        ended.unwrap();
    }
    let refused = server.refused.load(SeqCst);
    assert!(refused <= 10 + 15, "{refused} refusals");
}

#[tokio::test(start_paused = true)]
async fn cancelled_calls_leave_the_line_and_the_others_start_earlier() {
    let server = Server::refusing_once(503, "2");
    let api = server.client().build().unwrap();
    be_refused(&api).await;
    let mut cancelled = JoinSet::new();
    for _ in 0..100 {
        cancelled.spawn(api.get::<()>("x").into_future());
    }
    tokio::task::yield_now().await;
    let last = tokio::spawn(api.get::<()>("x").into_future());
    tokio::time::sleep(SECOND).await;
    cancelled.shutdown().await;
    assert_eq!(api.in_flight(), 1);
    let began = Instant::now();
    last.await.unwrap().unwrap();
    assert!(began.elapsed() < SECOND * 12 / 10, "{:?}", began.elapsed());
    assert_eq!(server.count(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_always_refuses_gets_about_one_request_per_hint() {
    let server = Server::new(|_| (429, Some("2")));
    let api = server.client().build().unwrap();
    let began = Instant::now();
    let mut calls = JoinSet::new();
    for _ in 0..300 {
        for _ in 0..10 {
            calls.spawn(api.get::<()>("x").into_future());
        }
        tokio::time::sleep(SECOND / 5).await;
    }
    let took = began.elapsed().as_secs();
    assert!(u64::from(server.count()) <= 10 + took, "{} requests in {took} s", server.count());
    // Calls that do not fit into the time of the line fail at once, so it stays short.
    assert!(api.in_flight() <= 40, "{} calls wait", api.in_flight());
    for ended in calls.join_all().await {
        assert_eq!(ended.unwrap_err().kind(), ErrorKind::RateLimited);
    }
}

#[tokio::test(start_paused = true)]
async fn a_hint_in_each_of_many_responses_makes_one_hold_and_few_requests() {
    let transport = Slow(Server::new(|_| (503, Some("3"))));
    let requests = Arc::clone(&transport.0.requests);
    let api = ApiClient::builder("http://localhost").transport(transport).no_circuit_breaker();
    let api = api.build().unwrap();
    let mut calls = JoinSet::new();
    for _ in 0..10_000 {
        calls.spawn(api.get::<()>("x").into_future());
    }
    tokio::time::sleep(SECOND * 60).await;
    let later = requests.load(SeqCst) - 10_000;
    assert!(later <= 60, "{later} requests after the first ones");
    assert!(calls.join_all().await.iter().all(Result::is_err));
}

#[tokio::test]
async fn a_test_that_skips_sleeps_does_not_wait_for_the_hold() {
    let server = Server::refusing_once(429, "20");
    let api = server.client().build().unwrap();
    resilient::testing::Scope::new().run(get(&api)).await.unwrap();
    assert_eq!(server.count(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_limit_that_the_server_states_in_its_headers_sets_the_pace() {
    let requests = AtomicU32::new(0);
    let transport = MockTransport::new(move |_| {
        let mut response = http::Response::builder();
        if requests.fetch_add(1, SeqCst) == 0 {
            response = response
                .status(429)
                .header("retry-after", "1")
                .header("ratelimit-policy", "\"default\";q=5;w=1")
                .header("ratelimit", "\"default\";r=0;t=1");
        }
        Ok(response.body("null".into()).unwrap())
    });
    let api = ApiClient::builder("http://localhost").transport(transport).build().unwrap();
    be_refused(&api).await;
    let began = Instant::now();
    let mut calls = JoinSet::new();
    for _ in 0..6 {
        calls.spawn(api.get::<()>("x").into_future());
    }
    calls.join_all().await.into_iter().for_each(|ended| ended.unwrap());
    // The hold, and then five intervals of a fifth of a second, with a margin of a tenth.
    let took = began.elapsed();
    assert!(took >= SECOND * 21 / 10 && took < SECOND * 23 / 10, "{took:?}");
}
