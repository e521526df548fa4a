//! One attempt: the request goes out, redirects within the origin are followed, the answer is read whole.

use std::ops::ControlFlow;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, Method, StatusCode, header};
use http_body::Body as _;
use http_body_util::BodyExt;
use tokio::time::Instant;
use url::Url;

use crate::address::same_origin;
use crate::body::RequestBody;
use crate::call::{Accept, Call};
use crate::client::ApiClient;
use crate::error::{ApiError, BuildError, BuildErrorKind, Details, Opaque, Phase, Reply};
use crate::redact::mark_secrets;
use crate::response::{Rejected, Response, Served};
use crate::telemetry::Sent;
use crate::transport::{Cause, ResponseBody, TransportError};

/// What is kept of the body of an error.
const ERROR_BODY_LIMIT: usize = 64 * 1024;

/// One request of an attempt: the call's own, or where a redirect leads.
struct Hop {
    method: Method,
    url: Url,
    headers: HeaderMap,
    has_body: bool,
}

impl ApiClient {
    pub(crate) async fn exchange(
        &self,
        call: &Call<'_>,
        accept: &mut Accept<'_>,
    ) -> Result<(), ApiError> {
        let began = Instant::now();
        let mut hop = Hop {
            method: call.facts.method.clone(),
            url: call.request.url.clone(),
            headers: call.headers.clone(),
            has_body: true,
        };
        let mut hops_left = self.inner().redirects;
        loop {
            let mut sent = Sent::begin(call, &hop.method, &hop.url, call.resends());
            let response = match sent.within(self.send(call, &hop)).await {
                Ok(response) => response,
                Err(error) => {
                    sent.end(Some(&error));
                    return Err(error);
                }
            };
            call.saw(response.status());
            sent.saw(response.status());
            let next = if hops_left > 0 {
                hop.follow(call, &response)
            } else {
                ControlFlow::Break(())
            };
            if let ControlFlow::Continue(next) = next {
                sent.end(None);
                if next.method != hop.method {
                    call.goes_on_to_its_result();
                }
                hop = next;
                hops_left -= 1;
                continue;
            }
            let read = sent.within(self.read(call, response, began)).await;
            sent.end(read.as_ref().err());
            return accept(read?);
        }
    }

    /// Reads the answer to its end.
    async fn read(
        &self,
        call: &Call<'_>,
        response: http::Response<ResponseBody>,
        began: Instant,
    ) -> Result<Response, ApiError> {
        let (mut parts, body) = response.into_parts();
        mark_secrets(&mut parts.headers);
        if parts.status.is_success() {
            let body = read_whole(body, self.inner().body_limit).await;
            let body = body.map_err(|broken| broken.explain(call, parts.status, &parts.headers))?;
            return Ok(Response {
                status: parts.status,
                headers: parts.headers,
                body,
                attempts: call.attempt(),
                template: call.facts.template.clone(),
                served: Served::Fresh,
            });
        }
        let (body, is_truncated) = read_beginning(body).await;
        let reply = Reply {
            status: parts.status,
            headers: parts.headers,
            body,
            is_truncated,
        };
        let details = call.details(Some(reply));
        Err(ApiError::of_status(details, began.elapsed()))
    }

    async fn send(
        &self,
        call: &Call<'_>,
        hop: &Hop,
    ) -> Result<http::Response<ResponseBody>, ApiError> {
        let body = hop.body(call)?;
        let mut url = hop.url.clone();
        let mut headers = hop.headers.clone();
        if self.base().is_own(&url) {
            self.inner().credentials.apply(&mut url, &mut headers)?;
        }
        let mut request = http::Request::new(body);
        *request.method_mut() = hop.method.clone();
        *request.uri_mut() = url.as_str().parse().map_err(|_| {
            BuildError::new(
                BuildErrorKind::Transport,
                "address",
                "is longer than can be sent",
            )
        })?;
        *request.headers_mut() = headers;
        let Some(transport) = call.visit.transport() else {
            return Err(ApiError::Closed);
        };
        let sent = transport.send(request).await;
        sent.map_err(|error| ApiError::of_transport(call, error))
    }
}

impl Hop {
    fn body(&self, call: &Call<'_>) -> Result<RequestBody, ApiError> {
        if !self.has_body {
            return Ok(RequestBody::default());
        }
        call.request.body.open().ok_or_else(|| {
            let problem = "was there once, and is gone: the request was executed before";
            BuildError::new(BuildErrorKind::Body, "body", problem).into()
        })
    }

    /// Where the answer leads, if it is followed there.
    fn follow<B>(&self, call: &Call<'_>, response: &http::Response<B>) -> ControlFlow<(), Self> {
        let status = response.status();
        let becomes_get = match status {
            StatusCode::MOVED_PERMANENTLY | StatusCode::FOUND => self.method == Method::POST,
            StatusCode::SEE_OTHER => self.method != Method::HEAD,
            StatusCode::TEMPORARY_REDIRECT | StatusCode::PERMANENT_REDIRECT => false,
            _ => return ControlFlow::Break(()),
        };
        let location = response.headers().get(header::LOCATION);
        let to = location
            .and_then(|value| std::str::from_utf8(value.as_bytes()).ok())
            .and_then(|location| same_origin(&self.url, location))
            // One that is too long cannot be sent.
            .filter(|url| url.as_str().parse::<http::Uri>().is_ok());
        let Some(url) = to else {
            return ControlFlow::Break(());
        };
        let mut headers = self.headers.clone();
        if becomes_get {
            for name in [
                header::CONTENT_TYPE,
                header::CONTENT_LENGTH,
                header::CONTENT_ENCODING,
            ] {
                headers.remove(name);
            }
        } else if self.has_body && !call.facts.is_replayable {
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(Self {
            method: if becomes_get {
                Method::GET
            } else {
                self.method.clone()
            },
            url,
            headers,
            has_body: self.has_body && !becomes_get,
        })
    }
}

enum Broken {
    TooLarge(usize),
    Off(TransportError),
}

impl Broken {
    fn explain(self, call: &Call<'_>, status: StatusCode, headers: &HeaderMap) -> ApiError {
        let mut details = call.details(Some(Reply {
            status,
            headers: headers.clone(),
            body: Bytes::new(),
            is_truncated: true,
        }));
        match self {
            Self::TooLarge(limit) => ApiError::TooLarge {
                limit,
                details: Opaque::new(details),
            },
            Self::Off(error) => {
                details.source = Some(error.into());
                ApiError::Connection {
                    phase: Phase::Body,
                    details: Opaque::new(details),
                }
            }
        }
    }
}

/// The whole body, decompressed, unless it is longer than `limit`.
async fn read_whole(mut body: ResponseBody, limit: usize) -> Result<Bytes, Broken> {
    let announced = usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX);
    if announced > limit {
        return Err(Broken::TooLarge(limit));
    }
    let mut whole = BytesMut::new();
    while let Some(frame) = body.frame().await {
        if let Ok(piece) = frame.map_err(Broken::Off)?.into_data() {
            if piece.len() > limit - whole.len() {
                return Err(Broken::TooLarge(limit));
            }
            whole.extend_from_slice(&piece);
        }
    }
    Ok(whole.freeze())
}

/// The beginning of an error's body, and whether there was more. That it breaks off changes nothing: the status says it.
async fn read_beginning(mut body: ResponseBody) -> (Bytes, bool) {
    let mut beginning = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let Ok(frame) = frame else {
            return (beginning.freeze(), true);
        };
        if let Ok(mut piece) = frame.into_data() {
            let room = ERROR_BODY_LIMIT - beginning.len();
            if piece.len() > room {
                piece.truncate(room);
                beginning.extend_from_slice(&piece);
                return (beginning.freeze(), true);
            }
            beginning.extend_from_slice(&piece);
        }
    }
    (beginning.freeze(), false)
}

impl ApiError {
    fn of_transport(call: &Call<'_>, error: TransportError) -> Self {
        match error.cause {
            Cause::Unsendable(problem) => {
                BuildError::new(BuildErrorKind::Transport, "transport", problem).into()
            }
            Cause::Connection(phase) => {
                let mut details = call.details(None);
                // The transport's own words are in this error already.
                details.source = error.source;
                Self::Connection {
                    phase,
                    details: Opaque::new(details),
                }
            }
        }
    }

    pub(crate) fn unreadable(mut details: Details, rejected: Rejected) -> Self {
        let (response, error) = rejected.into_parts();
        let is_long = response.body.len() > ERROR_BODY_LIMIT;
        // Copied, so that an error keeps no long body alive.
        let kept = &response.body[..response.body.len().min(ERROR_BODY_LIMIT)];
        details.reply = Some(Reply {
            status: response.status,
            headers: response.headers,
            body: Bytes::copy_from_slice(kept),
            is_truncated: is_long,
        });
        Self::Decode {
            error: Arc::new(error),
            details: Opaque::new(details),
        }
    }
}
