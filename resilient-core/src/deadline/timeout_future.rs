//! A future that is cancelled at a given instant. Attempts with time limits, functions under
//! `#[timeout]` and deadline scopes run in it.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use pin_project_lite::pin_project;

use super::call_limit::CallLimit;
use super::cut::{Cut, CutShort};
use crate::signal::debug_fields;
use crate::telemetry::CallSpan;

pin_project! {
    /// A future that is cancelled at a given instant. It resolves to the inner output or to the
    /// limit that cancelled it.
    ///
    /// If the inner future is ready when it is polled, its output counts even after the limit. An
    /// inner future that does not return from `poll` cannot be cancelled.
    #[must_use = "futures do nothing unless awaited"]
    pub struct TimeoutFuture<F> {
        #[pin]
        limit: CallLimit,
        #[pin]
        future: F,
    }
}

impl<F> TimeoutFuture<F> {
    /// Wraps `future`.
    #[inline]
    pub(crate) fn new(limit: CallLimit, future: F) -> Self {
        Self { limit, future }
    }
}

// C4
impl<F: Future> TimeoutFuture<F> {
    /// Cancels `future` after `limit`, which counts from this call, as `#[timeout]` does. The error
    /// is [`TimeLimit::Timeout`](crate::signal::TimeLimit::Timeout). `Duration::MAX` is no limit.
    ///
    /// ```
    /// use resilient_core::deadline::TimeoutFuture;
    /// use std::time::Duration;
    ///
    /// # let mut runtime = tokio::runtime::Builder::new_current_thread();
    /// # runtime.enable_time().start_paused(true).build().unwrap().block_on(async {
    /// let hangs = TimeoutFuture::after(Duration::from_secs(1), std::future::pending::<()>());
    /// assert_eq!(hangs.await.unwrap_err().timed_out().to_string(), "timed out after 1s");
    /// # });
    /// ```
    pub fn after(limit: Duration, future: F) -> Self {
        timeout(Some(limit), future)
    }
}

impl<F: Future> Future for TimeoutFuture<F> {
    type Output = Result<F::Output, CutShort>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        this.limit.poll(cx, |cx| this.future.poll(cx))
    }
}

debug_fields!(TimeoutFuture<F> { limit });

// C4
/// Cancels `future` after `limit`, if there is a limit.
pub(crate) fn timeout<F: Future>(limit: Option<Duration>, future: F) -> TimeoutFuture<F> {
    let cut = limit.and_then(Cut::timeout);
    TimeoutFuture::new(CallLimit::new(None, cut, CallSpan::NONE), future)
}
