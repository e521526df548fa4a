//! Attempts as futures: within their limits, and known to the loops inside them.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use pin_project_lite::pin_project;
use tokio::task::coop;
use tokio::time::Sleep;

use super::limits::Cut;
use super::scope;
use crate::signal::{TimeLimit, TimedOut};
use crate::time;

pin_project! {
    /// An attempt without limits.
    #[must_use = "futures do nothing unless awaited"]
    pub struct Attempted<F> {
        // From the second attempt on.
        is_retry: bool,
        #[pin]
        future: F,
    }
}

impl<F> Attempted<F> {
    #[inline]
    pub(super) fn new(is_retry: bool, future: F) -> Self {
        Self { is_retry, future }
    }
}

impl<F: Future> Future for Attempted<F> {
    type Output = F::Output;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        if !*this.is_retry {
            return this.future.poll(cx);
        }
        let _entered = scope::enter(true, None);
        this.future.poll(cx)
    }
}

impl<F> fmt::Debug for Attempted<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Attempted").finish_non_exhaustive()
    }
}

pin_project! {
    /// A future that is cancelled at an instant: its output, or what cut it short.
    ///
    /// A future that is ready is never late, also where its time is over. What does not come back from a poll cannot be
    /// cancelled.
    #[must_use = "futures do nothing unless awaited"]
    pub struct Limited<F> {
        is_retry: bool,
        cut: Option<Cut>,
        #[pin]
        timer: Option<Sleep>,
        #[pin]
        future: F,
    }
}

impl<F> Limited<F> {
    /// `cut` is `None` where there is no limit after all.
    pub(super) fn new(is_retry: bool, cut: Option<Cut>, future: F) -> Self {
        Self {
            is_retry,
            cut,
            timer: None,
            future,
        }
    }
}

impl<F: Future> Future for Limited<F> {
    type Output = Result<F::Output, TimedOut>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        if let (Some(cut), None) = (&this.cut, this.timer.as_ref().as_pin_ref()) {
            // Before anything is called: a limit that nobody can keep is no limit.
            match time::timer(cut.at) {
                Some(timer) => this.timer.set(Some(timer)),
                None => return Poll::Ready(Err(cut.timed_out(TimeLimit::NoTimer))),
            }
        }
        let had_budget = coop::has_budget_remaining();
        {
            let _entered = scope::enter(*this.is_retry, this.cut.as_ref().map(|cut| cut.at));
            if let Poll::Ready(output) = this.future.poll(cx) {
                return Poll::Ready(Ok(output));
            }
        }
        let (Some(cut), Some(mut timer)) = (&this.cut, this.timer.as_mut().as_pin_mut()) else {
            return Poll::Pending;
        };
        // A future that uses up its task's budget at every poll would keep the timer from ever being looked at.
        if had_budget && !coop::has_budget_remaining() {
            let mut timer = std::pin::pin!(coop::unconstrained(timer));
            ready!(timer.as_mut().poll(cx));
        } else {
            ready!(timer.as_mut().poll(cx));
        }
        Poll::Ready(Err(cut.timed_out(cut.limit)))
    }
}

impl<F> fmt::Debug for Limited<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Limited")
            .field("cut", &self.cut)
            .finish_non_exhaustive()
    }
}

/// `future`, cancelled after `limit`. Dropping it drops the future.
pub(crate) fn timeout<F: Future>(limit: Option<Duration>, future: F) -> Limited<F> {
    let cut = limit.and_then(|after| {
        Some(Cut {
            at: time::later(time::now(), after)?,
            limit: TimeLimit::Timeout,
            after,
            attempts: 1,
        })
    });
    Limited::new(false, cut, future)
}
