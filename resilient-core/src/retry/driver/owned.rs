//! A driver that borrows nothing, for futures that are written by hand.

use std::panic::Location;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use pin_project_lite::pin_project;

use super::RetryDriver;
use super::attempt_end::AttemptEnd;
use super::plan::Plan;
use super::progress::Progress;
use crate::breaker::{CircuitBreaker, CircuitOpen};
use crate::deadline::{CallLimit, CutShort};
use crate::retry::call_options::CallOptions;
use crate::retry::limits::Limits;
use crate::retry::running_pause::RunningPause;
use crate::retry::setup::RetrySetup;
use crate::signal::StopReason;
use crate::telemetry::{CallSpan, pause_count};

pin_project! {
    /// The retries of one call, for a future that is written by hand. It does what a
    /// [`RetryDriver`] does, borrows nothing, and polls attempts and sleeps. So the future needs
    /// no `async` block and can be named.
    ///
    /// The future polls its attempt with [`poll_attempt`](Self::poll_attempt). After a success it
    /// calls [`succeeded`](Self::succeeded) once. After any other end it calls
    /// [`after`](Self::after), which returns why the call ends, or how long to sleep. It then calls
    /// [`begin_sleep`](Self::begin_sleep), and polls the sleep with
    /// [`poll_sleep`](Self::poll_sleep).
    ///
    /// If the first attempt succeeds, the driver allocates nothing, and reads the clock only if a
    /// time limit needs it.
    ///
    /// ```
    /// use resilient_core::retry::{AttemptEnd, OwnedRetryDriver, RetryPolicy, RetrySetup};
    /// use resilient_core::signal::Classification;
    /// use std::future::poll_fn;
    /// use std::pin::pin;
    /// use std::sync::Arc;
    /// use std::task::Poll;
    ///
    /// # let mut runtime = tokio::runtime::Builder::new_current_thread();
    /// # runtime.enable_time().start_paused(true).build().unwrap().block_on(async {
    /// let setup = Arc::new(RetrySetup::from(RetryPolicy::builder().max_retries(1).build()?));
    /// let mut driver = pin!(OwnedRetryDriver::start(setup));
    /// let mut attempts = 0;
    /// let stop = loop {
    ///     let attempt = poll_fn(|cx| driver.as_mut().poll_attempt(cx, |_| Poll::Ready("down")));
    ///     assert_eq!(attempt.await.unwrap(), "down");
    ///     attempts += 1;
    ///     let end = AttemptEnd::Failed(Classification::transient());
    ///     match driver.as_mut().after(end, None) {
    ///         Ok(delay) => driver.as_mut().begin_sleep(delay, None),
    ///         Err(reason) => break reason,
    ///     }
    ///     poll_fn(|cx| driver.as_mut().poll_sleep(cx)).await;
    /// };
    /// assert_eq!((attempts, stop.as_str()), (2, "exhausted"));
    /// # Ok::<(), resilient_core::signal::ConfigError>(()) }).unwrap();
    /// ```
    ///
    /// # Cancel safety
    ///
    /// Dropping the driver cancels the call. It leaves no timer, no token and no waiting call
    /// behind.
    #[derive(Debug)]
    #[must_use]
    pub struct OwnedRetryDriver {
        parts: Parts,
        // The limit of the running attempt.
        #[pin]
        limit: Option<CallLimit>,
        pause: Option<Pin<Box<RunningPause>>>,
    }
}

/// The parts of a [`RetryDriver`], between two uses of it.
#[derive(Debug)]
struct Parts {
    setup: Arc<RetrySetup>,
    started: Option<Instant>,
    limits: Limits,
    /// Whether the end of the call was counted.
    is_counted: bool,
    progress: Option<Box<Progress>>,
    span: CallSpan,
}

impl Parts {
    /// Uses the parts as a driver.
    fn lend<R>(&mut self, action: impl FnOnce(&mut RetryDriver<'_>) -> R) -> R {
        let named = self.setup.named_policy();
        let options =
            CallOptions { started: self.started, limits: self.limits, ..self.setup.options() };
        let plan = Plan {
            policy: named.policy,
            cell: named.cell(),
            options: Some(&options),
            started: self.started,
            needs_timer: true,
        };
        // If `action` panics, the driver counts the end of the call.
        let is_counted = std::mem::replace(&mut self.is_counted, true);
        let mut driver = RetryDriver {
            plan,
            call: named.resume_count(is_counted),
            progress: self.progress.take(),
            span: std::mem::replace(&mut self.span, CallSpan::NONE),
        };
        let result = action(&mut driver);
        let RetryDriver { call, progress, span, .. } = driver;
        self.is_counted = pause_count(call);
        self.progress = progress;
        self.span = span;
        result
    }

    /// Counts the end of a call that was cancelled or has panicked.
    fn end(&mut self) {
        if !std::mem::replace(&mut self.is_counted, true) {
            let _ = self.setup.named_policy().resume_count(false);
        }
        self.progress = None;
    }
}

impl Drop for Parts {
    fn drop(&mut self) {
        self.end();
    }
}

/// Counts a panic of the attempt while the thread unwinds. The driver is dropped later if the panic
/// is caught around the poll.
struct OnPanic<'a>(&'a mut Parts);

impl Drop for OnPanic<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.end();
        }
    }
}

impl OwnedRetryDriver {
    /// Starts a call. Its time limits count from now, and an earlier deadline of the code around it
    /// applies.
    pub fn start(setup: Arc<RetrySetup>) -> Self {
        let CallOptions { started, limits, .. } = setup.starting_now();
        let span = CallSpan::of_retry(|| setup.retry_name());
        let parts = Parts { setup, started, limits, is_counted: false, progress: None, span };
        Self { parts, limit: None, pause: None }
    }

    /// Returns the number of the running attempt, counted from 1. During a delay, this is the
    /// number of the next attempt.
    #[must_use]
    pub fn attempt_number(&self) -> u32 {
        super::progress::attempt_number(self.parts.progress.as_deref())
    }

    /// Polls the running attempt with `attempt`, in the scope of the attempt: its span, its
    /// deadline, and what retry loops inside must know. The first poll begins the attempt, and
    /// spends the tokens that were reserved for it. The attempt ends when `attempt` is ready.
    ///
    /// # Errors
    ///
    /// Returns the time limit that cuts the attempt short. Drop the attempt with
    /// [`CutShort::cancel`]. If there is no timer, `attempt` was not called.
    pub fn poll_attempt<T>(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        attempt: impl FnOnce(&mut Context<'_>) -> Poll<T>,
    ) -> Poll<Result<T, CutShort>> {
        let mut this = self.project();
        if this.limit.is_none() {
            let limit = this.parts.lend(|driver| driver.limit(None));
            this.limit.set(Some(limit));
        }
        let on_panic = OnPanic(this.parts);
        let Some(limit) = this.limit.as_mut().as_pin_mut() else {
            unreachable!("the limit was set above");
        };
        let end = ready!(limit.poll(cx, attempt));
        drop(on_panic);
        this.limit.set(None);
        Poll::Ready(end)
    }

    /// Ends the call with a success. Call it once.
    #[cfg_attr(feature = "test-util", track_caller)]
    pub fn succeeded(self: Pin<&mut Self>) {
        self.project().parts.lend(|driver| driver.succeeded());
    }

    /// Returns how long to sleep before the next attempt, after an attempt that did not succeed:
    /// see [`RetryDriver::after`].
    ///
    /// # Errors
    ///
    /// Returns the reason why no attempt follows. The call then ends with its last output.
    #[track_caller]
    pub fn after(
        self: Pin<&mut Self>,
        end: AttemptEnd<'_>,
        open: Option<&CircuitOpen>,
    ) -> Result<Duration, StopReason> {
        let parts = self.project().parts;
        let place = parts.setup.place().unwrap_or_else(|| Location::caller());
        parts.lend(|driver| driver.after_at(place, end, open))
    }

    // R9
    /// Begins the sleep that [`after`](Self::after) returned. If the call waits for the circuit of
    /// `breaker`, the sleep ends early if the circuit closes.
    pub fn begin_sleep(self: Pin<&mut Self>, delay: Duration, breaker: Option<&CircuitBreaker>) {
        let this = self.project();
        let granted = this.parts.progress.as_deref().map(|progress| &progress.pause);
        *this.pause = RunningPause::begin(granted, delay, breaker).map(Box::pin);
    }

    /// Polls the sleep. It is ready at once if no sleep has begun.
    pub fn poll_sleep(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = self.project();
        let Some(pause) = this.pause else {
            return Poll::Ready(());
        };
        let waited = ready!(pause.as_mut().poll(cx));
        *this.pause = None;
        if let (Some(progress), Some(waited)) = (&mut this.parts.progress, waited) {
            progress.pause.delay = waited;
        }
        Poll::Ready(())
    }
}
