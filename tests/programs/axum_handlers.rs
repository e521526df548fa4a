//! The attributes work on handlers of axum: with extractors by pattern and by value, with bodies,
//! with responses of every kind, and with retry and breaker in both orders.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{FromRequest, FromRequestParts, Path, Request, State};
use axum::http::{HeaderMap, Method, StatusCode, request::Parts};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use resilient::{CircuitOpen, Registry, circuit_breaker, retry};
use tower::ServiceExt;

#[derive(Clone, Default)]
struct App {
    calls: Arc<AtomicU32>,
}

#[derive(Debug)]
enum ApiError {
    Upstream(u32),
    Open(CircuitOpen),
}

impl From<CircuitOpen> for ApiError {
    fn from(open: CircuitOpen) -> Self {
        ApiError::Open(open)
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        match self {
            ApiError::Upstream(n) => (StatusCode::BAD_GATEWAY, n.to_string()).into_response(),
            ApiError::Open(open) => {
                (StatusCode::SERVICE_UNAVAILABLE, open.breaker().to_owned()).into_response()
            }
        }
    }
}

/// An extractor of the body, like `Json`, that is also a response.
#[derive(Debug, Clone, PartialEq)]
struct Csv<T>(T);

impl<S: Send + Sync> FromRequest<S> for Csv<Vec<u32>> {
    type Rejection = StatusCode;

    async fn from_request(request: Request, state: &S) -> Result<Self, StatusCode> {
        let text =
            String::from_request(request, state).await.map_err(|_| StatusCode::BAD_REQUEST)?;
        let numbers = text.split(',').map(str::parse).collect::<Result<_, _>>();
        numbers.map(Csv).map_err(|_| StatusCode::UNPROCESSABLE_ENTITY)
    }
}

impl IntoResponse for Csv<Vec<u32>> {
    fn into_response(self) -> Response {
        let texts: Vec<_> = self.0.iter().map(u32::to_string).collect();
        texts.join(",").into_response()
    }
}

/// An extractor that is not `Clone`.
struct Tenant(String);

impl<S: Send + Sync> FromRequestParts<S> for Tenant {
    type Rejection = StatusCode;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, StatusCode> {
        let tenant = parts.headers.get("tenant").and_then(|value| value.to_str().ok());
        tenant.map(|tenant| Tenant(tenant.to_owned())).ok_or(StatusCode::UNAUTHORIZED)
    }
}

async fn upstream(calls: &AtomicU32) -> Result<u32, ApiError> {
    tokio::task::yield_now().await;
    match calls.fetch_add(1, SeqCst) + 1 {
        n if n % 3 == 0 => Ok(n),
        n => Err(ApiError::Upstream(n)),
    }
}

#[retry]
#[circuit_breaker(name = "get")]
async fn load(
    State(app): State<App>,
    Path((kind, id)): Path<(String, u32)>,
) -> Result<String, ApiError> {
    let n = upstream(&app.calls).await?;
    Ok(format!("{kind} {id} {n}"))
}

#[circuit_breaker(name = "post", order = explicit)]
#[retry]
async fn sorted(
    State(App { calls }): State<App>,
    Csv(mut numbers): Csv<Vec<u32>>,
) -> Result<Csv<Vec<u32>>, ApiError> {
    numbers.push(upstream(&calls).await?);
    numbers.sort_unstable();
    Ok(Csv(numbers))
}

#[retry(max_retries = 1)]
async fn headers(
    method: Method,
    headers: HeaderMap,
    State(app): State<App>,
    body: Bytes,
) -> Result<(StatusCode, impl IntoResponse), ApiError> {
    upstream(&app.calls).await?;
    Ok((StatusCode::ACCEPTED, format!("{method} {} {}", headers.len(), body.len())))
}

#[retry(borrow(tenant))]
async fn tenant(tenant: Tenant, State(app): State<App>) -> Result<String, ApiError> {
    upstream(&app.calls).await?;
    Ok(tenant.0.clone())
}

#[retry(retry_when = |response: &Response| response.status().is_server_error())]
async fn any_response(State(app): State<App>, body: String) -> Response {
    match upstream(&app.calls).await {
        Ok(n) => (StatusCode::CREATED, format!("{body}{n}")).into_response(),
        Err(error) => error.into_response(),
    }
}

#[circuit_breaker(
    name = "whole request",
    failure_threshold = 2,
    failure_when = |response| response.status().is_server_error(),
    on_open = |open| ApiError::Open(open).into_response(),
)]
async fn whole_request(State(app): State<App>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let _ = to_bytes(body, 100).await;
    app.calls.fetch_add(1, SeqCst);
    (StatusCode::INTERNAL_SERVER_ERROR, parts.uri.path().to_owned()).into_response()
}

#[circuit_breaker(name = "never extracted", order = explicit)]
#[retry]
#[allow(clippy::unused_async)]
async fn status() -> Result<StatusCode, ApiError> {
    Ok(StatusCode::NO_CONTENT)
}

struct Controller;

impl Controller {
    #[retry]
    async fn method(State(app): State<App>) -> Result<String, ApiError> {
        Ok(upstream(&app.calls).await?.to_string())
    }

    #[retry]
    async fn shared(self: Arc<Self>, app: App) -> Result<String, ApiError> {
        Ok(upstream(&app.calls).await?.to_string())
    }
}

#[tokio::test(start_paused = true)]
async fn runs() {
    let app = App::default();
    let controller = Arc::new(Controller);
    let router = Router::new()
        .route("/load/{kind}/{id}", get(load))
        .route("/sorted", post(sorted))
        .route("/headers", post(headers))
        .route("/tenant", get(tenant))
        .route("/any", post(any_response))
        .route("/whole/{*path}", get(whole_request))
        .route("/status", get(status))
        .route("/method", get(Controller::method))
        .route("/shared", get(move |State(app): State<App>| controller.clone().shared(app)))
        .with_state(app.clone());
    let call = async |method: &str, path: &str, body: &'static str| {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("tenant", "t")
            .body(Body::from(body));
        let response = router.clone().oneshot(request.unwrap()).await.unwrap();
        let status = response.status().as_u16();
        let body = to_bytes(response.into_body(), 1000).await.unwrap();
        (status, String::from_utf8(body.to_vec()).unwrap(), app.calls.swap(0, SeqCst))
    };
    let answer = |status, body: &str, calls| (status, body.to_owned(), calls);
    assert_eq!(call("GET", "/load/order/7", "").await, answer(200, "order 7 3", 3));
    assert_eq!(call("POST", "/sorted", "9,1").await, answer(200, "1,3,9", 3));
    assert_eq!(call("POST", "/sorted", "x").await, answer(422, "", 0));
    assert_eq!(call("POST", "/headers", "body").await, answer(502, "2", 2));
    app.calls.store(1, SeqCst);
    assert_eq!(call("POST", "/headers", "body").await, answer(202, "POST 1 4", 3));
    assert_eq!(call("GET", "/tenant", "").await, answer(200, "t", 3));
    assert_eq!(call("POST", "/any", "x").await, answer(201, "x3", 3));
    assert_eq!(call("GET", "/whole/a", "").await, answer(500, "/whole/a", 1));
    assert_eq!(call("GET", "/whole/b", "").await, answer(500, "/whole/b", 1));
    assert_eq!(call("GET", "/whole/c", "").await, answer(503, "whole request", 0));
    assert_eq!(call("GET", "/status", "").await, answer(204, "", 0));
    assert_eq!(call("GET", "/method", "").await, answer(200, "3", 3));
    assert_eq!(call("GET", "/shared", "").await, answer(200, "3", 3));
    let totals = |name| {
        let totals = Registry::global().get(name).unwrap().snapshot().totals;
        (totals.success, totals.failure, totals.rejected)
    };
    assert_eq!(totals("get"), (1, 2, 0));
    assert_eq!(totals("post"), (1, 0, 0));
    assert_eq!(totals("whole request"), (0, 2, 1));
}
