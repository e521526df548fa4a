//! The pages of a list. Each page is a call, and its response tells where the next page is.

use std::collections::HashSet;
use std::fmt;
use std::future::poll_fn;
use std::hash::{BuildHasher, RandomState};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_core::Stream;
use http::HeaderMap;
use url::Url;

use super::link_header::{MalformedLink, next_link};
use super::next_page::{NextPage, headers_for};
use crate::call::RequestBuilder;
use crate::client::ApiClient;
use crate::error::{ApiError, BuildError, BuildErrorKind};
use crate::request::{Idempotency, IdempotencyKey, PreparedRequest, check_framing};
use crate::response::{FromResponse, Rejected, Response};

/// More pages than a list has that a program reads as a whole. The limit ends a list that never
/// ends.
const PAGES_LIMIT: usize = 10_000;

/// The pages of a list, in the order of the server. Create it with
/// [`pages`](RequestBuilder::pages) or [`pages_by`](RequestBuilder::pages_by).
///
/// Each page is a call with its own attempts and deadline. Nothing is requested before the page is
/// asked for. [`next`](Self::next) and the [`Stream`] return the same pages.
///
/// An error does not lose the position: ask again to request the same page again. A loop that
/// ignores errors therefore never ends if a page always fails.
///
/// ```no_run
/// # async fn example(api: resilient_http::ApiClient) -> Result<(), resilient_http::ApiError> {
/// let mut pages = api.get::<Vec<String>>("users").query([("per_page", "100")]).pages();
/// while let Some(users) = pages.next().await {
///     println!("{} users", users?.len());
/// }
/// # Ok(()) }
/// ```
///
/// The address of the next page comes from the server, so it is checked: its origin must be that of
/// the base URL or an [allowed](crate::ApiClientBuilder::allow_origin) one, and an allowed origin
/// receives neither the headers of the client nor credentials. If the address is refused, leads
/// back to a page that was read, or exceeds [`max_pages`](Self::max_pages), the pages end with an
/// [`ApiError::Build`].
pub struct Pages<T> {
    client: ApiClient,
    position: Position,
    /// The headers of the first request, from which those of each page are made.
    headers: HeaderMap,
    find_next: Box<FindNext<T>>,
    /// The call of the page, while the stream is between two polls.
    running: Option<RunningCall<T>>,
    /// The hashes of the requests so far.
    seen: HashSet<u64>,
    hasher: RandomState,
    limit: usize,
}

type FindNext<T> = dyn FnMut(&T, &Response) -> NextResult + Send;

type NextResult = Result<Option<NextPage>, BuildError>;

type RunningCall<T> = Pin<Box<dyn Future<Output = Result<Page<T>, ApiError>> + Send>>;

enum Position {
    /// The request of the next page.
    At(Arc<PreparedRequest>),
    /// There is a next page, and it cannot be requested. The error is returned once.
    Refused(ApiError),
    End,
}

/// A page together with its response, which may contain the link to the next page.
struct Page<T> {
    value: T,
    response: Response,
}

impl<T: FromResponse> FromResponse for Page<T> {
    fn from_response(response: Response) -> Result<Self, Rejected> {
        T::from_response(response.clone()).map(|value| Self { value, response })
    }
}

impl<T: FromResponse + Send + 'static> RequestBuilder<T> {
    /// Returns the pages of a list whose next page is in the header `link`, as in
    /// `link: <https://api.example.com/users?page=2>; rel="next"` (RFC 8288). `T` is the type of
    /// one page, for example `Vec<User>`. A page without such a link is the last one.
    ///
    /// A mistake in the builder is the error of the first page. It is also a mistake to give a body
    /// that exists [once](crate::Body::once), or an idempotency key: the pages would share it.
    #[must_use]
    pub fn pages(self) -> Pages<T> {
        Pages::new(self, |_, response| match next_link(response.headers()) {
            Ok(link) => Ok(link.map(NextPage::address)),
            Err(MalformedLink) => Err(refused("header `link`", "cannot be read")),
        })
    }

    /// Returns the pages of a list whose next page `next` finds in a page, for example by its
    /// cursor. `None` is the end of the list.
    ///
    /// ```no_run
    /// # #[derive(serde::Deserialize)]
    /// # struct UserPage { users: Vec<String>, next_cursor: Option<String> }
    /// # fn example(api: resilient_http::ApiClient) {
    /// use resilient_http::NextPage;
    ///
    /// let pages = api.get("users").pages_by(|page: &UserPage, _| {
    ///     let cursor = page.next_cursor.as_ref()?;
    ///     Some(NextPage::query([("cursor", cursor)]))
    /// });
    /// # }
    /// ```
    ///
    /// The mistakes in the builder that [`pages`](Self::pages) refuses are errors here, too.
    #[must_use]
    pub fn pages_by(
        self,
        mut next: impl FnMut(&T, &Response) -> Option<NextPage> + Send + 'static,
    ) -> Pages<T> {
        Pages::new(self, move |page, response| Ok(next(page, response)))
    }
}

fn refused(subject: &str, problem: impl Into<String>) -> BuildError {
    BuildError::new(BuildErrorKind::NextPage, subject, problem)
}

impl<T> Pages<T> {
    fn new(
        builder: RequestBuilder<T>,
        find_next: impl FnMut(&T, &Response) -> NextResult + Send + 'static,
    ) -> Self {
        let client = builder.client().clone();
        let first = builder.prepare().and_then(|request| first_page(&client, request));
        let mut pages = Self {
            client,
            position: Position::End,
            headers: HeaderMap::new(),
            find_next: Box::new(find_next),
            running: None,
            seen: HashSet::new(),
            hasher: RandomState::new(),
            limit: PAGES_LIMIT,
        };
        match first {
            Ok(request) => {
                pages.headers.clone_from(&request.headers);
                pages.seen.insert(pages.hash(&request));
                pages.position = Position::At(Arc::new(request));
            }
            Err(error) => pages.position = Position::Refused(error.into()),
        }
        pages
    }

    /// Sets the maximum number of pages, which is at least 1. If there are more, an error follows
    /// the last of them. Default: 10 000.
    #[must_use]
    pub fn max_pages(mut self, pages: usize) -> Self {
        if pages == 0 {
            let error = BuildError::setting("max_pages", "must be at least 1");
            self.position = Position::Refused(error.into());
        }
        self.limit = pages;
        self
    }

    fn hash(&self, request: &PreparedRequest) -> u64 {
        self.hasher.hash_one((request.url.as_str(), request.body.as_bytes()))
    }

    /// Moves the position behind this page.
    fn advance(&mut self, request: &PreparedRequest, page: &Page<T>) {
        let next = (self.find_next)(&page.value, &page.response);
        let redirected_to = page.response.head.redirected_to.as_deref();
        self.position = match next.and_then(|next| self.request_of(request, redirected_to, next)) {
            Ok(Some(request)) => Position::At(Arc::new(request)),
            Ok(None) => Position::End,
            Err(error) => Position::Refused(error.into()),
        };
    }

    fn request_of(
        &mut self,
        request: &PreparedRequest,
        redirected_to: Option<&Url>,
        next: Option<NextPage>,
    ) -> Result<Option<PreparedRequest>, BuildError> {
        let Some(next) = next else { return Ok(None) };
        if self.seen.len() >= self.limit {
            let problem = format!("has more than {} pages, the limit", self.limit);
            return Err(refused("list", problem));
        }
        let mut request = copy(request)?;
        next.apply(&self.client, &mut request, redirected_to)?;
        request.headers = headers_for(&self.client, &self.headers, &request.url);
        check_framing(&request.headers, &request.body)?;
        if !self.seen.insert(self.hash(&request)) {
            return Err(refused("next page", "leads back to a page that was read"));
        }
        Ok(Some(request))
    }
}

/// Checks that the request can be the first of several.
fn first_page(client: &ApiClient, request: PreparedRequest) -> Result<PreparedRequest, BuildError> {
    let key = &client.inner().idempotency_header;
    let has_key = matches!(request.options.idempotency, Idempotency::Key(IdempotencyKey::Given(_)));
    if has_key || request.headers.contains_key(key) {
        return Err(BuildError::header(
            key.as_str(),
            "cannot be given for a list: all pages would have one key",
        ));
    }
    copy(&request)?;
    Ok(request)
}

fn copy(request: &PreparedRequest) -> Result<PreparedRequest, BuildError> {
    request.try_clone().ok_or_else(|| {
        let problem = "exists once, and each page needs it";
        BuildError::new(BuildErrorKind::Body, "body", problem)
    })
}

impl<T: FromResponse + Send + 'static> Pages<T> {
    /// Returns the next page, or `None` at the end of the list. After an error, it requests the
    /// same page again.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future ends the call of the page. The next call of `next` requests the same
    /// page again, so no page is lost.
    ///
    /// # Errors
    ///
    /// Returns the [`ApiError`] of the call. If the next page cannot be requested, returns an
    /// [`ApiError::Build`], and then the end.
    pub async fn next(&mut self) -> Option<Result<T, ApiError>> {
        let guard = EndsCall(self);
        poll_fn(|cx| guard.0.poll_page(cx)).await
    }

    pub(super) fn poll_page(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<T, ApiError>>> {
        let request = match std::mem::replace(&mut self.position, Position::End) {
            Position::At(request) => request,
            Position::Refused(error) => return Poll::Ready(Some(Err(error))),
            Position::End => return Poll::Ready(None),
        };
        // If the call or the caller's function panics, the position is still before the page.
        self.position = Position::At(Arc::clone(&request));
        let mut call = self.running.take().unwrap_or_else(|| {
            let (client, request) = (self.client.clone(), Arc::clone(&request));
            Box::pin(async move { client.execute_as(&request).await })
        });
        let Poll::Ready(ended) = call.as_mut().poll(cx) else {
            self.running = Some(call);
            return Poll::Pending;
        };
        Poll::Ready(Some(ended.map(|page| {
            self.advance(&request, &page);
            page.value
        })))
    }
}

/// Ends the running call when the future of [`Pages::next`] is dropped.
struct EndsCall<'a, T>(&'a mut Pages<T>);

impl<T> Drop for EndsCall<'_, T> {
    fn drop(&mut self) {
        self.0.running = None;
    }
}

impl<T: FromResponse + Send + 'static> Stream for Pages<T> {
    type Item = Result<T, ApiError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll_page(cx)
    }
}

/// Shows neither addresses nor headers.
impl<T> fmt::Debug for Pages<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pages")
            .field("is_at_end", &matches!(self.position, Position::End))
            .field("requests", &self.seen.len())
            .field("max_pages", &self.limit)
            .finish_non_exhaustive()
    }
}
