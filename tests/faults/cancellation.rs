//! Tests of table A: calls that are dropped or hang, and permits that are lost.

use std::cell::Cell;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use resilient::breaker::{AbandonedOutcome, CallCounts, CircuitState, KeyedBreakers};
use resilient::retries::Jitter;
use resilient::{
    CircuitBreaker, Classification, Classify, Outcome, Registry, RetryPolicy, circuit_breaker,
    retry,
};
use tokio::task::yield_now;
use tokio::time::{Instant, advance, timeout};

use crate::support::{Fault, breaker, half_open, on_clock, registered};
use resilient_testkit::{Heard, fail, fragile, pause, poll_and_drop, rejection, secs, succeed};

/// Counts the attempts that began and the attempts that are alive. A finished or dropped attempt is
/// not alive.
#[derive(Default)]
pub(crate) struct Attempts {
    pub(crate) begun: Cell<u64>,
    pub(crate) alive: Cell<u64>,
}

struct Running<'a>(&'a Attempts);

impl Attempts {
    /// Makes an attempt that awaits twice and then fails.
    pub(crate) async fn fail(&self) -> Result<(), Fault> {
        self.begun.set(self.begun.get() + 1);
        self.alive.set(self.alive.get() + 1);
        let _running = Running(self);
        yield_now().await;
        yield_now().await;
        Err(Fault::Down)
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.alive.set(self.0.alive.get() - 1);
    }
}

#[circuit_breaker(breaker = breaker)]
async fn guarded(breaker: &CircuitBreaker, attempts: &Attempts) -> Result<(), Fault> {
    attempts.fail().await
}

#[retry(max_retries = 2)]
#[circuit_breaker(breaker = breaker)]
async fn each_attempt(breaker: &CircuitBreaker, attempts: &Attempts) -> Result<(), Fault> {
    attempts.fail().await
}

#[circuit_breaker(breaker = breaker, order = explicit)]
#[retry(max_retries = 2)]
async fn whole_loop(breaker: &CircuitBreaker, attempts: &Attempts) -> Result<(), Fault> {
    attempts.fail().await
}

#[circuit_breaker(
    name = "cut by key",
    key = key,
    failure_threshold = 100,
    half_open_successes = 5,
    half_open_failures = 5
)]
async fn guarded_by_key(key: usize, attempts: &Attempts) -> Result<(), Fault> {
    attempts.fail().await
}

fn policy() -> RetryPolicy {
    let settings = RetryPolicy::builder().max_retries(2).jitter(Jitter::None);
    settings.build().unwrap()
}

fn classify(output: &Result<(), Fault>) -> Option<Classification> {
    output.as_ref().err().map(Fault::classify)
}

/// Returns a closed breaker and a half-open breaker. Three failures change the state of neither.
pub(crate) fn breakers() -> [CircuitBreaker; 2] {
    let settings = fragile().failure_threshold(100).half_open_successes(5).half_open_failures(5);
    [breaker(&settings), half_open(&settings)]
}

/// Polls a future at most `polls` times and drops it. Between two polls, the clock advances by more
/// than any delay of these tests. Returns whether the future was ready.
pub(crate) async fn cut(future: impl Future, polls: usize) -> bool {
    let mut future = pin!(future);
    for _ in 0..polls {
        let done = poll_fn(|context| Poll::Ready(future.as_mut().poll(context).is_ready()));
        if done.await {
            return true;
        }
        advance(secs(11)).await;
    }
    false
}

/// What one permit covers: an attempt, or the whole loop.
#[derive(Clone, Copy)]
enum PermitFor {
    Attempt,
    Loop,
}

/// Checks that a call that was dropped after `polls` polls left no attempt alive and no slot taken,
/// and that the breaker counted each permit.
fn check(breaker: &CircuitBreaker, attempts: &Attempts, permits: PermitFor, polls: usize) {
    let snapshot = breaker.snapshot();
    let begun = attempts.begun.get();
    let expected = match permits {
        PermitFor::Attempt => begun,
        PermitFor::Loop => begun.min(1),
    };
    let CallCounts { success, failure, ignored, abandoned, late, rejected, .. } = snapshot.totals;
    assert_eq!(attempts.alive.get(), 0, "after {polls} polls");
    assert_eq!(snapshot.probes_in_flight, 0, "after {polls} polls");
    assert_eq!(failure + abandoned, expected, "after {polls} polls");
    assert_eq!((success, ignored, late, rejected), (0, 0, 0, 0), "after {polls} polls");
    assert!(abandoned <= 1, "after {polls} polls");
    assert_eq!(polls == 0, begun == 0, "after {polls} polls");
    succeed(breaker);
}

/// Drops a call after every possible number of polls, each time with a new breaker. The breaker is
/// closed in the first round and half-open in the second.
async fn cut_everywhere(permits: PermitFor, call: impl AsyncFn(&CircuitBreaker, &Attempts)) {
    for nth in 0..2 {
        let mut polls = 0;
        loop {
            let breaker = &breakers()[nth];
            let attempts = Attempts::default();
            let done = cut(call(breaker, &attempts), polls).await;
            check(breaker, &attempts, permits, polls);
            if done {
                assert_eq!(breaker.snapshot().totals.abandoned, 0);
                break;
            }
            polls += 1;
        }
        assert!(polls >= 3, "two await points at least");
    }
}

#[test]
fn fm_a1_a_future_dropped_before_its_first_poll_takes_no_permit_and_counts_nothing() {
    #[circuit_breaker(name = "never polled")]
    async fn registers_at_the_first_poll() -> Result<(), Fault> {
        Ok(())
    }

    let policy = policy();
    for breaker in breakers() {
        let attempts = Attempts::default();
        drop(breaker.call(async || attempts.fail().await));
        drop(breaker.call_classified(async || attempts.fail().await));
        drop(breaker.call_with(classify, async || attempts.fail().await));
        drop(policy.call().through(&breaker).run(async |_| attempts.fail().await));
        drop(
            policy
                .call()
                .through(&breaker)
                .classify_with(classify)
                .run(async |_| attempts.fail().await),
        );
        drop(guarded(&breaker, &attempts));
        drop(each_attempt(&breaker, &attempts));
        drop(whole_loop(&breaker, &attempts));
        drop(breaker.subscribe(1).next());
        let snapshot = breaker.snapshot();
        assert_eq!(snapshot.totals, CallCounts::default());
        assert_eq!((snapshot.probes_in_flight, attempts.begun.get()), (0, 0));
    }
    drop(registers_at_the_first_poll());
    assert!(Registry::global().get("never polled").is_none());
}

#[tokio::test(start_paused = true)]
async fn fm_a2_calls_of_a_breaker_dropped_anywhere_leave_nothing_behind() {
    cut_everywhere(PermitFor::Attempt, async |breaker, attempts| {
        _ = breaker.call(async || attempts.fail().await).await;
    })
    .await;
    cut_everywhere(PermitFor::Attempt, async |breaker, attempts| {
        let call = breaker.call_classified(async || attempts.fail().await);
        _ = call.await;
    })
    .await;
    cut_everywhere(PermitFor::Attempt, async |breaker, attempts| {
        let call = breaker.call_with(classify, async || attempts.fail().await);
        _ = call.await;
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn fm_a2_retries_dropped_anywhere_leave_nothing_behind() {
    let policy = &policy();
    cut_everywhere(PermitFor::Attempt, async |breaker, attempts| {
        let call = policy.call().through(breaker).run(async |_| attempts.fail().await);
        _ = call.await;
    })
    .await;
    cut_everywhere(PermitFor::Attempt, async |breaker, attempts| {
        let call = policy
            .call()
            .through(breaker)
            .classify_with(classify)
            .run(async |_| attempts.fail().await);
        _ = call.await;
    })
    .await;
    cut_everywhere(PermitFor::Loop, async |breaker, attempts| {
        let call = breaker.call(async || policy.call().run(async |_| attempts.fail().await).await);
        _ = call.await;
    })
    .await;
    cut_everywhere(PermitFor::Loop, async |breaker, attempts| {
        let call = breaker.call(async || {
            let with = policy.call().classify_with(classify).run(async |_| attempts.fail().await);
            with.await
        });
        _ = call.await;
    })
    .await;
    cut_everywhere(PermitFor::Loop, async |breaker, attempts| {
        let call = breaker.call(async || {
            let classified = policy.call().classified().run(async |_| attempts.fail().await);
            classified.await
        });
        _ = call.await;
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn fm_a2_annotated_functions_dropped_anywhere_leave_nothing_behind() {
    cut_everywhere(PermitFor::Attempt, async |breaker, attempts| {
        _ = guarded(breaker, attempts).await;
    })
    .await;
    cut_everywhere(PermitFor::Attempt, async |breaker, attempts| {
        _ = each_attempt(breaker, attempts).await;
    })
    .await;
    cut_everywhere(PermitFor::Loop, async |breaker, attempts| {
        _ = whole_loop(breaker, attempts).await;
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn fm_a2_a_breaker_by_key_dropped_anywhere_leaves_nothing_behind() {
    let by_key = |key| -> CircuitBreaker {
        let breakers: KeyedBreakers<usize> = Registry::global().get_keyed("cut by key").unwrap();
        breakers.get(&key)
    };
    _ = guarded_by_key(usize::MAX, &Attempts::default()).await;
    for trip in [false, true] {
        let mut polls = 0;
        loop {
            let key = 2 * polls + usize::from(trip);
            if trip {
                by_key(key).trip().unwrap();
                by_key(key).half_open().unwrap();
            }
            let attempts = Attempts::default();
            let done = cut(guarded_by_key(key, &attempts), polls).await;
            check(&by_key(key), &attempts, PermitFor::Attempt, polls);
            if done {
                break;
            }
            polls += 1;
        }
        assert!(polls >= 3);
    }
}

#[test]
fn fm_a2_a_subscription_dropped_while_it_waits_loses_no_event() {
    for polls in 0..5 {
        let breaker = breaker(&fragile());
        let mut events = breaker.subscribe(8);
        assert!(poll_and_drop(events.next(), polls).is_none());
        breaker.trip().unwrap();
        breaker.close();
        for _ in 0..2 {
            assert!(poll_and_drop(events.next(), 1).is_some(), "after {polls}");
        }
        assert!(poll_and_drop(events.next(), 1).is_none());
        assert_eq!(events.lost(), 0);
    }
}

#[test]
fn fm_a3_a_dropped_probe_frees_its_slot_for_the_next_caller() {
    let breaker = half_open(&fragile());
    let attempts = Attempts::default();
    for _ in 0..100 {
        assert!(poll_and_drop(guarded(&breaker, &attempts), 1).is_none());
        assert!(poll_and_drop(breaker.call(async || attempts.fail().await), 2).is_none());
        drop(breaker.try_acquire().unwrap());
    }
    assert_eq!(breaker.snapshot().totals.abandoned, 300);
    succeed(&breaker);
    assert_eq!(breaker.state(), CircuitState::Closed);
}

#[test]
fn fm_a4_a_probe_that_hangs_loses_its_slot_and_its_late_result_changes_nothing() {
    let (breaker, clock) = on_clock(&fragile().probe_timeout(secs(3)));
    let attempts = Attempts::default();
    breaker.trip().unwrap();
    clock.advance(secs(10));

    let mut hanging = pin!(guarded(&breaker, &attempts));
    let mut context = Context::from_waker(Waker::noop());
    assert!(hanging.as_mut().poll(&mut context).is_pending());
    clock.advance(secs(2));
    assert_eq!(rejection(&breaker).retry_after(), Some(secs(1)));
    clock.advance(secs(1));
    succeed(&breaker);
    assert_eq!(breaker.state(), CircuitState::Closed);

    while hanging.as_mut().poll(&mut context).is_pending() {}
    assert_eq!(breaker.state(), CircuitState::Closed);
    assert_eq!(breaker.snapshot().consecutive_failures, 0);
    assert_eq!(breaker.snapshot().totals.late, 1);
}

#[test]
fn fm_a5_calls_that_are_all_cancelled_open_the_circuit_only_where_that_is_a_failure() {
    #[circuit_breaker(name = "cut off", failure_threshold = 3, abandoned = failure)]
    async fn dead_host() -> Result<(), Fault> {
        std::future::pending().await
    }
    for _ in 0..3 {
        assert!(poll_and_drop(dead_host(), 1).is_none());
    }
    assert!(matches!(poll_and_drop(dead_host(), 1), Some(Err(Fault::Open(_)))));
    assert_eq!(registered("cut off").snapshot().totals.failure, 3);

    let ignoring = breaker(&fragile());
    let counting = breaker(&fragile().abandoned(AbandonedOutcome::Failure));
    for breaker in [&ignoring, &counting] {
        let call = breaker.call(async || std::future::pending::<Option<()>>().await);
        assert!(poll_and_drop(call, 1).is_none());
    }
    assert_eq!(ignoring.state(), CircuitState::Closed);
    assert_eq!(ignoring.snapshot().totals.abandoned, 1);
    assert_eq!(counting.state(), CircuitState::Open);
}

#[tokio::test(start_paused = true)]
async fn fm_a6_a_select_loop_that_creates_the_call_each_time_counts_each_once() {
    #[circuit_breaker(name = "selected", failure_threshold = 1)]
    async fn slow(answer_at: Instant) -> Result<(), Fault> {
        tokio::time::sleep_until(answer_at).await;
        Ok(())
    }
    let answer_at = Instant::now() + secs(5);
    let mut ticks = 0;
    loop {
        tokio::select! {
            biased;
            result = slow(answer_at) => break result.unwrap(),
            () = tokio::time::sleep(secs(2)) => ticks += 1,
        }
    }
    let totals = registered("selected").snapshot().totals;
    assert_eq!((totals.success, totals.failure, totals.late), (1, 0, 0));
    assert_eq!((totals.abandoned, ticks), (2, 2));
}

#[tokio::test(start_paused = true)]
async fn fm_a7_an_outer_timeout_during_a_backoff_returns_at_once_and_no_attempt_follows() {
    #[retry(jitter = none)]
    #[circuit_breaker(breaker = breaker)]
    async fn annotated(breaker: &CircuitBreaker, attempts: &Attempts) -> Result<(), Fault> {
        attempts.fail().await
    }
    let breaker = &breakers()[0];
    let attempts = Attempts::default();
    let start = Instant::now();
    let half_a_delay = std::time::Duration::from_millis(50);
    let exact = RetryPolicy::builder().jitter(Jitter::None).build().unwrap();
    let call = exact.call().through(breaker).run(async |_| attempts.fail().await);
    timeout(half_a_delay, call).await.unwrap_err();
    assert_eq!(start.elapsed(), half_a_delay);

    let call = annotated(breaker, &attempts);
    timeout(half_a_delay, call).await.unwrap_err();
    assert_eq!(start.elapsed(), 2 * half_a_delay);

    advance(secs(60)).await;
    yield_now().await;
    assert_eq!(attempts.begun.get(), 2);
    assert_eq!(breaker.snapshot().totals.failure, 2);
}

#[tokio::test(start_paused = true)]
async fn fm_a8_a_task_aborted_within_a_listener_has_changed_the_state_and_run_all_listeners() {
    #[retry(jitter = none)]
    #[circuit_breaker(breaker = breaker)]
    async fn fails(breaker: &CircuitBreaker) -> Result<(), Fault> {
        Err(Fault::Down)
    }
    let breaker = breaker(&fragile().failure_threshold(2));
    let before = Heard::from(&breaker);
    let task: Arc<Mutex<Option<tokio::task::AbortHandle>>> = Arc::default();
    breaker.on_event({
        let task = Arc::clone(&task);
        move |_| task.lock().unwrap().as_ref().unwrap().abort()
    });
    let after = Heard::from(&breaker);
    let spawned = tokio::spawn({
        let breaker = breaker.clone();
        async move {
            // The second attempt opens the circuit, and the listener then aborts this task. If the
            // listener did not abort the task, it would never end.
            _ = fails(&breaker).await;
            std::future::pending::<()>().await;
        }
    });
    *task.lock().unwrap() = Some(spawned.abort_handle());
    assert!(spawned.await.unwrap_err().is_cancelled());

    assert_eq!(breaker.state(), CircuitState::Open);
    let opened = [(CircuitState::Closed, CircuitState::Open)];
    assert_eq!((before.steps(), after.steps()), (opened.into(), opened.into()));
    let snapshot = breaker.snapshot();
    assert_eq!(snapshot.totals.failure, 2);
    assert_eq!(snapshot.transitions.opened, 1);
    assert_eq!(snapshot.listener_panics, 0);
}

#[test]
fn fm_a9_permits_that_are_forgotten_never_wedge_a_breaker() {
    let (breaker, clock) = on_clock(&fragile().probe_timeout(secs(3)));
    for _ in 0..100 {
        std::mem::forget(breaker.try_acquire().unwrap());
        breaker.trip().unwrap();
        clock.advance(secs(10));
        std::mem::forget(breaker.try_acquire().unwrap());
        assert_eq!(rejection(&breaker).retry_after(), Some(secs(3)));
        clock.advance(secs(3));
        succeed(&breaker);
        assert_eq!(breaker.state(), CircuitState::Closed);
    }
    assert_eq!(breaker.snapshot().probes_in_flight, 0);
}

#[test]
fn fm_a10_a_call_that_is_dropped_before_its_report_is_abandoned_even_if_it_succeeded() {
    let breaker = breaker(&fragile().failure_threshold(2));
    fail(&breaker);
    let permit = breaker.try_acquire().unwrap();
    let answer: Result<u32, Fault> = Ok(7);
    assert!(answer.is_ok());
    drop(permit);
    let snapshot = breaker.snapshot();
    assert_eq!((snapshot.totals.success, snapshot.totals.abandoned), (0, 1));
    assert_eq!(snapshot.consecutive_failures, 1, "no success has ended it");

    // The future has no await point between the end of the operation and the report. So once the
    // operation has succeeded, the success is reported.
    let call = breaker.call(async || {
        pause(3).await;
        Some(())
    });
    assert_eq!(poll_and_drop(call, 4), Some(Some(())));
    assert_eq!(breaker.snapshot().totals.success, 1);
    breaker.try_acquire().unwrap().report(Outcome::Success);
}
