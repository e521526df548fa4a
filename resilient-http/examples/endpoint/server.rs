//! A stand-in for a chat API. It is up, then down, then up again.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::{Duration, Instant};

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// The time during which the API is down.
pub(crate) const OUTAGE: (Duration, Duration) =
    (Duration::from_secs(1), Duration::from_millis(2600));

struct Shared {
    began: Instant,
    requests: AtomicUsize,
}

pub(crate) struct Server {
    base: String,
    shared: Arc<Shared>,
}

impl Server {
    pub(crate) async fn start() -> std::io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let base = format!("http://{}/v1", listener.local_addr()?);
        let shared = Arc::new(Shared { began: Instant::now(), requests: AtomicUsize::new(0) });
        let router = Router::new()
            .route("/v1/chat/completions", post(complete))
            .with_state(Arc::clone(&shared));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(Self { base, shared })
    }

    pub(crate) fn base(&self) -> &str {
        &self.base
    }

    pub(crate) fn age(&self) -> Duration {
        self.shared.began.elapsed()
    }

    pub(crate) fn requests(&self) -> usize {
        self.shared.requests.load(SeqCst)
    }
}

async fn complete(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    Json(request): Json<Value>,
) -> Response {
    let n = shared.requests.fetch_add(1, SeqCst) + 1;
    let is_known = headers.get("authorization").is_some_and(|key| key == "Bearer not-a-secret");
    if !is_known {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let age = shared.began.elapsed();
    if age >= OUTAGE.0 && age < OUTAGE.1 {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    let question = request["messages"][0]["content"].as_str();
    let text = format!("{} (answer {n})", question.unwrap_or("?").trim_end_matches('?'));
    Json(json!({
        "model": request["model"],
        "choices": [{"index": 0, "message": {"role": "assistant", "content": text}}],
    }))
    .into_response()
}
