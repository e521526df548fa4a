//! A transport that responds only when the test lets it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use resilient_http::{Bytes, Exchange, ResponseBody, Transport, TransportRequest};
use tokio::sync::Semaphore;

type Answer = dyn Fn(usize) -> http::Response<Bytes> + Send + Sync;

#[derive(Clone)]
pub(crate) struct Gated {
    gate: Arc<Semaphore>,
    asked: Arc<AtomicUsize>,
    answer: Arc<Answer>,
}

impl Gated {
    /// Creates the transport. When the test lets request `n` through, the transport responds with
    /// the result of `answer(n)`. Requests are counted from 0.
    pub(crate) fn new(
        answer: impl Fn(usize) -> http::Response<Bytes> + Send + Sync + 'static,
    ) -> Self {
        Self { gate: Arc::new(Semaphore::new(0)), asked: Arc::default(), answer: Arc::new(answer) }
    }

    /// Lets this many requests through.
    pub(crate) fn let_through(&self, requests: usize) {
        self.gate.add_permits(requests);
    }

    pub(crate) fn asked(&self) -> usize {
        self.asked.load(SeqCst)
    }
}

impl Transport for Gated {
    fn send(&self, _: TransportRequest) -> Exchange<'_> {
        Box::pin(async move {
            let n = self.asked.fetch_add(1, SeqCst);
            self.gate.acquire().await.unwrap().forget();
            let answer = (self.answer)(n);
            Ok(answer.map(ResponseBody::from))
        })
    }
}
