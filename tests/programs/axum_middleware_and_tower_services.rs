//! The attributes work on a middleware function of axum, on the method of a `tower::Service`, and
//! on an `async_trait` method that a handler calls.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::task::{Context, Poll};

use async_trait::async_trait;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{StatusCode, Uri};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::{Router, routing::get};
use resilient::{Registry, circuit_breaker, retry};
use tower::{Service, ServiceExt};

static CALLS: AtomicU32 = AtomicU32::new(0);

#[circuit_breaker(
    name = "middleware",
    failure_threshold = 2,
    failure_when = |response| response.status() == StatusCode::BAD_GATEWAY,
    on_open = |_| StatusCode::SERVICE_UNAVAILABLE.into_response(),
)]
async fn guarded(request: Request, next: Next) -> Response {
    next.run(request).await
}

/// The request is not `Clone`, so each attempt makes a request from clones of its parts.
async fn again(request: Request, next: Next) -> Response {
    copies(request.uri().clone(), next).await
}

#[retry(max_retries = 2, retry_when = |response| response.status().is_server_error())]
async fn copies(uri: Uri, next: Next) -> Response {
    let mut copy = Request::new(Body::empty());
    *copy.uri_mut() = uri;
    next.run(copy).await
}

#[async_trait]
trait Repository: Send + Sync {
    async fn load(&self, id: u32) -> Option<String>;
}

struct Memory;

#[async_trait]
impl Repository for Memory {
    #[retry(max_retries = 1)]
    async fn load(&self, id: u32) -> Option<String> {
        let n = CALLS.fetch_add(1, SeqCst) + 1;
        (n % 6 == 0 && n < 100).then(|| format!("{id} {n}"))
    }
}

async fn handler(State(repository): State<Arc<dyn Repository>>) -> Result<String, StatusCode> {
    repository.load(7).await.ok_or(StatusCode::BAD_GATEWAY)
}

#[derive(Clone)]
struct Counted<S>(S);

impl<S> Service<Request> for Counted<S>
where
    S: Service<Request, Error = Infallible> + Clone + Send + 'static,
    S::Response: IntoResponse,
    S::Future: Send,
{
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        counted(self.0.clone(), request)
    }
}

#[circuit_breaker(name = "service", on_open = |_| unreachable!())]
fn counted<S>(
    service: S,
    request: Request,
) -> Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>
where
    S: Service<Request, Error = Infallible, Future: Send> + Send + 'static,
    S::Response: IntoResponse,
{
    let response = service.oneshot(request);
    Box::pin(async move { response.await.map(IntoResponse::into_response) })
}

#[tokio::test(start_paused = true)]
async fn runs() {
    let repository: Arc<dyn Repository> = Arc::new(Memory);
    let router: Router = Router::new()
        .route("/", get(handler))
        .layer(from_fn(again))
        .layer(from_fn(guarded))
        .with_state(repository);
    let mut service = Counted(router);
    let mut call = async || {
        let response =
            service.ready().await.unwrap().call(Request::new(Body::empty())).await.unwrap();
        (response.status().as_u16(), CALLS.load(SeqCst))
    };
    assert_eq!(call().await, (200, 6), "the middleware makes three calls, the method two");
    CALLS.store(6, SeqCst);
    assert_eq!(call().await, (200, 12));
    CALLS.store(100, SeqCst);
    assert_eq!(call().await, (502, 106));
    assert_eq!(call().await, (502, 112));
    assert_eq!(call().await, (503, 112), "the breaker rejects the call");
    let totals = |name| {
        let totals = Registry::global().get(name).unwrap().snapshot().totals;
        (totals.success, totals.failure, totals.rejected)
    };
    assert_eq!(totals("middleware"), (2, 2, 1));
    assert_eq!(totals("service"), (5, 0, 0));
}
