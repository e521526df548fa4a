//! A complete and checked request with the options of its call.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, Method};
use resilient::RetryPolicy;
use url::Url;

use super::body::Body;
use super::idempotency::Idempotency;
use crate::response::FailWhen;

/// Options of one call that replace the options of the client.
#[derive(Clone, Default)]
pub(crate) struct RequestOptions {
    pub(crate) timeout: Option<LimitOverride>,
    pub(crate) deadline: Option<LimitOverride>,
    pub(crate) idle_timeout: Option<LimitOverride>,
    pub(crate) policy: Option<RetryPolicy>,
    pub(crate) idempotency: Idempotency,
    pub(crate) fail_when: Option<FailWhen>,
    /// Whether the request asks for a stream, which only a call that reads one can send.
    pub(crate) is_streamed: bool,
}

/// A time limit that replaces the client's limit. `None` means no limit.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LimitOverride(pub(crate) Option<Duration>);

/// A complete and checked request, for [`ApiClient::execute`](crate::ApiClient::execute).
///
/// Each execution is a new call with its own attempts, deadline and automatic idempotency key.
pub struct PreparedRequest {
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) template: Arc<str>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Body,
    pub(crate) options: RequestOptions,
}

impl PreparedRequest {
    /// Returns a copy, or `None` if the body exists only once.
    pub(crate) fn try_clone(&self) -> Option<Self> {
        Some(Self {
            method: self.method.clone(),
            url: self.url.clone(),
            template: self.template.clone(),
            headers: self.headers.clone(),
            body: self.body.try_clone()?,
            options: self.options.clone(),
        })
    }

    /// Returns the method.
    #[must_use]
    pub fn method(&self) -> &Method {
        &self.method
    }

    /// Returns the URL without credentials. Its query may contain secrets: do not log it.
    #[must_use]
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// Returns the path template, without values.
    #[must_use]
    pub fn template(&self) -> &str {
        &self.template
    }

    /// Returns the headers without the credentials and the idempotency key.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }
}

impl fmt::Debug for PreparedRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PreparedRequest")
            .field("method", &self.method)
            .field("template", &self.template)
            .field("body", &self.body)
            .finish_non_exhaustive()
    }
}
