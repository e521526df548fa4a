//! Rule B1: states that are set by hand have an end, a reason and an operator.

use std::time::Duration;

use resilient::breaker::{
    BreakerSnapshot, CircuitState, ManualChange, OperatorMode, OperatorNote, TransitionReason,
};
use resilient::time::{Clock, ManualClock};
use resilient::{BreakerConfig, CircuitBreaker, Outcome, Registry};

use crate::support::clocks::{counting, reads_of};
use crate::support::registry::settings;
use resilient_testkit::{Heard, closed, due, fail, fragile, last_reason, rejection, secs, succeed};

type Hold = fn(Duration) -> ManualChange;

const HOLDS: [(OperatorMode, Hold); 3] = [
    (OperatorMode::ForcedOpen, ManualChange::force_open_for),
    (OperatorMode::Disabled, ManualChange::disable_for),
    (OperatorMode::ObserveOnly, ManualChange::observe_only_for),
];

fn note() -> OperatorNote {
    OperatorNote::new().by("alice").because("the provider migrates")
}

fn noted(change: ManualChange) -> ManualChange {
    change.by("alice").because("the provider migrates")
}

#[test]
fn b01_a_state_set_by_hand_ends_at_the_first_admission_at_its_end() {
    for (mode, hold) in HOLDS {
        let (breaker, clock) = closed(&fragile().window(9));
        let heard = Heard::from(&breaker);
        breaker.apply(&noted(hold(secs(60)))).unwrap();
        clock.advance(Duration::new(59, 999_999_999));
        assert_eq!(breaker.state(), mode.state());
        assert_eq!(breaker.snapshot().ends_in, Some(Duration::from_nanos(1)));
        assert_eq!(breaker.snapshot().note, note());
        let _ = breaker.try_acquire();
        assert_eq!(heard.take_steps(), [(CircuitState::Closed, mode.state())]);

        clock.advance(Duration::from_nanos(1));
        let seen = breaker.snapshot();
        assert_eq!((breaker.state(), seen.state), (CircuitState::Closed, CircuitState::Closed));
        assert_eq!(seen.since, Some(clock.now()));
        assert_eq!((seen.ends_in, seen.note), (None, OperatorNote::new()));
        assert_eq!(seen.window.map(|window| window.calls), Some(0));
        assert_eq!(heard.steps(), [], "reading the state causes no event");

        succeed(&breaker);
        assert_eq!(heard.steps(), [(mode.state(), CircuitState::Closed)]);
        let ended = heard.transitions().pop().unwrap();
        assert_eq!((ended.reason, ended.note), (TransitionReason::ManualEnd, note()));
        assert_eq!(breaker.snapshot().window.unwrap().calls, 1);
        fail(&breaker);
        assert_eq!(breaker.state(), CircuitState::Open, "the breaker counts failures again");
    }
}

#[test]
fn b01_the_event_and_the_history_tell_end_reason_and_operator() {
    for (mode, hold) in HOLDS {
        let (breaker, _clock) = closed(&fragile());
        let heard = Heard::from(&breaker);
        breaker.apply(&noted(hold(secs(60)))).unwrap();
        let step = heard.transitions().pop().unwrap();
        assert_eq!((step.to, step.lasts), (mode.state(), Some(secs(60))));
        assert_eq!((step.reason, &step.note), (TransitionReason::Manual, &note()));
        assert_eq!(breaker.snapshot().recent, [step]);
    }
}

#[test]
fn b01_every_operation_by_hand_takes_a_note() {
    let changes = [
        (ManualChange::trip(), CircuitState::Open),
        (ManualChange::trip_for(secs(5)), CircuitState::Open),
        (ManualChange::half_open(), CircuitState::HalfOpen),
        (ManualChange::close(), CircuitState::Closed),
        (ManualChange::force_open(), CircuitState::ForcedOpen),
        (ManualChange::disable(), CircuitState::Disabled),
        (ManualChange::observe_only(), CircuitState::ObserveOnly),
    ];
    for (change, to) in changes {
        let (breaker, _clock) = closed(&fragile());
        if to == CircuitState::HalfOpen {
            breaker.trip().unwrap();
        }
        breaker.apply(&noted(change)).unwrap();
        let seen = breaker.snapshot();
        assert_eq!((seen.state, &seen.note), (to, &note()));
        if let Some(step) = seen.recent.last() {
            assert_eq!((step.to, &step.note), (to, &note()));
        }
    }
}

#[test]
fn b01_the_next_state_does_not_keep_the_note() {
    let (breaker, _clock) = closed(&fragile());
    breaker.apply(&noted(ManualChange::close())).unwrap();
    fail(&breaker);
    assert_eq!(breaker.snapshot().note, OperatorNote::new());
    breaker.apply(&noted(ManualChange::trip_for(secs(5)))).unwrap();
    assert_eq!(breaker.snapshot().note, note(), "the operator moved the end");
    breaker.half_open().unwrap();
    succeed(&breaker);
    let recent = breaker.snapshot().recent;
    assert!(recent.iter().all(|step| step.note.is_empty()), "{recent:?}");
}

#[test]
fn b01_each_of_the_last_transitions_keeps_its_note_and_older_ones_are_dropped() {
    let (breaker, _clock) = closed(&fragile());
    for nth in 0..100 {
        let change = if nth % 2 == 0 { ManualChange::disable() } else { ManualChange::close() };
        let change = if nth % 3 == 0 { change.by(nth.to_string()) } else { change };
        breaker.apply(&change).unwrap();
    }
    let recent = breaker.snapshot().recent;
    let notes: Vec<_> = recent.iter().map(|step| step.note.operator()).collect();
    let expected: Vec<_> = (68..100).map(|nth| (nth % 3 == 0).then(|| nth.to_string())).collect();
    assert_eq!(notes, expected.iter().map(Option::as_deref).collect::<Vec<_>>());
    for _ in 0..32 {
        breaker.disable();
        breaker.close();
    }
    assert!(breaker.snapshot().recent.iter().all(|step| step.note.is_empty()));
}

#[test]
fn b01_a_state_can_be_given_another_end_without_a_transition() {
    for (mode, hold) in HOLDS {
        let (breaker, clock) = closed(&fragile());
        breaker.apply(&hold(secs(60))).unwrap();
        let heard = Heard::from(&breaker);
        clock.advance(secs(50));
        breaker.apply(&noted(hold(secs(60)))).unwrap();
        let seen = breaker.snapshot();
        assert_eq!((seen.ends_in, seen.note), (Some(secs(60)), note()));
        assert_eq!(seen.recent[0].lasts, Some(secs(110)));
        breaker.apply(&hold(Duration::MAX)).unwrap();
        assert_eq!(breaker.snapshot().ends_in, None);
        clock.advance(secs(1_000_000));
        assert_eq!(breaker.state(), mode.state());
        breaker.apply(&hold(Duration::ZERO)).unwrap();
        assert_eq!(breaker.state(), CircuitState::Closed);
        assert_eq!(heard.steps(), []);
    }
}

#[test]
fn b01_an_operation_without_a_time_removes_the_end() {
    let (breaker, clock) = closed(&fragile());
    breaker.disable_for(secs(60));
    breaker.disable();
    clock.advance(secs(3_600));
    assert_eq!(breaker.state(), CircuitState::Disabled);
}

#[test]
fn b01_operations_after_the_end_find_a_closed_circuit() {
    for (mode, hold) in HOLDS {
        let (breaker, clock) = closed(&fragile());
        breaker.apply(&hold(secs(60))).unwrap();
        let heard = Heard::from(&breaker);
        clock.advance(secs(60));
        breaker.trip().unwrap();
        let steps =
            [(mode.state(), CircuitState::Closed), (CircuitState::Closed, CircuitState::Open)];
        assert_eq!(heard.steps(), steps);
    }
}

#[test]
fn b01_a_rejection_by_a_forced_circuit_with_an_end_tells_the_wait() {
    let (breaker, clock) = closed(&fragile());
    breaker.force_open_for(secs(60));
    clock.advance(secs(20));
    let open = rejection(&breaker);
    assert_eq!((open.state(), open.retry_after()), (CircuitState::ForcedOpen, Some(secs(40))));
    clock.advance(open.retry_after().unwrap());
    succeed(&breaker);
}

#[test]
fn b01_calls_in_flight_at_the_end_are_late_in_the_next_state() {
    let (breaker, clock) = closed(&fragile());
    breaker.observe_only_for(secs(60));
    let call = breaker.try_acquire().unwrap();
    clock.advance(secs(60));
    succeed(&breaker);
    call.report(Outcome::Failure);
    assert_eq!((breaker.state(), breaker.snapshot().totals.late), (CircuitState::Closed, 1));
}

#[test]
fn b01_the_time_after_the_end_counts_as_closed() {
    let (breaker, clock) = closed(&fragile());
    breaker.disable_for(secs(60));
    clock.advance(secs(100));
    let times = |seen: BreakerSnapshot| (seen.time_in_state.disabled, seen.time_in_state.closed);
    assert_eq!(times(breaker.snapshot()), (secs(60), secs(40)));
    succeed(&breaker);
    clock.advance(secs(5));
    assert_eq!(times(breaker.snapshot()), (secs(60), secs(45)));
}

#[test]
fn b01_a_state_without_an_end_does_not_read_the_clock() {
    for mode in [ManualChange::disable(), ManualChange::observe_only(), ManualChange::force_open()]
    {
        let (breaker, reads) = counting(&fragile());
        breaker.apply(&mode).unwrap();
        let reads = reads_of(reads, || {
            for _ in 0..10 {
                drop(breaker.try_acquire().map(std::mem::forget));
                let _ = breaker.state();
            }
        });
        assert_eq!(reads, 0, "{mode:?}");
    }
}

#[test]
fn b01_all_breakers_of_a_selection_get_end_reason_and_operator() {
    let registry = Registry::new();
    registry.use_clock(ManualClock::new());
    for name in ["payments/charge", "payments/refund", "search"] {
        let _ = registry.get_or_register(name, settings());
    }
    let change = noted(ManualChange::disable_for(secs(60)));
    let noted = |names: &[&str]| {
        let snapshots = registry.snapshot().into_iter();
        let seen: Vec<_> = snapshots.filter(|each| each.note == note()).collect();
        assert!(seen.iter().all(|each| each.ends_in == Some(secs(60))));
        let seen: Vec<_> = seen.iter().map(|each| each.name.as_str()).collect();
        assert_eq!(seen, names);
    };
    assert!(registry.named("search").apply(&change).is_empty());
    noted(&["search"]);
    registry.all().close();
    assert!(registry.with_prefix("payments/").apply(&change).is_empty());
    noted(&["payments/charge", "payments/refund"]);
    assert!(registry.all().apply(&change).is_empty());
    noted(&["payments/charge", "payments/refund", "search"]);
    let refused = registry.all().apply(&ManualChange::trip());
    assert_eq!(refused.len(), 3);
}

#[test]
fn b01_a_new_key_starts_in_the_state_of_its_group_for_the_rest_of_the_time() {
    let clock = ManualClock::new();
    let registry = Registry::new();
    registry.use_clock(clock.clone());
    let shards = registry.get_or_register_keyed::<u32>("shards", settings());
    let change = noted(ManualChange::force_open_for(secs(60)));
    assert!(registry.named("shards").apply(&change).is_empty());
    clock.advance(secs(40));
    let seen = shards.get(&1).snapshot();
    assert_eq!((seen.state, seen.note), (CircuitState::ForcedOpen, note()));
    assert_eq!(seen.ends_in, Some(secs(20)));
    clock.advance(secs(20));
    succeed(&shards.get(&1));
    let late = shards.get(&2).snapshot();
    assert_eq!((late.state, late.recent), (CircuitState::Closed, vec![]));
    registry.named("shards").force_open_for(secs(60));
    registry.named("shards").close();
    assert_eq!(shards.get(&3).state(), CircuitState::Closed);
}

#[test]
fn b01_trip_for_on_a_due_circuit_causes_no_transition_and_counts_no_reopening() {
    let config = fragile().recovery_factor(2.0);
    let (breaker, clock) = due(&config);
    let heard = Heard::from(&breaker);
    for _ in 0..3 {
        breaker.apply(&noted(ManualChange::trip_for(secs(5)))).unwrap();
        assert_eq!(rejection(&breaker).retry_after(), Some(secs(5)));
        assert_eq!(breaker.snapshot().note, note());
        clock.advance(secs(9));
        assert_eq!(breaker.state(), CircuitState::HalfOpen);
    }
    assert_eq!(heard.steps(), []);
    assert_eq!(breaker.snapshot().transitions.opened, 1);
    // Before the first trip, the circuit was open for ten seconds. After each trip, it was open for
    // five of nine seconds.
    assert_eq!(breaker.snapshot().time_in_state.open, secs(10 + 15));
    fail(&breaker);
    assert_eq!(rejection(&breaker).retry_after(), Some(secs(20)), "the first re-opening");
}

#[test]
fn b01_trip_on_an_open_circuit_whose_end_has_passed_starts_its_base_time_again() {
    let config = fragile().recovery_factor(2.0).recovery_jitter(0.5);
    let (breaker, clock) = due(&config);
    let heard = Heard::from(&breaker);
    breaker.trip().unwrap();
    assert_eq!(rejection(&breaker).retry_after(), Some(secs(10)));
    clock.advance(secs(4));
    breaker.trip().unwrap();
    assert_eq!(rejection(&breaker).retry_after(), Some(secs(6)));
    assert_eq!(heard.steps(), []);
    assert_eq!(last_reason(&breaker), TransitionReason::Manual);
}

#[test]
fn b01_new_settings_move_an_end_that_trip_set_and_not_one_that_trip_for_set() {
    let (clock, registry) = (ManualClock::new(), Registry::new());
    let config = fragile().build().unwrap();
    let breaker = CircuitBreaker::with_clock("dependency", config, clock.clone());
    registry.register(&breaker).unwrap();
    fail(&breaker);
    clock.advance(secs(15));
    breaker.trip().unwrap();
    let longer = BreakerConfig::builder().recovery_time(secs(60));
    registry.override_breaker("dependency", longer).unwrap();
    assert_eq!(rejection(&breaker).retry_after(), Some(secs(60)));
    breaker.trip_for(secs(3)).unwrap();
    registry.clear_override("dependency").unwrap();
    assert_eq!(rejection(&breaker).retry_after(), Some(secs(3)));
}

#[test]
fn b19_the_call_that_ends_a_state_set_by_hand_is_watched_in_the_next_state() {
    let config = fragile().window(1).slow_call(secs(1)).slow_call_rate(1.0);
    for (_, hold) in HOLDS {
        let (breaker, clock) = closed(&config);
        breaker.apply(&hold(secs(20))).unwrap();
        clock.advance(secs(20));
        let hanging = breaker.try_acquire().unwrap();
        clock.advance(secs(2));
        assert_eq!(breaker.snapshot().window.unwrap().overdue, 1);
        drop(hanging);
    }
}
