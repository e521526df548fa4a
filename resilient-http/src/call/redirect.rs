//! The requests of one attempt: the request of the call, and the requests to which redirects lead.

use std::borrow::Cow;
use std::ops::ControlFlow;

use http::{HeaderMap, Method, StatusCode, header};
use url::Url;

use super::call_state::CallState;
use crate::address::same_origin;
use crate::client::ApiClient;
use crate::error::{ApiError, BuildError, BuildErrorKind};
use crate::request::RequestBody;

pub(super) struct Hop<'a> {
    pub(super) method: Method,
    pub(super) url: Cow<'a, Url>,
    pub(super) headers: Cow<'a, HeaderMap>,
    pub(super) has_body: bool,
    /// Whether this request may be sent twice.
    pub(super) is_repeatable: bool,
}

impl<'a> Hop<'a> {
    /// Returns the request of the call.
    pub(super) fn first(call: &'a CallState<'_>) -> Self {
        Self {
            method: call.facts.method.clone(),
            url: Cow::Borrowed(&call.request.url),
            headers: Cow::Borrowed(&call.headers),
            has_body: true,
            is_repeatable: call.facts.is_repeatable,
        }
    }

    pub(super) fn body(&self, call: &CallState<'_>) -> Result<RequestBody, ApiError> {
        if !self.has_body {
            return Ok(RequestBody::default());
        }
        let length = self.headers.get(header::CONTENT_LENGTH);
        let length = length.and_then(|length| length.to_str().ok()?.parse().ok());
        call.request.body.open(length).ok_or_else(|| {
            let problem = "was there once, and is gone: the request was executed before";
            BuildError::new(BuildErrorKind::Body, "body", problem).into()
        })
    }

    /// Returns whether the body of this request, if it has one, can be sent again.
    pub(super) fn can_be_sent_again(&self, call: &CallState<'_>) -> bool {
        !self.has_body || call.facts.is_replayable
    }

    /// Returns `Continue` with the next request if the client follows this redirect; otherwise
    /// returns `Break`.
    pub(super) fn follow<B>(
        &self,
        client: &ApiClient,
        call: &CallState<'_>,
        response: &http::Response<B>,
    ) -> ControlFlow<(), Self> {
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
            .filter(|url| client.inner().base.permits(url))
            // A URL that is too long cannot be sent.
            .filter(|url| url.as_str().parse::<http::Uri>().is_ok());
        let Some(url) = to else {
            return ControlFlow::Break(());
        };
        let mut headers = self.headers.clone();
        if becomes_get {
            let headers = headers.to_mut();
            for name in [header::CONTENT_TYPE, header::CONTENT_LENGTH, header::CONTENT_ENCODING] {
                headers.remove(name);
            }
        } else if !self.can_be_sent_again(call) {
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(Self {
            method: if becomes_get { Method::GET } else { self.method.clone() },
            url: Cow::Owned(url),
            headers,
            has_body: self.has_body && !becomes_get,
            is_repeatable: self.is_repeatable || becomes_get,
        })
    }
}
