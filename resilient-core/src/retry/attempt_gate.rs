//! The gate in front of the attempts of a call: it makes them wait, refuses them, or ends the waits
//! of the call.

use std::task::{Context, Poll};
use std::time::Duration;

// R16
/// A gate in front of each attempt of a call, for example a rate limiter, or the shutdown of a
/// client. Pass it to [`RetryCall::gate`](super::RetryCall::gate).
///
/// The gate stands inside the retry loop, and outside the breaker and the attempt timeout:
///
/// - An attempt that waits at the gate holds no permit. A probe of a half-open circuit waits, too.
///   The breaker can reject an attempt that the gate has admitted.
/// - The wait is no attempt and takes nothing from the `attempt_timeout`. It counts towards the
///   deadline of the call. If the deadline passes during the wait, the call ends with its last
///   output. If it has made no attempt, it ends with [`TimedOut`](super::TimedOut), which says that
///   there were no attempts.
/// - For the snapshot of a named retry, the wait is a part of the time between attempts.
///
/// If the gate refuses an attempt or closes, the call ends with the output of its last attempt. If
/// it has made no attempt, it returns the output that the gate supplies.
///
/// This gate starts attempts at fixed intervals:
///
/// ```
/// use resilient_core::retry::{AttemptGate, RetryPolicy};
/// use std::task::{Context, Poll};
/// use std::time::Duration;
/// use tokio::time::{Instant, Interval, interval};
///
/// struct Pace(Interval);
///
/// impl<O> AttemptGate<O> for Pace {
///     fn poll_admit(
///         &mut self,
///         _time_left: Option<Duration>,
///         cx: &mut Context<'_>,
///     ) -> Poll<Result<(), O>> {
///         self.0.poll_tick(cx).map(|_| Ok(()))
///     }
/// }
///
/// # let mut runtime = tokio::runtime::Builder::new_current_thread();
/// # runtime.enable_time().start_paused(true).build().unwrap().block_on(async {
/// let policy = RetryPolicy::builder().base_delay(Duration::ZERO).max_retries(2).build()?;
/// let (started, mut pace) = (Instant::now(), Pace(interval(Duration::from_secs(1))));
/// let result: Result<(), &str> = policy.call().gate(&mut pace).run(async |_| Err("down")).await;
/// assert_eq!(result, Err("down"));
/// assert_eq!(started.elapsed().as_secs(), 2);
/// # Ok::<(), resilient_core::signal::ConfigError>(()) }).unwrap();
/// ```
pub trait AttemptGate<O>: Send {
    /// Admits the next attempt, or makes it wait. The loop polls this before each attempt, and
    /// again whenever the task is woken, until it is ready.
    ///
    /// `time_left` is the time until the deadline of the call or of an outer call. Before a retry,
    /// it is also limited by `max_elapsed`. It is `None` without such a limit. A gate that knows
    /// how long the attempt must wait can refuse at once if the time does not suffice.
    ///
    /// # Errors
    ///
    /// `Err` refuses the attempt and ends the call with
    /// [`StopReason::Gate`](super::StopReason::Gate). The call returns this output if it has made
    /// no attempt.
    fn poll_admit(
        &mut self,
        time_left: Option<Duration>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), O>>;

    /// Completes when the call must not wait any longer and must start no other attempt. The loop
    /// polls this before each attempt, and during every wait: the sleep before a retry, the wait
    /// for the circuit, and the wait at this gate. The call ends with
    /// [`StopReason::Closed`](super::StopReason::Closed), and returns this output if it has made no
    /// attempt. A running attempt is not interrupted.
    ///
    /// By default, this never completes.
    fn poll_closed(&mut self, cx: &mut Context<'_>) -> Poll<O> {
        let _ = cx;
        Poll::Pending
    }
}
