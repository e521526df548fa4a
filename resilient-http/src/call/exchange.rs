//! Sends the request of a hop and returns the head of its response. A request that the server
//! certainly did not process is sent again at once.

use http::HeaderMap;
use tokio::time::Instant;
use url::Url;

use super::call_state::CallState;
use super::redirect::Hop;
use super::telemetry::RequestSpan;
use crate::client::{ApiClient, RefreshedToken};
use crate::error::{ApiError, FailureCause, Phase, TransportError};
use crate::transport::{ResponseBody, TransportRequest};

/// How often a request is sent again because the server refused to process it. Each time, the
/// server has just closed or limited the connection, so another connection usually accepts it.
const REFUSALS: u32 = 3;

/// The sends of one hop that cost no retry.
struct FreeResends {
    refusals: u32,
    lost_connections: u32,
}

/// The head of a response, and what the rest of the attempt needs to know about its request.
pub(super) struct Exchanged {
    pub(super) response: http::Response<ResponseBody>,
    /// The span of the request, which ends with the response.
    pub(super) span: RequestSpan,
    /// The token that the request carried, if the token can be refreshed.
    pub(super) token: Option<RefreshedToken>,
}

/// Sends the request of a hop.
///
/// Neither a refused request nor a request that was lost on a reused connection says anything about
/// the health of the server. Such a request is sent again within the attempt, so that it needs no
/// retry, no token of the budget, and no second permit of the breaker.
pub(super) async fn exchange(
    client: &ApiClient,
    call: &CallState<'_>,
    hop: &Hop<'_>,
    began: Instant,
) -> Result<Exchanged, ApiError> {
    if let Some(hold) = &call.hold {
        hold.request_sent(began);
    }
    let mut resends = FreeResends { refusals: REFUSALS, lost_connections: 1 };
    loop {
        let mut url = hop.url.as_ref().clone();
        let mut headers = hop.headers.as_ref().clone();
        // The credentials are added before the span begins, because a refresh is no part of the
        // exchange with this server.
        let token = if client.inner().base.is_own(&url) {
            let applied = client.inner().credentials.apply(&mut url, &mut headers).await;
            let token =
                applied.map_err(|error| ApiError::of_credentials(error, call.details(None)))?;
            // The time is read last, because a refresh of the credentials takes time.
            let added = client.inner().context_headers.add(&mut headers, !call.is_streamed);
            added.map_err(|cut| {
                let after = began.elapsed().saturating_add(cut.after());
                ApiError::too_late(after, call.details(None))
            })?;
            token
        } else {
            None
        };
        let template = &call.facts.template;
        let mut span = RequestSpan::begin(template, &hop.method, &hop.url, call.resends());
        let needs_fresh = resends.lost_connections == 0;
        match span.within(send_hop(call, hop, url, headers, needs_fresh)).await {
            Ok(response) => {
                span.record_status(response.status());
                return Ok(Exchanged { response, span, token });
            }
            Err(SendError::Transport(failure)) => {
                let is_repeated = resends.allow(&failure, call, hop);
                let mut details = call.details(None);
                details.server = server(&hop.url);
                let error = ApiError::of_transport(failure, details, began.elapsed());
                span.end(Some(&error));
                if !is_repeated {
                    return Err(error);
                }
            }
            Err(SendError::Other(error)) => {
                span.end(Some(&error));
                return Err(error);
            }
        }
    }
}

impl FreeResends {
    fn allow(&mut self, failure: &TransportError, call: &CallState<'_>, hop: &Hop<'_>) -> bool {
        let left = match failure.cause {
            FailureCause::Connection(Phase::Refused) => &mut self.refusals,
            FailureCause::ReusedConnection if hop.is_repeatable => &mut self.lost_connections,
            _ => return false,
        };
        if *left == 0 || !hop.can_be_sent_again(call) {
            return false;
        }
        *left -= 1;
        true
    }
}

/// Returns the host and the port of the address, which is all of it that an error may show.
fn server(url: &Url) -> Option<String> {
    Some(format!("{}:{}", url.host_str()?, url.port_or_known_default()?))
}

enum SendError {
    Transport(TransportError),
    Other(ApiError),
}

impl<E: Into<ApiError>> From<E> for SendError {
    fn from(error: E) -> Self {
        Self::Other(error.into())
    }
}

async fn send_hop(
    call: &CallState<'_>,
    hop: &Hop<'_>,
    url: Url,
    headers: HeaderMap,
    needs_fresh_connection: bool,
) -> Result<http::Response<ResponseBody>, SendError> {
    let body = hop.body(call)?;
    let Some(transport) = call.guard.transport() else {
        return Err(ApiError::Closed.into());
    };
    let fault = body.fault();
    let mut request = TransportRequest::new(hop.method.clone(), url, headers, body);
    request.needs_fresh_connection = needs_fresh_connection;
    match transport.send(request).await {
        Ok(response) => Ok(response.map(|body| body.blaming(fault))),
        Err(failure) => Err(SendError::Transport(fault.cause_of(failure))),
    }
}
