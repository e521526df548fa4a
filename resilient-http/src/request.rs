//! One request: put together, then awaited.

use std::fmt;
use std::future::{Future, IntoFuture};
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, header};
use resilient::RetryPolicy;
use serde::Serialize;
use url::Url;

use crate::address::{Target, is_private};
use crate::auth::header_name;
use crate::body::Body;
use crate::client::ApiClient;
use crate::error::{ApiError, BuildError, BuildErrorKind};
use crate::idempotency::{Idempotency, IdempotencyKey};
use crate::redact::{is_credential, mark_secrets};
use crate::response::{FromResponse, Response};

/// A request of an [`ApiClient`], sent by awaiting it.
///
/// What it is awaited as decides how the answer is read: any type that is read from JSON, a
/// [`Reply`](crate::Reply) of it, or the [`Response`] as it came. Whatever is wrong with it is told when it is awaited.
///
/// # Cancel safety
///
/// Dropping the future ends the call: the connection of a running attempt is closed, its permit returns to the circuit
/// breaker as abandoned, and no further attempt is made. Whether the server did what it was asked is not known then.
#[must_use = "a request is sent by awaiting it"]
pub struct RequestBuilder<T> {
    client: ApiClient,
    method: Method,
    target: Result<Target, BuildError>,
    values: Vec<(String, String)>,
    query: Vec<String>,
    headers: HeaderMap,
    body: Body,
    /// What the body is, where no header says it.
    content_type: Option<&'static str>,
    options: CallOptions,
    /// The first thing that is wrong.
    problem: Option<BuildError>,
    answer: PhantomData<fn() -> T>,
}

/// What a call has of its own, instead of the client's.
#[derive(Clone, Default)]
pub(crate) struct CallOptions {
    pub(crate) timeout: Option<Time>,
    pub(crate) deadline: Option<Time>,
    pub(crate) policy: Option<RetryPolicy>,
    pub(crate) idempotency: Idempotency,
}

/// A time that was given, which may be none.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Time(pub(crate) Option<Duration>);

/// A request that is put together and checked, and can be sent: [`ApiClient::execute`].
///
/// Each execution is a call of its own, with its own attempts, deadline and automatic idempotency key.
pub struct PreparedRequest {
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) template: Arc<str>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Body,
    pub(crate) options: CallOptions,
}

impl<T> RequestBuilder<T> {
    pub(crate) fn new(client: ApiClient, method: Method, path: &str) -> Self {
        let target = Target::parse(path, client.base());
        Self {
            client,
            method,
            target,
            values: Vec::new(),
            query: Vec::new(),
            headers: HeaderMap::new(),
            body: Body::empty(),
            content_type: None,
            options: CallOptions::default(),
            problem: None,
            answer: PhantomData,
        }
    }

    /// The value for a `{name}` in the path. See [`PathTemplate`](crate::PathTemplate) for what is refused.
    pub fn param(mut self, name: impl Into<String>, value: impl fmt::Display) -> Self {
        self.values.push((name.into(), value.to_string()));
        self
    }

    /// Adds to the query: a struct, a map, or pairs such as `[("page", "2")]`. What is `None` is left out.
    pub fn query(mut self, query: impl Serialize) -> Self {
        match serde_urlencoded::to_string(query) {
            Ok(text) if text.is_empty() => {}
            Ok(text) => self.query.push(text),
            Err(_) => self.refuse(BuildError::new(
                BuildErrorKind::Query,
                "query",
                "cannot be written as `name=value` pairs",
            )),
        }
        self
    }

    /// Sets a header. It takes the place of the client's header of that name.
    pub fn header(mut self, name: impl AsRef<str>, value: impl AsRef<str>) -> Self {
        match header_pair(name.as_ref(), value.as_ref()) {
            Ok((name, value)) => {
                self.headers.insert(name, value);
            }
            Err(problem) => self.refuse(problem),
        }
        self
    }

    /// Sets headers. They take the place of the client's headers of these names.
    pub fn headers(mut self, headers: HeaderMap) -> Self {
        replace(&mut self.headers, headers);
        self
    }

    /// A body of JSON. Of several bodies the last is sent, with its own `content-type`, unless a header is set by hand.
    pub fn json(self, body: &(impl Serialize + ?Sized)) -> Self {
        let Ok(bytes) = serde_json::to_vec(body) else {
            return self.refuse_body("cannot be written as JSON");
        };
        self.typed_body(Bytes::from(bytes).into(), "application/json")
    }

    /// A body of form fields.
    pub fn form(self, body: &(impl Serialize + ?Sized)) -> Self {
        let Ok(text) = serde_urlencoded::to_string(body) else {
            return self.refuse_body("cannot be written as a form");
        };
        self.typed_body(text.into(), "application/x-www-form-urlencoded")
    }

    /// A body of bytes.
    pub fn bytes(self, body: impl Into<Bytes>) -> Self {
        self.typed_body(Body::from(body), "application/octet-stream")
    }

    /// A body of any kind, with no `content-type` but the one that is set by hand.
    pub fn body(mut self, body: impl Into<Body>) -> Self {
        self.body = body.into();
        self.content_type = None;
        self
    }

    fn typed_body(mut self, body: Body, content_type: &'static str) -> Self {
        self.body = body;
        self.content_type = Some(content_type);
        self
    }

    /// The time for each attempt, instead of the client's. Longer than zero; `None` is none.
    pub fn timeout(mut self, time: impl Into<Option<Duration>>) -> Self {
        self.options.timeout = Some(Time(time.into()));
        self
    }

    /// The time for all attempts and the waits between them, instead of the client's. Longer than zero; `None` is
    /// none.
    pub fn deadline(mut self, time: impl Into<Option<Duration>>) -> Self {
        self.options.deadline = Some(Time(time.into()));
        self
    }

    /// How it is tried again, instead of the client's way.
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.options.policy = Some(policy);
        self
    }

    /// Whether it may be sent twice.
    pub fn idempotency(mut self, idempotency: Idempotency) -> Self {
        self.options.idempotency = idempotency;
        self
    }

    /// Sends a key by which the server recognises attempts of the same call, so that a `POST` can be tried again:
    /// [`IdempotencyKey::Auto`], or a text of your own.
    pub fn idempotency_key(self, key: impl Into<IdempotencyKey>) -> Self {
        self.idempotency(Idempotency::Key(key.into()))
    }

    /// The same request, awaited as something else.
    pub fn decode<U: FromResponse>(self) -> RequestBuilder<U> {
        RequestBuilder {
            client: self.client,
            method: self.method,
            target: self.target,
            values: self.values,
            query: self.query,
            headers: self.headers,
            body: self.body,
            content_type: self.content_type,
            options: self.options,
            problem: self.problem,
            answer: PhantomData,
        }
    }

    /// Puts it together without sending it.
    ///
    /// # Errors
    ///
    /// A [`BuildError`] that names the first thing that is wrong.
    pub fn prepare(self) -> Result<PreparedRequest, BuildError> {
        self.into_parts().map(|(_, prepared)| prepared)
    }

    fn into_parts(self) -> Result<(ApiClient, PreparedRequest), BuildError> {
        if let Some(problem) = self.problem {
            return Err(problem);
        }
        check_times(&self.options)?;
        let target = self.target?;
        let values = self.values.iter();
        let values = values.map(|(name, value)| (name.as_str(), value.as_str()));
        let mut url = target.url(self.client.base(), values)?;
        if !self.query.is_empty() {
            url.set_query(Some(&self.query.join("&")));
        }
        let has_kind = self.headers.contains_key(header::CONTENT_TYPE);
        let mut headers = if self.client.base().is_own(&url) {
            self.client.headers().clone()
        } else {
            HeaderMap::new()
        };
        replace(&mut headers, self.headers);
        if let (Some(kind), false) = (self.content_type, has_kind) {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
        }
        check_framing(&headers, &self.body)?;
        mark_secrets(&mut headers);
        let has_credentials = headers.keys().any(is_credential);
        if has_credentials && !self.client.inner().allows_plain_http && !is_private(&url) {
            return Err(BuildError::in_the_clear());
        }
        // Made anew for each call; here it is only checked.
        let name = &self.client.inner().idempotency_header;
        self.options.idempotency.header(name)?;
        let prepared = PreparedRequest {
            method: self.method,
            url,
            template: target.path.as_str().into(),
            headers,
            body: self.body,
            options: self.options,
        };
        Ok((self.client, prepared))
    }

    fn refuse_body(mut self, problem: &str) -> Self {
        self.refuse(BuildError::new(BuildErrorKind::Body, "body", problem));
        self
    }

    fn refuse(&mut self, problem: BuildError) {
        self.problem.get_or_insert(problem);
    }
}

impl<T: FromResponse + Send> RequestBuilder<T> {
    /// Sends it. The same as awaiting it.
    ///
    /// # Errors
    ///
    /// An [`ApiError`] for whatever is no success that can be read as `T`.
    pub async fn send(self) -> Result<T, ApiError> {
        let (client, prepared) = self.into_parts()?;
        client.execute_as(&prepared).await
    }
}

impl<T: FromResponse + Send + 'static> IntoFuture for RequestBuilder<T> {
    type Output = Result<T, ApiError>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.send())
    }
}

impl<T> fmt::Debug for RequestBuilder<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestBuilder")
            .field("method", &self.method)
            .field(
                "template",
                &self.target.as_ref().ok().map(|target| &target.path),
            )
            .field("body", &self.body)
            .finish_non_exhaustive()
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

pub(crate) fn header_pair(
    name: &str,
    value: &str,
) -> Result<(http::HeaderName, HeaderValue), BuildError> {
    let known = header_name(name)?;
    let value = HeaderValue::from_str(value)
        .map_err(|_| BuildError::header(name, "has a value that no header can have"))?;
    Ok((known, value))
}

/// A call that has no time left is not begun.
fn check_times(options: &CallOptions) -> Result<(), BuildError> {
    let times = [("timeout", options.timeout), ("deadline", options.deadline)];
    let is_over = |given: Option<Time>| given.is_some_and(|time| time.0 == Some(Duration::ZERO));
    match times.into_iter().find(|(_, given)| is_over(*given)) {
        Some((name, _)) => Err(BuildError::setting(name, "must be longer than zero")),
        None => Ok(()),
    }
}

/// Whether headers say of the body what is true. Else the server takes the next request of the connection for a part of this one.
fn check_framing(headers: &HeaderMap, body: &Body) -> Result<(), BuildError> {
    if headers.contains_key(header::TRANSFER_ENCODING) {
        let problem = "is for the transport to set";
        return Err(BuildError::header("transfer-encoding", problem));
    }
    let mut lengths = headers.get_all(header::CONTENT_LENGTH).iter();
    let Some(given) = lengths.next() else {
        return Ok(());
    };
    let is_true = given.to_str().is_ok_and(|given| match body.as_bytes() {
        Some(bytes) => given == bytes.len().to_string(),
        // The transport ends the connection if the stream is shorter.
        None => !given.is_empty() && given.bytes().all(|byte| byte.is_ascii_digit()),
    });
    if is_true && lengths.next().is_none() {
        Ok(())
    } else {
        let problem = "is not the length of the body";
        Err(BuildError::header("content-length", problem))
    }
}

/// Puts all values of each header in `with` in the place of those that are there.
fn replace(headers: &mut HeaderMap, with: HeaderMap) {
    let mut last = None;
    for (name, value) in with {
        match name {
            Some(name) => {
                headers.insert(name.clone(), value);
                last = Some(name);
            }
            None => {
                if let Some(name) = &last {
                    headers.append(name.clone(), value);
                }
            }
        }
    }
}

/// What [`ApiClient::request`] is awaited as unless told otherwise.
pub type RawRequest = RequestBuilder<Response>;
