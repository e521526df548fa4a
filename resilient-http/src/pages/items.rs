//! The items of a list, one after the other, whatever the pages are.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_core::Stream;

use super::page_stream::Pages;
use crate::error::ApiError;
use crate::response::FromResponse;

/// The items of [`Pages`], one after the other. The next page is requested after the last item of a
/// page.
///
/// [`next`](Self::next) and the [`Stream`] return the same items. An error does not lose the
/// position, as with [`Pages`].
pub struct Items<T: IntoIterator> {
    pages: Pages<T>,
    page: Option<T::IntoIter>,
}

impl<T: FromResponse + IntoIterator + Send + 'static> Pages<T> {
    /// Returns the items of the pages, if a page is a list, such as a `Vec`, or implements
    /// [`IntoIterator`].
    ///
    /// ```no_run
    /// # async fn example(api: resilient_http::ApiClient) -> Result<(), resilient_http::ApiError> {
    /// let mut users = api.get::<Vec<String>>("users").pages().items();
    /// while let Some(user) = users.next().await {
    ///     println!("{}", user?);
    /// }
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn items(self) -> Items<T> {
        Items { pages: self, page: None }
    }
}

impl<T: FromResponse + IntoIterator + Send + 'static> Items<T> {
    /// Returns the next item, or `None` at the end of the list.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future ends a running call and loses no item: see [`Pages::next`].
    ///
    /// # Errors
    ///
    /// Returns the errors of [`Pages::next`].
    pub async fn next(&mut self) -> Option<Result<T::Item, ApiError>> {
        loop {
            if let Some(item) = self.page.as_mut().and_then(Iterator::next) {
                return Some(Ok(item));
            }
            match self.pages.next().await? {
                Ok(page) => self.page = Some(page.into_iter()),
                Err(error) => return Some(Err(error)),
            }
        }
    }
}

impl<T> Stream for Items<T>
where
    T: FromResponse + IntoIterator + Send + 'static,
    T::IntoIter: Unpin,
{
    type Item = Result<T::Item, ApiError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            if let Some(item) = self.page.as_mut().and_then(Iterator::next) {
                return Poll::Ready(Some(Ok(item)));
            }
            match ready!(self.pages.poll_page(cx)) {
                Some(Ok(page)) => self.page = Some(page.into_iter()),
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => return Poll::Ready(None),
            }
        }
    }
}

impl<T: IntoIterator> fmt::Debug for Items<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Items").field("pages", &self.pages).finish_non_exhaustive()
    }
}
