//! The example of the first page does what the page says about a client without settings.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use resilient::breaker::CircuitState;
use resilient_http::{
    ApiClient, ApiError, Exchange, Method, Phase, Transport, TransportError, TransportRequest,
};
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::{customer, pay};

/// What a server does with a request.
#[derive(Clone, Copy)]
enum Step {
    Responds(u16, &'static str),
    /// Refuses, and asks for a wait of this number of seconds.
    AsksToWait(&'static str),
    LosesResponse,
    RefusesConnection,
    Hangs,
}
use Step::{AsksToWait, Hangs, LosesResponse, RefusesConnection, Responds};

/// The method, the path and the idempotency key of a request.
type Seen = (Method, String, Option<String>);

/// A server that takes one step after the other, and then repeats the last one.
#[derive(Clone)]
struct Server {
    steps: &'static [Step],
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Server {
    fn new(steps: &'static [Step]) -> (Self, ApiClient) {
        let server = Self { steps, seen: Arc::default() };
        let api = ApiClient::builder("http://localhost/v1").transport(server.clone());
        (server, api.build().unwrap())
    }

    fn requests(&self) -> usize {
        self.seen.lock().unwrap().len()
    }
}

impl Transport for Server {
    fn send(&self, request: TransportRequest) -> Exchange<'_> {
        let key = request.headers.get("idempotency-key");
        let key = key.map(|key| key.to_str().unwrap().to_owned());
        let step = {
            let mut seen = self.seen.lock().unwrap();
            seen.push((request.method.clone(), request.url.path().to_owned(), key));
            self.steps[(seen.len() - 1).min(self.steps.len() - 1)]
        };
        Box::pin(async move {
            match step {
                Hangs => std::future::pending().await,
                LosesResponse => Err(TransportError::connection(Phase::Send, "reset")),
                RefusesConnection => Err(TransportError::connection(Phase::Connect, "refused")),
                AsksToWait(seconds) => {
                    let response = http::Response::builder().status(429);
                    Ok(response.header("retry-after", seconds).body("".into()).unwrap())
                }
                Responds(status, body) => {
                    Ok(http::Response::builder().status(status).body(body.into()).unwrap())
                }
            }
        })
    }
}

#[tokio::test(start_paused = true)]
async fn a_read_is_retried() {
    let steps = &[Responds(502, ""), LosesResponse, Responds(200, r#"{"name":"Ada"}"#)];
    let (server, api) = Server::new(steps);
    assert_eq!(customer(&api, 42).await.unwrap().name, "Ada");
    let get = (Method::GET, "/v1/customers/42".to_owned(), None);
    assert_eq!(*server.seen.lock().unwrap(), [get.clone(), get.clone(), get]);
}

#[tokio::test(start_paused = true)]
async fn each_attempt_of_a_payment_sends_the_number_of_the_order_as_its_key() {
    let steps = &[LosesResponse, Responds(502, ""), Responds(200, r#"{"id":"r1"}"#)];
    let (server, api) = Server::new(steps);
    assert_eq!(pay(&api, "order-1017", 450).await.unwrap().id, "r1");
    let post = (Method::POST, "/v1/charges".to_owned(), Some("order-1017".to_owned()));
    assert_eq!(*server.seen.lock().unwrap(), [post.clone(), post.clone(), post]);
}

#[tokio::test(start_paused = true)]
async fn a_post_without_a_key_is_not_repeated_if_the_server_may_have_acted_on_it() {
    let (server, api) = Server::new(&[LosesResponse]);
    api.post::<()>("charges").await.unwrap_err();
    assert_eq!(server.requests(), 1);
    let (server, api) = Server::new(&[RefusesConnection]);
    api.post::<()>("charges").await.unwrap_err();
    assert_eq!(server.requests(), 4);
}

#[tokio::test(start_paused = true)]
async fn of_a_thousand_calls_to_a_server_that_hangs_none_takes_more_than_thirty_seconds() {
    let (server, api) = Server::new(&[Hangs]);
    let start = Instant::now();
    let mut calls = JoinSet::new();
    for number in 0..1000 {
        let api = api.clone();
        calls.spawn(async move { pay(&api, &format!("order-{number}"), 450).await.is_ok() });
    }
    assert!(calls.join_all().await.iter().all(|is_paid| !is_paid));
    assert!(start.elapsed() <= Duration::from_millis(30_001), "{:?}", start.elapsed());
    assert_eq!(api.circuit_breaker().state(), CircuitState::Open);

    let (start, requests) = (Instant::now(), server.requests());
    let error = pay(&api, "order", 450).await.err().unwrap();
    assert!(matches!(error, ApiError::CircuitOpen(_)), "{error}");
    assert_eq!((server.requests(), start.elapsed()), (requests, Duration::ZERO));
}

#[tokio::test(start_paused = true)]
async fn an_attempt_ends_after_ten_seconds_and_a_call_after_thirty() {
    let (server, api) = Server::new(&[Hangs]);
    let start = Instant::now();
    let call = customer(&api, 42);
    let error = tokio::time::timeout(Duration::from_millis(30_001), call).await.unwrap().err();
    assert!(matches!(error, Some(ApiError::Timeout { .. })), "{error:?}");
    assert!(start.elapsed() > Duration::from_secs(29), "{:?}", start.elapsed());
    assert_eq!(server.requests(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_call_waits_as_the_server_asks() {
    let (server, api) = Server::new(&[AsksToWait("7"), Responds(200, r#"{"name":"Ada"}"#)]);
    let start = Instant::now();
    assert_eq!(customer(&api, 42).await.unwrap().name, "Ada");
    assert!(start.elapsed() >= Duration::from_secs(7), "{:?}", start.elapsed());
    assert_eq!(server.requests(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_call_whose_deadline_is_too_short_for_the_wait_fails_at_once_and_so_do_other_calls() {
    let (server, api) = Server::new(&[AsksToWait("40")]);
    let start = Instant::now();
    for is_held_back in [false, true] {
        let error = customer(&api, 42).await.err().unwrap();
        assert!(matches!(error, ApiError::RateLimited { .. }), "{error}");
        assert_eq!(error.is_held_back(), is_held_back);
    }
    assert_eq!((server.requests(), start.elapsed()), (1, Duration::ZERO));
}
