//! The waits of a call before its attempts: for the end of a hold of the server, and between
//! attempts until the client is closed.

use std::task::{Context, Poll, ready};
use std::time::Duration;

use resilient::breaker::CircuitState;
use resilient::retries::AttemptGate;
use resilient::settings::SettingValue;

use super::call_state::CallState;
use crate::client::{ApiClient, ClientClosed};
use crate::error::ApiError;
use crate::hold_back::{HoldWaiter, WaitLimits};

/// The gate of the retry loop.
pub(super) struct AttemptWaits<'a> {
    call: &'a CallState<'a>,
    fails_if_held: bool,
    waiter: Option<HoldWaiter>,
    /// Made when the call waits for the first time, so that other calls do not pay for it.
    closed: Option<ClientClosed<'a>>,
    /// Whether the loop has asked before whether the client is closed.
    was_asked: bool,
    /// The longest hint that the retry policy follows, once it is known.
    longest: Option<Duration>,
}

impl<'a> AttemptWaits<'a> {
    pub(super) fn new(client: &ApiClient, call: &'a CallState<'a>) -> Self {
        Self {
            call,
            fails_if_held: client.inner().fails_if_held,
            waiter: call.hold.clone().map(HoldWaiter::new),
            closed: None,
            was_asked: false,
            longest: None,
        }
    }

    fn poll_close(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let call = self.call;
        let closed = self.closed.get_or_insert_with(|| call.guard.closed());
        ready!(closed.as_mut().poll(cx));
        // A later poll needs a new future. It completes at once, because no client opens again.
        self.closed = None;
        Poll::Ready(())
    }
}

// R16
impl<O> AttemptGate<Result<O, ApiError>> for AttemptWaits<'_> {
    fn poll_admit(
        &mut self,
        time_left: Option<Duration>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), Result<O, ApiError>>> {
        let Some(waiter) = self.waiter.as_mut().filter(|waiter| !waiter.is_free()) else {
            return Poll::Ready(Ok(()));
        };
        let call = self.call;
        // The breaker rejects the attempt in any case, so the caller need not wait for that.
        if matches!(call.breaker.state(), CircuitState::Open | CircuitState::ForcedOpen) {
            waiter.leave();
            return Poll::Ready(Ok(()));
        }
        let limits = WaitLimits {
            time_left,
            longest: *self.longest.get_or_insert_with(|| longest_hint(call)),
            fails_if_held: self.fails_if_held && call.attempt() == 0,
        };
        match waiter.poll_start(limits, cx) {
            Poll::Ready(Ok(())) => Poll::Ready(Ok(())),
            Poll::Ready(Err(wait)) => {
                Poll::Ready(Err(Err(ApiError::held_back(call.details(None), wait))))
            }
            Poll::Pending => self.poll_close(cx).map(|()| Err(Err(ApiError::Closed))),
        }
    }

    /// The loop asks for the first time before anything waits. A call that has entered makes its
    /// first attempt even if the client closes.
    fn poll_closed(&mut self, cx: &mut Context<'_>) -> Poll<Result<O, ApiError>> {
        if !std::mem::replace(&mut self.was_asked, true) {
            return Poll::Pending;
        }
        self.poll_close(cx).map(|()| Err(ApiError::Closed))
    }
}

// R4
/// Returns the longest hint that the retry policy of the call follows, with the overrides of
/// operators.
fn longest_hint(call: &CallState<'_>) -> Duration {
    let setting = call.retry.settings_with_origin().get("max_retry_after");
    match setting.and_then(|setting| setting.value) {
        Some(SettingValue::Time(longest)) => longest,
        _ => Duration::MAX,
    }
}
