//! One attempt. It sends the request, follows redirects within the origin, and reads the response.

use std::ops::ControlFlow;

use bytes::Bytes;
use tokio::time::Instant;

use super::call_state::CallState;
use super::read_body::{BodyFailure, read_beginning, read_whole};
use super::redirect::Hop;
use super::telemetry::RequestSpan;
use crate::client::ApiClient;
use crate::error::{ApiError, BuildError, BuildErrorKind, ErrorResponse, Opaque, Phase};
use crate::response::{Response, ResponseHead, Served};
use crate::transport::{FailureCause, ResponseBody, TransportError};

/// Receives the response before the attempt ends, so that an unreadable response does not count as
/// a success.
pub(super) type Accept<'a> = dyn FnMut(Response) -> Result<(), ApiError> + Send + 'a;

pub(super) async fn run_attempt(
    client: &ApiClient,
    call: &CallState<'_>,
    accept: &mut Accept<'_>,
) -> Result<(), ApiError> {
    let began = Instant::now();
    let mut hop = Hop {
        method: call.facts.method.clone(),
        url: call.request.url.clone(),
        headers: call.headers.clone(),
        has_body: true,
    };
    let mut hops_left = client.inner().redirects;
    loop {
        let template = &call.facts.template;
        let mut span = RequestSpan::begin(template, &hop.method, &hop.url, call.resends());
        let response = match span.within(send_hop(client, call, &hop)).await {
            Ok(response) => response,
            Err(error) => {
                span.end(Some(&error));
                return Err(error);
            }
        };
        call.record_status(response.status());
        span.record_status(response.status());
        let next = if hops_left > 0 { hop.follow(call, &response) } else { ControlFlow::Break(()) };
        if let ControlFlow::Continue(next) = next {
            span.end(None);
            if next.method != hop.method {
                call.mark_acted_upon();
            }
            hop = next;
            hops_left -= 1;
            continue;
        }
        let read = span.within(read_response(client, call, response, began)).await;
        span.end(read.as_ref().err());
        return accept(read?);
    }
}

async fn read_response(
    client: &ApiClient,
    call: &CallState<'_>,
    response: http::Response<ResponseBody>,
    began: Instant,
) -> Result<Response, ApiError> {
    let (parts, body) = response.into_parts();
    let head = ResponseHead::received(parts.status, parts.headers);
    if head.status.is_success() {
        return match read_whole(body, client.inner().body_limit).await {
            Ok(body) => Ok(Response {
                head,
                body,
                attempts: call.attempt(),
                template: call.facts.template.clone(),
                served: Served::Fresh,
            }),
            Err(error) => Err(body_error(error, call, head)),
        };
    }
    let (body, is_truncated) = read_beginning(body).await;
    let details = call.details(Some(ErrorResponse { head, body, is_truncated }));
    Err(ApiError::of_status(details, began.elapsed()))
}

async fn send_hop(
    client: &ApiClient,
    call: &CallState<'_>,
    hop: &Hop,
) -> Result<http::Response<ResponseBody>, ApiError> {
    let body = hop.body(call)?;
    let mut url = hop.url.clone();
    let mut headers = hop.headers.clone();
    if client.inner().base.is_own(&url) {
        client.inner().credentials.apply(&mut url, &mut headers)?;
    }
    let mut request = http::Request::new(body);
    *request.method_mut() = hop.method.clone();
    *request.uri_mut() = url.as_str().parse().map_err(|_| {
        let problem = "is longer than can be sent";
        BuildError::new(BuildErrorKind::Transport, "address", problem)
    })?;
    *request.headers_mut() = headers;
    let Some(transport) = call.guard.transport() else {
        return Err(ApiError::Closed);
    };
    let sent = transport.send(request).await;
    sent.map_err(|error| transport_error(error, call))
}

fn body_error(failure: BodyFailure, call: &CallState<'_>, head: ResponseHead) -> ApiError {
    let mut details =
        call.details(Some(ErrorResponse { head, body: Bytes::new(), is_truncated: true }));
    match failure {
        BodyFailure::TooLarge(limit) => ApiError::TooLarge { limit, details: Opaque::new(details) },
        BodyFailure::Broken(error) => {
            details.source = Some(error.into());
            ApiError::Connection { phase: Phase::Body, details: Opaque::new(details) }
        }
    }
}

fn transport_error(error: TransportError, call: &CallState<'_>) -> ApiError {
    match error.cause {
        FailureCause::Unsendable(problem) => {
            BuildError::new(BuildErrorKind::Transport, "transport", problem).into()
        }
        FailureCause::Connection(phase) => {
            let mut details = call.details(None);
            // `ApiError` replaces the text of the transport's error, so the source of the
            // transport's error becomes its direct source.
            details.source = error.source;
            ApiError::Connection { phase, details: Opaque::new(details) }
        }
    }
}
