//! Tower layers around the requests of a client, and tower services as transports.

use std::convert::Infallible;
use std::error::Error;
use std::future::{Ready, ready};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::task::{Context, Poll};
use std::time::Duration;

use http_body_util::{Full, Limited};
use resilient_http::{
    ApiClient, ApiClientBuilder, ApiError, BoxError, BuildErrorKind, Bytes, CircuitBreaker,
    ErrorKind, Exchange, HeaderValue, Phase, RequestBody, Response, TimeoutPhase, TowerTransport,
    Transport, TransportError, TransportRequest, TransportService,
};
use tower::limit::ConcurrencyLimitLayer;
use tower::load_shed::LoadShedLayer;
use tower::timeout::{TimeoutLayer, error::Elapsed};
use tower::util::{MapErr, MapErrLayer, MapRequestLayer, MapResponseLayer};
use tower::{Service, ServiceExt, layer::layer_fn, service_fn};

use crate::support::api::{Api, answer, json, status};
use crate::support::settings::{client, quickly};
use crate::support::within;

/// The counts of successes, failures and ignored calls.
fn counted(breaker: &CircuitBreaker) -> (u64, u64, u64) {
    let totals = breaker.snapshot().totals;
    (totals.success, totals.failure, totals.ignored)
}

/// A transport whose requests each take this time.
#[derive(Default)]
struct Slow {
    time: Duration,
    now: AtomicUsize,
    most: AtomicUsize,
    sent: AtomicUsize,
    has_dropped_idle: AtomicBool,
}

impl Slow {
    fn taking(time: Duration) -> Arc<Self> {
        Arc::new(Self { time, ..Self::default() })
    }
}

/// Counts a running request until it is dropped.
struct Running<'a>(&'a Slow);

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.now.fetch_sub(1, SeqCst);
    }
}

struct SlowTransport(Arc<Slow>);

impl Transport for SlowTransport {
    fn send(&self, _: TransportRequest) -> Exchange<'_> {
        Box::pin(async move {
            let slow = &*self.0;
            slow.sent.fetch_add(1, SeqCst);
            slow.most.fetch_max(slow.now.fetch_add(1, SeqCst) + 1, SeqCst);
            let _running = Running(slow);
            tokio::time::sleep(slow.time).await;
            Ok(http::Response::new("1".into()))
        })
    }

    fn drop_idle_connections(&self) {
        self.0.has_dropped_idle.store(true, SeqCst);
    }
}

fn over(slow: &Arc<Slow>) -> ApiClientBuilder {
    client("http://localhost").transport(SlowTransport(Arc::clone(slow)))
}

#[tokio::test(start_paused = true)]
async fn a_concurrency_limit_holds_for_all_calls_of_a_client() {
    let slow = Slow::taking(Duration::from_millis(10));
    let api = over(&slow).layer(ConcurrencyLimitLayer::new(3)).build().unwrap();
    let calls: Vec<_> = (0..20)
        .map(|_| {
            let api = api.clone();
            tokio::spawn(async move { api.get::<u32>("x").await })
        })
        .collect();
    for call in calls {
        assert_eq!(call.await.unwrap().unwrap(), 1);
    }
    assert_eq!((slow.most.load(SeqCst), slow.sent.load(SeqCst)), (3, 20));
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_dropped_while_it_waits_in_a_layer_gives_up_its_place() {
    let slow = Slow::taking(Duration::from_secs(5));
    let api = over(&slow).layer(ConcurrencyLimitLayer::new(1)).build().unwrap();
    let first = tokio::spawn({
        let api = api.clone();
        async move { api.get::<u32>("x").await }
    });
    tokio::task::yield_now().await;

    let second = async { api.get::<u32>("x").await };
    tokio::time::timeout(Duration::from_secs(1), second).await.unwrap_err();
    assert_eq!(slow.sent.load(SeqCst), 1, "the second request waited in the layer");
    let limited = api.get::<u32>("x").timeout(Duration::from_secs(1)).retry(quickly(0));
    let error = limited.await.unwrap_err();
    assert!(matches!(error, ApiError::Timeout { phase: TimeoutPhase::Attempt, .. }), "{error:?}");

    first.abort();
    let _ = first.await;
    assert_eq!(api.get::<u32>("x").await.unwrap(), 1);
    assert_eq!(slow.most.load(SeqCst), 1);
    assert_eq!(api.circuit_breaker().snapshot().in_flight, 0);
}

#[tokio::test]
async fn every_request_of_every_attempt_passes_through_the_layer() {
    let server = Api::serve(|n, _| match n {
        0 => status(503),
        1 => answer(307, &[("location", "/y")], ""),
        _ => json("7"),
    })
    .await;
    let number = AtomicUsize::new(0);
    let numbered = MapRequestLayer::new({
        let number = Arc::new(number);
        move |mut request: http::Request<RequestBody>| {
            let n = number.fetch_add(1, SeqCst);
            request.headers_mut().insert("x-number", HeaderValue::from(n));
            request
        }
    });
    let api = client(&server.url).layer(numbered).build().unwrap();

    assert_eq!(within("the call", api.post::<u32>("x").json(&1)).await.ok(), None);
    assert_eq!(within("the call", api.get::<u32>("x")).await.unwrap(), 7);

    let seen: Vec<_> = server.seen();
    let numbers: Vec<_> = seen.iter().map(|it| it.header("x-number").unwrap()).collect();
    assert_eq!(numbers, ["0", "1", "2"]);
    assert_eq!(seen[0].text(), "1", "the layer keeps the body");
    assert_eq!(seen[2].target, "/y");
}

#[tokio::test]
async fn the_layer_that_is_added_first_is_the_outermost() {
    let server = Api::serve(|_, _| json("7")).await;
    let append = |text: &'static str| {
        MapRequestLayer::new(move |mut request: http::Request<RequestBody>| {
            request.headers_mut().append("x-order", HeaderValue::from_static(text));
            request
        })
    };
    let api = client(&server.url).layer(append("first")).layer(append("second")).build().unwrap();
    within("the call", api.get::<u32>("x")).await.unwrap();
    let order = server.only().headers;
    let order: Vec<_> = order.get_all("x-order").iter().collect();
    assert_eq!(order, ["first", "second"]);
}

/// A service that fails and calls nothing below.
#[derive(Clone)]
struct WithoutToken;

impl Service<http::Request<RequestBody>> for WithoutToken {
    type Response = http::Response<Full<Bytes>>;
    type Error = NoToken;
    type Future = Ready<Result<Self::Response, NoToken>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), NoToken>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: http::Request<RequestBody>) -> Self::Future {
        ready(Err(NoToken))
    }
}

/// Makes a layer whose service fails, and maps the error.
fn failing<E: Into<TransportError> + 'static>(
    map: impl Fn(NoToken) -> E + Clone + Send + Sync + 'static,
) -> impl tower::Layer<
    TransportService,
    Service = MapErr<WithoutToken, impl Fn(NoToken) -> E + Clone + Send + Sync + 'static>,
> + Send
+ Sync
+ 'static {
    layer_fn(move |_| WithoutToken.map_err(map.clone()))
}

#[derive(Debug, Clone)]
struct NoToken;

impl std::fmt::Display for NoToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("no token today")
    }
}

impl Error for NoToken {}

#[tokio::test]
async fn an_error_of_a_layer_is_ignored_by_the_breaker_and_not_retried() {
    let slow = Slow::taking(Duration::ZERO);
    let api = over(&slow).layer(failing(BoxError::from)).build().unwrap();

    let error = api.get::<u32>("x").await.unwrap_err();

    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Layer, 1));
    assert_eq!(error.to_string(), "GET x: a layer of the client failed");
    assert!(error.source().unwrap().is::<NoToken>());
    assert_eq!(counted(&api.circuit_breaker()), (0, 0, 1));
    assert_eq!(slow.sent.load(SeqCst), 0);
}

#[tokio::test]
async fn a_transport_error_keeps_its_meaning_in_any_box_and_chain() {
    #[derive(Debug)]
    struct Wrapped(TransportError);
    impl std::fmt::Display for Wrapped {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("wrapped")
        }
    }
    impl Error for Wrapped {
        fn source(&self) -> Option<&(dyn Error + 'static)> {
            Some(&self.0)
        }
    }
    let connect = || TransportError::connection(Phase::Connect, "gone");
    let boxes: [fn(TransportError) -> BoxError; 2] =
        [|error| error.into(), |error| Wrapped(error).into()];
    for boxed in boxes {
        let slow = Slow::taking(Duration::ZERO);
        let api = over(&slow).layer(failing(move |NoToken| boxed(connect()))).build().unwrap();

        let error = api.get::<u32>("x").await.unwrap_err();

        assert!(matches!(error, ApiError::Connection { phase: Phase::Connect, .. }), "{error:?}");
        assert_eq!((error.attempts(), counted(&api.circuit_breaker())), (3, (0, 3, 0)));
    }
}

#[tokio::test(start_paused = true)]
async fn a_layer_that_sheds_load_harms_no_healthy_server() {
    let slow = Slow::taking(Duration::from_millis(10));
    let api =
        over(&slow).layer((LoadShedLayer::new(), ConcurrencyLimitLayer::new(1))).build().unwrap();
    let (first, second) = tokio::join!(api.get::<u32>("x"), api.get::<u32>("x"));
    assert_eq!(first.unwrap(), 1);
    assert_eq!(second.unwrap_err().kind(), ErrorKind::Layer);
    assert_eq!(counted(&api.circuit_breaker()), (1, 0, 1));
}

#[tokio::test(start_paused = true)]
async fn an_error_of_a_layer_can_be_mapped_to_a_failure_of_the_server() {
    let slow = Slow::taking(Duration::from_secs(9));
    let slow_is_a_failure = MapErrLayer::new(|error: BoxError| {
        if error.is::<Elapsed>() { TransportError::timed_out(error) } else { error.into() }
    });
    let timeout = TimeoutLayer::new(Duration::from_secs(2));
    let api = over(&slow).layer((slow_is_a_failure, timeout)).build().unwrap();

    let error = api.get::<u32>("x").await.unwrap_err();

    assert!(matches!(error, ApiError::Timeout { phase: TimeoutPhase::Transport, .. }), "{error:?}");
    assert_eq!(counted(&api.circuit_breaker()), (0, 3, 0));
    assert_eq!(slow.now.load(SeqCst), 0, "the layer has dropped the requests");
}

#[tokio::test]
async fn a_layer_can_replace_the_body_of_a_response() {
    let server = Api::serve(|_, _| json("123456")).await;
    let short = |most| {
        MapResponseLayer::new(move |response: http::Response<_>| {
            response.map(|body| Limited::new(body, most))
        })
    };
    let api = client(&server.url).layer(short(6)).build().unwrap();
    assert_eq!(within("the call", api.get::<u32>("x")).await.unwrap(), 123_456);

    let api = client(&server.url).layer(short(5)).build().unwrap();
    let error = within("the call", api.get::<u32>("x")).await.unwrap_err();
    assert_eq!((error.kind(), error.status().unwrap().as_u16()), (ErrorKind::Layer, 200));
}

#[tokio::test]
async fn a_layer_that_removes_the_address_is_reported_as_such() {
    let slow = Slow::taking(Duration::ZERO);
    let relative = MapRequestLayer::new(|mut request: http::Request<RequestBody>| {
        *request.uri_mut() = "/x".parse().unwrap();
        request
    });
    let api = over(&slow).layer(relative).build().unwrap();
    let error = api.get::<u32>("x").await.unwrap_err();
    let ApiError::Build(problem) = error else { panic!("{error:?}") };
    assert_eq!(problem.kind(), BuildErrorKind::Transport);
    assert_eq!(slow.sent.load(SeqCst), 0);
}

#[tokio::test]
async fn idle_connections_are_dropped_through_the_layers() {
    let slow = Slow::taking(Duration::ZERO);
    let api = over(&slow).layer(ConcurrencyLimitLayer::new(1)).build().unwrap();
    api.get::<u32>("x").await.unwrap();
    api.circuit_breaker().trip().unwrap();
    assert!(slow.has_dropped_idle.load(SeqCst));
}

#[tokio::test]
async fn a_layer_around_the_connections_of_another_client_is_refused() {
    let other = client("http://localhost").build().unwrap();
    let builder = ApiClient::builder("http://localhost").connections_of(&other);
    let problem = builder.layer(ConcurrencyLimitLayer::new(1)).build().unwrap_err();
    assert_eq!(
        problem.to_string(),
        "`layer` cannot wrap the connections of another client: give it to that client"
    );
}

/// A service that must be polled until it is ready before each call, as tower demands.
struct Strict {
    polls_left: u32,
}

impl Clone for Strict {
    fn clone(&self) -> Self {
        Self { polls_left: 2 }
    }
}

impl Service<http::Request<RequestBody>> for Strict {
    type Response = http::Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.polls_left = self.polls_left.saturating_sub(1);
        if self.polls_left == 0 {
            return Poll::Ready(Ok(()));
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    fn call(&mut self, request: http::Request<RequestBody>) -> Self::Future {
        assert_eq!(self.polls_left, 0, "called before it was ready");
        self.polls_left = 2;
        let path = format!("{:?}", request.uri().path());
        ready(Ok(http::Response::new(Full::new(path.into()))))
    }
}

#[tokio::test]
async fn any_service_can_be_the_transport_and_is_ready_before_each_call() {
    let transport = TowerTransport::new(Strict { polls_left: 2 });
    let api = ApiClient::builder("http://localhost/v1").transport(transport).build().unwrap();
    for _ in 0..3 {
        assert_eq!(api.get::<String>("users").await.unwrap(), "/v1/users");
    }
}

#[tokio::test]
async fn a_service_that_is_never_ready_reports_its_error() {
    #[derive(Clone)]
    struct Broken;
    impl Service<http::Request<RequestBody>> for Broken {
        type Response = http::Response<Full<Bytes>>;
        type Error = TransportError;
        type Future = Ready<Result<Self::Response, TransportError>>;

        fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), TransportError>> {
            Poll::Ready(Err(TransportError::connection(Phase::Connect, "gone")))
        }

        fn call(&mut self, _: http::Request<RequestBody>) -> Self::Future {
            unreachable!("it is never ready")
        }
    }
    let api = client("http://localhost").transport(TowerTransport::new(Broken)).build().unwrap();
    let error = api.get::<Response>("x").await.unwrap_err();
    assert!(matches!(error, ApiError::Connection { phase: Phase::Connect, .. }), "{error:?}");
    assert_eq!(error.attempts(), 3);
}

#[tokio::test]
async fn a_service_that_is_not_sync_can_be_the_transport() {
    let boxed = tower::util::BoxCloneService::new(service_fn(|_: http::Request<RequestBody>| {
        ready(Ok::<_, TransportError>(http::Response::new(Full::new(Bytes::from("1")))))
    }));
    let service = boxed.map_response(|response| response);
    let api = client("http://localhost").transport(TowerTransport::new(service)).build().unwrap();
    assert_eq!(api.get::<u32>("x").await.unwrap(), 1);
}
