//! The limit for the time between two chunks of a stream.

use std::convert::Infallible;
use std::future::{Future, pending};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use resilient::TimedOut;
use tokio::runtime::Handle;
use tokio::time::Instant;

use crate::time_limit::limited;

/// Limits how long a reader waits for the next chunk. The time that the reader spends with a chunk
/// does not count.
pub(super) struct IdleLimit {
    most: Option<Duration>,
    /// When the present wait began.
    since: Option<Instant>,
    /// The timer serves many waits, because a new timer for each chunk would cost an allocation.
    /// When it fires, it starts again if the present wait has time left.
    timer: Option<Timer>,
}

struct Timer {
    /// Only this runtime moves the timer: in another one, it never fires, or it panics if its
    /// runtime is gone. `None` outside of a runtime.
    runtime: Option<tokio::runtime::Id>,
    fires: Fires,
}

type Fires = Pin<Box<dyn Future<Output = Result<Infallible, TimedOut>> + Send>>;

impl IdleLimit {
    pub(super) fn new(most: Option<Duration>) -> Self {
        Self { most, since: None, timer: None }
    }

    /// Ends the wait, because a chunk arrived.
    pub(super) fn chunk_arrived(&mut self) {
        self.since = None;
    }

    /// Begins a wait, or continues it. Completes when the wait has lasted for the whole limit. In a
    /// runtime without timers, it completes at once with the error that says so.
    pub(super) fn poll_over(&mut self, cx: &mut Context<'_>) -> Poll<TimedOut> {
        let Some(most) = self.most else {
            return Poll::Pending;
        };
        let since = *self.since.get_or_insert_with(Instant::now);
        let runtime = Handle::try_current().ok().map(|handle| handle.id());
        self.timer.take_if(|timer| timer.runtime != runtime);
        loop {
            let left = most.saturating_sub(since.elapsed());
            let timer = self.timer.get_or_insert_with(|| {
                let fires = Box::pin(limited(left, pending()));
                Timer { runtime, fires }
            });
            let cut = match ready!(timer.fires.as_mut().poll(cx)) {
                Ok(never) => match never {},
                Err(cut) => cut,
            };
            self.timer = None;
            let has_timers = cut.limit() != resilient::retries::TimeLimit::NoTimer;
            if !has_timers || since.elapsed() >= most {
                return Poll::Ready(cut);
            }
        }
    }
}
