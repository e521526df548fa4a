//! The time limit of a call or an attempt, and what the code inside inherits, apart from the future
//! that it limits.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;
use tokio::task::coop;
use tokio::time::Sleep;

use super::ambient::{self, AttemptMark};
use super::cut::{Cut, CutShort};
use crate::telemetry::CallSpan;
use crate::time;

/// How often a call yields to the outer call that set the passed deadline. Code between the two
/// calls may poll a future that has woken itself once more before it returns, as
/// `FuturesUnordered` does. The number is small, because code that polls until the inner call ends,
/// as `block_on` does, would otherwise poll without end.
const YIELDS: u8 = 2;

pin_project! {
    /// The time limit of a call or an attempt, and what the code inside inherits.
    #[derive(Debug)]
    pub(crate) struct CallLimit {
        mark: Option<AttemptMark>,
        // How often this call has let an outer call, whose deadline has passed, end it.
        yields: u8,
        cut: Option<Cut>,
        // The span of the attempt, if the call is an attempt.
        span: CallSpan,
        #[pin]
        timer: Option<Sleep>,
    }
}

impl CallLimit {
    /// Makes a limit. `cut` is `None` if there is no limit.
    #[inline]
    pub(crate) fn new(mark: Option<AttemptMark>, cut: Option<Cut>, span: CallSpan) -> Self {
        Self { mark, yields: 0, cut, span, timer: None }
    }

    /// Polls the limited call within its scope. If the call is not ready, polls the timer.
    #[inline]
    pub(crate) fn poll<T>(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        call: impl FnOnce(&mut Context<'_>) -> Poll<T>,
    ) -> Poll<Result<T, CutShort>> {
        let mut this = self.project();
        if let (Some(cut), None) = (&this.cut, this.timer.as_ref().as_pin_ref()) {
            // Make the timer before the first poll of the call: without a timer, the
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
            if let Poll::Ready(output) = call(cx) {
                return Poll::Ready(Ok(output));
            }
        }
        let (Some(cut), Some(mut timer)) = (&this.cut, this.timer.as_mut().as_pin_mut()) else {
            return Poll::Pending;
        };
        if ambient::has_passed(cut.at) {
            // A call inside has found the deadline passed. The timer may fire a moment later.
        } else if had_budget && !coop::has_budget_remaining() {
            // If the call uses up its task's coop budget at every poll, the timer must be
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
