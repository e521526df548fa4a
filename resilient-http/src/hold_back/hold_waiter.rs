//! The wait of one call for its turn.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use resilient::TimedOut;
use tokio::time::Instant;

use super::origin_hold::{NextStep, OriginHold, WaitLimits};
use super::wait_time::{WaitEnd, WaitTime};
use crate::time_limit::limited;

type Timer = Pin<Box<dyn Future<Output = Result<(), TimedOut>> + Send>>;

/// Waits until a call to the origin may start. One value serves all attempts of a call.
///
/// Dropping it takes the call out of the waiting line, and the next call takes its place.
pub(crate) struct HoldWaiter {
    hold: Arc<OriginHold>,
    /// The place in the waiting line, if the call waits.
    ticket: Option<u64>,
    timer: Option<(Instant, Timer)>,
    time: WaitTime,
}

impl HoldWaiter {
    pub(crate) fn new(hold: Arc<OriginHold>) -> Self {
        Self { hold, ticket: None, timer: None, time: WaitTime::default() }
    }

    /// Returns whether the call can start at once. Then it needs no limits.
    pub(crate) fn is_free(&self) -> bool {
        self.ticket.is_none() && !self.hold.is_active()
    }

    /// Waits until the call may start.
    ///
    /// # Errors
    ///
    /// Returns the time that the call would have to wait, if it may not wait for so long.
    pub(crate) fn poll_start(
        &mut self,
        limits: WaitLimits,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), Duration>> {
        if self.is_free() {
            return Poll::Ready(Ok(()));
        }
        // A test that skips the sleeps of the call has skipped the hold with them.
        #[cfg(feature = "test-util")]
        if resilient::testing::skips_sleeps() {
            return self.end(Ok(()));
        }
        self.time.begin();
        loop {
            let now = Instant::now();
            let step = self.hold.next_step(&mut self.ticket, limits, now, cx.waker());
            let until = match step {
                NextStep::WaitUntil(until) => until,
                NextStep::Start => return self.end(Ok(())),
                NextStep::Refuse(wait) => return self.end(Err(wait)),
            };
            let wait = until.saturating_duration_since(now);
            let timer = match &mut self.timer {
                Some((end, timer)) if *end == until => timer,
                timer => {
                    let pause: Timer = Box::pin(limited(wait, std::future::pending()));
                    &mut timer.insert((until, pause)).1
                }
            };
            match timer.as_mut().poll(cx) {
                Poll::Pending => return Poll::Pending,
                // A runtime without timers cannot wait.
                Poll::Ready(_) if Instant::now() < until => return self.end(Err(wait)),
                Poll::Ready(_) => self.timer = None,
            }
        }
    }

    /// Takes the call out of the line before its turn.
    pub(crate) fn leave(&mut self) {
        self.leave_by(WaitEnd::Left);
    }

    fn end(&mut self, result: Result<(), Duration>) -> Poll<Result<(), Duration>> {
        self.leave_by(if result.is_ok() { WaitEnd::Started } else { WaitEnd::Refused });
        Poll::Ready(result)
    }

    fn leave_by(&mut self, end: WaitEnd) {
        self.timer = None;
        self.hold.leave(&mut self.ticket);
        self.time.end(self.hold.origin(), end);
    }
}

impl Drop for HoldWaiter {
    fn drop(&mut self) {
        self.leave();
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use super::*;
    use crate::hold_back::refusal::Refusal;

    const SECOND: Duration = Duration::from_secs(1);
    const PATIENT: WaitLimits =
        WaitLimits { time_left: None, longest: Duration::MAX, fails_if_held: false };

    fn refuse(hold: &OriginHold, hint: Duration) {
        let now = Instant::now();
        hold.refuse(Refusal { sent_at: now, hint, is_limit: true, stated: None }, now);
    }

    async fn start(hold: &Arc<OriginHold>, limits: WaitLimits) -> Result<(), Duration> {
        let mut waiter = HoldWaiter::new(Arc::clone(hold));
        poll_fn(|cx| waiter.poll_start(limits, cx)).await
    }

    fn hold() -> Arc<OriginHold> {
        Arc::new(OriginHold::new("https://api.example.com"))
    }

    #[tokio::test(start_paused = true)]
    async fn calls_wait_for_the_hold_and_start_spread() {
        let hold = hold();
        let began = Instant::now();
        for _ in 0..10 {
            hold.request_sent(began);
        }
        refuse(&hold, SECOND);
        let calls: Vec<_> = (0..20)
            .map(|_| {
                let hold = Arc::clone(&hold);
                tokio::spawn(async move {
                    start(&hold, PATIENT).await.unwrap();
                    began.elapsed()
                })
            })
            .collect();
        let mut starts = Vec::new();
        for call in calls {
            starts.push(call.await.unwrap());
        }
        assert!(starts[0] >= SECOND && starts[0] < SECOND * 12 / 10, "{starts:?}");
        for pair in starts.windows(2) {
            let gap = pair[1].saturating_sub(pair[0]);
            assert!(
                gap >= Duration::from_millis(90) && gap < Duration::from_millis(120),
                "{gap:?}"
            );
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_cancelled_wait_leaves_its_place_to_the_next_call() {
        let hold = hold();
        refuse(&hold, SECOND);
        let began = Instant::now();
        let waiting: Vec<_> = (0..3)
            .map(|_| {
                let hold = Arc::clone(&hold);
                tokio::spawn(async move { start(&hold, PATIENT).await })
            })
            .collect();
        tokio::time::sleep(SECOND / 2).await;
        waiting[0].abort();
        waiting[1].abort();
        for call in waiting.into_iter().skip(2) {
            call.await.unwrap().unwrap();
        }
        assert!(began.elapsed() < SECOND * 12 / 10, "{:?}", began.elapsed());
    }

    #[tokio::test(start_paused = true)]
    async fn calls_that_are_not_polled_any_more_do_not_stop_the_others() {
        let hold = hold();
        refuse(&hold, SECOND);
        let mut lost: Vec<_> = (0..3).map(|_| HoldWaiter::new(Arc::clone(&hold))).collect();
        for waiter in &mut lost {
            let first = poll_fn(|cx| Poll::Ready(waiter.poll_start(PATIENT, cx)));
            assert!(first.await.is_pending());
        }
        let began = Instant::now();
        let others: Vec<_> = (0..3)
            .map(|_| {
                let hold = Arc::clone(&hold);
                tokio::spawn(async move { start(&hold, PATIENT).await })
            })
            .collect();
        for call in others {
            call.await.unwrap().unwrap();
        }
        // One call starts per second. The first one of the others waits for those before it.
        assert!(began.elapsed() < SECOND * 8, "{:?}", began.elapsed());
        let mut late = lost.remove(2);
        poll_fn(|cx| late.poll_start(PATIENT, cx)).await.unwrap();
    }

    #[test]
    fn a_runtime_that_shuts_down_takes_its_calls_out_of_the_line() {
        let runtime = || {
            let mut runtime = tokio::runtime::Builder::new_current_thread();
            runtime.enable_time().start_paused(true).build().unwrap()
        };
        let (hold, left) = (hold(), runtime());
        refuse(&hold, SECOND);
        let waiting = |_| {
            let hold = Arc::clone(&hold);
            async move { start(&hold, PATIENT).await }
        };
        (0..10).for_each(|call| drop(left.spawn(waiting(call))));
        left.block_on(tokio::task::yield_now());
        let other = runtime();
        let call = other.spawn(waiting(10));
        other.block_on(tokio::task::yield_now());
        drop(left);
        let took = other.block_on(async {
            let began = Instant::now();
            call.await.unwrap().unwrap();
            began.elapsed()
        });
        assert!(took < SECOND * 12 / 10, "{took:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_without_a_hold_starts_at_its_first_poll() {
        let hold = hold();
        let waiter = HoldWaiter::new(Arc::clone(&hold));
        assert!(waiter.is_free());
        let none = WaitLimits { time_left: Some(Duration::ZERO), ..PATIENT };
        assert_eq!(start(&hold, none).await, Ok(()));
        assert_eq!(hold.held_for(), None);
    }

    #[test]
    fn a_runtime_without_timers_refuses_a_call_that_would_have_to_wait() {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let hold = hold();
        refuse(&hold, SECOND);
        let refused = runtime.block_on(start(&hold, PATIENT));
        assert!(refused.is_err_and(|wait| wait > SECOND / 2));
    }
}
