//! Rule B18: which calls are nested, and until when. The tests cover tasks, panics, cancellation,
//! leases and generations.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::task::{Context, Waker};

use resilient::breaker::{CircuitState, TransitionReason};
use resilient::{CircuitBreaker, Outcome, circuit_breaker};

use super::make_due;
use resilient_testkit::{
    Calls, Fault, calls, closed, due, fail, fragile, last_reason, panic_quietly, pause,
    poll_and_drop, poll_once, rejection, run, secs, succeed,
};

type Output = Result<u32, Fault>;

async fn wait(polls: u32) -> Result<(), Fault> {
    pause(polls).await;
    Ok(())
}

/// Makes a call that waits three times. After each wait, the call makes a nested call.
async fn probe(breaker: &CircuitBreaker, calls: &Calls) -> Output {
    breaker
        .call(async || {
            for _ in 0..3 {
                calls.next();
                pause(1).await;
                breaker.call(async || wait(1).await).await?;
            }
            Ok(1)
        })
        .await
}

#[test]
fn b18_calls_side_by_side_in_one_task_are_not_nested() {
    let (breaker, _clock) = due(&fragile());
    let ran = Calls::new();
    let (one, other, third) = run(async {
        tokio::join!(probe(&breaker, &ran), probe(&breaker, &ran), probe(&breaker, &ran))
    });
    assert_eq!((one, ran.count()), (Ok(1), 3));
    for rejected in [other, third] {
        assert!(
            matches!(rejected, Err(Fault::Open(open)) if open.state() == CircuitState::HalfOpen)
        );
    }
    assert_eq!(breaker.state(), CircuitState::Closed);
}

#[test]
fn b18_calls_side_by_side_inside_one_probe_both_pass() {
    let (breaker, _clock) = due(&fragile());
    let inner = || breaker.call(async || wait(2).await);
    let output = run(breaker.call(async || {
        let (one, other) = tokio::join!(inner(), inner());
        one.and(other)
    }));
    assert_eq!((output, breaker.state()), (Ok(()), CircuitState::Closed));
    assert_eq!(breaker.snapshot().totals.success, 1);
}

#[test]
fn b18_the_outcome_of_the_probe_decides_and_not_that_of_a_nested_call() {
    for (outcome, state) in
        [(Outcome::Success, CircuitState::Closed), (Outcome::Failure, CircuitState::Open)]
    {
        let (breaker, _clock) = due(&fragile());
        let permit = breaker.try_acquire().unwrap();
        permit.scope(|| calls(&breaker, "FSIX"));
        assert_eq!(breaker.snapshot().probes_in_flight, 1);
        permit.report(outcome);
        let snapshot = breaker.snapshot();
        assert_eq!(snapshot.state, state);
        let totals = snapshot.totals;
        assert_eq!(totals.success + totals.failure, 1, "nested calls are in no total");
        assert_eq!([totals.ignored, totals.abandoned, totals.late, totals.rejected], [0; 4]);
    }
}

#[test]
fn b18_a_panic_ends_the_nesting() {
    let (breaker, _clock) = due(&fragile());
    let permit = breaker.try_acquire().unwrap();
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        permit.scope(|| {
            let _nested = breaker.try_acquire().unwrap();
            panic_quietly();
        });
    }));
    assert!(panicked.is_err());
    rejection(&breaker);
    let panicked =
        catch_unwind(AssertUnwindSafe(|| poll_once(permit.within(async { panic_quietly() }))));
    assert!(panicked.is_err());
    rejection(&breaker);
    assert_eq!(breaker.snapshot().totals.failure, 0, "the panic of a nested call decides nothing");
    permit.report(Outcome::Success);
    assert_eq!(breaker.state(), CircuitState::Closed);
}

#[circuit_breaker(name = "b18 panics", failure_threshold = 1)]
async fn panics(depth: u32) -> Output {
    if depth == 0 { panic_quietly() } else { Box::pin(panics(depth - 1)).await }
}

#[circuit_breaker(name = "b18 panics")]
fn panics_plainly() -> Output {
    panic_quietly()
}

#[tokio::test(start_paused = true)]
async fn b18_a_probe_that_panics_inside_a_nested_call_fails_once_and_leaves_nothing() {
    catch_unwind(panics_plainly).unwrap_err();
    let breaker = resilient::Registry::global().get("b18 panics").unwrap();
    for call in [
        || catch_unwind(panics_plainly).is_err(),
        || catch_unwind(|| poll_once(panics(2))).is_err(),
    ] {
        breaker.close();
        make_due(&breaker).await;
        let failures = breaker.snapshot().totals.failure;
        assert!(call());
        let snapshot = breaker.snapshot();
        assert_eq!((snapshot.state, snapshot.totals.failure), (CircuitState::Open, failures + 1));
        tokio::time::advance(secs(1_000)).await;
        let probe = breaker.try_acquire().unwrap();
        rejection(&breaker);
        probe.report(Outcome::Success);
    }
}

#[test]
fn b18_a_cancelled_probe_frees_its_slot_while_a_nested_call_runs() {
    let (breaker, _clock) = due(&fragile());
    for polls in 1..=6 {
        assert_eq!(poll_and_drop(probe(&breaker, &Calls::new()), polls), None);
        let snapshot = breaker.snapshot();
        assert_eq!(snapshot.totals.abandoned, u64::from(polls), "only the probe is abandoned");
        assert_eq!((snapshot.state, snapshot.probes_in_flight), (CircuitState::HalfOpen, 0));
        let other = breaker.try_acquire().unwrap();
        rejection(&breaker);
        other.report(Outcome::Ignored);
    }
}

#[test]
fn b18_a_cancelled_nested_call_leaves_the_probe_its_slot() {
    let (breaker, _clock) = due(&fragile());
    let output = run(breaker.call(async || {
        let inner = breaker.call(async || wait(9).await);
        assert!(poll_once(inner).is_pending());
        assert_eq!(breaker.snapshot().probes_in_flight, 1);
        Ok::<_, Fault>(1)
    }));
    assert_eq!((output, breaker.state()), (Ok(1), CircuitState::Closed));
    assert_eq!(breaker.snapshot().totals.abandoned, 0);
}

#[test]
fn b18_a_probe_whose_slot_another_caller_took_admits_no_more_nested_calls() {
    let (breaker, clock) = due(&fragile().probe_timeout(secs(5)));
    let hung = breaker.try_acquire().unwrap();
    clock.advance(secs(5));
    hung.scope(|| succeed(&breaker));
    let heir = breaker.try_acquire().unwrap();
    hung.scope(|| rejection(&breaker));
    heir.scope(|| succeed(&breaker));
    hung.report(Outcome::Failure);
    heir.report(Outcome::Success);
    let snapshot = breaker.snapshot();
    assert_eq!((snapshot.state, snapshot.totals.late), (CircuitState::Closed, 1));
}

#[test]
fn b18_a_nested_permit_that_outlives_its_probe_reports_nothing() {
    for end in ["S", "F", "X"] {
        let (breaker, _clock) = due(&fragile());
        let probe = breaker.try_acquire().unwrap();
        let nested = probe.scope(|| breaker.try_acquire().unwrap());
        probe.report(Outcome::Success);
        match end {
            "S" => nested.report(Outcome::Success),
            "F" => nested.report_after(Outcome::Failure, secs(60)),
            _ => drop(nested),
        }
        let snapshot = breaker.snapshot();
        assert_eq!(snapshot.state, CircuitState::Closed, "{end}");
        let totals = snapshot.totals;
        let counted = [totals.success, totals.failure, totals.abandoned, totals.late];
        assert_eq!(counted, [1, 0, 0, 0], "{end}");
    }
}

#[test]
fn b18_a_probe_of_an_older_generation_admits_no_nested_call() {
    let (breaker, _clock) = due(&fragile());
    let old = breaker.try_acquire().unwrap();
    breaker.close();
    old.scope(|| fail(&breaker));
    assert_eq!(breaker.state(), CircuitState::Open, "the call counts in the closed state");
    breaker.half_open().unwrap();
    let present = breaker.try_acquire().unwrap();
    old.scope(|| rejection(&breaker));
    present.report(Outcome::Success);
    old.report(Outcome::Failure);
    assert_eq!(breaker.state(), CircuitState::Closed);
}

#[test]
fn b18_operators_still_decide_while_a_probe_runs() {
    let (breaker, _clock) = due(&fragile());
    let probe = breaker.try_acquire().unwrap();
    probe.scope(|| {
        breaker.force_open();
        rejection(&breaker);
        breaker.disable();
        succeed(&breaker);
    });
    probe.report(Outcome::Success);
    assert_eq!(breaker.snapshot().totals.success, 0);
    breaker.force_open();
    breaker.half_open().unwrap();
    let probe = breaker.try_acquire().unwrap();
    rejection(&breaker);
    probe.report(Outcome::Success);
}

#[test]
fn b18_another_thread_and_another_task_are_not_nested() {
    let (breaker, _clock) = due(&fragile());
    let permit = breaker.try_acquire().unwrap();
    permit.scope(|| {
        std::thread::scope(|scope| scope.spawn(|| rejection(&breaker)).join().unwrap());
    });
    let mut waiting = Box::pin(permit.within(pause(1)));
    let mut context = Context::from_waker(Waker::noop());
    assert!(waiting.as_mut().poll(&mut context).is_pending());
    rejection(&breaker);
    assert!(waiting.as_mut().poll(&mut context).is_ready());
    drop(waiting);
    permit.report(Outcome::Success);
}

#[test]
fn b18_a_future_that_moves_to_another_thread_takes_its_nesting_with_it() {
    let (breaker, _clock) = due(&fragile());
    let ran = Calls::new();
    let mut call = Box::pin(probe(&breaker, &ran));
    let mut context = Context::from_waker(Waker::noop());
    let output = loop {
        let polled = std::thread::scope(|scope| {
            let poll = || call.as_mut().poll(&mut Context::from_waker(Waker::noop()));
            scope.spawn(poll).join().unwrap()
        });
        if polled.is_ready() {
            break polled;
        }
        let polled = call.as_mut().poll(&mut context);
        if polled.is_ready() {
            break polled;
        }
        rejection(&breaker);
    };
    assert!(matches!(output, std::task::Poll::Ready(Ok(1))));
    assert_eq!(
        (breaker.state(), last_reason(&breaker)),
        (CircuitState::Closed, TransitionReason::ProbesSucceeded)
    );
}

#[test]
fn b18_a_healthy_dependency_closes_the_circuit_although_every_query_is_nested() {
    let (breaker, clock) = closed(&fragile());
    fail(&breaker);
    let queries = Calls::new();
    let mut recoveries = 0;
    while breaker.state() != CircuitState::Closed && recoveries < 100 {
        recoveries += 1;
        clock.advance(secs(10));
        let _ =
            run(breaker.call(async || breaker.call(async || Ok::<_, Fault>(queries.next())).await));
    }
    assert_eq!((recoveries, queries.count()), (1, 1));
}
