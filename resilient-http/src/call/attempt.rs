//! One attempt. It sends the request, follows redirects within the origin, and reads the response.

use std::borrow::Cow;
use std::ops::ControlFlow;
use std::sync::Arc;

use tokio::time::Instant;

use super::call_state::CallState;
use super::exchange::{Exchanged, exchange};
use super::read_body::{BodyFailure, read_beginning, read_whole};
use super::redirect::Hop;
use super::telemetry::RequestSpan;
use crate::client::ApiClient;
use crate::error::{ApiError, ErrorResponse};
use crate::response::{Response, ResponseHead, Served};
use crate::transport::ResponseBody;

/// A success whose body has not been read. The span ends with the response.
pub(super) struct ReceivedHead {
    pub(super) head: ResponseHead,
    pub(super) body: ResponseBody,
    pub(super) span: RequestSpan,
    began: Instant,
}

pub(super) async fn run_attempt(
    client: &ApiClient,
    call: &CallState<'_>,
) -> Result<Response, ApiError> {
    let ReceivedHead { head, body, span, began } = receive_head(client, call).await?;
    call.begin_reading(head);
    let read = span.within(read_whole(body, client.inner().body_limit)).await;
    // Only the end of the attempt takes the head away, so it is here.
    let head = call.end_reading().ok_or(ApiError::Closed)?;
    let read = match read {
        Ok(body) => call.judged(Response {
            head,
            body,
            attempts: call.attempt(),
            template: call.facts.template.clone(),
            served: Served::Fresh,
        }),
        Err(error) => Err(body_error(error, call, head, began)),
    };
    span.end(read.as_ref().err());
    read
}

/// Sends the request, follows redirects, and returns the head of a success. If the status is
/// another one, reads the beginning of the body into the error.
pub(super) async fn receive_head(
    client: &ApiClient,
    call: &CallState<'_>,
) -> Result<ReceivedHead, ApiError> {
    let began = Instant::now();
    let mut hop = Hop::first(call);
    let mut hops_left = client.inner().redirects;
    loop {
        let Exchanged { response, span, token } = exchange(client, call, &hop, began).await?;
        let next = match hops_left {
            0 => ControlFlow::Break(()),
            _ => hop.follow(client, call, &response),
        };
        if let ControlFlow::Continue(next) = next {
            span.end(None);
            if next.method != hop.method {
                call.mark_acted_upon();
            }
            hop = next;
            hops_left -= 1;
            continue;
        }
        let (parts, body) = response.into_parts();
        let mut head = ResponseHead::received(parts.status, parts.headers);
        if let Cow::Owned(url) = &hop.url {
            head.redirected_to = Some(Arc::new(url.clone()));
        }
        if let Some(hold) = &call.hold {
            hold.response_received(&head, began);
        }
        if head.status.is_success() {
            return Ok(ReceivedHead { head, body, span, began });
        }
        let beginning = read_beginning(body, client.inner().error_body_timeout);
        let (body, is_truncated) = span.within(beginning).await;
        let details = call.details(Some(ErrorResponse::new(head, body, is_truncated)));
        let error = ApiError::of_status(details, began.elapsed());
        span.end(Some(&error));
        if let (ApiError::Authentication { .. }, Some(token)) = (&error, token) {
            // A server that responds with 401 did not act on the request. The next token may help
            // once: if the server refuses it too, the token is not at fault.
            if call.refresh_once() {
                client.inner().credentials.refuse(&token);
                if call.facts.sent_once.is_none() && hop.can_be_sent_again(call) {
                    continue;
                }
            }
        }
        return Err(error);
    }
}

fn body_error(
    failure: BodyFailure,
    call: &CallState<'_>,
    head: ResponseHead,
    began: Instant,
) -> ApiError {
    let details = call.details(Some(ErrorResponse::without_body(head)));
    match failure {
        BodyFailure::TooLarge(limit) => ApiError::too_large(limit, details),
        BodyFailure::Broken(error) => ApiError::of_transport(error, details, began.elapsed()),
    }
}
