//! The waits of a loop that has a gate: the sleep before a retry, and the wait at the gate.

use std::future::poll_fn;
use std::panic::Location;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use super::RetryDriver;
use super::decide::overridden;
use super::progress::Progress;
use crate::breaker::CircuitBreaker;
use crate::deadline::{CallLimit, CutShort, TimeoutFuture};
use crate::retry::attempt_gate::AttemptGate;
use crate::retry::pause::Pause;
use crate::retry::test_hook::CallRecord;
use crate::signal::{StopReason, TimeLimit};
use crate::telemetry::CallSpan;
use crate::time;

/// Why a loop starts no other attempt, and what a call returns that has made none.
#[derive(Debug)]
pub(in crate::retry) struct NotAdmitted<O> {
    pub(in crate::retry) reason: StopReason,
    pub(in crate::retry) output: Result<O, CutShort>,
}

impl<O> NotAdmitted<O> {
    fn by_gate(reason: StopReason, output: O) -> Self {
        Self { reason, output: Ok(output) }
    }

    fn by_limit(cut: CutShort) -> Self {
        let no_timer = cut.cause().limit() == TimeLimit::NoTimer;
        let reason = if no_timer { StopReason::NoTimer } else { StopReason::Deadline };
        Self { reason, output: Err(cut) }
    }
}

type Admission<O> = Result<(), NotAdmitted<O>>;

fn poll_gate<O>(
    gate: &mut dyn AttemptGate<O>,
    time_left: Option<Duration>,
    cx: &mut Context<'_>,
) -> Poll<Admission<O>> {
    if let Poll::Ready(output) = gate.poll_closed(cx) {
        return Poll::Ready(Err(NotAdmitted::by_gate(StopReason::Closed, output)));
    }
    let admission = gate.poll_admit(time_left, cx);
    admission.map_err(|output| NotAdmitted::by_gate(StopReason::Gate, output))
}

impl RetryDriver<'_> {
    // R16
    /// Sleeps like [`sleep`](Self::sleep), and then waits until the gate admits the next attempt.
    /// The sleep ends early if the gate closes.
    pub(in crate::retry) async fn sleep_before<O>(
        &mut self,
        gate: &mut dyn AttemptGate<O>,
        delay: Duration,
        breaker: Option<&CircuitBreaker>,
    ) -> Admission<O> {
        let began = time::now();
        let mut pause = Pause::begin(self.granted(), delay, breaker);
        let closed = poll_fn(|cx| match gate.poll_closed(cx) {
            Poll::Ready(output) => Poll::Ready(Some(output)),
            Poll::Pending => Pin::new(&mut pause).poll(cx).map(|()| None),
        });
        let closed = closed.await;
        drop(pause);
        if let Some(output) = closed {
            if let Some(granted) = self.granted() {
                granted.delay = time::now().saturating_duration_since(began);
            }
            return Err(NotAdmitted::by_gate(StopReason::Closed, output));
        }
        self.pass(gate).await
    }

    /// Waits until the gate admits the next attempt.
    pub(in crate::retry) async fn pass<O>(
        &mut self,
        gate: &mut dyn AttemptGate<O>,
    ) -> Admission<O> {
        let longest = self.longest_call();
        let at_once = poll_fn(|cx| {
            let left = self.time_left(longest);
            Poll::Ready(poll_gate(gate, left, cx))
        });
        if let Poll::Ready(admission) = at_once.await {
            return admission;
        }
        let began = time::now();
        let (plan, place) = (self.plan, Location::caller());
        let first = || Box::new(Progress::begin(plan, plan.policy.seed, place));
        self.progress.get_or_insert_with(first);
        let attempts = self.failed_attempts();
        let cut = plan.limits().and_then(|limits| limits.cut_of_wait(attempts));
        let wait = poll_fn(|cx| poll_gate(gate, self.time_left(longest), cx));
        let limit = CallLimit::new(None, cut, CallSpan::NONE);
        // Boxed, so that the future of a call that does not wait stays small.
        let end = Box::pin(TimeoutFuture::new(limit, wait)).await;
        if let Some(progress) = &mut self.progress {
            progress.held(time::now().saturating_duration_since(began));
        }
        end.unwrap_or_else(|cut| Err(NotAdmitted::by_limit(cut)))
    }

    // R5: before the first attempt, `max_elapsed` does not apply.
    /// Returns the limit on the time that the call may take before a retry starts.
    fn longest_call(&self) -> Option<Duration> {
        if self.failed_attempts() == 0 {
            return None;
        }
        overridden(self.plan).as_ref().unwrap_or(self.plan.policy).max_elapsed
    }

    fn time_left(&self, longest: Option<Duration>) -> Option<Duration> {
        let record = self.progress.as_ref().and_then(|it| it.hook.record());
        let skipped = record.map(CallRecord::skipped).unwrap_or_default();
        self.plan.time_left(longest, skipped).map(|(left, _)| left)
    }
}
