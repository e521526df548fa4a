//! The hold of one origin, which all calls to the origin share. It decides what a call does next.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::Waker;
use std::time::Duration;

use tokio::time::Instant;

use super::pacer::{NewHold, Pacer};
use super::refusal::{Refusal, is_refusal};
use super::sent_requests::SentRequests;
use super::waiting_line::{LineChange, WaitingLine};
#[cfg(feature = "tracing")]
use crate::log_target::HTTP;
use crate::response::ResponseHead;

/// Waiting calls look at a hold that became longer by this much, because it may no longer fit into
/// their time.
const NOTICEABLE: Duration = Duration::from_secs(1);
/// If no call starts for this long although one may, the first in line is not polled any more, and
/// the next call that asks overtakes it. On a busy machine, a task is seldom late by this much.
const OVERDUE: Duration = Duration::from_millis(500);

pub(crate) struct OriginHold {
    /// Shown in logs and metrics. It has no user info.
    origin: Box<str>,
    /// Whether `state` has a pacer. A call that finds `false` does not take the lock.
    is_active: AtomicBool,
    sent: SentRequests,
    state: Mutex<HoldState>,
}

#[derive(Default)]
struct HoldState {
    pacer: Option<Pacer>,
    line: WaitingLine,
}

/// How long a call may wait.
#[derive(Debug, Clone, Copy)]
pub(crate) struct WaitLimits {
    /// The time until the call's deadline.
    pub(crate) time_left: Option<Duration>,
    /// The longest hint that the call's retry policy follows.
    pub(crate) longest: Duration,
    /// Whether the call fails during a hold.
    pub(crate) fails_if_held: bool,
}

/// What a call does next.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum NextStep {
    Start,
    /// The call is in line, and asks again at this instant or when it is woken.
    WaitUntil(Instant),
    /// The call does not wait, because it would have to wait for this long.
    Refuse(Duration),
}

impl OriginHold {
    pub(super) fn new(origin: &str) -> Self {
        Self {
            origin: origin.into(),
            is_active: AtomicBool::new(false),
            sent: SentRequests::new(Instant::now()),
            state: Mutex::default(),
        }
    }

    pub(super) fn origin(&self) -> &str {
        &self.origin
    }

    /// Counts a request that is sent at this instant.
    pub(crate) fn request_sent(&self, at: Instant) {
        self.sent.add(at);
    }

    /// Learns from the head of a response whether the server refused the request that was sent at
    /// `sent_at`.
    pub(crate) fn response_received(&self, head: &ResponseHead, sent_at: Instant) {
        if !is_refusal(head.status) {
            return;
        }
        self.sent.remove(sent_at);
        if let Some(refusal) = Refusal::of(head, sent_at) {
            self.refuse(refusal, Instant::now());
        }
    }

    // R4
    pub(super) fn refuse(&self, refusal: Refusal, now: Instant) {
        // The last byte of a UUID is random.
        let [.., spread] = uuid::Uuid::new_v4().into_bytes();
        let mut state = self.lock();
        let was_active = state.pacer.is_some();
        let hold = if let Some(pacer) = &mut state.pacer {
            pacer.refuse(refusal, now, spread)
        } else {
            state.pacer = Some(Pacer::begin(refusal, now, spread));
            self.is_active.store(true, Ordering::Release);
            NewHold { is_new: true, extension: refusal.hint }
        };
        // After a small extension, each call looks again when its timer ends.
        let change = if hold.is_new || hold.extension > NOTICEABLE {
            state.line.wake_all()
        } else {
            LineChange::default()
        };
        drop(state);
        change.finish();
        if hold.is_new {
            self.log(&refusal, !was_active);
        }
    }

    /// Returns whether calls may have to wait.
    pub(super) fn is_active(&self) -> bool {
        self.is_active.load(Ordering::Acquire)
    }

    /// Returns the rest of the time for which the server wants no requests.
    pub(crate) fn held_for(&self) -> Option<Duration> {
        if !self.is_active() {
            return None;
        }
        let now = Instant::now();
        self.lock().pacer.as_ref().and_then(|pacer| pacer.held_for(now))
    }

    /// Returns whether this is like a new one: no hold, no pace and no call that waits.
    pub(super) fn is_unused(&self, now: Instant) -> bool {
        let state = self.lock();
        state.line.is_empty() && state.pacer.as_ref().is_none_or(|pacer| pacer.is_over(now))
    }

    /// Decides what a call does next. If the call has to wait, it gets a ticket, and `waker` is
    /// called when it should ask again. `ticket` is `None` while the call is not in line.
    pub(super) fn next_step(
        &self,
        ticket: &mut Option<u64>,
        limits: WaitLimits,
        now: Instant,
        waker: &Waker,
    ) -> NextStep {
        let mut guard = self.lock();
        let HoldState { pacer, line } = &mut *guard;
        let calls_before = line.calls_before(*ticket);
        let others_wait = line.len() > usize::from(ticket.is_some());
        if !others_wait && pacer.as_ref().is_some_and(|pacer| pacer.is_over(now)) {
            *pacer = None;
            self.is_active.store(false, Ordering::Release);
        }
        let step = match pacer {
            None => NextStep::Start,
            Some(pacer) => {
                let expected = pacer.expected_wait(calls_before, now, &self.sent);
                let does_not_fit = expected > limits.longest
                    || limits.time_left.is_some_and(|left| expected >= left)
                    || limits.fails_if_held && pacer.held_for(now).is_some();
                let is_next = calls_before == 0 || pacer.has_waited_since(now, OVERDUE);
                match is_next.then(|| pacer.start(now, &self.sent)) {
                    Some(Ok(())) => {
                        if others_wait {
                            pacer.wait(now);
                        }
                        NextStep::Start
                    }
                    _ if does_not_fit => NextStep::Refuse(expected),
                    Some(Err(at)) => NextStep::WaitUntil(at),
                    None => {
                        pacer.wait(now);
                        NextStep::WaitUntil(later(now, expected.saturating_add(OVERDUE)))
                    }
                }
            }
        };
        let change = match step {
            NextStep::Start if calls_before > 0 => line.overtake(ticket),
            NextStep::Start | NextStep::Refuse(_) => line.leave(ticket),
            NextStep::WaitUntil(_) => line.enter(ticket, waker),
        };
        drop(guard);
        change.finish();
        step
    }

    /// Takes a call out of the line that stopped waiting.
    pub(super) fn leave(&self, ticket: &mut Option<u64>) {
        if ticket.is_some() {
            let change = self.lock().line.leave(ticket);
            change.finish();
        }
    }

    // Each change is complete before user code can run, so a poisoned lock guards a consistent
    // state.
    fn lock(&self) -> MutexGuard<'_, HoldState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Logs a new hold. While calls are paced, the server refuses a request now and then, which is
    /// worth less attention than the first refusal.
    #[cfg(feature = "tracing")]
    fn log(&self, refusal: &Refusal, is_first: bool) {
        let (origin, wait) = (&*self.origin, refusal.hint.as_secs_f64());
        if is_first {
            tracing::warn!(target: HTTP, origin, wait, "the server holds back calls");
        } else {
            tracing::debug!(target: HTTP, origin, wait, "the server holds back calls again");
        }
    }

    #[cfg(not(feature = "tracing"))]
    #[expect(clippy::unused_self, reason = "nothing is logged")]
    fn log(&self, _: &Refusal, _: bool) {}
}

/// Returns the instant `wait` after `now`, at most a day.
fn later(now: Instant, wait: Duration) -> Instant {
    const DAY: Duration = Duration::from_secs(24 * 60 * 60);
    now + wait.min(DAY)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::AtomicU32;
    use std::task::Wake;

    use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);
    const PATIENT: WaitLimits =
        WaitLimits { time_left: None, longest: Duration::MAX, fails_if_held: false };

    fn refusal(sent_at: Instant, hint: Duration) -> Refusal {
        Refusal { sent_at, hint, is_limit: true, stated: None }
    }

    /// Returns a hold of five seconds, and the time at which it began.
    fn held() -> (OriginHold, Instant) {
        let (hold, now) = (OriginHold::new("https://api.example.com"), Instant::now());
        hold.refuse(refusal(now, SECOND * 5), now);
        (hold, now)
    }

    #[derive(Default)]
    struct Count(AtomicU32);

    impl Count {
        fn get(&self) -> u32 {
            self.0.load(Ordering::Relaxed)
        }
    }

    impl Wake for Count {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// A call that waits, and the number of times it was woken.
    #[derive(Default)]
    struct Call {
        ticket: Option<u64>,
        woken: Arc<Count>,
    }

    impl Call {
        fn ask(&mut self, hold: &OriginHold, now: Instant) -> NextStep {
            hold.next_step(&mut self.ticket, PATIENT, now, &Arc::clone(&self.woken).into())
        }
    }

    /// Returns the instant until which the call waits.
    fn wait(step: NextStep) -> Instant {
        match step {
            NextStep::WaitUntil(at) => at,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn calls_start_in_the_order_in_which_they_came_and_each_wakes_the_next() {
        let (hold, now) = held();
        let mut calls: [Call; 3] = Default::default();
        let at = wait(calls[0].ask(&hold, now));
        assert!(at >= now + SECOND * 5);
        assert!(wait(calls[1].ask(&hold, now)) > at);
        assert!(wait(calls[2].ask(&hold, at)) > at);
        assert_eq!(calls[0].ask(&hold, at), NextStep::Start);
        assert_eq!(calls.each_ref().map(|call| call.woken.get()), [0, 1, 0]);
        let at = wait(calls[1].ask(&hold, at));
        assert_eq!(calls[1].ask(&hold, at), NextStep::Start);
        assert_eq!(calls.each_ref().map(|call| call.woken.get()), [0, 1, 1]);
    }

    #[test]
    fn a_call_that_is_not_polled_any_more_is_overtaken_and_may_come_back() {
        let (hold, now) = held();
        let mut calls: [Call; 4] = Default::default();
        let at = wait(calls[0].ask(&hold, now));
        let asks_again = wait(calls[1].ask(&hold, now));
        calls[2].ask(&hold, now);
        assert!(asks_again >= at + OVERDUE);
        assert!(wait(calls[1].ask(&hold, at + OVERDUE / 2)) >= at + OVERDUE);
        // The first call was not polled. The second one starts, and wakes the others.
        assert_eq!(calls[1].ask(&hold, asks_again), NextStep::Start);
        assert_eq!(calls.each_ref().map(|call| call.woken.get()), [1, 0, 1, 0]);
        // The third call is the first in line now. If the first one is polled, it gets its place.
        let at = wait(calls[2].ask(&hold, asks_again));
        assert!(wait(calls[3].ask(&hold, asks_again)) > at);
        assert_eq!(wait(calls[0].ask(&hold, asks_again)), at);
        assert!(wait(calls[2].ask(&hold, at)) > at);
        assert_eq!(calls[0].ask(&hold, at), NextStep::Start);
        assert_eq!(calls[2].woken.get(), 2);
    }

    #[test]
    fn a_new_call_overtakes_a_line_of_calls_that_are_not_polled_any_more() {
        let (hold, now) = held();
        let mut lost: Vec<_> = (0..100).map(|_| Call::default()).collect();
        for call in &mut lost {
            assert!(wait(call.ask(&hold, now)) > now);
        }
        assert_eq!(Call::default().ask(&hold, now + SECOND * 6), NextStep::Start);
        assert!(hold.lock().line.is_empty());
    }

    #[test]
    fn a_call_that_does_not_fit_is_refused_with_its_wait() {
        let (hold, now) = held();
        let waker = Waker::noop();
        let ask = |limits| hold.next_step(&mut None, limits, now, waker);
        let refused = NextStep::Refuse(SECOND * 5);
        let exact = |step| match step {
            NextStep::Refuse(wait) => NextStep::Refuse(Duration::from_secs(wait.as_secs())),
            other => other,
        };
        assert_eq!(exact(ask(WaitLimits { longest: SECOND * 4, ..PATIENT })), refused);
        assert_eq!(exact(ask(WaitLimits { time_left: Some(SECOND * 5), ..PATIENT })), refused);
        assert_eq!(exact(ask(WaitLimits { fails_if_held: true, ..PATIENT })), refused);
        let fits = WaitLimits { time_left: Some(SECOND * 6), longest: SECOND * 6, ..PATIENT };
        assert!(matches!(ask(fits), NextStep::WaitUntil(_)));
    }

    #[test]
    fn a_call_in_line_is_refused_when_the_hold_becomes_too_long_for_it() {
        let (hold, now) = held();
        let limits = WaitLimits { longest: SECOND * 20, ..PATIENT };
        let mut call = Call::default();
        let waker = Arc::clone(&call.woken).into();
        hold.next_step(&mut call.ticket, limits, now, &waker);
        hold.refuse(refusal(now, SECOND * 5), now);
        assert_eq!(call.woken.get(), 0, "the hold is as long as before");
        hold.refuse(refusal(now, SECOND * 30), now);
        assert_eq!(call.woken.get(), 1);
        let step = hold.next_step(&mut call.ticket, limits, now, &waker);
        assert!(matches!(step, NextStep::Refuse(wait) if wait >= SECOND * 30), "{step:?}");
        assert_eq!(call.ticket, None);
    }

    #[test]
    fn when_the_pace_is_over_calls_start_freely_without_the_lock() {
        let (hold, now) = held();
        assert!(hold.is_active() && !hold.is_unused(now));
        let later = now + SECOND * 100;
        assert!(hold.is_unused(later));
        assert_eq!(Call::default().ask(&hold, later), NextStep::Start);
        assert!(!hold.is_active());
    }

    #[test]
    fn only_a_429_503_or_529_with_a_hint_above_zero_holds() {
        let received = |status: u16, hint: Option<&'static str>| {
            let hold = OriginHold::new("https://api.example.com");
            let sent_at = Instant::now();
            hold.request_sent(sent_at);
            let hint = hint.map(HeaderValue::from_static);
            let headers = hint.map(|hint| (HeaderName::from_static("retry-after"), hint));
            let headers = HeaderMap::from_iter(headers);
            let head = ResponseHead::received(StatusCode::from_u16(status).unwrap(), headers);
            hold.response_received(&head, sent_at);
            (hold.held_for().is_some(), hold.sent.since(sent_at).requests)
        };
        for status in [429, 503, 529] {
            assert_eq!(received(status, Some("1")), (true, 0), "{status}");
        }
        assert_eq!(received(429, Some("0")), (false, 0));
        assert_eq!(received(429, None), (false, 0));
        assert_eq!(received(503, Some("soon")), (false, 0));
        for status in [200, 404, 500, 502, 504] {
            assert_eq!(received(status, Some("1")), (false, 1), "{status}");
        }
    }
}
