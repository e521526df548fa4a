//! The layers around the services that people use: the clients of reqwest, hyper-util and tonic,
//! and a server of axum.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Path;
use axum::response::IntoResponse;
use axum::routing::get;
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode};
use http_body_util::{BodyExt, Empty, Full};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use resilient::breaker::CircuitState;
use resilient::{BreakerConfig, CircuitBreaker, CircuitOpen, RetryPolicy, TimedOut};
use resilient_testkit::{Calls, secs};
use resilient_tower::{BreakerLayer, DeadlineLayer, RetryLayer, TimeoutLayer};
use tokio::net::TcpListener;
use tonic::server::NamedService;
use tonic::transport::server::TcpIncoming;
use tonic::transport::{Endpoint, Server};
use tower::{BoxError, Service, ServiceBuilder, ServiceExt};

/// Starts a server that responds with the status of the path, and never to `/hang`. Its first two
/// responses to `/503-twice` are 503, and the next is 200.
async fn serve(router: Router) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

fn statuses(calls: &Arc<Calls>) -> Router {
    let calls = Arc::clone(calls);
    let respond = async move |Path(path): Path<String>| {
        let number = calls.next();
        let status = match path.as_str() {
            "hang" => std::future::pending().await,
            "503-twice" if number > 2 => 200,
            "503-twice" => 503,
            status => status.parse().unwrap(),
        };
        (StatusCode::from_u16(status).unwrap(), "body")
    };
    Router::new().route("/{path}", get(respond))
}

fn breaker(failures: u32) -> CircuitBreaker {
    let config = BreakerConfig::builder().failure_threshold(failures);
    CircuitBreaker::new("stock", config.build().unwrap())
}

fn quick() -> RetryPolicy {
    RetryPolicy::builder().base_delay("1ms").build().unwrap()
}

fn totals(breaker: &CircuitBreaker) -> [u64; 2] {
    let totals = breaker.snapshot().totals;
    [totals.success, totals.failure]
}

#[tokio::test]
async fn the_client_of_reqwest_retries_and_opens_its_circuit() {
    let calls = Arc::new(Calls::new());
    let address = serve(statuses(&calls)).await;
    let breaker = breaker(5);
    let client = ServiceBuilder::new()
        .layer(DeadlineLayer::new(secs(30)))
        .layer(
            RetryLayer::new(quick())
                .boxed_errors()
                .http()
                .copy_with(reqwest::Request::try_clone)
                .through(breaker.clone()),
        )
        .layer(BreakerLayer::new(breaker.clone()).boxed_errors().http())
        .layer(TimeoutLayer::new(secs(20)))
        .map_response(Response::<reqwest::Body>::from)
        .map_err(BoxError::from)
        .service(reqwest::Client::new());
    let get = |path: &str| {
        let url = format!("http://{address}/{path}").parse().unwrap();
        client.clone().oneshot(reqwest::Request::new(http::Method::GET, url))
    };
    let response = get("503-twice").await.unwrap();
    assert_eq!((response.status(), totals(&breaker)), (StatusCode::OK, [0, 2]));
    assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), "body");
    assert_eq!((calls.count(), totals(&breaker)), (3, [1, 2]));

    // Four failures, and one more: the call ends when the circuit opens.
    assert_eq!(get("500").await.unwrap().status(), 500);
    assert_eq!(get("500").await.unwrap().status(), 500);
    assert_eq!((calls.count(), breaker.state()), (3 + 4 + 1, CircuitState::Open));
    let error = get("200").await.unwrap_err();
    assert!(error.is::<CircuitOpen>());
    assert_eq!(calls.count(), 8);
}

#[tokio::test]
async fn the_client_of_hyper_util_counts_a_server_that_hangs_or_is_gone() {
    let calls = Arc::new(Calls::new());
    let address = serve(statuses(&calls)).await;
    let breaker = breaker(9);
    let client = Client::builder(TokioExecutor::new()).build_http::<Empty<Bytes>>();
    let client = ServiceBuilder::new()
        .layer(RetryLayer::new(quick()).boxed_errors().http().through(breaker.clone()))
        .layer(BreakerLayer::new(breaker.clone()).http())
        .layer(TimeoutLayer::new(Duration::from_millis(50)))
        .map_err(BoxError::from)
        .service(client);
    let get = |uri: String| client.clone().oneshot(Request::get(uri).body(Empty::new()).unwrap());
    let error = get(format!("http://{address}/hang")).await.unwrap_err();
    assert!(error.is::<TimedOut>());
    assert_eq!((calls.count(), totals(&breaker)), (4, [0, 4]));
    let gone = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    get(format!("http://{gone}/")).await.unwrap_err();
    assert_eq!(totals(&breaker), [0, 8]);
    let response = get(format!("http://{address}/404")).await.unwrap();
    drop(response);
    assert_eq!(totals(&breaker), [1, 8]);
}

#[tokio::test]
async fn a_server_of_axum_rejects_requests_while_its_handlers_fail() {
    let (calls, breaker) = (Arc::new(Calls::new()), breaker(2));
    let layer = BreakerLayer::new(breaker.clone()).http().on_open(|open: CircuitOpen| {
        let response = (StatusCode::SERVICE_UNAVAILABLE, open.to_string());
        Ok::<_, Infallible>(response.into_response())
    });
    let address = serve(statuses(&calls).layer(layer)).await;
    let get = async |path: &str| {
        let response = reqwest::get(format!("http://{address}/{path}")).await.unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    };
    assert_eq!(get("200").await, (200, "body".to_owned()));
    assert_eq!(totals(&breaker), [1, 0]);
    assert_eq!(get("500").await.0, 500);
    assert_eq!(get("500").await.0, 500);
    let (status, body) = get("200").await;
    assert_eq!((status, calls.count()), (503, 3));
    assert!(body.starts_with("circuit breaker `stock` is open"), "{body}");
}

/// A server of gRPC. The path says the status and where it is: in the trailers after a message, or
/// in the headers.
#[derive(Clone)]
struct Statuses;

impl NamedService for Statuses {
    const NAME: &'static str = "statuses";
}

impl Service<Request<tonic::body::Body>> for Statuses {
    type Response = Response<tonic::body::Body>;
    type Error = Infallible;
    type Future = std::future::Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<tonic::body::Body>) -> Self::Future {
        let (place, status) = request.uri().path()["/statuses/".len()..].split_once('-').unwrap();
        let status = HeaderMap::from_iter([(
            http::HeaderName::from_static("grpc-status"),
            HeaderValue::from_str(status).unwrap(),
        )]);
        let mut response = Response::new(tonic::body::Body::empty());
        if place == "headers" {
            *response.headers_mut() = status;
        } else {
            let message = Full::new(Bytes::from_static(&[0; 5]));
            let trailers = async move { Some(Ok(status)) };
            *response.body_mut() = tonic::body::Body::new(message.with_trailers(trailers));
        }
        std::future::ready(Ok(response))
    }
}

#[tokio::test]
async fn the_channel_of_tonic_is_judged_by_the_trailers() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let incoming = TcpIncoming::from(listener);
    tokio::spawn(Server::builder().add_service(Statuses).serve_with_incoming(incoming));
    let endpoint = Endpoint::from_shared(format!("http://{address}")).unwrap();
    let breaker = breaker(9);
    let channel = ServiceBuilder::new()
        .layer(BreakerLayer::new(breaker.clone()).boxed_errors().grpc())
        .layer(TimeoutLayer::new(secs(20)))
        .map_err(BoxError::from)
        .service(endpoint.connect_lazy());
    for (path, expected) in [
        ("trailers-0", [1, 0]),
        ("trailers-5", [2, 0]),
        ("trailers-14", [2, 1]),
        ("headers-0", [3, 1]),
        ("headers-13", [3, 2]),
    ] {
        let request = Request::post(format!("http://{address}/statuses/{path}"));
        let request = request.body(tonic::body::Body::empty()).unwrap();
        let before = totals(&breaker);
        let response = channel.clone().oneshot(request).await.unwrap();
        if path.starts_with("trailers") {
            assert_eq!(totals(&breaker), before, "{path}");
        }
        let body = response.into_body().collect().await.unwrap();
        assert_eq!(body.trailers().is_some(), path.starts_with("trailers"), "{path}");
        assert_eq!(totals(&breaker), expected, "{path}");
    }
}

/// The layers fit where a generated client of tonic and a router of axum need a service.
#[test]
fn the_bodies_fit_clients_and_servers() {
    fn response_of_axum<T: IntoResponse>() {}
    fn service_of_tonic<T: tonic::client::GrpcService<tonic::body::Body>>(_: &T) {}
    response_of_axum::<Response<resilient_tower::GuardedBody<Body>>>();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let _entered = runtime.enter();
    let channel = Endpoint::from_static("http://127.0.0.1:1").connect_lazy();
    let channel = ServiceBuilder::new()
        .layer(BreakerLayer::new(breaker(1)).grpc())
        .map_err(BoxError::from)
        .service(channel);
    service_of_tonic(&channel);
}
