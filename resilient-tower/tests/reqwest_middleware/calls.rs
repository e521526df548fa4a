//! Retries, the breaker and the body of responses.

use std::future::pending;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame};
use reqwest_middleware::{ClientBuilder, Next};
use resilient::breaker::{CircuitState, KeyedBreakers};
use resilient::budget::BudgetConfig;
use resilient::{BreakerConfig, CircuitBreaker, CircuitOpen, RetryBudget};
use resilient_tower::{OutgoingDeadlineLayer, ReqwestCalls};
use tokio::time::Instant;

use crate::server::{Server, at_once, client, status};

const SECOND: Duration = Duration::from_secs(1);

/// Returns how many calls were reported as (success, failure, ignored, abandoned).
fn ends(breaker: &CircuitBreaker) -> [u64; 4] {
    let totals = breaker.snapshot().totals;
    [totals.success, totals.failure, totals.ignored, totals.abandoned]
}

#[tokio::test]
async fn c02_each_attempt_asks_for_a_permit_and_a_success_ends_the_call() {
    let server =
        Server::start(async |number| status(if number < 3 { 503 } else { 200 }, &[])).await;
    let breaker = CircuitBreaker::default();
    let client = client(ReqwestCalls::new(breaker.clone()).retry(at_once(3)));
    let response = client.get(server.url()).send().await.unwrap();
    assert_eq!((response.status().as_u16(), response.url().as_str()), (200, &*server.url()));
    assert_eq!(response.content_length(), Some(4));
    assert_eq!(response.text().await.unwrap(), "text");
    assert_eq!(server.requests(), 3);
    assert_eq!(ends(&breaker), [1, 2, 0, 0]);
}

#[tokio::test]
async fn after_the_last_attempt_the_caller_gets_the_response_as_it_came() {
    let server = Server::start(async |_| status(503, &[("x-reason", "full")])).await;
    let calls = ReqwestCalls::new(CircuitBreaker::default()).retry(at_once(2));
    let response = client(calls).get(server.url()).send().await.unwrap();
    assert_eq!(
        (response.status().as_u16(), &response.headers()["x-reason"]),
        (503, &"full".parse().unwrap())
    );
    assert_eq!(response.text().await.unwrap(), "text");
    assert_eq!(server.requests(), 3);
}

#[tokio::test]
async fn the_status_decides_as_in_the_table_of_http() {
    for (code, requests, expected) in [
        (404, 1, [1, 0, 0, 0]),
        (501, 1, [0, 1, 0, 0]),
        (500, 2, [0, 2, 0, 0]),
        (429, 2, [0, 0, 2, 0]),
    ] {
        let server = Server::start(move |_| async move { status(code, &[]) }).await;
        let breaker = CircuitBreaker::default();
        let client = client(ReqwestCalls::new(breaker.clone()).retry(at_once(1)));
        let response = client.get(server.url()).send().await.unwrap();
        assert_eq!(response.status().as_u16(), code);
        drop(response);
        assert_eq!((server.requests(), ends(&breaker)), (requests, expected), "{code}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_wait_that_a_server_asks_for_is_honoured() {
    let server = Server::start(async |number| match number {
        1 => status(503, &[("retry-after", "7")]),
        _ => status(200, &[]),
    })
    .await;
    let start = Instant::now();
    let client = client(ReqwestCalls::new(CircuitBreaker::default()).retry(at_once(1)));
    assert_eq!(client.get(server.url()).send().await.unwrap().status().as_u16(), 200);
    assert!(start.elapsed() >= 7 * SECOND, "{:?}", start.elapsed());
    assert_eq!(server.requests(), 2);
}

#[tokio::test]
async fn a_request_that_must_not_be_repeated_is_sent_once() {
    let server = Server::start(async |_| status(503, &[])).await;
    let calls = || ReqwestCalls::new(CircuitBreaker::default()).retry(at_once(1));
    let sent = async |request: reqwest_middleware::RequestBuilder| {
        let before = server.requests();
        assert_eq!(request.send().await.unwrap().status().as_u16(), 503);
        server.requests() - before
    };
    let url = server.url();
    assert_eq!(sent(client(calls()).post(&url).body("order")).await, 1);
    assert_eq!(sent(client(calls()).put(&url).body("order")).await, 2);
    assert_eq!(sent(client(calls()).post(&url).header("idempotency-key", "8")).await, 2);
    let posts = client(calls().repeat_if(|request| request.url().path() == "/stock"));
    assert_eq!(sent(posts.post(&url)).await, 2);
    // A body that cannot be copied.
    let stream = reqwest::Body::wrap(OneFrame(Some("order")));
    assert_eq!(sent(client(calls()).put(&url).body(stream)).await, 1);
}

/// A body that cannot be copied.
struct OneFrame(Option<&'static str>);

impl Body for OneFrame {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        Poll::Ready(self.0.take().map(|text| Ok(Frame::data(Bytes::from(text)))))
    }
}

#[tokio::test]
async fn without_a_connection_every_request_with_a_copy_is_repeated() {
    // Nobody listens on the port of a listener that is gone.
    let gone = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", gone.local_addr().unwrap());
    drop(gone);
    let breaker = CircuitBreaker::default();
    let client = client(ReqwestCalls::new(breaker.clone()).retry(at_once(2)));
    let error = client.post(url).body("order").send().await.unwrap_err();
    assert!(error.is_connect(), "{error}");
    assert_eq!(ends(&breaker), [0, 3, 0, 0]);
}

#[tokio::test]
async fn each_host_has_its_breaker_and_an_open_one_sends_nothing() {
    let up = Server::start(async |_| status(200, &[])).await;
    let down = Server::start(async |_| status(500, &[])).await;
    let config = BreakerConfig::builder().failure_threshold(2).build().unwrap();
    let hosts = KeyedBreakers::new("hosts", config);
    let client = client(ReqwestCalls::per_host(hosts.clone()).retry(at_once(0)));
    for _ in 0..2 {
        assert_eq!(client.get(down.url()).send().await.unwrap().status().as_u16(), 500);
    }
    let error = client.get(down.url()).send().await.unwrap_err();
    let open = CircuitOpen::find_in(&error).expect("the rejection is a source of the error");
    assert_eq!(open.state(), CircuitState::Open);
    assert!(error.to_string().contains("hosts"), "{error}");
    assert_eq!(client.get(up.url()).send().await.unwrap().status().as_u16(), 200);
    assert_eq!((up.requests(), down.requests()), (1, 2));
    assert_eq!(hosts.get(&down.host()).state(), CircuitState::Open);
    assert_eq!(hosts.get(&up.host()).state(), CircuitState::Closed);
}

#[tokio::test]
async fn retries_are_paid_from_the_budget() {
    let server = Server::start(async |_| status(503, &[])).await;
    let config = BudgetConfig::builder().capacity(2).build().unwrap();
    let budget = RetryBudget::new("stock", config);
    while let Some(reserved) = budget.try_reserve() {
        reserved.spend();
    }
    let calls = ReqwestCalls::new(CircuitBreaker::default()).retry(at_once(3)).budget(budget);
    assert_eq!(client(calls).get(server.url()).send().await.unwrap().status().as_u16(), 503);
    assert_eq!(server.requests(), 1);
}

#[tokio::test]
async fn b06_a_call_is_in_flight_until_the_body_of_its_response_ends() {
    let server = Server::start(async |_| status(200, &[])).await;
    let breaker = CircuitBreaker::default();
    let client = client(ReqwestCalls::new(breaker.clone()));
    let response = client.get(server.url()).send().await.unwrap();
    assert_eq!((breaker.snapshot().in_flight, ends(&breaker)), (1, [0; 4]));
    assert_eq!(response.text().await.unwrap(), "text");
    assert_eq!((breaker.snapshot().in_flight, ends(&breaker)), (0, [1, 0, 0, 0]));
    // A response that the caller drops.
    drop(client.get(server.url()).send().await.unwrap());
    assert_eq!((breaker.snapshot().in_flight, ends(&breaker)), (0, [2, 0, 0, 0]));
}

#[tokio::test]
async fn b06_a_body_that_breaks_off_is_a_failure() {
    /// Ends with an error after its first frame.
    struct Breaks(Option<&'static str>);
    impl Body for Breaks {
        type Data = Bytes;
        type Error = std::io::Error;
        fn poll_frame(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
            Poll::Ready(Some(match self.0.take() {
                Some(text) => Ok(Frame::data(Bytes::from(text))),
                None => Err(std::io::Error::other("broken")),
            }))
        }
    }
    let broken = async |_| http::Response::new(axum::body::Body::new(Breaks(Some("half"))));
    let server = Server::start(broken).await;
    let breaker = CircuitBreaker::default();
    let client = client(ReqwestCalls::new(breaker.clone()));
    // Depending on when the connection breaks, the head or the body shows it.
    let result = match client.get(server.url()).send().await {
        Ok(response) => response.text().await.map(drop).map_err(drop),
        Err(_) => Err(()),
    };
    assert_eq!(result, Err(()));
    let [success, failure, ..] = ends(&breaker);
    assert!(success == 0 && failure >= 1, "{:?}", ends(&breaker));
    assert_eq!(breaker.snapshot().in_flight, 0);
}

#[tokio::test]
async fn extensions_pass_in_both_directions() {
    let server =
        Server::start(async |number| status(if number < 3 { 503 } else { 200 }, &[])).await;
    let seen: Arc<Mutex<Vec<Option<u32>>>> = Arc::default();
    let (inside, outside) = (Arc::clone(&seen), Arc::clone(&seen));
    let plain = reqwest::Client::builder().no_proxy().build().unwrap();
    let client = ClientBuilder::new(plain)
        .with(Watch(move |extensions: &mut http::Extensions, is_before: bool| {
            if !is_before {
                outside.lock().unwrap().push(extensions.get().copied());
            }
        }))
        .with(ReqwestCalls::new(CircuitBreaker::default()).retry(at_once(2)))
        .with(Watch(move |extensions: &mut http::Extensions, is_before: bool| {
            if is_before {
                let number: Option<u32> = extensions.get().copied();
                inside.lock().unwrap().push(number);
                extensions.insert(number.unwrap_or_default() + 1);
            }
        }))
        .build();
    client.get(server.url()).with_extension(10_u32).send().await.unwrap();
    assert_eq!(*seen.lock().unwrap(), [Some(10), Some(11), Some(12), Some(13)]);
}

/// A middleware that shows the extensions before and after the call.
struct Watch<F>(F);

#[async_trait::async_trait]
impl<F> reqwest_middleware::Middleware for Watch<F>
where
    F: Fn(&mut http::Extensions, bool) + Send + Sync + 'static,
{
    async fn handle(
        &self,
        request: reqwest::Request,
        extensions: &mut http::Extensions,
        next: Next<'_>,
    ) -> reqwest_middleware::Result<reqwest::Response> {
        (self.0)(extensions, true);
        let result = next.run(request, extensions).await;
        (self.0)(extensions, false);
        result
    }
}

#[tokio::test]
async fn d08_servers_are_told_the_attempt_and_the_time_only_if_asked() {
    let server = Server::start(async |_| status(503, &[])).await;
    let calls =
        || ReqwestCalls::new(CircuitBreaker::default()).retry(at_once(1)).deadline(60 * SECOND);
    client(calls().tell_servers(OutgoingDeadlineLayer::new()))
        .get(server.url())
        .send()
        .await
        .unwrap();
    client(calls()).get(server.url()).send().await.unwrap();
    assert_eq!(server.header("x-envoy-attempt-count"), ["", "2", "", ""]);
    let times = server.header("x-envoy-expected-rq-timeout-ms");
    let millis = |text: &String| text.parse::<u64>().unwrap();
    assert!(millis(&times[0]) <= 59_995 && millis(&times[1]) <= millis(&times[0]), "{times:?}");
    assert_eq!(times[2..], ["", ""]);
}

#[tokio::test]
async fn dropped_calls_leave_nothing_in_flight() {
    let server = Server::start(|_| pending::<http::StatusCode>()).await;
    let breaker = CircuitBreaker::default();
    let client = client(ReqwestCalls::new(breaker.clone()));
    for _ in 0..20 {
        let call = client.get(server.url()).send();
        let before = server.requests();
        let arrived = async {
            while server.requests() == before {
                tokio::task::yield_now().await;
            }
        };
        tokio::select! {
            _ = call => panic!("the server never responds"),
            () = arrived => {}
        }
    }
    assert_eq!((breaker.snapshot().in_flight, ends(&breaker)), (0, [0, 0, 0, 20]));
}
