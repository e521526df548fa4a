//! A request that is complete and checked, and the options of its call.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, Method};
use resilient::RetryPolicy;
use url::Url;

use super::body::Body;
use super::idempotency::Idempotency;
use crate::error::BuildError;

/// What a call has of its own, instead of the client's.
#[derive(Clone, Default)]
pub(crate) struct RequestOptions {
    pub(crate) timeout: Option<LimitOverride>,
    pub(crate) deadline: Option<LimitOverride>,
    pub(crate) policy: Option<RetryPolicy>,
    pub(crate) idempotency: Idempotency,
}

/// A time that was given, which may be none.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LimitOverride(pub(crate) Option<Duration>);

/// A request that is put together and checked, and can be sent: [`ApiClient::execute`].
///
/// Each execution is a call of its own, with its own attempts, deadline and automatic idempotency key.
pub struct PreparedRequest {
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) template: Arc<str>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Body,
    pub(crate) options: RequestOptions,
}

impl RequestOptions {
    /// A call that has no time left is not begun.
    pub(crate) fn check_times(&self) -> Result<(), BuildError> {
        let times = [("timeout", self.timeout), ("deadline", self.deadline)];
        let is_over =
            |given: Option<LimitOverride>| given.is_some_and(|time| time.0 == Some(Duration::ZERO));
        match times.into_iter().find(|(_, given)| is_over(*given)) {
            Some((name, _)) => Err(BuildError::setting(name, "must be longer than zero")),
            None => Ok(()),
        }
    }
}

impl PreparedRequest {
    /// The method.
    #[must_use]
    pub fn method(&self) -> &Method {
        &self.method
    }

    /// The address, without what authentication adds. Its query may hold secrets: mind where you print it.
    #[must_use]
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// The path template, without values.
    #[must_use]
    pub fn template(&self) -> &str {
        &self.template
    }

    /// The headers, without what authentication and idempotency add.
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
