//! The steps of a retry loop: its limits, its decisions and its hooks.

use std::time::Duration;

use super::given_limit::GivenLimit;
#[cfg(doc)]
use super::given_limit::NO_LIMIT;
#[cfg(not(feature = "tokio"))]
use super::without_tokio::WithTimer;
#[cfg(not(feature = "tokio"))]
use crate::breaker::PermitFuture;
use crate::breaker::{CircuitOpen, Permit};
use crate::deadline::{CutCause, CutShort};
use crate::retry::{
    AttemptEnd, AttemptLog, CallOptions, DeclaredLimits, GiveUpEvent, Marked, NamedPolicy,
    RetryDriver, RetryEvent, RetryPolicy, RetryPolicyBuilder, RetrySettings, StopReason,
    TimedOutOutput, WaitEvent,
};
use crate::telemetry;

/// Calls a hook.
#[inline]
pub fn tell<E>(event: &E, hook: impl FnOnce(&E)) {
    hook(event);
}

/// Returns the event of a retry, or `None` if the breaker rejected the attempt.
#[inline]
pub fn retry_event<'a, O>(
    retry: &'a RetryDriver<'_>,
    output: &'a O,
    delay: Duration,
) -> Option<RetryEvent<'a, O>> {
    retry.retries().then(|| RetryEvent {
        name: retry.name(),
        text: retry.error_text(),
        attempt: retry.failed_attempts(),
        max_attempts: retry.max_attempts(),
        delay,
        output,
    })
}

/// Returns the event of a wait for the circuit, or `None` if the call does not wait.
#[must_use]
pub fn wait_event<'a>(retry: &'a RetryDriver<'_>, most: Duration) -> Option<WaitEvent<'a>> {
    retry.waits_in().map(|state| WaitEvent {
        name: retry.name(),
        wait: retry.waits(),
        failed_attempts: retry.failed_attempts(),
        most,
        state,
    })
}

#[inline]
pub fn give_up_event<'a, O>(
    retry: &'a RetryDriver<'_>,
    output: &'a O,
    reason: StopReason,
) -> GiveUpEvent<'a, O> {
    GiveUpEvent::new(retry, output, reason)
}

/// Decides what follows an attempt that did not succeed: see [`RetryDriver::after`].
///
/// # Errors
///
/// Returns the reason why no attempt follows.
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

/// Returns the output and the next step after the breaker rejected an attempt. The output is the
/// output of the last attempt that ran (R9). If no attempt ran, `make` makes the output from the
/// rejection.
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

/// Describes an attempt that was cut short. `excepted` says whether the key `except` matches the
/// error.
#[inline]
#[must_use]
pub fn cut_short(cause: CutCause, excepted: bool) -> AttemptEnd<'static> {
    AttemptEnd::Cut { limit: cause.limit(), excepted }
}

/// Ends the call with a success.
#[inline]
pub fn succeeded(retry: &mut RetryDriver<'_>) {
    retry.succeeded();
}

/// Starts a call without options that sleeps in no async runtime.
#[inline]
#[must_use]
pub fn start(policy: NamedPolicy<'_>) -> RetryDriver<'_> {
    RetryDriver::new(policy, None, false)
}

/// Starts a call without options that sleeps in an async runtime.
#[inline]
#[must_use]
pub fn start_async(policy: NamedPolicy<'_>) -> RetryDriver<'_> {
    RetryDriver::new(policy, None, true)
}

/// Starts a call with these options. `needs_timer` says whether the call sleeps in an async
/// runtime.
#[inline]
#[must_use]
pub fn retry<'a>(
    policy: NamedPolicy<'a>,
    options: &'a CallOptions<'a>,
    needs_timer: bool,
) -> RetryDriver<'a> {
    RetryDriver::new(policy, Some(options), needs_timer)
}

/// Sets the limits of a call. Each limit is a duration, an option of a duration, or [`NO_LIMIT`].
/// Only a limit that the code declares can be overridden.
pub fn limits<'a, D: GivenLimit, A: GivenLimit>(
    options: CallOptions<'a>,
    policy: NamedPolicy<'_>,
    deadline: D,
    attempt_timeout: A,
) -> CallOptions<'a> {
    let declared = DeclaredLimits { deadline: D::IS_DECLARED, attempt_timeout: A::IS_DECLARED };
    let own = [deadline.given(), attempt_timeout.given()];
    let [deadline, attempt_timeout] = policy.limits(declared, own);
    options.limits(deadline, attempt_timeout)
}

/// Returns the output of an attempt under two time limits, or the limit that cut it short.
///
/// # Errors
///
/// Returns the limit that cut the attempt short.
#[inline]
pub fn either_limit<O>(result: Result<Result<O, CutShort>, CutShort>) -> Result<O, CutShort> {
    match result {
        Ok(result) => result,
        Err(cut) => Err(cut),
    }
}

/// Makes the output of an attempt that was cut short.
#[inline]
pub fn timed_out<O: TimedOutOutput>(cut: CutShort) -> O {
    O::timed_out(cut.timed_out)
}

/// Reports an attempt that was cut short.
pub fn report_cut(permit: Permit<'_>, cause: CutCause, ignored: bool) {
    crate::retry::report_cut(permit, cause, ignored);
}

/// Begins an attempt that is not async. It counts as running until the returned value is dropped.
#[inline]
#[must_use]
pub fn mark(retry: &mut RetryDriver<'_>) -> Marked {
    retry.mark()
}

/// Begins an attempt without time limits.
#[cfg(feature = "tokio")]
#[inline]
pub fn attempted<F: Future>(
    retry: &mut RetryDriver<'_>,
    future: F,
) -> crate::retry::AttemptFuture<F> {
    retry.attempted(future)
}

/// Begins an attempt without time limits, as a future that runs under its permit.
#[cfg(feature = "tokio")]
#[inline]
pub fn attempted_within<'permit, F: Future>(
    retry: &mut RetryDriver<'_>,
    permit: &'permit Permit<'permit>,
    future: F,
) -> crate::retry::PermittedAttempt<'permit, F> {
    retry.attempted_within(permit, future)
}

/// Begins an attempt without a timer. Without the feature `tokio`, an async call cannot sleep: see
/// [`sleep`].
#[cfg(not(feature = "tokio"))]
pub fn attempted<F: Future>(retry: &mut RetryDriver<'_>, future: F) -> F {
    retry.begin_attempt();
    future
}

/// Begins an attempt without a timer, as a future that runs under its permit.
#[cfg(not(feature = "tokio"))]
pub fn attempted_within<'permit, F: Future>(
    retry: &mut RetryDriver<'_>,
    permit: &'permit Permit<'permit>,
    future: F,
) -> PermitFuture<'permit, F> {
    attempted(retry, permit.within(future))
}

/// Begins an attempt within the time limits of its call. `timeout` is the value of the attempt's
/// `#[timeout]`.
#[cfg(feature = "tokio")]
pub fn limited<F: Future>(
    retry: &mut RetryDriver<'_>,
    timeout: impl GivenLimit,
    future: F,
) -> crate::deadline::TimeoutFuture<F> {
    retry.limited(future, timeout.given())
}

/// Evaluates the user's time limit before the arguments move into the attempt.
#[inline]
pub fn limit(limit: impl GivenLimit) -> Option<Duration> {
    limit.given()
}

/// Applies `#[timeout]`.
#[cfg(feature = "tokio")]
pub fn timeout<F: Future>(limit: impl GivenLimit, future: F) -> crate::deadline::TimeoutFuture<F> {
    crate::deadline::timeout(limit.given(), future)
}

#[cfg(not(feature = "tokio"))]
pub fn limited<F: Future>(
    _: &mut RetryDriver<'_>,
    _: impl GivenLimit,
    _: F,
) -> WithTimer<Result<F::Output, CutShort>> {
    WithTimer::new()
}

#[cfg(not(feature = "tokio"))]
pub fn timeout<F: Future>(_: impl GivenLimit, _: F) -> WithTimer<Result<F::Output, CutShort>> {
    WithTimer::new()
}

/// Reports that a fallback replaced a failed output.
pub fn fell_back() {
    telemetry::fell_back();
}

/// Makes a policy from settings that are expressions. A setting out of range is replaced with its
/// default, and a warning is logged.
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

#[cfg(not(feature = "tokio"))]
pub fn sleep(_: Duration) -> WithTimer<()> {
    WithTimer::new()
}

/// Sleeps between two attempts of a plain function.
// Not inlined: the compiler would compute the addresses that the sleep needs before the first
// attempt.
#[cold]
#[inline(never)]
pub fn sleep_blocking(delay: Duration) {
    crate::time::sleep_blocking(delay);
}
