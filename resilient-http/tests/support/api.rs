//! A server that responds with the result of a closure and records requests.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::State;
use axum::response::Response;
use http::{HeaderMap, Method, Request};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::counted::{Connections, CountedListener};

/// A request that the server received.
#[derive(Debug, Clone)]
pub struct Seen {
    pub method: Method,
    pub target: String,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Seen {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }
}

type Answer = dyn Fn(usize, &Seen) -> Response + Send + Sync;

struct Shared {
    seen: Mutex<Vec<Seen>>,
    answer: Box<Answer>,
}

/// A server on loopback. It stops when this value is dropped.
pub struct Api {
    pub url: String,
    pub connections: Connections,
    shared: Arc<Shared>,
    server: JoinHandle<()>,
}

impl Api {
    /// Starts a server that responds to request `n`, counted from 0, with the result of `answer`.
    pub async fn serve(answer: impl Fn(usize, &Seen) -> Response + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let connections = Connections::default();
        let shared = Arc::new(Shared { seen: Mutex::default(), answer: Box::new(answer) });
        let router = Router::new().fallback(handle).with_state(Arc::clone(&shared));
        let listener = CountedListener { listener, connections: connections.clone() };
        let server = tokio::spawn(async move {
            axum::serve(listener, router).await.unwrap();
        });
        Self { url, connections, shared, server }
    }

    /// Starts a server that responds with these statuses, one after the other, and then repeats the
    /// last status.
    pub async fn statuses(statuses: &'static [u16]) -> Self {
        Self::serve(move |n, _| status(statuses[n.min(statuses.len() - 1)])).await
    }

    pub fn count(&self) -> usize {
        self.shared.seen.lock().unwrap().len()
    }

    pub fn seen(&self) -> Vec<Seen> {
        self.shared.seen.lock().unwrap().clone()
    }

    /// Returns the request that arrived. Panics if there is not exactly one.
    pub fn only(&self) -> Seen {
        let seen = self.seen();
        assert_eq!(seen.len(), 1, "{seen:?}");
        seen[0].clone()
    }
}

impl Drop for Api {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn handle(State(shared): State<Arc<Shared>>, request: Request<Body>) -> Response {
    let (parts, body) = request.into_parts();
    let seen = Seen {
        method: parts.method,
        target: parts.uri.to_string(),
        headers: parts.headers,
        body: to_bytes(body, usize::MAX).await.unwrap_or_default().to_vec(),
    };
    let n = {
        let mut all = shared.seen.lock().unwrap();
        all.push(seen.clone());
        all.len() - 1
    };
    (shared.answer)(n, &seen)
}

/// Returns a response with this status. Its JSON body contains the status.
pub fn status(status: u16) -> Response {
    answer(status, &[], format!(r#"{{"detail":"status {status}"}}"#))
}

/// Returns a success with this JSON body.
pub fn json(body: &'static str) -> Response {
    answer(200, &[("content-type", "application/json")], body)
}

pub fn answer(status: u16, headers: &[(&str, &str)], body: impl Into<Body>) -> Response {
    let mut response = Response::builder().status(status);
    for (name, value) in headers {
        response = response.header(*name, *value);
    }
    response.body(body.into()).unwrap()
}
