//! Tower services that panic or never become ready.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::task::{Context, Poll};

use http_body_util::Full;
use resilient_http::{
    ApiClient, ApiError, Bytes, RequestBody, TimeoutPhase, TowerTransport, TransportError,
};
use tower::Service;

use crate::support::settings::{client, patient};
use crate::support::within;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    ClonePanics,
    ReadyPanics,
    CallPanics,
    FuturePanics,
    IsNeverReady,
}

/// Has the fault in its first use, and responds with 1 later.
struct Faulty {
    fault: Fault,
    uses: Arc<AtomicUsize>,
    is_stuck: bool,
}

impl Faulty {
    fn is_now(&self, fault: Fault) -> bool {
        self.fault == fault && self.uses.fetch_add(1, SeqCst) == 0
    }

    fn panic_if(&self, fault: Fault) {
        assert!(!self.is_now(fault), "of the test");
    }
}

impl Clone for Faulty {
    fn clone(&self) -> Self {
        self.panic_if(Fault::ClonePanics);
        let is_stuck = self.is_now(Fault::IsNeverReady);
        Self { fault: self.fault, uses: Arc::clone(&self.uses), is_stuck }
    }
}

type Served = Result<http::Response<Full<Bytes>>, TransportError>;

impl Service<http::Request<RequestBody>> for Faulty {
    type Response = http::Response<Full<Bytes>>;
    type Error = TransportError;
    type Future = Pin<Box<dyn Future<Output = Served> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), TransportError>> {
        self.panic_if(Fault::ReadyPanics);
        if self.is_stuck { Poll::Pending } else { Poll::Ready(Ok(())) }
    }

    fn call(&mut self, _: http::Request<RequestBody>) -> Self::Future {
        self.panic_if(Fault::CallPanics);
        let panics = self.is_now(Fault::FuturePanics);
        Box::pin(async move {
            assert!(!panics, "of the test");
            Ok(http::Response::new(Full::new(Bytes::from("1"))))
        })
    }
}

fn over(fault: Fault) -> ApiClient {
    let service = Faulty { fault, uses: Arc::default(), is_stuck: false };
    let builder = client("http://localhost").transport(TowerTransport::new(service));
    builder.circuit_breaker(patient()).no_retry().build().unwrap()
}

/// Asserts that one failure was counted, that nothing is in flight, and that the next call works.
async fn assert_recovered(api: &ApiClient, fault: Fault) {
    let seen = api.circuit_breaker().snapshot();
    assert_eq!((seen.in_flight, api.in_flight(), seen.totals.failure), (0, 0, 1), "{fault:?}");
    assert_eq!(within("a call", api.get::<u32>("x")).await.unwrap(), 1, "{fault:?}");
}

#[tokio::test]
async fn a_panic_of_a_service_is_a_failure_and_harms_no_later_call() {
    for fault in [Fault::ClonePanics, Fault::ReadyPanics, Fault::CallPanics, Fault::FuturePanics] {
        let api = over(fault);
        let call = tokio::spawn({
            let api = api.clone();
            async move { api.get::<u32>("x").await }
        });
        assert!(within("the call", call).await.unwrap_err().is_panic(), "{fault:?}");
        assert_recovered(&api, fault).await;
    }
}

#[tokio::test(start_paused = true)]
async fn the_time_limit_of_the_attempt_ends_the_wait_for_a_service_that_is_never_ready() {
    let api = over(Fault::IsNeverReady);
    let error = api.get::<u32>("x").await.unwrap_err();
    assert!(matches!(error, ApiError::Timeout { phase: TimeoutPhase::Attempt, .. }), "{error:?}");
    assert_recovered(&api, Fault::IsNeverReady).await;
}
