//! The feature `axum`, with a router and with a real server.

mod health;
mod rejection;
mod server;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, Request, StatusCode};
use tower::ServiceExt;

/// The status, the headers and the text of a response.
struct Reply {
    status: StatusCode,
    headers: HeaderMap,
    text: String,
}

async fn reply(response: impl IntoResponse) -> Reply {
    let (parts, body): (_, Body) = Response::into_parts(response.into_response());
    let text = to_bytes(body, 10_000).await.unwrap();
    let text = String::from_utf8(text.to_vec()).unwrap();
    Reply { status: parts.status, headers: parts.headers, text }
}

async fn get(router: &Router, path: &str, headers: &[(&str, &str)]) -> Reply {
    let request = headers
        .iter()
        .fold(Request::get(path), |request, (name, value)| request.header(*name, *value));
    let request = request.body(Body::empty()).unwrap();
    reply(router.clone().oneshot(request).await.unwrap()).await
}
