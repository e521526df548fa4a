//! What the tests of breakers share: a breaker on a manual clock, calls that end as told, and an ear for events.

pub(crate) mod budget;
pub(crate) mod budgets;
pub(crate) mod circuit;
pub(crate) mod composition;
pub(crate) mod conditions;
pub(crate) mod cuts;
#[cfg(feature = "toml")]
pub(crate) mod documents;
pub(crate) mod keyed;
pub(crate) mod override_rules;
pub(crate) mod registry;
pub(crate) mod retry;
pub(crate) mod selection;
pub(crate) mod sites;
pub(crate) mod slow_calls;
pub(crate) mod worst_case;

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::pin;
use std::sync::{Arc, Mutex, mpsc};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use resilient::breaker::CircuitState;
use resilient::breaker::{BreakerConfigBuilder, Transition, TransitionReason};
use resilient::events::{Event, EventKind};
use resilient::time::ManualClock;
use resilient::{BreakerConfig, CircuitBreaker, CircuitOpen, Outcome};

pub(crate) const fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// Opens at the first failure, for ten seconds.
pub(crate) fn fragile() -> BreakerConfigBuilder {
    BreakerConfig::builder()
        .failure_threshold(1)
        .recovery_time(secs(10))
}

/// A closed breaker named `dependency`, and the clock that it reads.
pub(crate) fn closed(config: &BreakerConfigBuilder) -> (CircuitBreaker, ManualClock) {
    let clock = ManualClock::new();
    let config = config.build().unwrap();
    let breaker = CircuitBreaker::with_clock("dependency", config, clock.clone());
    (breaker, clock)
}

/// The same, open, with its recovery time just over: the next call is a probe.
pub(crate) fn due(config: &BreakerConfigBuilder) -> (CircuitBreaker, ManualClock) {
    let (breaker, clock) = closed(config);
    breaker.trip().unwrap();
    clock.advance(breaker.snapshot().retry_after.unwrap());
    assert_eq!(breaker.state(), CircuitState::HalfOpen);
    (breaker, clock)
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
pub(crate) fn ignore(breaker: &CircuitBreaker) {
    breaker.try_acquire().unwrap().report(Outcome::Ignored);
}

#[track_caller]
pub(crate) fn abandon(breaker: &CircuitBreaker) {
    drop(breaker.try_acquire().unwrap());
}

/// One call after another: each `S` succeeds, `F` fails, `I` is ignored, `X` is cancelled.
#[track_caller]
pub(crate) fn calls(breaker: &CircuitBreaker, ends: &str) {
    for end in ends.chars() {
        match end {
            'S' => succeed(breaker),
            'F' => fail(breaker),
            'I' => ignore(breaker),
            'X' => abandon(breaker),
            _ => panic!("`{end}` is no end of a call"),
        }
    }
}

/// A call that takes so long.
#[track_caller]
pub(crate) fn take(breaker: &CircuitBreaker, clock: &ManualClock, time: Duration, end: Outcome) {
    let permit = breaker.try_acquire().unwrap();
    clock.advance(time);
    permit.report(end);
}

/// Calls, failures and slow ones in the window.
#[track_caller]
pub(crate) fn window(breaker: &CircuitBreaker) -> (u64, u64, u64) {
    let window = breaker.snapshot().window.expect("it has a window");
    (window.calls, window.failures, window.slow)
}

/// Why the breaker is in its state.
#[track_caller]
pub(crate) fn last_reason(breaker: &CircuitBreaker) -> TransitionReason {
    let recent = breaker.snapshot().recent;
    recent.last().expect("it has changed its state").reason
}

/// A call that panics while it holds its permit.
#[track_caller]
pub(crate) fn panic_in_call(breaker: &CircuitBreaker) {
    let permit = breaker.try_acquire().unwrap();
    while_unwinding(permit);
}

/// Drops `dropped` while the thread unwinds from a panic.
pub(crate) fn while_unwinding<T>(dropped: T) {
    let unwound = catch_unwind(AssertUnwindSafe(move || {
        let _dropped = dropped;
        panic_quietly();
    }));
    assert!(unwound.is_err());
}

/// A panic that prints nothing.
pub(crate) fn panic_quietly() -> ! {
    resume_unwind(Box::new("a panic of the test"))
}

#[track_caller]
pub(crate) fn rejection(breaker: &CircuitBreaker) -> CircuitOpen {
    breaker
        .try_acquire()
        .map(drop)
        .expect_err("the call must be rejected")
}

/// What a listener heard.
#[derive(Clone, Default)]
pub(crate) struct Heard(Arc<Mutex<Vec<Event>>>);

impl Heard {
    /// Everything that this breaker tells from now on.
    pub(crate) fn from(breaker: &CircuitBreaker) -> Self {
        let heard = Self::default();
        breaker.on_event(heard.listener());
        heard
    }

    pub(crate) fn listener(&self) -> impl Fn(&Event) + Send + Sync + 'static {
        let heard = Arc::clone(&self.0);
        move |event| heard.lock().unwrap().push(event.clone())
    }

    pub(crate) fn events(&self) -> Vec<Event> {
        self.0.lock().unwrap().clone()
    }

    pub(crate) fn transitions(&self) -> Vec<Transition> {
        let events = self.events();
        events
            .iter()
            .filter_map(|event| match event.kind() {
                EventKind::Transition(transition) => Some(*transition),
                _ => None,
            })
            .collect()
    }

    /// From which state into which.
    pub(crate) fn steps(&self) -> Vec<(CircuitState, CircuitState)> {
        let transitions = self.transitions();
        transitions
            .iter()
            .map(|step| (step.from, step.to))
            .collect()
    }

    pub(crate) fn count(&self, is_counted: impl Fn(&EventKind) -> bool) -> usize {
        let events = self.events();
        events
            .iter()
            .filter(|event| is_counted(event.kind()))
            .count()
    }
}

/// Is pending `times` times, then ready: as many await points in one.
pub(crate) async fn pause(mut times: u32) {
    std::future::poll_fn(|_| {
        if times == 0 {
            return Poll::Ready(());
        }
        times -= 1;
        Poll::Pending
    })
    .await;
}

/// Polls a future up to `polls` times and drops it. Its output, if it got that far.
pub(crate) fn poll_and_drop<F: Future>(future: F, polls: u32) -> Option<F::Output> {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    (0..polls).find_map(|_| match future.as_mut().poll(&mut context) {
        Poll::Ready(output) => Some(output),
        Poll::Pending => None,
    })
}

/// Runs a future that needs no runtime to its end.
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
