//! The builder of one request. The request is sent when the builder is awaited.

use std::fmt;
use std::future::{Future, IntoFuture};
use std::marker::PhantomData;
use std::pin::Pin;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, header};
use resilient::{Classification, RetryPolicy};
use serde::Serialize;

use crate::address::{Target, is_private};
use crate::client::ApiClient;
use crate::error::{ApiError, BuildError, BuildErrorKind};
use crate::redact::{is_credential, mark_secrets};
use crate::request::{
    Body, Idempotency, IdempotencyKey, LimitOverride, MultipartForm, PreparedRequest,
    RequestOptions, check_framing, check_single_values, encoded_pairs, header_pair, json_text,
    replace_headers, state_empty_body,
};
use crate::response::{FailWhen, FromResponse, Response};
use crate::setters::setters;
use crate::stream::{EventStream, StreamedResponse};

/// A request of an [`ApiClient`]. Await it to send it.
///
/// The type of the awaited result decides how the response is read: as a JSON type, as a
/// [`Reply`](crate::Reply), or as the [`Response`] itself. If the builder was used incorrectly,
/// awaiting it returns the first mistake.
///
/// # Cancel safety
///
/// Dropping the future ends the call. The connection of a running attempt is closed, the circuit
/// breaker counts the attempt as abandoned, and no further attempt starts. The server may or may
/// not have acted on the request.
#[must_use = "a request is sent by awaiting it"]
pub struct RequestBuilder<T> {
    /// Boxed, because each method moves the builder.
    draft: Box<RequestDraft>,
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
    /// The content type that is sent if no header sets it.
    content_type: Option<HeaderValue>,
    options: RequestOptions,
    /// The idempotency that the call itself sets.
    idempotency: Option<Idempotency>,
    /// The first mistake in the use of the builder.
    problem: Option<BuildError>,
}

impl ApiClient {
    /// Starts a `GET` request. `path` is a template below the base URL: see
    /// [`PathTemplate`](crate::PathTemplate).
    pub fn get<T>(&self, path: impl AsRef<str>) -> RequestBuilder<T> {
        self.start(Method::GET, path.as_ref())
    }

    /// Starts a `POST` request. The request is retried only if the server certainly did not act on
    /// it, or if the request has an [idempotency key](RequestBuilder::idempotency_key).
    pub fn post<T>(&self, path: impl AsRef<str>) -> RequestBuilder<T> {
        self.start(Method::POST, path.as_ref())
    }

    /// Starts a `PUT` request.
    pub fn put<T>(&self, path: impl AsRef<str>) -> RequestBuilder<T> {
        self.start(Method::PUT, path.as_ref())
    }

    /// Starts a `PATCH` request. It is retried like a `POST`.
    pub fn patch<T>(&self, path: impl AsRef<str>) -> RequestBuilder<T> {
        self.start(Method::PATCH, path.as_ref())
    }

    /// Starts a `DELETE` request.
    pub fn delete<T>(&self, path: impl AsRef<str>) -> RequestBuilder<T> {
        self.start(Method::DELETE, path.as_ref())
    }

    /// Starts a `HEAD` request.
    pub fn head(&self, path: impl AsRef<str>) -> RawRequest {
        self.start(Method::HEAD, path.as_ref())
    }

    /// Starts a request with any method. Awaiting it returns a [`Response`], or the type that
    /// [`decode`](RequestBuilder::decode) sets.
    pub fn request(&self, method: Method, path: impl AsRef<str>) -> RawRequest {
        self.start(method, path.as_ref())
    }

    pub(crate) fn start<T>(&self, method: Method, path: &str) -> RequestBuilder<T> {
        let draft = RequestDraft {
            client: self.clone(),
            method,
            target: Target::parse(path, &self.inner().base),
            values: Vec::new(),
            query: Vec::new(),
            headers: HeaderMap::new(),
            body: Body::empty(),
            content_type: None,
            options: RequestOptions::default(),
            idempotency: None,
            problem: None,
        };
        RequestBuilder { draft: Box::new(draft), output: PhantomData }
    }
}

impl<T> RequestBuilder<T> {
    setters! {
        /// Replaces the client's time limit for each attempt. The limit must be longer than zero;
        /// `None` means no limit.
        timeout(time: impl Into<Option<Duration>>)
            => draft.options.timeout = Some(LimitOverride(time.into()));
        /// Replaces the client's time limit for the whole call. The limit must be longer than zero;
        /// `None` means no limit.
        deadline(time: impl Into<Option<Duration>>)
            => draft.options.deadline = Some(LimitOverride(time.into()));
        /// Replaces the client's limit for each wait for a chunk of a [streamed
        /// response](crate::StreamedResponse). The limit must be longer than zero; `None` means no
        /// limit.
        idle_timeout(time: impl Into<Option<Duration>>)
            => draft.options.idle_timeout = Some(LimitOverride(time.into()));
        /// Replaces the client's retry policy.
        retry(policy: RetryPolicy) => draft.options.policy = Some(policy);
        /// Sets whether the request may be sent twice. By default, the method decides, or a key in
        /// the client's [header](crate::ApiClientBuilder::idempotency_header) for keys.
        idempotency(idempotency: Idempotency) => draft.idempotency = Some(idempotency);
        /// Replaces the client's hook that looks for errors in responses whose status is a success:
        /// see [`ApiClientBuilder::fail_when`](crate::ApiClientBuilder::fail_when).
        fail_when(judge: impl Fn(&Response) -> Option<Classification> + Send + Sync + 'static)
            => draft.options.fail_when = Some(FailWhen::new(judge));
    }

    /// Sets the value of the parameter `{name}`. [`PathTemplate`](crate::PathTemplate) lists the
    /// rules for values.
    pub fn param(mut self, name: impl Into<String>, value: impl fmt::Display) -> Self {
        self.draft.values.push((name.into(), value.to_string()));
        self
    }

    /// Adds to the query a struct, a map, or pairs such as `[("page", "2")]`. A list repeats its
    /// name: `[("tag", ["a", "b"])]` is sent as `tag=a&tag=b`. `None` values are left out. Objects
    /// within objects, and numbers that are not finite, are errors.
    pub fn query(mut self, query: impl Serialize) -> Self {
        match encoded_pairs(&query, BuildErrorKind::Query, "query") {
            Ok(text) if text.is_empty() => {}
            Ok(text) => self.draft.query.push(text),
            Err(problem) => self.refuse(problem),
        }
        self
    }

    /// Sets a header. It replaces the client's header with this name, and an earlier value of this
    /// request. [`headers`](Self::headers) can send several values.
    pub fn header(mut self, name: impl AsRef<str>, value: impl AsRef<str>) -> Self {
        match header_pair(name.as_ref(), value.as_ref()) {
            Ok((name, value)) => {
                self.draft.headers.insert(name, value);
            }
            Err(problem) => self.refuse(problem),
        }
        self
    }

    /// Sets headers. They replace the client's headers with these names.
    pub fn headers(mut self, headers: HeaderMap) -> Self {
        replace_headers(&mut self.draft.headers, headers);
        self
    }

    /// Sets a JSON body. If a builder sets several bodies, the last one is sent. This method also
    /// sets `content-type`, unless a header sets it. `NaN` and infinities are errors, because JSON
    /// cannot express them.
    pub fn json(mut self, body: &(impl Serialize + ?Sized)) -> Self {
        match json_text(body, BuildErrorKind::Body, "body") {
            Ok(text) => self.typed_body(text, "application/json"),
            Err(problem) => {
                self.refuse(problem);
                self
            }
        }
    }

    /// Sets a body of form fields, which are written as those of a [`query`](Self::query).
    pub fn form(mut self, body: &(impl Serialize + ?Sized)) -> Self {
        match encoded_pairs(body, BuildErrorKind::Body, "form") {
            Ok(text) => self.typed_body(text, "application/x-www-form-urlencoded"),
            Err(problem) => {
                self.refuse(problem);
                self
            }
        }
    }

    /// Sets a body of bytes.
    pub fn bytes(self, body: impl Into<Bytes>) -> Self {
        self.typed_body(body, "application/octet-stream")
    }

    /// Sets any body. This method does not set `content-type`.
    pub fn body(mut self, body: impl Into<Body>) -> Self {
        self.draft.body = body.into();
        self.draft.content_type = None;
        self
    }

    /// Sets a body that is a form with files. Do not set `content-type`: it contains the boundary
    /// between the parts, which is random.
    pub fn multipart(mut self, form: MultipartForm) -> Self {
        match form.into_body() {
            Ok((body, content_type)) => {
                self.draft.body = body;
                self.draft.content_type = Some(content_type);
            }
            Err(problem) => self.refuse(problem),
        }
        self
    }

    fn typed_body(mut self, body: impl Into<Bytes>, content_type: &'static str) -> Self {
        self.draft.body = body.into().into();
        self.draft.content_type = Some(HeaderValue::from_static(content_type));
        self
    }

    pub(crate) fn limits(
        mut self,
        timeout: Option<LimitOverride>,
        deadline: Option<LimitOverride>,
        idle_timeout: Option<LimitOverride>,
    ) -> Self {
        self.draft.options.timeout = timeout;
        self.draft.options.deadline = deadline;
        self.draft.options.idle_timeout = idle_timeout;
        self
    }

    /// Sets the idempotency of calls that set none.
    pub(crate) fn default_idempotency(mut self, idempotency: Option<Idempotency>) -> Self {
        self.draft.options.idempotency = idempotency.unwrap_or_default();
        self
    }

    /// Sends an idempotency key, by which the server recognises repeated requests. With a key, a
    /// `POST` can be retried. The key is [`IdempotencyKey::Auto`] or your own text. Setting your
    /// own text as a [header](crate::ApiClientBuilder::idempotency_header) has the same effect.
    pub fn idempotency_key(self, key: impl Into<IdempotencyKey>) -> Self {
        self.idempotency(Idempotency::Key(key.into()))
    }

    /// Sets the type of the awaited result. The response is read as this type.
    pub fn decode<U: FromResponse>(self) -> RequestBuilder<U> {
        RequestBuilder { draft: self.draft, output: PhantomData }
    }

    /// Builds the request without sending it.
    ///
    /// # Errors
    ///
    /// Returns a [`BuildError`] that names the first mistake.
    pub fn prepare(self) -> Result<PreparedRequest, BuildError> {
        self.draft.into_parts().map(|(_, prepared)| prepared)
    }

    /// Returns the first mistake so far.
    pub(super) fn checked(self) -> Result<Self, BuildError> {
        match self.draft.problem {
            Some(problem) => Err(problem),
            None => Ok(self),
        }
    }

    pub(crate) fn client(&self) -> &ApiClient {
        &self.draft.client
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
        // `None` means no limit here, so only a limit of zero is an error.
        let own = |limit: Option<LimitOverride>| limit.and_then(|limit| limit.0);
        BuildError::check_times(&[
            ("timeout", own(self.options.timeout)),
            ("deadline", own(self.options.deadline)),
            ("idle_timeout", own(self.options.idle_timeout)),
        ])?;
        let target = self.target?;
        let mut url = target.url(&self.client.inner().base, &self.values)?;
        if !self.query.is_empty() {
            url.set_query(Some(&self.query.join("&")));
        }
        let has_kind = self.headers.contains_key(header::CONTENT_TYPE);
        let mut headers = if self.client.inner().base.is_own(&url) {
            self.client.inner().headers.clone()
        } else {
            HeaderMap::new()
        };
        replace_headers(&mut headers, self.headers);
        match self.content_type {
            Some(content_type) if !has_kind => {
                headers.insert(header::CONTENT_TYPE, content_type);
            }
            // The server could not find the boundary between the parts.
            Some(content_type) if content_type.as_bytes().starts_with(b"multipart/") => {
                return Err(BuildError::header("content-type", "is that of the form"));
            }
            _ => {}
        }
        check_framing(&headers, &self.body)?;
        check_single_values(&headers)?;
        state_empty_body(&self.method, &mut headers, &self.body);
        mark_secrets(&mut headers);
        let has_credentials = headers.keys().any(is_credential);
        if has_credentials && !self.client.inner().allows_plain_http && !is_private(&url) {
            return Err(BuildError::in_the_clear());
        }
        let name = &self.client.inner().idempotency_header;
        let mut options = self.options;
        options.idempotency =
            Idempotency::resolve(self.idempotency, options.idempotency, &mut headers, name)?;
        // This only checks that a header can be made. Each call makes its own key.
        options.idempotency.header(name)?;
        let prepared = PreparedRequest {
            method: self.method,
            url,
            template: target.path.shared_text(),
            headers,
            body: self.body,
            options,
        };
        Ok((self.client, prepared))
    }
}

impl<T: FromResponse + Send> RequestBuilder<T> {
    /// Sends the request. Awaiting the builder does the same.
    ///
    /// # Errors
    ///
    /// Returns an [`ApiError`] if the call does not end with a success that can be read as `T`.
    pub async fn send(self) -> Result<T, ApiError> {
        let (client, prepared) = self.draft.into_parts()?;
        client.execute_as(&prepared).await
    }
}

impl RequestBuilder<StreamedResponse> {
    /// Sends the request and returns the response as soon as its head arrives. The body is read
    /// while it arrives.
    ///
    /// # Errors
    ///
    /// Returns an [`ApiError`] if the call does not end with the head of a success. Errors of the
    /// body come from the [`StreamedResponse`].
    pub async fn stream(self) -> Result<StreamedResponse, ApiError> {
        let (client, prepared) = self.draft.into_parts()?;
        client.stream(&prepared).await
    }

    /// Sends the request with `accept: text/event-stream`, unless a header sets `accept`, and
    /// returns the server-sent events of the response.
    ///
    /// # Errors
    ///
    /// Returns an [`ApiError`] if the call does not end with the head of a success, or if the
    /// response is not `text/event-stream`.
    pub async fn events(mut self) -> Result<EventStream, ApiError> {
        let accept = self.draft.headers.entry(header::ACCEPT);
        accept.or_insert(HeaderValue::from_static("text/event-stream"));
        self.stream().await?.events()
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
            .field("template", &self.draft.target.as_ref().ok().map(|target| &target.path))
            .field("body", &self.draft.body)
            .finish_non_exhaustive()
    }
}

/// A request that is awaited as a [`Response`].
pub type RawRequest = RequestBuilder<Response>;
