//! Rule R11: dropping a call cancels it.

use resilient_testkit::Fault;
use std::cell::Cell;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use resilient::breaker::CircuitState;
use resilient::retries::WhenOpen;
use resilient::{BreakerConfig, CircuitBreaker};
use tokio::runtime::Handle;
use tokio::task::yield_now;
use tokio::time::advance;

use crate::support::cuts::never;
use crate::support::retry::{SECOND, at_once, breaker, build, exact};

/// Polls a future this many times and then drops it. Between two polls, the time advances by more
/// than the longest delay of these tests. Returns whether the future was ready.
async fn poll_and_drop(future: impl Future, polls: usize) -> bool {
    let mut future = pin!(future);
    for _ in 0..polls {
        let done = poll_fn(|context| Poll::Ready(future.as_mut().poll(context).is_ready()));
        if done.await {
            return true;
        }
        advance(11 * SECOND).await;
    }
    false
}

/// Counts the attempts that began, and the attempts that are still alive.
#[derive(Default)]
struct Attempts {
    begun: Cell<u64>,
    alive: Cell<u64>,
}

struct Running<'a>(&'a Attempts);

impl Attempts {
    fn begin(&self) -> Running<'_> {
        self.begun.set(self.begun.get() + 1);
        self.alive.set(self.alive.get() + 1);
        Running(self)
    }

    /// Makes an attempt that waits once and fails.
    async fn fail(&self) -> Result<(), Fault> {
        let _running = self.begin();
        yield_now().await;
        Err(Fault::Down(0))
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.alive.set(self.0.alive.get() - 1);
    }
}

/// Drops a call after every possible number of polls, each time with a new breaker. Asserts that
/// the breaker counts every attempt. Returns the number of attempts of the whole call.
async fn cut_everywhere(
    breaker: impl AsyncFn() -> CircuitBreaker,
    call: impl AsyncFn(&CircuitBreaker, &Attempts),
) -> u64 {
    let (mut cut_in_an_attempt, mut cut_in_a_sleep) = (0, 0);
    for polls in 0..1_000 {
        let breaker = breaker().await;
        let attempts = Attempts::default();

        let done = poll_and_drop(call(&breaker, &attempts), polls).await;

        let snapshot = breaker.snapshot();
        let totals = snapshot.totals;
        let reported = totals.success + totals.failure + totals.ignored;
        let begun = attempts.begun.get();
        assert_eq!(snapshot.probes_in_flight, 0, "after {polls} polls");
        assert_eq!(attempts.alive.get(), 0, "after {polls} polls");
        assert_eq!(totals.late, 0, "after {polls} polls");
        assert_eq!(reported + totals.abandoned, begun, "after {polls} polls");
        assert_eq!(Handle::current().metrics().num_alive_tasks(), 0);
        advance(3600 * SECOND).await;
        yield_now().await;
        assert_eq!(attempts.begun.get(), begun, "the call still runs after {polls} polls");
        assert!(breaker.try_acquire().is_ok(), "the next call is admitted");
        if done {
            assert!(cut_in_an_attempt > 0 && cut_in_a_sleep > 0);
            return begun;
        }
        match totals.abandoned {
            0 => cut_in_a_sleep += 1,
            1 => cut_in_an_attempt += 1,
            more => panic!("{more} permits of one call"),
        }
    }
    panic!("the call never ends");
}

#[tokio::test(start_paused = true)]
async fn r11_a_call_dropped_anywhere_leaves_no_permit_and_no_attempt() {
    let policy = build(&exact());

    let attempts = cut_everywhere(
        async || breaker(100),
        async |breaker, attempts| {
            let call = policy.call().through(breaker).run(async |_| attempts.fail().await);
            call.await.unwrap_err();
        },
    )
    .await;

    assert_eq!(attempts, 4);
}

#[tokio::test(start_paused = true)]
async fn r11_a_call_whose_attempts_are_probes_leaves_no_slot_taken_when_it_is_dropped() {
    let policy = build(&exact());
    let half_open = async || {
        let settings = BreakerConfig::builder()
            .failure_threshold(1)
            .half_open_successes(3)
            .half_open_failures(5);
        let breaker = CircuitBreaker::new("inventory", settings.build().unwrap());
        breaker.trip().unwrap();
        advance(30 * SECOND).await;
        assert_eq!(breaker.state(), CircuitState::HalfOpen);
        breaker
    };

    let attempts = cut_everywhere(half_open, async |breaker, attempts| {
        let call = policy.call().through(breaker).run(async |_| attempts.fail().await);
        call.await.unwrap_err();
    })
    .await;

    assert_eq!(attempts, 4);
}

#[tokio::test(start_paused = true)]
async fn r11_a_call_that_waits_for_the_circuit_dropped_anywhere_leaves_nothing() {
    let policy = build(&exact().when_open(WhenOpen::Wait));

    let attempts = cut_everywhere(
        async || breaker(1),
        async |breaker, attempts| {
            let call = policy.call().through(breaker).run(async |_| attempts.fail().await);
            call.await.unwrap_err();
        },
    )
    .await;

    assert_eq!(attempts, 4);
}

#[tokio::test(start_paused = true)]
async fn r11_a_breaker_around_a_loop_dropped_anywhere_loses_no_permit() {
    let policy = build(&exact());
    for polls in 0..1_000 {
        let breaker = breaker(1);
        breaker.trip().unwrap();
        advance(10 * SECOND).await;
        let attempts = Attempts::default();

        let call = breaker.call(async || policy.call().run(async |_| attempts.fail().await).await);
        let done = poll_and_drop(call, polls).await;

        let snapshot = breaker.snapshot();
        assert_eq!(snapshot.probes_in_flight, 0, "after {polls} polls");
        assert_eq!(attempts.alive.get(), 0, "after {polls} polls");
        if done {
            assert_eq!(attempts.begun.get(), 4);
            assert_eq!(snapshot.totals.failure, 1);
            return;
        }
        assert_eq!(snapshot.totals.abandoned, u64::from(polls > 0));
        assert_eq!(snapshot.totals.failure, 0);
    }
    panic!("the call never ends");
}

#[tokio::test(start_paused = true)]
async fn r11_a_call_without_a_breaker_dropped_anywhere_stops() {
    let policy = build(&exact());
    for polls in 0..1_000 {
        let attempts = Attempts::default();

        let call = policy.call().run(async |_| attempts.fail().await);
        let done = poll_and_drop(call, polls).await;

        let begun = attempts.begun.get();
        assert_eq!(attempts.alive.get(), 0, "after {polls} polls");
        assert_eq!(Handle::current().metrics().num_alive_tasks(), 0);
        advance(3600 * SECOND).await;
        yield_now().await;
        assert_eq!(attempts.begun.get(), begun, "the call still runs after {polls} polls");
        if done {
            assert_eq!(begun, 4);
            return;
        }
    }
    panic!("the call never ends");
}

#[tokio::test]
async fn r11_an_attempt_that_panics_is_a_failure_and_leaves_no_permit() {
    let breaker = breaker(1);
    breaker.trip().unwrap();
    breaker.half_open().unwrap();
    let handle = breaker.clone();

    let task = tokio::spawn(async move {
        at_once(3)
            .call()
            .through(&handle)
            .run(async |_| -> Result<(), Fault> {
                std::panic::panic_any("a bug of the caller");
            })
            .await
    });

    assert!(task.await.unwrap_err().is_panic());
    let snapshot = breaker.snapshot();
    assert_eq!(snapshot.probes_in_flight, 0);
    assert_eq!((snapshot.totals.failure, snapshot.totals.abandoned), (1, 0));
    assert_eq!(breaker.state(), CircuitState::Open);
}

#[tokio::test(start_paused = true)]
async fn r11_a_call_that_is_dropped_in_a_limited_attempt_leaves_nothing_behind() {
    let breaker = breaker(5);
    let policy = at_once(3);
    let call = policy.call().attempt_timeout(SECOND).deadline(SECOND);
    let mut call = Box::pin(call.through(&breaker).run(|_| never()));
    let first = call.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    assert!(first.is_pending());
    drop(call);
    let snapshot = breaker.snapshot();
    assert_eq!((snapshot.totals.abandoned, snapshot.totals.failure), (1, 0));
}
