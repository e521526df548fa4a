//! Rule B10: a half-open breaker admits probes, and their results decide the next state.

use std::sync::Barrier;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::SeqCst;

use resilient::Outcome;
use resilient::breaker::{CircuitState, TransitionReason};

use resilient_testkit::{
    Heard, abandon, closed, due, fail, fragile, ignore, rejection, secs, succeed,
};

#[test]
fn b10_only_the_first_admission_at_the_end_makes_the_circuit_half_open() {
    let (breaker, clock) = closed(&fragile());
    let heard = Heard::from(&breaker);
    fail(&breaker);
    clock.advance(secs(1_000));
    assert_eq!(heard.steps(), [(CircuitState::Closed, CircuitState::Open)]);
    let _probe = breaker.try_acquire().unwrap();
    let last = heard.transitions().pop().unwrap();
    assert_eq!((last.from, last.to), (CircuitState::Open, CircuitState::HalfOpen));
    assert_eq!(last.reason, TransitionReason::RecoveryTime);
}

#[test]
fn b10_one_probe_is_admitted_and_one_success_closes_by_default() {
    let (breaker, _clock) = due(&fragile());
    let probe = breaker.try_acquire().unwrap();
    for _ in 0..100 {
        assert_eq!(rejection(&breaker).state(), CircuitState::HalfOpen);
    }
    probe.report(Outcome::Success);
    assert_eq!(breaker.state(), CircuitState::Closed);
    assert_eq!(breaker.snapshot().recent.last().unwrap().reason, TransitionReason::ProbesSucceeded);
}

#[test]
fn b10_no_failure_of_a_probe_is_tolerated_by_default() {
    let (breaker, _clock) = due(&fragile());
    fail(&breaker);
    assert_eq!(breaker.state(), CircuitState::Open);
    assert_eq!(breaker.snapshot().recent.last().unwrap().reason, TransitionReason::ProbeFailed);
}

#[test]
fn b10_probes_in_flight_and_finished_probes_share_the_slots_of_a_round() {
    // The round has three slots: two for successes and one for a tolerated failure.
    let config = fragile().half_open_max_calls(3).half_open_successes(2).half_open_failures(1);
    let (breaker, _clock) = due(&config);
    let first = breaker.try_acquire().unwrap();
    let second = breaker.try_acquire().unwrap();
    let third = breaker.try_acquire().unwrap();
    rejection(&breaker);
    first.report(Outcome::Failure);
    // One probe has failed and two are in flight, so the round has no free slot.
    rejection(&breaker);
    drop(second);
    // The dropped probe no longer counts, so its slot is free.
    let fourth = breaker.try_acquire().unwrap();
    rejection(&breaker);
    third.report(Outcome::Success);
    rejection(&breaker);
    fourth.report(Outcome::Success);
    assert_eq!(breaker.state(), CircuitState::Closed);
}

#[test]
fn b10_ignored_abandoned_and_late_probes_count_neither_as_success_nor_as_failure() {
    let config = fragile().half_open_successes(2).probe_timeout(secs(5));
    let (breaker, clock) = due(&config);
    for _ in 0..20 {
        ignore(&breaker);
        abandon(&breaker);
    }
    let hung = breaker.try_acquire().unwrap();
    clock.advance(secs(5));
    succeed(&breaker);
    hung.report(Outcome::Success);
    assert_eq!(breaker.state(), CircuitState::HalfOpen);
    succeed(&breaker);
    assert_eq!(breaker.state(), CircuitState::Closed);
}

#[test]
fn b10_the_circuit_reopens_at_the_first_failure_beyond_those_tolerated() {
    let config = fragile().half_open_successes(9).half_open_failures(2);
    let (breaker, _clock) = due(&config);
    succeed(&breaker);
    fail(&breaker);
    succeed(&breaker);
    fail(&breaker);
    assert_eq!(breaker.state(), CircuitState::HalfOpen);
    fail(&breaker);
    assert_eq!(breaker.state(), CircuitState::Open);
}

#[test]
fn b10_the_remaining_probes_of_a_decided_round_are_late() {
    let config = fragile().half_open_max_calls(3).half_open_successes(3);
    let (breaker, _clock) = due(&config);
    let (first, second) = (breaker.try_acquire().unwrap(), breaker.try_acquire().unwrap());
    fail(&breaker);
    first.report(Outcome::Success);
    second.report(Outcome::Failure);
    let snapshot = breaker.snapshot();
    assert_eq!((snapshot.state, snapshot.totals.late), (CircuitState::Open, 2));
    assert_eq!(snapshot.retry_after, Some(secs(10)));
}

#[test]
fn b10_more_probes_at_a_time_than_a_round_has_are_a_configuration_error() {
    let config = |calls| {
        let config = fragile().half_open_successes(2).half_open_failures(1);
        config.half_open_max_calls(calls).build()
    };
    assert!(config(3).is_ok());
    assert_eq!(config(4).unwrap_err().field(), "half_open_max_calls");
}

#[test]
fn b10_at_most_1024_probes_at_a_time_can_be_asked_for() {
    let config = |calls| {
        let config = fragile().half_open_successes(5_000);
        config.half_open_max_calls(calls).build()
    };
    assert!(config(1_024).is_ok());
    assert_eq!(config(1_025).unwrap_err().field(), "half_open_max_calls");
}

#[test]
fn b10_probes_by_hand_follow_the_same_rules() {
    let (breaker, _clock) = closed(&fragile());
    breaker.force_open();
    breaker.half_open().unwrap();
    let probe = breaker.try_acquire().unwrap();
    rejection(&breaker);
    probe.report(Outcome::Failure);
    assert_eq!(rejection(&breaker).retry_after(), Some(secs(10)));
}

#[test]
fn b10_of_ten_thousand_simultaneous_callers_one_per_slot_is_admitted() {
    const THREADS: usize = 10;
    const CALLS: usize = 1_000;
    const ROUNDS: u32 = 50;
    let slots = 7;
    let config = fragile().half_open_max_calls(slots).half_open_successes(slots);
    for round in 0..ROUNDS {
        let (breaker, _clock) = due(&config);
        let (start, all_tried) = (Barrier::new(THREADS), Barrier::new(THREADS));
        let admitted = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for _ in 0..THREADS {
                scope.spawn(|| {
                    start.wait();
                    let permits: Vec<_> =
                        (0..CALLS).filter_map(|_| breaker.try_acquire().ok()).collect();
                    admitted.fetch_add(permits.len(), SeqCst);
                    all_tried.wait();
                    for permit in permits {
                        permit.report(Outcome::Success);
                    }
                });
            }
        });
        assert_eq!(admitted.into_inner(), slots as usize, "round {round}");
        let snapshot = breaker.snapshot();
        assert_eq!(snapshot.totals.rejected, (THREADS * CALLS) as u64 - u64::from(slots));
        assert_eq!(snapshot.state, CircuitState::Closed);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn b10_of_ten_thousand_tasks_exactly_one_is_the_probe() {
    let (breaker, _clock) = due(&fragile());
    let (tell, verdict) = tokio::sync::watch::channel(false);
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..10_000 {
        let (breaker, mut verdict) = (breaker.clone(), verdict.clone());
        tasks.spawn(async move {
            let call = async || {
                verdict.wait_for(|is_released| *is_released).await.ok()?;
                Some(())
            };
            breaker.call(call).await
        });
    }
    // The probe waits for `verdict`. All other tasks are rejected and end before the probe.
    for _ in 0..9_999 {
        assert_eq!(tasks.join_next().await.unwrap().unwrap(), None);
    }
    assert_eq!(breaker.snapshot().probes_in_flight, 1);
    tell.send(true).unwrap();
    assert_eq!(tasks.join_next().await.unwrap().unwrap(), Some(()));
    assert_eq!(breaker.state(), CircuitState::Closed);
}
