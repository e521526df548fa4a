//! Rule B1: calls, time and operations by hand cause transitions.

use resilient::CircuitBreaker;
use resilient::breaker::{CircuitState, TransitionError, TransitionReason};
use resilient::events::EventKind;
use resilient::time::ManualClock;

use crate::support::conditions::settings;
use resilient_testkit::{
    Heard, abandon, calls, closed, due, fail, fragile, ignore, panic_in_call, rejection, secs,
    succeed, window,
};

#[test]
fn b01_observe_only_counts_in_its_window_and_reports_the_condition_that_was_met() {
    let conditions = [
        (settings().window(9).failure_count(2), TransitionReason::FailureCount),
        (settings().window(9).failure_rate(0.5).min_calls(2), TransitionReason::FailureRate),
        (settings().window(secs(9)).failure_count(2), TransitionReason::FailureCount),
    ];
    for (config, reason) in conditions {
        let (breaker, _clock) = closed(&config);
        let heard = Heard::from(&breaker);
        breaker.observe_only();
        calls(&breaker, "FF");
        assert_eq!(window(&breaker), (2, 2, 0));
        let reported = |kind: &EventKind| match kind {
            EventKind::WouldOpen(opening) => opening.condition().reason() == reason,
            _ => false,
        };
        assert_eq!(heard.count(reported), 1);
        calls(&breaker, "FFFF");
        assert_eq!(heard.count(reported), 1);
        assert_eq!(breaker.snapshot().last_opening, None, "the circuit did not open");
    }
}

type Operation = fn(&CircuitBreaker);

const ALL: [CircuitState; 6] = [
    CircuitState::Closed,
    CircuitState::Open,
    CircuitState::HalfOpen,
    CircuitState::ForcedOpen,
    CircuitState::Disabled,
    CircuitState::ObserveOnly,
];

/// Creates a breaker and brings it into this state.
fn within(state: CircuitState) -> (CircuitBreaker, ManualClock) {
    let (breaker, clock) = closed(&fragile());
    match state {
        CircuitState::Open => breaker.trip().unwrap(),
        CircuitState::HalfOpen => {
            breaker.trip().unwrap();
            breaker.half_open().unwrap();
        }
        CircuitState::ForcedOpen => breaker.force_open(),
        CircuitState::Disabled => breaker.disable(),
        CircuitState::ObserveOnly => breaker.observe_only(),
        _ => {}
    }
    assert_eq!(breaker.state(), state);
    (breaker, clock)
}

#[test]
fn b01_a_new_breaker_is_closed() {
    let (breaker, _clock) = closed(&fragile());
    assert_eq!(breaker.state(), CircuitState::Closed);
    succeed(&breaker);
}

#[test]
fn b01_forced_open_rejects_all_calls_whatever_time_passes() {
    let (breaker, clock) = within(CircuitState::ForcedOpen);
    for _ in 0..10 {
        clock.advance(secs(1_000_000));
        assert_eq!(rejection(&breaker).state(), CircuitState::ForcedOpen);
    }
    assert_eq!(breaker.state(), CircuitState::ForcedOpen);
}

#[test]
fn b01_disabled_admits_all_calls_and_records_nothing() {
    let (breaker, _clock) = closed(&fragile().failure_threshold(3));
    succeed(&breaker);
    fail(&breaker);
    breaker.disable();
    let before = breaker.snapshot();
    for _ in 0..10 {
        succeed(&breaker);
        fail(&breaker);
        ignore(&breaker);
        abandon(&breaker);
        panic_in_call(&breaker);
    }
    assert_eq!(breaker.snapshot(), before);
}

#[test]
fn b01_disabled_does_not_record_calls_of_earlier_states_either() {
    let (breaker, _clock) = closed(&fragile());
    let permit = breaker.try_acquire().unwrap();
    breaker.disable();
    drop(permit);
    assert_eq!(breaker.snapshot().totals, resilient::breaker::CallCounts::default());
}

#[test]
fn b01_observe_only_admits_all_calls_and_counts_them_as_closed_does() {
    let (breaker, _clock) = closed(&fragile().failure_threshold(3));
    breaker.observe_only();
    fail(&breaker);
    fail(&breaker);
    assert_eq!(breaker.snapshot().consecutive_failures, 2);
    succeed(&breaker);
    assert_eq!(breaker.snapshot().consecutive_failures, 0);
    for _ in 0..7 {
        fail(&breaker);
    }
    ignore(&breaker);
    abandon(&breaker);
    let counts = breaker.snapshot().in_state;
    let counted = (counts.success, counts.failure, counts.ignored, counts.abandoned);
    assert_eq!(counted, (1, 9, 1, 1));
    assert_eq!(breaker.state(), CircuitState::ObserveOnly);
}

#[test]
fn b01_observe_only_reports_once_per_entry_that_it_would_have_opened() {
    let would_open = |kind: &EventKind| matches!(kind, EventKind::WouldOpen(_));
    let (breaker, _clock) = closed(&fragile().failure_threshold(2));
    let heard = Heard::from(&breaker);
    breaker.observe_only();
    fail(&breaker);
    assert_eq!(heard.count(would_open), 0);
    for _ in 0..10 {
        fail(&breaker);
    }
    assert_eq!(heard.count(would_open), 1);
    succeed(&breaker);
    fail(&breaker);
    fail(&breaker);
    assert_eq!(heard.count(would_open), 1);
    breaker.observe_only();
    fail(&breaker);
    assert_eq!(heard.count(would_open), 1);
    breaker.close();
    breaker.observe_only();
    fail(&breaker);
    assert_eq!(heard.count(would_open), 1);
    fail(&breaker);
    assert_eq!(heard.count(would_open), 2);
}

#[test]
fn b01_half_open_by_hand_is_for_open_and_forced_open_only() {
    for state in ALL {
        let (breaker, _clock) = within(state);
        let result = breaker.half_open();
        match state {
            CircuitState::Open | CircuitState::ForcedOpen => {
                assert_eq!(result, Ok(()));
                assert_eq!(breaker.state(), CircuitState::HalfOpen);
            }
            // The circuit is already half-open, so the operation succeeds without a transition.
            CircuitState::HalfOpen => assert_eq!(result, Ok(())),
            _ => {
                assert_refused(result, state, CircuitState::HalfOpen);
                assert_eq!(breaker.state(), state);
            }
        }
    }
}

#[test]
fn b01_trip_opens_a_closed_and_a_half_open_breaker_for_its_recovery_time() {
    for state in [CircuitState::Closed, CircuitState::HalfOpen] {
        let (breaker, _clock) = within(state);
        breaker.trip().unwrap();
        assert_eq!(rejection(&breaker).retry_after(), Some(secs(10)));
        let last = breaker.snapshot().recent.pop().unwrap();
        assert_eq!((last.to, last.reason), (CircuitState::Open, TransitionReason::Manual));
    }
}

#[test]
fn b01_trip_does_nothing_to_an_open_breaker_that_is_not_due() {
    let (breaker, clock) = within(CircuitState::Open);
    clock.advance(secs(9));
    let before = breaker.snapshot();
    breaker.trip().unwrap();
    assert_eq!(breaker.snapshot(), before);
    assert_eq!(before.retry_after, Some(secs(1)));
}

#[test]
fn b01_trip_opens_a_due_breaker_again() {
    let (breaker, clock) = due(&fragile());
    clock.advance(secs(5));
    breaker.trip().unwrap();
    assert_eq!(breaker.state(), CircuitState::Open);
    assert_eq!(rejection(&breaker).retry_after(), Some(secs(10)));
}

#[test]
fn b01_trip_for_moves_the_end_of_an_open_breaker_forward_or_back() {
    let (breaker, clock) = within(CircuitState::Open);
    clock.advance(secs(4));
    let heard = Heard::from(&breaker);
    for seconds in [100, 3] {
        breaker.trip_for(secs(seconds)).unwrap();
        assert_eq!(rejection(&breaker).retry_after(), Some(secs(seconds)));
    }
    assert_eq!(heard.steps(), []);
    clock.advance(secs(3));
    succeed(&breaker);
}

#[test]
fn b01_trip_for_opens_a_breaker_that_is_not_open_for_that_time() {
    for state in [CircuitState::Closed, CircuitState::HalfOpen] {
        let (breaker, clock) = within(state);
        breaker.trip_for(secs(7_200)).unwrap();
        assert_eq!(rejection(&breaker).retry_after(), Some(secs(7_200)));
        clock.advance(secs(7_200));
        assert_eq!(breaker.state(), CircuitState::HalfOpen);
    }
}

#[test]
fn b01_trip_for_keeps_a_due_breaker_open_for_that_time() {
    let (breaker, _clock) = due(&fragile());
    breaker.trip_for(secs(3)).unwrap();
    assert_eq!(breaker.state(), CircuitState::Open);
    assert_eq!(rejection(&breaker).retry_after(), Some(secs(3)));
}

#[test]
fn b01_trip_for_the_longest_time_is_until_reset() {
    let (breaker, clock) = within(CircuitState::Closed);
    breaker.trip_for(std::time::Duration::MAX).unwrap();
    clock.advance(secs(1_000_000_000));
    assert_eq!(rejection(&breaker).retry_after(), None);
    breaker.close();
    succeed(&breaker);
}

#[test]
fn b01_both_trips_are_refused_from_forced_open_disabled_and_observe_only() {
    for state in [CircuitState::ForcedOpen, CircuitState::Disabled, CircuitState::ObserveOnly] {
        let (breaker, _clock) = within(state);
        let before = breaker.snapshot();
        assert_refused(breaker.trip(), state, CircuitState::Open);
        assert_refused(breaker.trip_for(secs(1)), state, CircuitState::Open);
        assert_eq!(breaker.snapshot(), before);
    }
}

#[test]
fn b01_close_closes_from_every_state() {
    for state in ALL {
        let (breaker, _clock) = within(state);
        breaker.close();
        assert_eq!(breaker.state(), CircuitState::Closed);
        succeed(&breaker);
        assert_eq!(breaker.snapshot().in_state.success, 1);
    }
}

#[test]
fn b01_close_starts_a_new_generation_and_forgets_the_streak_even_if_closed() {
    let (breaker, _clock) = closed(&fragile().failure_threshold(3));
    let in_flight = breaker.try_acquire().unwrap();
    succeed(&breaker);
    fail(&breaker);
    fail(&breaker);
    breaker.close();
    let snapshot = breaker.snapshot();
    assert_eq!(snapshot.consecutive_failures, 0);
    assert_eq!(snapshot.in_state, resilient::breaker::CallCounts::default());
    in_flight.report(resilient::Outcome::Failure);
    assert_eq!(breaker.snapshot().consecutive_failures, 0);
    assert_eq!(breaker.snapshot().totals.late, 1);
}

#[test]
fn b01_closing_a_closed_breaker_is_no_event() {
    let (breaker, _clock) = closed(&fragile());
    let heard = Heard::from(&breaker);
    breaker.close();
    breaker.close();
    assert_eq!(heard.steps(), []);
    assert_eq!(breaker.snapshot().recent, []);
}

#[test]
fn b01_force_open_disable_and_observe_only_lead_from_every_state_and_once() {
    let operations: [(Operation, CircuitState); 3] = [
        (CircuitBreaker::force_open, CircuitState::ForcedOpen),
        (CircuitBreaker::disable, CircuitState::Disabled),
        (CircuitBreaker::observe_only, CircuitState::ObserveOnly),
    ];
    for (operation, to) in operations {
        for from in ALL {
            let (breaker, _clock) = within(from);
            let heard = Heard::from(&breaker);
            operation(&breaker);
            operation(&breaker);
            assert_eq!(breaker.state(), to);
            let expected: &[_] = if from == to { &[] } else { &[(from, to)] };
            assert_eq!(heard.steps(), expected);
        }
    }
}

#[test]
fn b01_a_transition_into_the_same_state_keeps_calls_in_flight_on_time() {
    let (breaker, _clock) = within(CircuitState::HalfOpen);
    let probe = breaker.try_acquire().unwrap();
    breaker.half_open().unwrap();
    probe.report(resilient::Outcome::Success);
    assert_eq!(breaker.state(), CircuitState::Closed);

    let (breaker, _clock) = closed(&fragile().failure_threshold(3));
    breaker.observe_only();
    let call = breaker.try_acquire().unwrap();
    breaker.observe_only();
    call.report(resilient::Outcome::Failure);
    assert_eq!(breaker.snapshot().consecutive_failures, 1);
}

#[test]
fn b01_every_state_has_its_own_name() {
    let names: std::collections::BTreeSet<_> = ALL.iter().map(ToString::to_string).collect();
    let expected = ["closed", "disabled", "forced_open", "half_open", "observe_only", "open"];
    assert!(names.iter().eq(expected.iter()), "{names:?}");
}

#[track_caller]
fn assert_refused(result: Result<(), TransitionError>, from: CircuitState, to: CircuitState) {
    let refused = result.expect_err("it must be refused");
    assert_eq!((refused.from(), refused.to()), (from, to));
    let words = refused.to_string();
    assert!(words.contains(from.as_str()) && words.contains(to.as_str()), "{words}");
}
