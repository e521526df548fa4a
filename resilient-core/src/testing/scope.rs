//! A scope for calls under test, and the hooks through which calls find the scope.

use std::cell::RefCell;
use std::panic::Location;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use pin_project_lite::pin_project;

use super::recorded::RecordedCall;
use crate::retry::{self, CallRecord, StopReason};
use crate::time::{self, ManualClock};

thread_local! {
    static CURRENT: RefCell<Option<Scope>> = const { RefCell::new(None) };
}

/// Returns the innermost scope around the running code.
pub(crate) fn current() -> Option<Scope> {
    CURRENT.try_with(|current| current.try_borrow().ok()?.clone()).ok()?
}

/// Returns whether the running code is in a [`Scope`] that skips sleeps. Code that waits before
/// calls, for example a rate limiter, can use it to not wait in such tests.
///
/// ```
/// use resilient_core::testing::{Scope, skips_sleeps};
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// assert!(!skips_sleeps());
/// assert!(Scope::new().run(async { skips_sleeps() }).await);
/// # });
/// ```
#[must_use]
pub fn skips_sleeps() -> bool {
    current().is_some_and(|scope| scope.skips_sleeps)
}

/// A scope that puts calls under test. Clones share the records, so a task can run in a clone.
///
/// | | default |
/// |---|---|
/// | sleeps between attempts | [skipped](Self::with_real_sleeps) |
/// | jitter | [seeded](Self::seed) with 0 |
/// | attempts | [as the policy says](Self::max_attempts) |
///
/// A skipped sleep counts as elapsed time: for `max_elapsed`, for the time left until a deadline,
/// and on the scope's [clock](Self::clock). Attempts and their timeouts take real time, unless
/// `tokio::time::pause` skips it.
#[derive(Debug, Clone)]
pub struct Scope {
    skips_sleeps: bool,
    seed: u64,
    max_retries: u32,
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    calls: Mutex<Vec<RecordedCall>>,
    clock: ManualClock,
}

impl Scope {
    /// Makes a scope that skips sleeps and seeds delays with 0.
    #[must_use]
    pub fn new() -> Self {
        Self { skips_sleeps: true, seed: 0, max_retries: u32::MAX, shared: Arc::default() }
    }

    /// Seeds the delays of policies that have no seed. Two scopes with the same seed draw the same
    /// delays: their first calls agree, and so do their second calls.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Limits the attempts of each call, if its policy allows more. Zero counts as one.
    #[must_use]
    pub fn max_attempts(mut self, attempts: u32) -> Self {
        self.max_retries = attempts.saturating_sub(1);
        self
    }

    /// Limits each call to one attempt.
    #[must_use]
    pub fn without_retries(self) -> Self {
        self.max_attempts(1)
    }

    /// Lets sleeps take real time.
    #[must_use]
    pub fn with_real_sleeps(mut self) -> Self {
        self.skips_sleeps = false;
        self
    }

    /// Runs a future in the scope.
    ///
    /// # Cancel safety
    ///
    /// Dropping the result drops the future. If the first attempt of a call has failed by then, the
    /// call is recorded as not ended.
    pub fn run<F: Future>(&self, future: F) -> Scoped<F> {
        Scoped { scope: self.clone(), future }
    }

    /// Runs code that is not async in the scope.
    pub fn run_blocking<R>(&self, code: impl FnOnce() -> R) -> R {
        let _entered = self.enter();
        code()
    }

    /// Returns the calls in the scope whose first attempt has ended, in the order in which the
    /// first attempts ended.
    #[must_use]
    pub fn calls(&self) -> Vec<RecordedCall> {
        self.locked().clone()
    }

    /// Returns the only call in the scope.
    ///
    /// # Panics
    ///
    /// Panics if the number of calls is not one.
    #[must_use]
    #[track_caller]
    pub fn call(&self) -> RecordedCall {
        let mut calls = self.calls();
        let count = calls.len();
        let message = "calls under a retry were made in this scope, not one";
        assert!(count == 1, "{count} {message}: {calls:#?}");
        calls.remove(0)
    }

    /// Asserts that the only call made this many attempts.
    ///
    /// # Panics
    ///
    /// Panics if the only call made another number of attempts, or if the number of calls is not
    /// one.
    #[track_caller]
    pub fn assert_attempts(&self, attempts: u32) {
        let call = self.call();
        assert_eq!(call.attempts, attempts, "attempts of {call:#?}, expected {attempts}");
    }

    /// Asserts that the only call waited exactly these delays.
    ///
    /// # Panics
    ///
    /// Panics if the delays differ, or if the number of calls is not one.
    #[track_caller]
    pub fn assert_delays(&self, delays: &[Duration]) {
        let call = self.call();
        assert_eq!(call.delays, delays, "delays of {call:#?}");
    }

    /// Returns a clock for breakers. Each skipped sleep advances the clock by its delay. Pass the
    /// clock to [`CircuitBreaker::with_clock`](crate::breaker::CircuitBreaker::with_clock) or
    /// [`Registry::use_clock`](crate::registry::Registry::use_clock).
    #[must_use]
    pub fn clock(&self) -> ManualClock {
        self.shared.clock.clone()
    }

    /// Begins the record of a call.
    fn begin(&self, place: &'static Location<'static>) -> Recording {
        let mut calls = self.locked();
        let index = calls.len();
        calls.push(RecordedCall {
            place,
            attempts: 0,
            delays: Vec::new(),
            waits: Vec::new(),
            end: None,
        });
        let scope = self.clone();
        Recording { scope, index }
    }

    /// Advances the clock if the scope skips sleeps. Returns whether the sleep is skipped.
    fn skip(&self, delay: Duration) -> bool {
        if self.skips_sleeps {
            self.shared.clock.advance(delay);
        }
        self.skips_sleeps
    }

    fn locked(&self) -> MutexGuard<'_, Vec<RecordedCall>> {
        let calls = self.shared.calls.lock();
        calls.unwrap_or_else(PoisonError::into_inner)
    }

    fn enter(&self) -> Entered {
        time::install_skip(|delay| current().is_some_and(|scope| scope.skip(delay)));
        retry::install(|place| Some(Box::new(current()?.begin(place))));
        let scope = Some(self.clone());
        // This fails only while the thread ends, when no call is under test.
        let before = CURRENT.try_with(|current| current.replace(scope));
        Entered(before.unwrap_or_default())
    }
}

impl Default for Scope {
    fn default() -> Self {
        Self::new()
    }
}

/// Restores the previous scope.
struct Entered(Option<Scope>);

impl Drop for Entered {
    fn drop(&mut self) {
        let _ = CURRENT.try_with(|current| current.replace(self.0.take()));
    }
}

pin_project! {
    /// A future in a [`Scope`].
    #[must_use = "futures do nothing unless awaited"]
    #[derive(Debug)]
    pub struct Scoped<F> {
        scope: Scope,
        #[pin]
        future: F,
    }
}

impl<F: Future> Future for Scoped<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let _entered = this.scope.enter();
        this.future.poll(cx)
    }
}

/// Writes to the record of one running call.
#[derive(Debug)]
struct Recording {
    scope: Scope,
    index: usize,
}

impl CallRecord for Recording {
    fn attempted(&self) {
        self.change(|call| call.attempts = call.attempts.saturating_add(1));
    }

    fn sleeps(&self, delay: Duration) {
        self.change(|call| call.delays.push(delay));
    }

    fn waits(&self, most: Duration) {
        self.change(|call| call.waits.push(most));
    }

    fn ended(&self, end: Result<(), StopReason>) {
        self.change(|call| call.end = Some(end));
    }

    fn skips_sleeps(&self) -> bool {
        self.scope.skips_sleeps
    }

    fn skipped(&self) -> Duration {
        let mut sum = Duration::ZERO;
        if self.scope.skips_sleeps {
            let add = |delay: &Duration| sum = sum.saturating_add(*delay);
            self.change(|call| call.delays.iter().chain(&call.waits).for_each(add));
        }
        sum
    }

    /// Returns a seed that differs between the calls of a scope and repeats in every run.
    fn seed(&self) -> u64 {
        self.scope.seed.wrapping_add(self.index as u64)
    }

    fn max_retries(&self) -> u32 {
        self.scope.max_retries
    }
}

impl Recording {
    fn change(&self, change: impl FnOnce(&mut RecordedCall)) {
        if let Some(call) = self.scope.locked().get_mut(self.index) {
            change(call);
        }
    }
}
