//! A future with a deadline for everything in it.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Instant;

use pin_project_lite::pin_project;

use super::ambient::{Ambient, current, earlier};
use super::call_limit::CallLimit;
use super::cut::Cut;
use super::time_left::TimeLeft;
use super::timeout_future::TimeoutFuture;
use crate::signal::{FullTime, TimeLimit, TimedOut, debug_fields};
use crate::telemetry::CallSpan;
use crate::time;

pin_project! {
    // D1
    /// A future with a deadline for everything in it: see [`scope`](super::scope) and
    /// [`CallerContext::scope`](super::CallerContext::scope).
    ///
    /// It resolves to the output of the inner future, or to [`TimedOut`] with
    /// [`TimeLimit::Scope`]. If the deadline has passed before the first poll, the inner future
    /// does not start. If there is no async runtime with timers, it does not start either, and the
    /// limit is [`TimeLimit::NoTimer`]. If the inner future is ready when it is polled, its output
    /// counts even after the deadline. Without a deadline, the scope needs no runtime.
    ///
    /// # Cancel safety
    ///
    /// Dropping the scope drops the inner future, and leaves no timer and no task behind. At the
    /// deadline, the inner future is dropped together with the scope.
    #[must_use = "futures do nothing unless awaited"]
    pub struct DeadlineScope<F> {
        ambient: Ambient,
        deadline: Option<Cut>,
        has_started: bool,
        #[pin]
        future: TimeoutFuture<F>,
    }
}

impl<F> DeadlineScope<F> {
    /// Opens a scope that ends with `own` or at the deadline of the code around, whichever is
    /// earlier.
    pub(super) fn open(ambient: Ambient, own: Option<TimeLeft>, future: F) -> Self {
        let at = earlier(ambient.deadline, current().deadline);
        let deadline = at.map(|at| cut(at, own));
        let future = TimeoutFuture::new(CallLimit::new(None, deadline, CallSpan::NONE), future);
        Self { ambient, deadline, has_started: false, future }
    }
}

// D3
/// Returns the end of a scope whose own limit is `own`. If the code around has set the earlier
/// deadline `at`, that code cancels first (C2).
fn cut(at: Instant, own: Option<TimeLeft>) -> Cut {
    let (full_time, after) = match own {
        Some(own) if at >= own.nearly_end() => (FullTime::Call, own.after),
        _ => (FullTime::Neither, at.saturating_duration_since(time::now())),
    };
    Cut { full_time, ..Cut::full(at, TimeLimit::Scope, after, 0) }
}

impl<F: Future> Future for DeadlineScope<F> {
    type Output = Result<F::Output, TimedOut>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        if !*this.has_started {
            *this.has_started = true;
            if let Some(cut) = this.deadline.filter(|cut| cut.at <= time::now()) {
                return Poll::Ready(Err(cut.cut_short().timed_out));
            }
        }
        let _entered = this.ambient.enter();
        this.future.poll(cx).map_err(|cut| cut.timed_out)
    }
}

debug_fields!(DeadlineScope<F> { deadline });
