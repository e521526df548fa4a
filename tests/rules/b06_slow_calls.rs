//! Rule B6: the breaker counts slow calls, and the rate of slow calls can open the circuit.

use std::time::Duration;

use resilient::Outcome;
use resilient::breaker::{AbandonedOutcome, CircuitState, TransitionReason};

use crate::support::slow_calls::settings;
use resilient_testkit::{
    calls, closed, due, fail, fragile, last_reason, rejection, run, secs, succeed, take,
    while_unwinding, window,
};

const JUST_FAST: Duration = Duration::from_nanos(1_999_999_999);

#[test]
fn b06_a_success_or_failure_of_at_least_that_long_is_slow() {
    let (breaker, clock) = closed(&settings().slow_call_rate(1.0));
    for (time, end, slow) in [
        (secs(2), Outcome::Success, 1),
        (JUST_FAST, Outcome::Success, 1),
        (secs(99), Outcome::Failure, 2),
        (JUST_FAST, Outcome::Failure, 2),
    ] {
        take(&breaker, &clock, time, end);
        assert_eq!(window(&breaker).2, slow);
    }
    assert_eq!(window(&breaker), (4, 2, 2));
}

#[test]
fn b06_a_slow_call_rate_opens_from_min_calls_on_and_is_inclusive() {
    let (breaker, clock) = closed(&settings());
    for _ in 0..3 {
        take(&breaker, &clock, secs(2), Outcome::Success);
        assert_eq!(breaker.state(), CircuitState::Closed);
    }
    // The fourth call is fast, but it reaches `min_calls`. The breaker now evaluates the rate, and
    // three of four calls are slow.
    succeed(&breaker);
    assert_eq!(breaker.state(), CircuitState::Open);
    assert_eq!(last_reason(&breaker), TransitionReason::SlowCallRate);
    let last = breaker.snapshot().last_opening.unwrap();
    assert_eq!((last.calls, last.failures, last.slow), (4, 0, 3));
    assert_eq!(last.slow_call_rate(), Some(0.75));

    let (breaker, clock) = closed(&settings().min_calls(1));
    take(&breaker, &clock, secs(2), Outcome::Success);
    assert_eq!(breaker.state(), CircuitState::Open);

    let (breaker, clock) = closed(&settings());
    calls(&breaker, "SSSS");
    take(&breaker, &clock, secs(2), Outcome::Success);
    assert_eq!(breaker.state(), CircuitState::Closed, "1 of 4 calls is slow");
    take(&breaker, &clock, secs(2), Outcome::Success);
    assert_eq!(breaker.state(), CircuitState::Open, "2 of 4 calls are slow");
}

#[test]
fn b06_slow_calls_leave_the_window_like_others() {
    let (breaker, clock) = closed(&settings());
    for _ in 0..20 {
        take(&breaker, &clock, secs(2), Outcome::Success);
        calls(&breaker, "SSS");
    }
    assert_eq!(breaker.state(), CircuitState::Closed);

    let (breaker, clock) = closed(&settings().window(secs(10)).min_calls(2));
    succeed(&breaker);
    clock.advance(secs(3));
    take(&breaker, &clock, secs(2), Outcome::Success);
    assert_eq!(breaker.state(), CircuitState::Open, "one of two");
    breaker.close();
    calls(&breaker, "SS");
    take(&breaker, &clock, secs(2), Outcome::Success);
    assert_eq!(window(&breaker), (3, 0, 1));
    clock.advance(secs(10));
    assert_eq!(window(&breaker), (0, 0, 0));
}

#[test]
fn b06_a_slow_success_still_resets_the_streak() {
    let (breaker, clock) = closed(&settings().window(100).failure_threshold(3));
    calls(&breaker, "FF");
    take(&breaker, &clock, secs(2), Outcome::Success);
    assert_eq!(breaker.snapshot().consecutive_failures, 0);
    calls(&breaker, "FF");
    assert_eq!(breaker.state(), CircuitState::Closed);
}

#[test]
fn b06_slow_failures_count_for_both_rates() {
    let (breaker, clock) = closed(&settings().slow_call_rate(1.0).failure_rate(1.0));
    for _ in 0..4 {
        take(&breaker, &clock, secs(2), Outcome::Failure);
    }
    assert_eq!(last_reason(&breaker), TransitionReason::FailureRate);
    let last = breaker.snapshot().last_opening.unwrap();
    assert_eq!((last.calls, last.failures, last.slow), (4, 4, 4));
}

#[test]
fn b06_ignored_and_abandoned_calls_are_never_slow() {
    let (breaker, clock) = closed(&settings());
    take(&breaker, &clock, secs(99), Outcome::Ignored);
    let permit = breaker.try_acquire().unwrap();
    clock.advance(secs(99));
    drop(permit);
    assert_eq!(window(&breaker), (0, 0, 0));
    assert_eq!(breaker.snapshot().totals.slow, 0);
}

#[test]
fn b06_a_cancelled_call_that_counts_as_a_failure_and_a_panic_can_be_slow() {
    let (breaker, clock) = closed(&settings().abandoned(AbandonedOutcome::Failure));
    let permit = breaker.try_acquire().unwrap();
    clock.advance(secs(2));
    drop(permit);
    assert_eq!(window(&breaker), (1, 1, 1));
    let permit = breaker.try_acquire().unwrap();
    clock.advance(secs(2));
    while_unwinding(permit);
    assert_eq!(window(&breaker), (2, 2, 2));
}

#[test]
fn b06_a_late_call_is_never_slow() {
    let (breaker, clock) = closed(&settings());
    let permit = breaker.try_acquire().unwrap();
    clock.advance(secs(99));
    breaker.close();
    permit.report(Outcome::Success);
    let totals = breaker.snapshot().totals;
    assert_eq!((totals.late, totals.slow), (1, 0));
}

#[test]
fn b06_an_async_call_is_timed_from_its_admission_to_its_end() {
    let (breaker, clock) = closed(&settings());
    let output = run(breaker.call(async || {
        clock.advance(secs(2));
        Some(())
    }));
    assert_eq!((output, window(&breaker)), (Some(()), (1, 0, 1)));
}

#[test]
fn b06_in_half_open_any_slow_call_is_one_failure() {
    let (breaker, clock) = due(&settings().half_open_successes(3).half_open_failures(1));
    take(&breaker, &clock, secs(2), Outcome::Success);
    assert_eq!(breaker.state(), CircuitState::HalfOpen, "one failed probe is tolerated");
    take(&breaker, &clock, JUST_FAST, Outcome::Success);
    take(&breaker, &clock, secs(2), Outcome::Success);
    assert_eq!(breaker.state(), CircuitState::Open);
    assert_eq!(last_reason(&breaker), TransitionReason::ProbeSlow);
    let totals = breaker.snapshot().totals;
    assert_eq!((totals.success, totals.failure, totals.slow), (3, 0, 2));
}

#[test]
fn b06_a_slow_failure_of_a_probe_is_one_failure_and_not_two() {
    let (breaker, clock) = due(&settings().half_open_successes(2).half_open_failures(1));
    take(&breaker, &clock, secs(2), Outcome::Failure);
    assert_eq!(breaker.state(), CircuitState::HalfOpen);
    take(&breaker, &clock, secs(2), Outcome::Failure);
    assert_eq!(last_reason(&breaker), TransitionReason::ProbeFailed);
}

#[test]
fn b06_ignored_and_abandoned_probes_are_never_slow() {
    let (breaker, clock) = due(&settings());
    take(&breaker, &clock, secs(2), Outcome::Ignored);
    let probe = breaker.try_acquire().unwrap();
    clock.advance(secs(2));
    drop(probe);
    assert_eq!(breaker.state(), CircuitState::HalfOpen);
    succeed(&breaker);
    assert_eq!(breaker.state(), CircuitState::Closed);
}

#[test]
fn b06_a_slow_probe_opens_for_the_grown_time() {
    let (breaker, clock) = due(&settings().recovery_factor(2.0));
    take(&breaker, &clock, secs(2), Outcome::Success);
    assert_eq!(rejection(&breaker).retry_after(), Some(secs(20)));
}

#[test]
fn b06_a_clock_that_goes_back_makes_no_call_slow() {
    let (breaker, clock) = closed(&settings());
    clock.advance(secs(100));
    let permit = breaker.try_acquire().unwrap();
    clock.set_back(secs(50));
    permit.report(Outcome::Success);
    fail(&breaker);
    assert_eq!(window(&breaker), (2, 1, 0));
}

#[test]
fn b06_a_streamed_response_is_timed_up_to_its_head() {
    let (breaker, clock) = closed(&settings());
    for (head_after, slow) in [(JUST_FAST, 0), (secs(2), 1)] {
        let mut permit = breaker.try_acquire().unwrap();
        clock.advance(head_after);
        permit.head_received();
        clock.advance(secs(3_600));
        // Only the first call of `head_received` counts.
        permit.head_received();
        permit.report(Outcome::Success);
        assert_eq!(window(&breaker).2, slow, "{head_after:?}");
    }
    assert_eq!(window(&breaker).0, 2);
}

#[test]
fn b06_after_its_head_a_streamed_call_is_in_flight_and_never_overdue() {
    for head_after in [secs(0), JUST_FAST, secs(2), secs(9)] {
        let (breaker, clock) = closed(&settings().min_calls(1));
        let mut permit = breaker.try_acquire().unwrap();
        clock.advance(head_after);
        permit.head_received();
        clock.advance(secs(3_600));
        let seen = breaker.snapshot();
        assert_eq!((seen.in_flight, seen.overdue), (1, 0), "{head_after:?}");
        drop(breaker.try_acquire().unwrap());
        drop(permit);
        let seen = breaker.snapshot();
        assert_eq!((seen.in_flight, seen.state), (0, CircuitState::Closed));
    }
}

#[test]
fn b06_an_owned_permit_is_timed_up_to_the_head_too() {
    let (breaker, clock) = closed(&settings().min_calls(1));
    let mut permit = breaker.try_acquire_owned().unwrap();
    clock.advance(JUST_FAST);
    permit.head_received();
    clock.advance(secs(3_600));
    let seen = breaker.snapshot();
    assert_eq!((seen.in_flight, seen.overdue), (1, 0));
    permit.report(Outcome::Success);
    assert_eq!(window(&breaker), (1, 0, 0));
}

#[test]
fn b06_after_its_head_a_streamed_call_can_end_in_every_way() {
    let (breaker, clock) = closed(&settings().window(10).min_calls(10));
    let head = |after| {
        let mut permit = breaker.try_acquire().unwrap();
        clock.advance(after);
        permit.head_received();
        clock.advance(secs(60));
        permit
    };
    head(secs(2)).report(Outcome::Failure);
    head(secs(1)).report(Outcome::Failure);
    head(secs(2)).report(Outcome::Ignored);
    drop(head(secs(2)));
    while_unwinding(head(secs(2)));
    assert_eq!(window(&breaker), (3, 3, 2));
    let late = head(secs(2));
    breaker.close();
    late.report(Outcome::Success);
    let totals = breaker.snapshot().totals;
    assert_eq!((totals.late, totals.ignored, totals.abandoned), (1, 1, 1));
    assert_eq!(breaker.snapshot().in_flight, 0);
}

#[test]
fn b06_after_its_head_a_probe_is_never_overdue_and_keeps_its_lease() {
    let (breaker, clock) = due(&settings().probe_timeout(secs(60)));
    let mut probe = breaker.try_acquire().unwrap();
    clock.advance(JUST_FAST);
    probe.head_received();
    clock.advance(secs(40));
    assert_eq!(breaker.snapshot().overdue, 0);
    assert_eq!(rejection(&breaker).state(), CircuitState::HalfOpen);
    probe.report(Outcome::Success);
    assert_eq!(breaker.state(), CircuitState::Closed);

    let (breaker, clock) = due(&settings().probe_timeout(secs(60)));
    let mut probe = breaker.try_acquire().unwrap();
    clock.advance(secs(1));
    probe.head_received();
    clock.advance(secs(59));
    let heir = breaker.try_acquire().unwrap();
    probe.report(Outcome::Success);
    assert_eq!(breaker.snapshot().totals.late, 1);
    drop(heir);
}

#[test]
fn b06_a_probe_whose_head_is_slow_fails_at_its_head() {
    let (breaker, clock) = due(&settings());
    let mut probe = breaker.try_acquire().unwrap();
    clock.advance(secs(2));
    probe.head_received();
    assert_eq!(breaker.state(), CircuitState::Open);
    assert_eq!(last_reason(&breaker), TransitionReason::ProbeSlow);
    probe.report(Outcome::Success);
    assert_eq!(breaker.snapshot().totals.late, 1);
}

#[test]
fn b06_a_head_changes_nothing_where_calls_are_not_timed() {
    let (breaker, clock) = closed(&fragile().failure_threshold(2));
    let states: [fn(&resilient::CircuitBreaker); 3] =
        [|_| (), resilient::CircuitBreaker::disable, resilient::CircuitBreaker::observe_only];
    for enter in states {
        enter(&breaker);
        let mut permit = breaker.try_acquire().unwrap();
        clock.advance(secs(60));
        let before = breaker.snapshot();
        permit.head_received();
        assert_eq!(breaker.snapshot(), before);
        permit.report(Outcome::Failure);
        assert_eq!(breaker.snapshot().in_flight, 0);
    }
    let mut late = breaker.try_acquire().unwrap();
    breaker.force_open();
    late.head_received();
    late.report(Outcome::Success);
    assert_eq!(breaker.snapshot().totals.late, 1);
}

#[test]
fn b06_each_call_of_many_threads_is_timed_separately() {
    let (breaker, clock) = closed(&settings().window(1_000).min_calls(1_000));
    let early: Vec<_> = (0..8).map(|_| breaker.try_acquire().unwrap()).collect();
    clock.advance(secs(2));
    std::thread::scope(|scope| {
        for permit in early {
            let breaker = &breaker;
            scope.spawn(move || {
                calls(breaker, "SSSS");
                permit.report(Outcome::Success);
            });
        }
    });
    assert_eq!(window(&breaker), (40, 0, 8));
}
