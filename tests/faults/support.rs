//! What the tests of the fault model share.

use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::pin;
use std::sync::{Arc, Mutex, mpsc};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use resilient::breaker::{BreakerConfigBuilder, CircuitState};
use resilient::events::{Event, EventKind};
use resilient::time::ManualClock;
use resilient::{
    BreakerConfig, CircuitBreaker, CircuitOpen, Classification, Classify, Outcome, Registry,
    TimedOut,
};

pub(crate) const fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// An error as applications have them.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Fault {
    Down,
    Open(CircuitOpen),
    Late(TimedOut),
}

impl From<CircuitOpen> for Fault {
    fn from(open: CircuitOpen) -> Self {
        Self::Open(open)
    }
}

impl From<TimedOut> for Fault {
    fn from(timed_out: TimedOut) -> Self {
        Self::Late(timed_out)
    }
}

impl Classify for Fault {
    fn classify(&self) -> Classification {
        match self {
            Self::Down | Self::Late(_) => Classification::transient(),
            Self::Open(_) => Classification::ignored(),
        }
    }
}

/// Opens at the first failure, for ten seconds.
pub(crate) fn fragile() -> BreakerConfigBuilder {
    BreakerConfig::builder()
        .failure_threshold(1)
        .recovery_time(secs(10))
}

/// A closed breaker on the default clock.
pub(crate) fn breaker(settings: &BreakerConfigBuilder) -> CircuitBreaker {
    CircuitBreaker::new("dependency", settings.build().unwrap())
}

/// A closed breaker, and the clock that it reads.
pub(crate) fn on_clock(settings: &BreakerConfigBuilder) -> (CircuitBreaker, ManualClock) {
    let clock = ManualClock::new();
    let config = settings.build().unwrap();
    let breaker = CircuitBreaker::with_clock("dependency", config, clock.clone());
    (breaker, clock)
}

/// A half-open breaker on the default clock: the next call is a probe.
pub(crate) fn half_open(settings: &BreakerConfigBuilder) -> CircuitBreaker {
    let breaker = breaker(settings);
    breaker.trip().unwrap();
    breaker.half_open().unwrap();
    breaker
}

/// The breaker of an annotated function that was called before.
#[track_caller]
pub(crate) fn registered(name: &str) -> CircuitBreaker {
    Registry::global().get(name).expect("it was called")
}

#[track_caller]
pub(crate) fn succeed(breaker: &CircuitBreaker) {
    breaker.try_acquire().unwrap().report(Outcome::Success);
}

#[track_caller]
pub(crate) fn fail(breaker: &CircuitBreaker) {
    breaker.try_acquire().unwrap().report(Outcome::Failure);
}

#[track_caller]
pub(crate) fn rejection(breaker: &CircuitBreaker) -> CircuitOpen {
    let admitted = breaker.try_acquire().map(drop);
    admitted.expect_err("the call must be rejected")
}

/// The text of the panics that tests cause.
pub(crate) const OURS: &str = "a panic of the test";

/// A panic that prints nothing.
pub(crate) fn panic_quietly() -> ! {
    resume_unwind(Box::new(OURS))
}

/// The text of the panic that `code` ends in.
#[track_caller]
pub(crate) fn panic_of<R>(code: impl FnOnce() -> R) -> &'static str {
    match catch_unwind(AssertUnwindSafe(code)) {
        Ok(_) => panic!("it must panic"),
        Err(payload) => payload.downcast_ref::<&str>().expect("another panic"),
    }
}

/// The same for a future, which is polled to its end.
#[track_caller]
pub(crate) fn panic_of_call<F: Future>(future: F) -> &'static str {
    panic_of(|| run(future))
}

/// Is pending so many times, then ready: as many await points in one.
pub(crate) async fn pause(mut times: u32) {
    poll_fn(|_| {
        if times == 0 {
            return Poll::Ready(());
        }
        times -= 1;
        Poll::Pending
    })
    .await;
}

/// Polls a future so many times and drops it. Its output, if it got that far.
pub(crate) fn poll_and_drop<F: Future>(future: F, polls: usize) -> Option<F::Output> {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    (0..polls).find_map(|_| match future.as_mut().poll(&mut context) {
        Poll::Ready(output) => Some(output),
        Poll::Pending => None,
    })
}

/// Runs a future that needs no runtime to its end.
#[track_caller]
pub(crate) fn run<F: Future>(future: F) -> F::Output {
    poll_and_drop(future, 10_000).expect("the future must end")
}

/// Runs what must not hang. The time is only waited for by a test that fails.
#[track_caller]
pub(crate) fn must_end<R: Send + 'static>(what: impl FnOnce() -> R + Send + 'static) -> R {
    let (done, waiting) = mpsc::channel();
    std::thread::spawn(move || done.send(what()));
    match waiting.recv_timeout(secs(60)) {
        Ok(result) => result,
        Err(mpsc::RecvTimeoutError::Timeout) => panic!("deadlock"),
        Err(mpsc::RecvTimeoutError::Disconnected) => panic!("the thread panicked"),
    }
}

/// From which state into which, as a listener heard it.
#[derive(Clone, Default)]
pub(crate) struct Steps(Arc<Mutex<Vec<(CircuitState, CircuitState)>>>);

impl Steps {
    /// Of this breaker, from now on.
    pub(crate) fn of(breaker: &CircuitBreaker) -> Self {
        let steps = Self::default();
        breaker.on_event(steps.listener());
        steps
    }

    pub(crate) fn listener(&self) -> impl Fn(&Event) + Send + Sync + 'static {
        let steps = Arc::clone(&self.0);
        move |event| {
            if let EventKind::Transition(step) = event.kind() {
                steps.lock().unwrap().push((step.from, step.to));
            }
        }
    }

    pub(crate) fn all(&self) -> Vec<(CircuitState, CircuitState)> {
        self.0.lock().unwrap().clone()
    }
}
