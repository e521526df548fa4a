//! Statuses of a gRPC server in this process, over real connections.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::net::SocketAddr;
use std::task::{Context, Poll};
use std::time::Duration;

use resilient::{Classification, Outcome};
use tokio::net::TcpListener;
use tonic::body::Body;
use tonic::codegen::{Service, http};
use tonic::server::NamedService;
use tonic::transport::server::TcpIncoming;
use tonic::transport::{Channel, Endpoint, Server};
use tonic::{Code, Request, Status};
use tonic_types::{ErrorDetails, StatusExt};

use crate::support::{
    FAILURE, FAILURE_RETRIED, IGNORED, IGNORED_RETRIED, SUCCESS, SUCCESS_RETRIED, deadline, means,
    rejection,
};

/// Responds with the status that the request's metadata ask for, or never.
#[derive(Clone)]
struct Statuses;

impl NamedService for Statuses {
    const NAME: &'static str = "test.Statuses";
}

fn header<'a>(request: &'a http::Request<Body>, name: &str) -> Option<&'a str> {
    request.headers().get(name)?.to_str().ok()
}

impl Service<http::Request<Body>> for Statuses {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = Answer;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Answer {
        let number = |name| header(&request, name).and_then(|text| text.parse::<u64>().ok());
        let Some(code) = header(&request, "code").and_then(|text| text.parse().ok()) else {
            return Answer::Never;
        };
        let details = match number("retry-info-ms") {
            Some(millis) => ErrorDetails::with_retry_info(Some(Duration::from_millis(millis))),
            None => ErrorDetails::new(),
        };
        let mut status = Status::with_error_details(Code::from_i32(code), "as asked", details);
        if let Some(pushback) = header(&request, "pushback") {
            status.metadata_mut().insert("grpc-retry-pushback-ms", pushback.parse().unwrap());
        }
        Answer::Status(ready(Ok(status.into_http())))
    }
}

enum Answer {
    Status(Ready<Result<http::Response<Body>, Infallible>>),
    Never,
}

impl Future for Answer {
    type Output = Result<http::Response<Body>, Infallible>;

    fn poll(mut self: std::pin::Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut *self {
            Self::Status(status) => std::pin::Pin::new(status).poll(cx),
            Self::Never => Poll::Pending,
        }
    }
}

async fn serve(mut server: Server) -> Endpoint {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let incoming = TcpIncoming::from(listener);
    tokio::spawn(server.add_service(Statuses).serve_with_incoming(incoming));
    endpoint(address)
}

fn endpoint(address: SocketAddr) -> Endpoint {
    Endpoint::from_shared(format!("http://{address}")).unwrap()
}

/// Calls the server with these metadata, and returns the status.
async fn call_with(channel: Channel, request: Request<()>) -> Status {
    let mut client = tonic::client::Grpc::new(channel);
    if let Err(error) = client.ready().await {
        return Status::from_error(Box::new(error));
    }
    let path = http::uri::PathAndQuery::from_static("/test.Statuses/Call");
    let codec = tonic_prost::ProstCodec::<(), ()>::default();
    client.unary(request, path, codec).await.err().unwrap_or_else(|| Status::ok(""))
}

fn request(metadata: &[(&'static str, &str)]) -> Request<()> {
    let mut request = Request::new(());
    for (key, value) in metadata {
        request.metadata_mut().insert(*key, value.parse().unwrap());
    }
    request
}

async fn call(channel: &Channel, metadata: &[(&'static str, &str)]) -> Classification {
    let status = call_with(channel.clone(), request(metadata)).await;
    resilient_classify::tonic(&status)
}

#[tokio::test]
async fn each_status_has_its_class() {
    let channel = serve(Server::builder()).await.connect_lazy();
    for (code, expected) in [
        (Code::Cancelled, IGNORED),
        (Code::Unknown, FAILURE),
        (Code::InvalidArgument, SUCCESS),
        (Code::DeadlineExceeded, FAILURE_RETRIED),
        (Code::NotFound, SUCCESS),
        (Code::AlreadyExists, SUCCESS),
        (Code::PermissionDenied, SUCCESS),
        (Code::ResourceExhausted, IGNORED_RETRIED),
        (Code::FailedPrecondition, SUCCESS),
        (Code::Aborted, SUCCESS_RETRIED),
        (Code::OutOfRange, SUCCESS),
        (Code::Unimplemented, SUCCESS),
        (Code::Internal, FAILURE),
        (Code::Unavailable, FAILURE_RETRIED),
        (Code::DataLoss, FAILURE),
        (Code::Unauthenticated, SUCCESS),
    ] {
        let status = call_with(channel.clone(), request(&[("code", &(code as i32).to_string())]));
        let status = status.await;
        assert_eq!(status.code(), code);
        let class = resilient_classify::tonic(&status);
        assert_eq!((means(class), class.retry_after), (expected, None), "{code:?}");
        assert_eq!(class.text().unwrap().as_str(), format!("{code:?}: as asked"));
    }
    assert_eq!(means(resilient_classify::tonic(&Status::ok(""))), SUCCESS);
}

#[tokio::test]
async fn the_longer_of_the_two_hints_counts() {
    let channel = serve(Server::builder()).await.connect_lazy();
    let unavailable = ("code", "14");
    for (metadata, millis) in [
        (vec![unavailable, ("retry-info-ms", "250")], Some(250)),
        (vec![unavailable, ("pushback", "40")], Some(40)),
        (vec![unavailable, ("pushback", "0")], Some(0)),
        (vec![unavailable, ("pushback", "40"), ("retry-info-ms", "250")], Some(250)),
        (vec![unavailable, ("pushback", "400"), ("retry-info-ms", "250")], Some(400)),
        (vec![unavailable], None),
    ] {
        let class = call(&channel, &metadata).await;
        let hint = millis.map(Duration::from_millis);
        assert_eq!((means(class), class.retry_after), (FAILURE_RETRIED, hint), "{metadata:?}");
    }
    let throttled = call(&channel, &[("code", "8"), ("retry-info-ms", "1500")]).await;
    let hint = Some(Duration::from_millis(1500));
    assert_eq!((means(throttled), throttled.retry_after), (IGNORED_RETRIED, hint));
}

#[tokio::test]
async fn a_pushback_that_is_no_time_forbids_a_retry_and_none_causes_one() {
    let channel = serve(Server::builder()).await.connect_lazy();
    for pushback in ["-1", "", "soon", "1.5", "99999999999999999999"] {
        let class = call(&channel, &[("code", "14"), ("pushback", pushback)]).await;
        assert_eq!((means(class), class.retry_after), (FAILURE, None), "{pushback:?}");
    }
    let class = call(&channel, &[("code", "13"), ("pushback", "40")]).await;
    assert_eq!(means(class), FAILURE);
    let longest = u64::MAX.to_string();
    let class = call(&channel, &[("code", "14"), ("pushback", &longest)]).await;
    assert_eq!(class.retry_after, Some(Duration::from_millis(u64::MAX)));
}

#[test]
fn details_that_cannot_be_read_are_no_hint() {
    let status = Status::with_details(Code::Unavailable, "", vec![0xff; 20].into());
    let class = resilient_classify::tonic(&status);
    assert_eq!((means(class), class.retry_after), (FAILURE_RETRIED, None));
}

#[tokio::test]
async fn a_time_limit_of_tonic_is_a_failure_that_is_retried() {
    let short = Duration::from_millis(30);
    let endpoint = serve(Server::builder()).await;
    let status = call_with(endpoint.clone().timeout(short).connect_lazy(), request(&[])).await;
    assert_eq!(status.code(), Code::Cancelled, "{status:?}");
    assert_eq!(means(resilient_classify::tonic(&status)), FAILURE_RETRIED);

    let mut limited = request(&[]);
    limited.set_timeout(short);
    let status = call_with(endpoint.connect_lazy(), limited).await;
    assert_eq!(means(resilient_classify::tonic(&status)), FAILURE_RETRIED, "{status:?}");

    let server = Server::builder().timeout(short);
    let status = call_with(serve(server).await.connect_lazy(), request(&[])).await;
    assert_eq!(means(resilient_classify::tonic(&status)), FAILURE_RETRIED, "{status:?}");
}

#[tokio::test]
async fn a_server_that_is_not_reached_or_goes_away_is_a_failure_that_is_retried() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let closing = tokio::spawn(async move {
        drop(listener.accept().await);
        listener
    });
    let reset = call_with(endpoint(address).connect_lazy(), request(&[("code", "5")])).await;
    assert_eq!(means(resilient_classify::tonic(&reset)), FAILURE_RETRIED, "{reset:?}");
    drop(closing.await);
    let refused = call_with(endpoint(address).connect_lazy(), request(&[("code", "5")])).await;
    assert_eq!(refused.code(), Code::Unavailable, "{refused:?}");
    assert_eq!(means(resilient_classify::tonic(&refused)), FAILURE_RETRIED);
}

#[tokio::test]
async fn a_server_that_stops_in_flight_is_a_failure_that_is_retried() {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let endpoint = runtime.spawn(serve(Server::builder())).await.unwrap();
    let channel = endpoint.connect().await.unwrap();
    let call = tokio::spawn(call_with(channel, request(&[])));
    tokio::time::sleep(Duration::from_millis(50)).await;
    runtime.shutdown_background();
    let status = call.await.unwrap();
    let class = resilient_classify::tonic(&status);
    assert_eq!((class.health, class.retry), (Outcome::Failure, true), "{status:?}");
}

#[tokio::test]
async fn a_rejection_or_a_time_limit_among_the_sources_decides() {
    let open = Status::from_error(Box::new(rejection()));
    assert_eq!(means(resilient_classify::tonic(&open)), IGNORED);
    let late = Status::from_error(Box::new(deadline().await));
    assert_eq!(means(resilient_classify::tonic(&late)), FAILURE);
}

fn seen_twice(status: Status) -> (Option<Classification>, Classification) {
    let response = status.into_http::<Body>();
    let trailers = resilient_classify::grpc(response.headers());
    let status = response.extensions().get::<Status>().unwrap();
    (trailers, resilient_classify::tonic(status))
}

/// A breaker around the connection sees the trailers, and a function around the client sees the
/// status. Both must see the same.
#[test]
fn trailers_and_the_status_made_of_them_have_one_class() {
    let info = |millis| ErrorDetails::with_retry_info(Some(Duration::from_millis(millis)));
    for code in 0..=17 {
        for message in ["", "as asked", "Timeout expired"] {
            for details in [ErrorDetails::new(), info(250), info(0)] {
                for pushback in [None, Some("40"), Some("400"), Some("-1"), Some("soon")] {
                    let code = Code::from_i32(code);
                    let mut status = Status::with_error_details(code, message, details.clone());
                    if let Some(pushback) = pushback {
                        let metadata = status.metadata_mut();
                        metadata.insert("grpc-retry-pushback-ms", pushback.parse().unwrap());
                    }
                    let (trailers, status) = seen_twice(status);
                    let seen = trailers.map_or(SUCCESS, means);
                    assert_eq!(seen, means(status), "{code:?} {message} {details:?} {pushback:?}");
                    if let Some(class) = trailers {
                        assert_eq!(class.retry_after, status.retry_after, "{code:?} {pushback:?}");
                    }
                }
            }
        }
    }
}

/// tonic panics at such details when it makes a status of them.
#[test]
fn trailers_with_details_that_cannot_be_read_have_no_hint() {
    for details in ["%%%", "AA", "////", ""] {
        let mut trailers = http::HeaderMap::new();
        trailers.insert("grpc-status", "14".parse().unwrap());
        trailers.insert("grpc-status-details-bin", details.parse().unwrap());
        let class = resilient_classify::grpc(&trailers).unwrap();
        assert_eq!((means(class), class.retry_after), (FAILURE_RETRIED, None), "{details:?}");
    }
}
