//! A server on loopback whose responses a closure makes, and clients for it.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use reqwest_middleware::{ClientBuilder, ClientWithMiddleware, Middleware};
use resilient::RetryPolicy;
use tokio::net::TcpListener;

pub(crate) struct Server {
    address: SocketAddr,
    seen: Arc<Mutex<Vec<Request>>>,
}

impl Server {
    /// Starts a server in a task of the running test. `respond` gets the number of the request,
    /// from 1.
    pub(crate) async fn start<F, R>(respond: F) -> Self
    where
        F: Fn(usize) -> R + Clone + Send + Sync + 'static,
        R: Future<Output: IntoResponse> + Send,
    {
        let seen: Arc<Mutex<Vec<Request>>> = Arc::default();
        let requests = Arc::clone(&seen);
        let handler = async move |request: Request| {
            let number = {
                let mut requests = requests.lock().unwrap_or_else(PoisonError::into_inner);
                requests.push(request);
                requests.len()
            };
            respond(number).await.into_response()
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new().fallback(handler);
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { address, seen }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/stock?article=7", self.address)
    }

    /// The key of the server's breaker.
    pub(crate) fn host(&self) -> String {
        self.address.to_string()
    }

    pub(crate) fn requests(&self) -> usize {
        self.seen.lock().unwrap().len()
    }

    /// Returns a header of each request, or an empty text.
    pub(crate) fn header(&self, name: &str) -> Vec<String> {
        let text = |request: &Request| {
            let value = request.headers().get(name);
            value.map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default()
        };
        self.seen.lock().unwrap().iter().map(text).collect()
    }
}

/// Returns a client that keeps no idle connections, because their timers would move a paused clock.
pub(crate) fn client(calls: impl Middleware) -> ClientWithMiddleware {
    let client = reqwest::Client::builder().pool_max_idle_per_host(0).no_proxy().build().unwrap();
    ClientBuilder::new(client).with(calls).build()
}

/// Returns a policy that retries without a pause.
pub(crate) fn at_once(max_retries: u32) -> RetryPolicy {
    let policy = RetryPolicy::builder().max_retries(max_retries).base_delay(Duration::ZERO);
    policy.build().unwrap()
}

/// A response with this status and these headers.
pub(crate) fn status(code: u16, headers: &[(&str, &str)]) -> Response {
    let response =
        headers.iter().fold(Response::builder().status(code), |response, (name, value)| {
            response.header(*name, *value)
        });
    response.body(Body::from("text")).unwrap()
}
