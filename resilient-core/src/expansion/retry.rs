//! A loop of retries, its limits and its hooks.

use std::time::Duration;

use super::given_limit::GivenLimit;
use crate::breaker::{CircuitOpen, Permit};
use crate::retry::{
    AttemptEnd, AttemptLog, CallOptions, Entered, GiveUpEvent, RetryDriver, RetryEvent,
    RetryPolicy, RetryPolicyBuilder, RetrySettings, StopReason, TimeLimit, TimedOut,
    TimedOutOutput,
};
use crate::telemetry;

/// Tells a hook.
#[inline]
pub fn tell<E>(event: &E, hook: impl FnOnce(&E)) {
    hook(event);
}

#[inline]
pub fn retry_event<'a, O>(
    retry: &RetryDriver<'_>,
    output: &'a O,
    delay: Duration,
) -> RetryEvent<'a, O> {
    RetryEvent {
        // The driver has granted the retry already.
        attempt: retry.attempt_number().saturating_sub(1),
        max_attempts: retry.max_attempts(),
        delay,
        output,
    }
}

#[inline]
pub fn give_up_event<'a, O>(
    retry: &RetryDriver<'_>,
    output: &'a O,
    reason: StopReason,
) -> GiveUpEvent<'a, O> {
    GiveUpEvent { attempts: retry.attempt_number(), reason, output }
}

/// A policy as the user has it, kept for the call.
#[inline]
#[must_use]
pub fn given_policy(policy: &RetryPolicy) -> RetryPolicy {
    policy.clone()
}

/// Decides after an attempt that did not succeed: see [`RetryDriver::after`].
///
/// # Errors
///
/// The reason why there is no other attempt.
#[expect(
    clippy::inline_always,
    reason = "otherwise the state of the loop is in memory on the hot path"
)]
#[inline(always)]
#[expect(clippy::needless_pass_by_value, reason = "the expansion passes an expression")]
#[track_caller]
pub fn after(
    retry: &mut RetryDriver<'_>,
    end: AttemptEnd<'_>,
    open: Option<CircuitOpen>,
) -> Result<Duration, StopReason> {
    retry.after(end, open.as_ref())
}

/// The output and the next step of an attempt that the breaker rejected. The output is that of the
/// last attempt that was made (R9), or `make` makes it from the rejection.
#[expect(
    clippy::inline_always,
    reason = "otherwise the state of the loop is in memory on the hot path"
)]
#[inline(always)]
#[track_caller]
pub fn after_rejection<O>(
    retry: &mut RetryDriver<'_>,
    log: &mut impl AttemptLog<O>,
    open: CircuitOpen,
    make: impl FnOnce(CircuitOpen) -> O,
) -> (O, Result<Duration, StopReason>) {
    let next = after(retry, AttemptEnd::Rejected(&open), None);
    let output = match log.last_made(retry) {
        Some(output) => output,
        None => make(open),
    };
    (output, next)
}

/// The end of an attempt that `limit` cut short, with an error that `except` matches or not.
#[inline]
#[must_use]
pub fn cut_short(limit: TimeLimit, excepted: bool) -> AttemptEnd<'static> {
    AttemptEnd::Cut { limit, excepted }
}

/// The call ends with a success.
#[inline]
pub fn succeeded(retry: &mut RetryDriver<'_>) {
    retry.succeeded();
}

/// A call with these options; `needs_timer` if it sleeps in an async runtime.
#[inline]
#[must_use]
pub fn retry<'a>(
    policy: &'a RetryPolicy,
    options: &'a CallOptions<'a>,
    needs_timer: bool,
) -> RetryDriver<'a> {
    RetryDriver::new(policy, Some(options), needs_timer)
}

/// No time limit.
pub const NO_LIMIT: Option<Duration> = None;

/// Gives the call its limits: durations, or options of them.
pub fn limits(
    options: CallOptions<'_>,
    deadline: impl GivenLimit,
    attempt_timeout: impl GivenLimit,
) -> CallOptions<'_> {
    options.limits(deadline.given(), attempt_timeout.given())
}

#[inline]
#[must_use]
pub fn has_attempt_timeout(retry: &RetryDriver<'_>) -> bool {
    retry.has_attempt_timeout()
}

/// The output of an attempt under two time limits, or the one that cut it short.
///
/// # Errors
///
/// The limit that cut the attempt short.
#[inline]
pub fn either_limit<O>(result: Result<Result<O, TimedOut>, TimedOut>) -> Result<O, TimedOut> {
    match result {
        Ok(result) => result,
        Err(timed_out) => Err(timed_out),
    }
}

/// The output of an attempt that was cut short.
#[inline]
pub fn timed_out<O: TimedOutOutput>(timed_out: TimedOut) -> O {
    O::timed_out(timed_out)
}

/// Reports an attempt that was cut short.
pub fn report_cut(permit: Permit<'_>, limit: TimeLimit, ignored: bool, has_own_limit: bool) {
    crate::retry::report_cut(permit, limit, ignored, has_own_limit);
}

/// A plain attempt starts, and runs as long as this lives.
#[inline]
#[must_use]
pub fn mark(retry: &mut RetryDriver<'_>) -> Option<Entered> {
    retry.mark()
}

/// An attempt without limits.
#[cfg(feature = "tokio")]
#[inline]
pub fn attempted<F: Future>(
    retry: &mut RetryDriver<'_>,
    future: F,
) -> crate::retry::AttemptFuture<F> {
    retry.attempted(future)
}

/// Without a runtime's timers there is nothing to wait between attempts: see [`sleep`].
#[cfg(not(feature = "tokio"))]
pub fn attempted<F: Future>(retry: &mut RetryDriver<'_>, future: F) -> F {
    retry.begin_attempt();
    future
}

/// An attempt within the limits of its call.
#[cfg(feature = "tokio")]
pub fn limited<F: Future>(
    retry: &mut RetryDriver<'_>,
    future: F,
) -> crate::retry::TimeoutFuture<F> {
    retry.limited(future)
}

/// A time limit as the user has it, evaluated before the arguments move into the attempt.
#[inline]
pub fn limit(limit: impl GivenLimit) -> Option<Duration> {
    limit.given()
}

/// `#[timeout]`.
#[cfg(feature = "tokio")]
pub fn timeout<F: Future>(limit: impl GivenLimit, future: F) -> crate::retry::TimeoutFuture<F> {
    crate::retry::timeout(limit.given(), future)
}

/// The feature `tokio` of `resilient` is what time limits are kept with.
#[cfg(not(feature = "tokio"))]
#[derive(Debug)]
pub struct EnableTheFeatureTokioOfResilientForTimeLimits;

#[cfg(not(feature = "tokio"))]
pub fn limited<F: Future>(
    _: &mut RetryDriver<'_>,
    _: F,
) -> EnableTheFeatureTokioOfResilientForTimeLimits {
    EnableTheFeatureTokioOfResilientForTimeLimits
}

#[cfg(not(feature = "tokio"))]
pub fn timeout<F: Future>(
    _: impl GivenLimit,
    _: F,
) -> EnableTheFeatureTokioOfResilientForTimeLimits {
    EnableTheFeatureTokioOfResilientForTimeLimits
}

/// A fallback took the place of a failed output.
pub fn fell_back() {
    telemetry::fell_back();
}

/// A policy of expressions: those out of range fall back to their defaults, with a warning.
#[must_use]
pub fn policy(settings: RetrySettings) -> RetryPolicy {
    let (policy, errors) = RetryPolicyBuilder::from(settings).build_leniently();
    for error in &errors {
        telemetry::invalid_policy(error);
    }
    policy
}

/// Sleeps between two attempts.
#[cfg(feature = "tokio")]
#[inline]
pub fn sleep(delay: Duration) -> impl Future<Output = ()> + Send {
    crate::time::sleep(delay)
}

/// The feature `tokio` of `resilient` is what async retries sleep with.
#[cfg(not(feature = "tokio"))]
#[derive(Debug)]
pub struct EnableTheFeatureTokioOfResilientForAsyncRetries;

#[cfg(not(feature = "tokio"))]
pub fn sleep(_: Duration) -> EnableTheFeatureTokioOfResilientForAsyncRetries {
    EnableTheFeatureTokioOfResilientForAsyncRetries
}

/// Sleeps between two attempts of a plain function.
pub fn sleep_blocking(delay: Duration) {
    crate::time::sleep_blocking(delay);
}
