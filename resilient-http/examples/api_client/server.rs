//! The API of the example. It works, limits its callers, fails, hangs and recovers.

use std::cell::Cell;
use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use tokio::net::TcpListener;

/// The phases. Each phase begins at the given second.
const DAY: [(f64, Mood, &str); 5] = [
    (0.0, Mood::Well, "is well"),
    (0.8, Mood::Limiting, "limits its callers"),
    (1.6, Mood::Flaky, "fails every other request"),
    (2.4, Mood::Hanging, "hangs"),
    (4.0, Mood::Well, "is well again"),
];
const END: f64 = 5.5;

#[derive(Clone, Copy)]
enum Mood {
    Well,
    Limiting,
    Flaky,
    Hanging,
}

struct Shared {
    began: Instant,
    requests: AtomicUsize,
    loses_answer: AtomicBool,
    orders: Mutex<HashSet<String>>,
}

pub(crate) struct Server {
    base: String,
    shared: Arc<Shared>,
    told: Cell<usize>,
}

impl Server {
    pub(crate) async fn start() -> std::io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let base = format!("http://{}/v1", listener.local_addr()?);
        let shared = Arc::new(Shared {
            began: Instant::now(),
            requests: AtomicUsize::new(0),
            loses_answer: AtomicBool::new(false),
            orders: Mutex::default(),
        });
        let router = Router::new()
            .route("/v1/items/{sku}/price", get(price))
            .route("/v1/orders", post(order))
            .with_state(Arc::clone(&shared));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(Self { base, shared, told: Cell::new(1) })
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

    pub(crate) fn day_is_over(at: Duration) -> bool {
        at.as_secs_f64() >= END
    }

    /// Returns the name of a phase once, when the phase has begun; otherwise returns `None`.
    pub(crate) fn news(&self, at: Duration) -> Option<&'static str> {
        let (_, _, news) =
            DAY.get(self.told.get()).filter(|(from, ..)| at.as_secs_f64() >= *from)?;
        self.told.set(self.told.get() + 1);
        Some(news)
    }
}

impl Shared {
    fn mood(&self) -> Mood {
        let now = self.began.elapsed().as_secs_f64();
        let mut mood = Mood::Well;
        for (from, next, _) in DAY {
            if now >= from {
                mood = next;
            }
        }
        mood
    }
}

async fn price(State(shared): State<Arc<Shared>>, Path(sku): Path<String>) -> Response {
    let n = shared.requests.fetch_add(1, SeqCst);
    match shared.mood() {
        _ if sku != "tea" => StatusCode::NOT_FOUND.into_response(),
        Mood::Limiting => (StatusCode::TOO_MANY_REQUESTS, [("retry-after", "30")]).into_response(),
        Mood::Flaky if n % 2 == 0 => StatusCode::BAD_GATEWAY.into_response(),
        Mood::Hanging => std::future::pending().await,
        Mood::Well | Mood::Flaky => (StatusCode::OK, r#"{"cents": 450}"#).into_response(),
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
