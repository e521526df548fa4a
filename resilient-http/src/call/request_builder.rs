//! One request: put together, then awaited.

use std::fmt;
use std::future::{Future, IntoFuture};
use std::marker::PhantomData;
use std::pin::Pin;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, header};
use resilient::RetryPolicy;
use serde::Serialize;

use crate::address::{Target, is_private};
use crate::client::ApiClient;
use crate::error::{ApiError, BuildError, BuildErrorKind};
use crate::redact::{is_credential, mark_secrets};
use crate::request::{
    Body, Idempotency, IdempotencyKey, LimitOverride, PreparedRequest, RequestOptions,
    check_framing, header_pair, replace_headers,
};
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
    draft: RequestDraft,
    output: PhantomData<fn() -> T>,
}

struct RequestDraft {
    client: ApiClient,
    method: Method,
    target: Result<Target, BuildError>,
    values: Vec<(String, String)>,
    query: Vec<String>,
    headers: HeaderMap,
    body: Body,
    /// What the body is, where no header says it.
    content_type: Option<&'static str>,
    options: RequestOptions,
    /// The first thing that is wrong.
    problem: Option<BuildError>,
}

impl ApiClient {
    /// A `GET`. The path is a template below the base: see [`PathTemplate`](crate::PathTemplate).
    pub fn get<T>(&self, path: impl AsRef<str>) -> RequestBuilder<T> {
        self.start(Method::GET, path.as_ref())
    }

    /// A `POST`. It is not sent twice unless it was certainly not acted upon, or has a
    /// [key](RequestBuilder::idempotency_key).
    pub fn post<T>(&self, path: impl AsRef<str>) -> RequestBuilder<T> {
        self.start(Method::POST, path.as_ref())
    }

    /// A `PUT`.
    pub fn put<T>(&self, path: impl AsRef<str>) -> RequestBuilder<T> {
        self.start(Method::PUT, path.as_ref())
    }

    /// A `PATCH`. As a `POST`, it is not sent twice.
    pub fn patch<T>(&self, path: impl AsRef<str>) -> RequestBuilder<T> {
        self.start(Method::PATCH, path.as_ref())
    }

    /// A `DELETE`.
    pub fn delete<T>(&self, path: impl AsRef<str>) -> RequestBuilder<T> {
        self.start(Method::DELETE, path.as_ref())
    }

    /// A `HEAD`.
    pub fn head(&self, path: impl AsRef<str>) -> RawRequest {
        self.start(Method::HEAD, path.as_ref())
    }

    /// A request of any method, awaited as the [`Response`](crate::Response) as it came, or as what
    /// [`decode`](RequestBuilder::decode) says.
    pub fn request(&self, method: Method, path: impl AsRef<str>) -> RawRequest {
        self.start(method, path.as_ref())
    }

    fn start<T>(&self, method: Method, path: &str) -> RequestBuilder<T> {
        RequestBuilder::new(self.clone(), method, path)
    }
}

impl<T> RequestBuilder<T> {
    pub(crate) fn new(client: ApiClient, method: Method, path: &str) -> Self {
        let draft = RequestDraft {
            target: Target::parse(path, client.base()),
            client,
            method,
            values: Vec::new(),
            query: Vec::new(),
            headers: HeaderMap::new(),
            body: Body::empty(),
            content_type: None,
            options: RequestOptions::default(),
            problem: None,
        };
        Self {
            draft,
            output: PhantomData,
        }
    }

    /// The value for a `{name}` in the path. See [`PathTemplate`](crate::PathTemplate) for what is refused.
    pub fn param(mut self, name: impl Into<String>, value: impl fmt::Display) -> Self {
        self.draft.values.push((name.into(), value.to_string()));
        self
    }

    /// Adds to the query: a struct, a map, or pairs such as `[("page", "2")]`. What is `None` is left out.
    pub fn query(mut self, query: impl Serialize) -> Self {
        match serde_urlencoded::to_string(query) {
            Ok(text) if text.is_empty() => {}
            Ok(text) => self.draft.query.push(text),
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
                self.draft.headers.insert(name, value);
            }
            Err(problem) => self.refuse(problem),
        }
        self
    }

    /// Sets headers. They take the place of the client's headers of these names.
    pub fn headers(mut self, headers: HeaderMap) -> Self {
        replace_headers(&mut self.draft.headers, headers);
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
        self.draft.body = body.into();
        self.draft.content_type = None;
        self
    }

    fn typed_body(mut self, body: Body, content_type: &'static str) -> Self {
        self.draft.body = body;
        self.draft.content_type = Some(content_type);
        self
    }

    /// The time for each attempt, instead of the client's. Longer than zero; `None` is none.
    pub fn timeout(mut self, time: impl Into<Option<Duration>>) -> Self {
        self.draft.options.timeout = Some(LimitOverride(time.into()));
        self
    }

    /// The time for all attempts and the waits between them, instead of the client's. Longer than zero; `None` is
    /// none.
    pub fn deadline(mut self, time: impl Into<Option<Duration>>) -> Self {
        self.draft.options.deadline = Some(LimitOverride(time.into()));
        self
    }

    /// How it is tried again, instead of the client's way.
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.draft.options.policy = Some(policy);
        self
    }

    /// Whether it may be sent twice.
    pub fn idempotency(mut self, idempotency: Idempotency) -> Self {
        self.draft.options.idempotency = idempotency;
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
            draft: self.draft,
            output: PhantomData,
        }
    }

    /// Puts it together without sending it.
    ///
    /// # Errors
    ///
    /// A [`BuildError`] that names the first thing that is wrong.
    pub fn prepare(self) -> Result<PreparedRequest, BuildError> {
        self.draft.into_parts().map(|(_, prepared)| prepared)
    }

    fn refuse_body(mut self, problem: &str) -> Self {
        self.refuse(BuildError::new(BuildErrorKind::Body, "body", problem));
        self
    }

    fn refuse(&mut self, problem: BuildError) {
        self.draft.problem.get_or_insert(problem);
    }
}

impl RequestDraft {
    fn into_parts(self) -> Result<(ApiClient, PreparedRequest), BuildError> {
        if let Some(problem) = self.problem {
            return Err(problem);
        }
        self.options.check_times()?;
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
        replace_headers(&mut headers, self.headers);
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
}

impl<T: FromResponse + Send> RequestBuilder<T> {
    /// Sends it. The same as awaiting it.
    ///
    /// # Errors
    ///
    /// An [`ApiError`] for whatever is no success that can be read as `T`.
    pub async fn send(self) -> Result<T, ApiError> {
        let (client, prepared) = self.draft.into_parts()?;
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
            .field("method", &self.draft.method)
            .field(
                "template",
                &self.draft.target.as_ref().ok().map(|target| &target.path),
            )
            .field("body", &self.draft.body)
            .finish_non_exhaustive()
    }
}

/// What [`ApiClient::request`] is awaited as unless told otherwise.
pub type RawRequest = RequestBuilder<Response>;
