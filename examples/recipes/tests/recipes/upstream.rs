//! Servers in the process of the tests, which can hang, end and start again.

use std::future::pending;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

/// A server on its own threads, so that its end closes all its connections.
#[derive(Debug)]
pub(crate) struct Process {
    runtime: Option<Runtime>,
    pub(crate) address: SocketAddr,
}

impl Process {
    /// Listens at this address, or at a free port of loopback.
    pub(crate) fn start<F: Future<Output: Send> + Send + 'static>(
        address: Option<SocketAddr>,
        serve: impl FnOnce(TcpListener) -> F + Send + 'static,
    ) -> Self {
        let start = move || {
            let mut runtime = tokio::runtime::Builder::new_multi_thread();
            let runtime = runtime.worker_threads(1).enable_all().build().unwrap();
            let address = address.unwrap_or_else(|| (Ipv4Addr::LOCALHOST, 0).into());
            let listener = runtime.block_on(TcpListener::bind(address)).unwrap();
            let address = listener.local_addr().unwrap();
            runtime.spawn(async move { serve(listener).await });
            Self { runtime: Some(runtime), address }
        };
        // The caller is in a runtime, which must not block on another one.
        thread::spawn(start).join().unwrap()
    }

    /// Ends the server and all its connections.
    pub(crate) fn end(&mut self) {
        let Some(runtime) = self.runtime.take() else { return };
        thread::spawn(|| runtime.shutdown_timeout(Duration::from_secs(10)))
            .join()
            .unwrap();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.end();
    }
}

/// How an HTTP server responds.
#[derive(Debug, Clone)]
pub(crate) enum Behaviour {
    Responds(u16, &'static str),
    RetryAfter(u16, u32),
    Hangs,
}

/// What a request contained.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Received {
    pub(crate) path: String,
    pub(crate) key: String,
    pub(crate) body: String,
}

/// An HTTP server that notes all requests. The first responses can differ from the later ones.
#[derive(Debug)]
pub(crate) struct Upstream {
    process: Process,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    first: Mutex<Vec<Behaviour>>,
    later: Mutex<Behaviour>,
    received: Mutex<Vec<Received>>,
}

impl Upstream {
    /// Responds with status 200 and this body.
    pub(crate) fn start(body: &'static str) -> Self {
        let shared = Arc::new(Shared {
            first: Mutex::default(),
            later: Mutex::new(Behaviour::Responds(200, body)),
            received: Mutex::default(),
        });
        Self { process: serve(None, Arc::clone(&shared)), shared }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.process.address)
    }

    pub(crate) fn set(&self, behaviour: Behaviour) {
        *self.shared.later.lock().unwrap() = behaviour;
    }

    /// Behaves like this for the next request.
    pub(crate) fn once(&self, behaviour: Behaviour) {
        self.shared.first.lock().unwrap().push(behaviour);
    }

    /// Returns the requests since the last call of this method.
    pub(crate) fn received(&self) -> Vec<Received> {
        std::mem::take(&mut *self.shared.received.lock().unwrap())
    }

    pub(crate) fn end(&mut self) {
        self.process.end();
    }

    /// Starts again at the same address, as after [`Self::start`]. Requests that an earlier test
    /// left behind are not noted.
    pub(crate) fn reset(&mut self, body: &'static str) {
        self.process.end();
        self.shared.first.lock().unwrap().clear();
        self.shared.received.lock().unwrap().clear();
        self.set(Behaviour::Responds(200, body));
        self.restart();
    }

    /// Starts again at the same address.
    pub(crate) fn restart(&mut self) {
        self.process.end();
        self.process = serve(Some(self.process.address), Arc::clone(&self.shared));
    }
}

fn serve(address: Option<SocketAddr>, shared: Arc<Shared>) -> Process {
    Process::start(address, |listener| async move {
        let respond =
            move |headers, request| respond(Arc::clone(&shared), headers, request);
        axum::serve(listener, Router::new().fallback(respond)).await
    })
}

async fn respond(shared: Arc<Shared>, headers: HeaderMap, request: Request) -> Response {
    let path = request.uri().path().to_owned();
    let body = axum::body::to_bytes(request.into_body(), usize::MAX).await.unwrap();
    let body = String::from_utf8(body.into()).unwrap();
    let key =
        headers.get("idempotency-key").map_or("", |key| key.to_str().unwrap()).to_owned();
    shared.received.lock().unwrap().push(Received { path, key, body });
    let first = shared.first.lock().unwrap().pop();
    let behaviour = first.unwrap_or_else(|| shared.later.lock().unwrap().clone());
    match behaviour {
        Behaviour::Responds(status, body) => {
            (StatusCode::from_u16(status).unwrap(), body).into_response()
        }
        Behaviour::RetryAfter(status, seconds) => {
            let headers = [("retry-after", seconds.to_string())];
            (StatusCode::from_u16(status).unwrap(), headers).into_response()
        }
        Behaviour::Hangs => pending().await,
    }
}
