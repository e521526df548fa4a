//! A future that is cancelled at a given instant. Attempts with time limits, functions under
//! `#[timeout]` and deadline scopes run in it.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use pin_project_lite::pin_project;
use tokio::task::coop;
use tokio::time::Sleep;

use super::ambient::{self, AttemptMark};
use super::cut::{Cut, CutShort};
use crate::signal::debug_fields;
use crate::telemetry::CallSpan;
use crate::time;

/// How often a call yields to the outer call that set the passed deadline. Code between the two
/// calls may poll a future that has woken itself once more before it returns, as
/// `FuturesUnordered` does. The number is small, because code that polls until the inner call ends,
/// as `block_on` does, would otherwise poll without end.
const YIELDS: u8 = 2;

pin_project! {
    /// A future that is cancelled at a given instant. It resolves to the inner output or to the
    /// limit that cancelled it.
    ///
    /// If the inner future is ready when it is polled, its output counts even after the limit. An
    /// inner future that does not return from `poll` cannot be cancelled.
    #[must_use = "futures do nothing unless awaited"]
    pub struct TimeoutFuture<F> {
        mark: AttemptMark,
        // How often this call has let an outer call, whose deadline has passed, end it.
        yields: u8,
        cut: Option<Cut>,
        // The span of the attempt, if the future is an attempt.
        span: CallSpan,
        #[pin]
        timer: Option<Sleep>,
        #[pin]
        future: F,
    }
}

impl<F> TimeoutFuture<F> {
    /// Wraps `future`. `cut` is `None` if there is no limit.
    pub(crate) fn new(mark: AttemptMark, cut: Option<Cut>, span: CallSpan, future: F) -> Self {
        Self { mark, yields: 0, cut, span, timer: None, future }
    }
}

impl<F: Future> Future for TimeoutFuture<F> {
    type Output = Result<F::Output, CutShort>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        if let (Some(cut), None) = (&this.cut, this.timer.as_ref().as_pin_ref()) {
            // Make the timer before the first poll of the inner future: without a timer, the
            // operation must not start.
            match time::timer(cut.at) {
                Some(timer) => this.timer.set(Some(timer)),
                None => return Poll::Ready(Err(cut.without_timer())),
            }
        }
        let had_budget = coop::has_budget_remaining();
        {
            let _span = this.span.enter();
            let _entered = ambient::enter(*this.mark, this.cut.as_ref().map(|cut| cut.at));
            if let Poll::Ready(output) = this.future.poll(cx) {
                return Poll::Ready(Ok(output));
            }
        }
        let (Some(cut), Some(mut timer)) = (&this.cut, this.timer.as_mut().as_pin_mut()) else {
            return Poll::Pending;
        };
        if ambient::has_passed(cut.at) {
            // A call inside has found the deadline passed. The timer may fire a moment later.
        } else if had_budget && !coop::has_budget_remaining() {
            // If the inner future uses up its task's coop budget at every poll, the timer must be
            // polled without that budget; otherwise the timer would never fire.
            let mut timer = std::pin::pin!(coop::unconstrained(timer));
            ready!(timer.as_mut().poll(cx));
        } else {
            ready!(timer.as_mut().poll(cx));
        }
        let short = cut.cut_short();
        // C2: the call that set the deadline cuts itself short, and its breaker counts that by its
        // limits. If this call ended first, the outer one would see only the error of an attempt
        // without its full time. If no outer call is left, a later poll ends this call.
        if short.is_by_outer_call() && *this.yields < YIELDS {
            *this.yields += 1;
            ambient::pass(cut.at);
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        if !short.is_by_outer_call() {
            ambient::forget_passed(cut.at);
        }
        Poll::Ready(Err(short))
    }
}

debug_fields!(TimeoutFuture<F> { cut });

// C4
/// Cancels `future` after `limit`, if there is a limit.
pub(crate) fn timeout<F: Future>(limit: Option<Duration>, future: F) -> TimeoutFuture<F> {
    TimeoutFuture::new(AttemptMark::FIRST, limit.and_then(Cut::timeout), CallSpan::NONE, future)
}
