//! Rule B2: a permit admits one call and reports one outcome.

use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind};

use resilient::breaker::{CircuitState, Permit};
use resilient::{CircuitBreaker, CircuitOpen, Outcome};

use resilient_testkit::{
    closed, due, fragile, panic_in_call, panic_quietly, pause, poll_and_drop, rejection, secs,
    succeed,
};

/// Asserts that no probe is in flight and that one success closes the circuit.
#[track_caller]
fn assert_slot_is_free(breaker: &CircuitBreaker) {
    let snapshot = breaker.snapshot();
    assert_eq!((snapshot.state, snapshot.probes_in_flight), (CircuitState::HalfOpen, 0));
    succeed(breaker);
    assert_eq!(breaker.state(), CircuitState::Closed);
}

struct IsClone<T>(PhantomData<T>);

impl<T: Clone> IsClone<T> {
    const ANSWER: bool = true;
}

/// Provides `ANSWER` if `T` does not implement `Clone`. If `T` implements `Clone`, the constant of
/// `IsClone` hides this constant.
trait IsNotClone {
    const ANSWER: bool = false;
}

impl<T> IsNotClone for IsClone<T> {}

#[test]
fn b02_a_permit_cannot_be_cloned() {
    let answers = [IsClone::<CircuitOpen>::ANSWER, IsClone::<Permit<'static>>::ANSWER];
    assert_eq!(answers, [true, false]);
}

#[test]
fn b02_a_permit_can_be_held_by_a_call_that_moves_between_threads() {
    let (breaker, _clock) = due(&fragile());
    let permit = breaker.try_acquire().unwrap();
    std::thread::scope(|scope| {
        scope.spawn(move || permit.report(Outcome::Success));
    });
    assert_eq!(breaker.state(), CircuitState::Closed);
}

#[test]
fn b02_a_permit_reports_exactly_once() {
    for outcome in [Outcome::Success, Outcome::Failure, Outcome::Ignored] {
        let (breaker, _clock) = closed(&fragile().failure_threshold(9));
        breaker.try_acquire().unwrap().report(outcome);
        let totals = breaker.snapshot().totals;
        let counts = [totals.success, totals.failure, totals.ignored, totals.abandoned];
        assert_eq!(counts.iter().sum::<u64>(), 1, "{outcome:?}: {totals:?}");
    }
}

#[test]
fn b02_a_slot_is_freed_when_a_question_mark_returns_from_the_function() {
    fn call(breaker: &CircuitBreaker) -> Result<i32, Box<dyn std::error::Error>> {
        let permit = breaker.try_acquire()?;
        let number = "no number".parse()?;
        permit.report(Outcome::Success);
        Ok(number)
    }
    let (breaker, _clock) = due(&fragile());
    assert!(call(&breaker).is_err());
    assert_slot_is_free(&breaker);
}

#[test]
fn b02_a_slot_is_freed_when_the_function_returns_early() {
    fn call(breaker: &CircuitBreaker, is_cached: bool) -> Option<()> {
        let permit = breaker.try_acquire().ok()?;
        if is_cached {
            return None;
        }
        permit.report(Outcome::Success);
        Some(())
    }
    let (breaker, _clock) = due(&fragile());
    assert_eq!(call(&breaker, true), None);
    assert_slot_is_free(&breaker);
}

#[test]
fn b02_a_slot_is_freed_when_the_permit_is_dropped() {
    let (breaker, _clock) = due(&fragile());
    drop(breaker.try_acquire().unwrap());
    assert_slot_is_free(&breaker);
}

#[test]
fn b02_a_slot_is_freed_when_the_output_is_ignored() {
    let (breaker, _clock) = due(&fragile());
    breaker.try_acquire().unwrap().report(Outcome::Ignored);
    assert_slot_is_free(&breaker);
}

#[test]
fn b02_a_slot_is_freed_when_the_call_panics_and_the_panic_propagates_unchanged() {
    let (breaker, _clock) = due(&fragile().half_open_failures(1));
    let payload = catch_unwind(AssertUnwindSafe(|| {
        let _permit = breaker.try_acquire().unwrap();
        std::panic::resume_unwind(Box::new(42_i32));
    }))
    .unwrap_err();
    assert_eq!(payload.downcast_ref(), Some(&42_i32));
    assert_eq!(breaker.snapshot().in_state.failure, 1);
    assert_slot_is_free(&breaker);
}

#[test]
fn b02_a_slot_is_freed_when_an_async_call_panics() {
    let (breaker, _clock) = due(&fragile().half_open_failures(1));
    let call = breaker.call(async || -> Option<()> {
        pause(1).await;
        panic_quietly()
    });
    assert!(catch_unwind(AssertUnwindSafe(|| poll_and_drop(call, 2))).is_err());
    assert_eq!(breaker.snapshot().in_state.failure, 1);
    assert_slot_is_free(&breaker);
}

#[test]
fn b02_a_call_dropped_at_any_await_point_frees_its_slot_and_is_counted_once() {
    const AWAITS: u32 = 5;
    for polls in 0..=AWAITS {
        let (breaker, _clock) = due(&fragile());
        let call = breaker.call(async || {
            for _ in 0..AWAITS {
                pause(1).await;
            }
            Some(())
        });
        let output = poll_and_drop(call, polls);
        assert_eq!(output, None, "{polls} polls");
        let totals = breaker.snapshot().totals;
        // A future that was never polled made no call.
        assert_eq!(totals.abandoned, u64::from(polls > 0), "{polls} polls");
        assert_eq!(totals.success + totals.failure + totals.ignored + totals.late, 0);
        assert_slot_is_free(&breaker);
    }
}

#[test]
fn b02_a_call_that_is_polled_to_its_end_is_not_abandoned() {
    let (breaker, _clock) = due(&fragile());
    let call = breaker.call(async || {
        pause(5).await;
        Some(())
    });
    assert_eq!(poll_and_drop(call, 6), Some(Some(())));
    let totals = breaker.snapshot().totals;
    assert_eq!((totals.success, totals.abandoned), (1, 0));
}

#[tokio::test]
async fn b02_a_slot_is_freed_when_a_task_is_aborted() {
    let (breaker, _clock) = due(&fragile());
    let (started, waiting) = tokio::sync::oneshot::channel();
    let task = tokio::spawn({
        let breaker = breaker.clone();
        async move {
            let call = async || {
                started.send(()).unwrap();
                std::future::pending::<Option<()>>().await
            };
            breaker.call(call).await
        }
    });
    waiting.await.unwrap();
    assert_eq!(breaker.snapshot().probes_in_flight, 1);
    task.abort();
    assert!(task.await.unwrap_err().is_cancelled());
    assert_slot_is_free(&breaker);
}

#[test]
fn b02_a_slot_is_freed_when_a_runtime_is_shut_down_in_a_probe() {
    let (breaker, _clock) = due(&fragile());
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let breaker = breaker.clone();
        let call =
            async move { breaker.call(async || std::future::pending::<Option<()>>().await).await };
        tokio::spawn(call);
        tokio::task::yield_now().await;
    });
    assert_eq!(breaker.snapshot().probes_in_flight, 1);
    drop(runtime);
    assert_slot_is_free(&breaker);
}

#[test]
fn b02_a_slot_lost_to_forget_is_freed_at_the_end_of_its_lease() {
    let (breaker, clock) = due(&fragile().probe_timeout(secs(5)));
    std::mem::forget(breaker.try_acquire().unwrap());
    assert_eq!(rejection(&breaker).retry_after(), Some(secs(5)));
    clock.advance(secs(5));
    succeed(&breaker);
    assert_eq!(breaker.state(), CircuitState::Closed);
}

#[test]
fn b02_a_panic_is_a_failure_and_a_drop_is_not() {
    let (breaker, _clock) = closed(&fragile().failure_threshold(2));
    drop(breaker.try_acquire().unwrap());
    assert_eq!(breaker.snapshot().consecutive_failures, 0);
    panic_in_call(&breaker);
    assert_eq!(breaker.snapshot().consecutive_failures, 1);
    panic_in_call(&breaker);
    assert_eq!(breaker.state(), CircuitState::Open);
}
