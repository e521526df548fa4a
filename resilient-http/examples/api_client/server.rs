//! The API of the example. It works, fails, hangs, recovers, and limits its callers.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use tokio::net::TcpListener;

/// A phase: what the API does, how the example describes it, and its length in milliseconds.
pub(crate) type Phase = (Mood, &'static str, u64);

/// The phases before the order.
pub(crate) const DAY: [Phase; 4] = [
    (Mood::Working, "works: prices after one attempt are not shown", 800),
    (Mood::Flaky, "fails every other request", 800),
    (Mood::Hanging, "hangs", 1_600),
    (Mood::Working, "works again", 1_500),
];

/// The last phase. After the first 429, the client holds back all calls for the 30 s.
pub(crate) const EVENING: Phase = (Mood::Limiting, "limits its callers: come back in 30 s", 800);

#[derive(Clone, Copy)]
pub(crate) enum Mood {
    Working,
    Limiting,
    Flaky,
    Hanging,
}

struct Shared {
    mood: Mutex<Mood>,
    requests: AtomicUsize,
    loses_answer: AtomicBool,
    orders: Mutex<HashSet<String>>,
}

pub(crate) struct Server {
    base: String,
    shared: Arc<Shared>,
}

impl Server {
    pub(crate) async fn start() -> std::io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let base = format!("http://{}/v1", listener.local_addr()?);
        let shared = Arc::new(Shared {
            mood: Mutex::new(Mood::Working),
            requests: AtomicUsize::new(0),
            loses_answer: AtomicBool::new(false),
            orders: Mutex::default(),
        });
        let router = Router::new()
            .route("/v1/items/{sku}/price", get(price))
            .route("/v1/orders", post(order))
            .with_state(Arc::clone(&shared));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(Self { base, shared })
    }

    pub(crate) fn base(&self) -> &str {
        &self.base
    }

    pub(crate) fn requests(&self) -> usize {
        self.shared.requests.load(SeqCst)
    }

    pub(crate) fn orders(&self) -> usize {
        let orders = self.shared.orders.lock();
        orders.unwrap_or_else(PoisonError::into_inner).len()
    }

    pub(crate) fn lose_next_response(&self) {
        self.shared.loses_answer.store(true, SeqCst);
    }

    pub(crate) fn enter(&self, mood: Mood) {
        *self.shared.mood() = mood;
    }
}

impl Shared {
    fn mood(&self) -> MutexGuard<'_, Mood> {
        self.mood.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn price(State(shared): State<Arc<Shared>>, Path(sku): Path<String>) -> Response {
    let n = shared.requests.fetch_add(1, SeqCst);
    let mood = *shared.mood();
    match mood {
        _ if sku != "tea" => StatusCode::NOT_FOUND.into_response(),
        Mood::Limiting => (StatusCode::TOO_MANY_REQUESTS, [("retry-after", "30")]).into_response(),
        Mood::Flaky if n % 2 == 0 => StatusCode::BAD_GATEWAY.into_response(),
        Mood::Hanging => std::future::pending().await,
        Mood::Working | Mood::Flaky => (StatusCode::OK, r#"{"cents": 450}"#).into_response(),
    }
}

/// Books the order. If the key was used before, repeats the earlier response instead.
async fn order(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    shared.requests.fetch_add(1, SeqCst);
    let key = request.headers().get("idempotency-key");
    let Some(key) = key.and_then(|key| key.to_str().ok()) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    shared.orders.lock().unwrap_or_else(PoisonError::into_inner).insert(key.to_owned());
    if shared.loses_answer.swap(false, SeqCst) {
        return std::future::pending().await;
    }
    (StatusCode::CREATED, r#"{"number": 1}"#).into_response()
}
