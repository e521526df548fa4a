//! `GrpcClientLayer`: what a server learns, and what the end of a call at a deadline means.

use std::error::Error;
use std::future::pending;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::{HeaderMap, Request, Response};
use resilient::breaker::CircuitState;
use resilient::retries::{RetryPolicy, TimeLimit, attempt_number};
use resilient::{Registry, TimedOut, circuit_breaker, deadline, retry};
use resilient_testkit::{Calls, ms, secs};
use resilient_tower::{GrpcClient, GrpcClientLayer, GrpcError, GrpcServerLayer};
use tonic::transport::{Channel, Server};
use tonic::{Code, Status};
use tower::limit::ConcurrencyLimit;
use tower::{BoxError, Layer, Service, ServiceExt, service_fn};

use crate::support::{Client, Stock, channel, connect, counting, endpoint, request, start};

type Sent = Arc<Mutex<Vec<HeaderMap>>>;

/// Returns a service that notes the headers of its requests, below a layer.
fn noted(layer: GrpcClientLayer) -> (Sent, GrpcClient<impl Noting>) {
    let sent = Sent::default();
    let written = Arc::clone(&sent);
    let service = service_fn(move |request: Request<()>| {
        written.lock().unwrap().push(request.headers().clone());
        std::future::ready(Ok::<_, BoxError>(Response::new(())))
    });
    (sent, layer.layer(service))
}

trait Noting: Service<Request<()>, Response = Response<()>, Error = BoxError> + Clone {}
impl<S: Service<Request<()>, Response = Response<()>, Error = BoxError> + Clone> Noting for S {}

fn sent(sent: &Sent, name: &str) -> Vec<Option<String>> {
    let text = |headers: &HeaderMap| Some(headers.get(name)?.to_str().unwrap().to_owned());
    sent.lock().unwrap().drain(..).map(|headers| text(&headers)).collect()
}

fn limited(timeout: &str) -> Request<()> {
    Request::builder().header("grpc-timeout", timeout).body(()).unwrap()
}

#[tokio::test(start_paused = true)]
async fn d08_the_server_learns_the_time_left() {
    let (headers, service) = noted(GrpcClientLayer::new());
    service.clone().oneshot(Request::new(())).await.unwrap();
    assert_eq!(sent(&headers, "grpc-timeout"), [None]);
    for (left, expected) in [(ms(800), "795000u"), (secs(3_600), "3599995m"), (ms(6), "1000000n")] {
        let call = service.clone().oneshot(Request::new(()));
        deadline::scope(left, call).await.unwrap().unwrap();
        assert_eq!(sent(&headers, "grpc-timeout"), [Some(expected.to_owned())]);
    }
    let (headers, service) = noted(GrpcClientLayer::new().margin(Duration::ZERO));
    deadline::scope(ms(800), service.oneshot(Request::new(()))).await.unwrap().unwrap();
    assert_eq!(sent(&headers, "grpc-timeout"), [Some("800000u".to_owned())]);
}

#[tokio::test(start_paused = true)]
async fn a_shorter_time_in_the_request_stays() {
    let (headers, service) = noted(GrpcClientLayer::new());
    for (own, expected) in
        [("200m", "200m"), ("1S", "795000u"), ("soon", "795000u"), ("795000u", "795000u")]
    {
        let call = service.clone().oneshot(limited(own));
        deadline::scope(ms(800), call).await.unwrap().unwrap();
        assert_eq!(sent(&headers, "grpc-timeout"), [Some(expected.to_owned())], "{own}");
    }
    service.oneshot(limited("1S")).await.unwrap();
    assert_eq!(sent(&headers, "grpc-timeout"), [Some("1S".to_owned())]);
}

#[tokio::test(start_paused = true)]
async fn d08_the_server_learns_the_number_of_attempts_before() {
    let (headers, service) = noted(GrpcClientLayer::new());
    let policy = RetryPolicy::builder().max_retries(2).base_delay(Duration::ZERO).build().unwrap();
    let number = |text: &str| Some(text.to_owned());
    let own = || Request::builder().header("grpc-previous-rpc-attempts", "7").body(()).unwrap();
    let requests: [(fn() -> _, _); 2] = [
        (|| Request::new(()), [None, number("1"), number("2")]),
        (own, [number("7"), number("7"), number("7")]),
    ];
    for (request, expected) in requests {
        let call = policy.call().run(|_| {
            let call = service.clone().oneshot(request());
            async {
                call.await.unwrap();
                Err::<(), _>(std::io::Error::other("again"))
            }
        });
        call.await.unwrap_err();
        assert_eq!(sent(&headers, "grpc-previous-rpc-attempts"), expected);
    }
}

#[tokio::test(start_paused = true)]
async fn d08_nothing_is_sent_if_the_margin_leaves_no_time() {
    let (headers, service) = noted(GrpcClientLayer::new());
    for left in [0, 1, 5] {
        let call = service.clone().oneshot(Request::new(()));
        let began = tokio::time::Instant::now();
        let timed_out = deadline::scope(ms(left), call).await.unwrap_err();
        assert_eq!((timed_out.limit(), began.elapsed()), (TimeLimit::Scope, ms(left)));
    }
    assert!(headers.lock().unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_not_sent_releases_what_it_reserved() {
    let inner = service_fn(async |_| Ok::<_, BoxError>(Response::new(())));
    let mut service = GrpcClientLayer::new().layer(ConcurrencyLimit::new(inner, 1));
    let call = async { service.ready().await.unwrap().call(Request::new(())).await };
    deadline::scope(ms(2), call).await.unwrap_err();
    let mut other = service.clone();
    other.ready().await.unwrap().call(Request::new(())).await.unwrap();
}

/// No code cancels at the deadline of a plain function.
#[test]
fn a_call_without_anybody_to_cancel_it_ends_with_a_status() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (headers, service) = noted(GrpcClientLayer::new());
    let status = deadline::scope_blocking(Duration::ZERO, || {
        runtime.block_on(service.oneshot(Request::new(()))).unwrap_err()
    });
    assert_eq!(status.code(), Code::DeadlineExceeded);
    assert!(TimedOut::find_in(&status).is_some());
    assert!(headers.lock().unwrap().is_empty());
}

fn client(stock: Stock) -> GrpcClient<Channel> {
    GrpcClient::new(connect(stock))
}

#[tokio::test(start_paused = true)]
async fn errors_are_those_of_a_client_of_tonic() {
    let stock = counting(async |_| Err(Status::not_found("no such article")));
    let status = Client::new(client(stock)).count(request(&[])).await.unwrap_err();
    assert_eq!((status.code(), status.message()), (Code::NotFound, "no such article"));
    let away = || channel(&endpoint(), tokio::io::duplex(1).0);
    let expected = Client::new(away()).count(request(&[])).await.unwrap_err();
    let status = Client::new(GrpcClient::new(away())).count(request(&[])).await.unwrap_err();
    assert_eq!((status.code(), status.message()), (expected.code(), expected.message()));
    assert!(status.source().is_some());
}

#[retry(attempt_timeout = "100ms", deadline = "150ms", max_retries = 1, base_delay = "0s")]
#[circuit_breaker(name = "grpc_client", failure_threshold = 2)]
async fn count(client: &GrpcClient<Channel>, calls: &Calls) -> Result<u32, GrpcError> {
    calls.next();
    Ok(Client::new(client.clone()).count(request(&[])).await?)
}

/// The timer of the channel and that of the server end a few milliseconds before the limit of the
/// attempt. Their statuses would be failures, whatever the caller's deadline.
#[tokio::test(start_paused = true)]
async fn c02_a_server_that_hangs_opens_the_circuit_and_tiny_deadlines_do_not() {
    let stock = || counting(async |_| pending().await);
    let plain = start(Server::builder().add_service(stock()));
    let layered = start(Server::builder().layer(GrpcServerLayer::new()).add_service(stock()));
    for connection in [plain, layered] {
        let client = GrpcClient::new(channel(&endpoint(), connection));
        let calls = Calls::new();
        count(&client, &calls).await.unwrap_err();
        let breaker = Registry::global().get("grpc_client").unwrap();
        breaker.close();
        let before = breaker.snapshot().totals;
        for left in [3, 6, 7, 10, 20, 50, 90] {
            let ended = deadline::scope(ms(left), count(&client, &calls)).await;
            assert_eq!(ended.unwrap_err().limit(), TimeLimit::Scope, "{left}");
        }
        let totals = breaker.snapshot().totals;
        assert_eq!((totals.failure - before.failure, totals.abandoned - before.abandoned), (0, 7));
        assert_eq!(breaker.state(), CircuitState::Closed);
        for _ in 0..2 {
            let Err(GrpcError::TimedOut(_)) = count(&client, &calls).await else {
                panic!("a time limit is expected");
            };
        }
        assert_eq!(breaker.state(), CircuitState::Open);
        breaker.close();
    }
}

/// A busy machine polls the call only after its deadline, with the status of the server at hand.
#[tokio::test(start_paused = true)]
async fn c02_a_status_that_is_read_after_the_deadline_leaves_the_verdict_to_the_deadline() {
    let inner = service_fn(async |_: Request<()>| {
        tokio::time::sleep(ms(40)).await;
        // Time passes while nobody polls.
        tokio::time::advance(ms(20)).await;
        Ok::<_, BoxError>(Status::deadline_exceeded("late").into_http::<()>())
    });
    let service = GrpcClient::new(inner);
    let call = service.oneshot(Request::new(()));
    let timed_out = deadline::scope(ms(50), call).await.unwrap_err();
    assert_eq!((timed_out.limit(), timed_out.after()), (TimeLimit::Scope, ms(50)));
}

#[tokio::test(start_paused = true)]
async fn a_limit_of_the_server_ends_the_call_at_once() {
    let stock = counting(async |_| pending().await);
    let layer = GrpcServerLayer::new().max(ms(50));
    let connection = start(Server::builder().layer(layer).add_service(stock));
    let mut client = Client::new(GrpcClient::new(channel(&endpoint(), connection)));
    let began = tokio::time::Instant::now();
    let ended = deadline::scope(secs(1), client.count(request(&[]))).await.unwrap();
    assert_eq!((ended.unwrap_err().code(), began.elapsed()), (Code::DeadlineExceeded, ms(50)));
}

#[tokio::test(start_paused = true)]
async fn a_limit_of_the_request_ends_the_call_at_once() {
    let mut client = Client::new(client(counting(async |_| pending().await)));
    let mut short = request(&[]);
    short.set_timeout(ms(97));
    let began = tokio::time::Instant::now();
    // The request's own limit is close to the deadline, and before it.
    let ended = deadline::scope(ms(103), client.count(short)).await.unwrap();
    assert_eq!(resilient_classify::tonic(&ended.unwrap_err()).health, resilient::Outcome::Failure);
    assert!(began.elapsed() <= ms(98));
}

#[tokio::test(start_paused = true)]
async fn two_services_pass_on_the_deadline_and_the_attempt() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&seen);
    let back = counting(move |_| {
        noted.lock().unwrap().push((deadline::remaining().unwrap(), attempt_number()));
        async { Ok(40) }
    });
    let back = start(Server::builder().layer(GrpcServerLayer::new()).add_service(back));
    let back = GrpcClient::new(channel(&endpoint(), back));
    let front = counting(move |_| {
        let mut client = Client::new(back.clone());
        async move { client.count(request(&[])).await }
    });
    let front = start(Server::builder().layer(GrpcServerLayer::new()).add_service(front));
    let front = GrpcClient::new(channel(&endpoint(), front));
    let call = async {
        let policy =
            RetryPolicy::builder().max_retries(1).base_delay(Duration::ZERO).build().unwrap();
        policy
            .call()
            .run(|attempt| {
                let mut client = Client::new(front.clone());
                async move {
                    let count = client.count(request(&[])).await;
                    if attempt.number() == 1 { Err(Status::aborted("again")) } else { count }
                }
            })
            .await
    };
    assert_eq!(deadline::scope(ms(500), call).await.unwrap().unwrap(), 40);
    // Each client takes off 5 ms, and each server 2 ms.
    assert_eq!(*seen.lock().unwrap(), [(ms(486), 1), (ms(486), 2)]);
}
