//! Rules B10 and B11: the admission of probes, and their leases.

use super::*;

#[test]
fn b10_the_state_changes_at_the_first_admission_and_not_before() {
    let (mut machine, now) = due(&fragile());
    assert_eq!(
        (machine.state(now), machine.entered()),
        (CircuitState::HalfOpen, CircuitState::Open)
    );
    machine.admit(now).unwrap();
    assert_eq!(machine.entered(), CircuitState::HalfOpen);
}

#[test]
fn b10_admission_follows_the_two_bounds_for_every_small_setting() {
    for successes in 1..=4 {
        for failures in 0..=3 {
            for calls in 1..=successes + failures {
                let (mut machine, now) = due(&probing(calls, successes, failures));
                // The round stays undecided: it is one success short of closing, and no more probes
                // fail than are tolerated.
                let (mut succeeded, mut failed) = (0, 0);
                loop {
                    let room = calls.min(successes + failures - succeeded - failed);
                    let tickets: Vec<_> = admissions(&mut machine, now).collect();
                    let setting = (calls, successes, failures, succeeded, failed);
                    assert_eq!(tickets.len(), room as usize, "{setting:?}");
                    for ticket in &tickets[1..] {
                        machine.report(*ticket, &CallEnd::of(IGNORED), now);
                    }
                    if failed < failures {
                        machine.report(tickets[0], &CallEnd::of(FAILURE), now);
                        failed += 1;
                    } else if succeeded + 1 < successes {
                        machine.report(tickets[0], &CallEnd::of(SUCCESS), now);
                        succeeded += 1;
                    } else {
                        machine.report(tickets[0], &CallEnd::of(SUCCESS), now);
                        break;
                    }
                    assert_eq!(machine.entered(), CircuitState::HalfOpen);
                }
                assert_eq!(machine.entered(), CircuitState::Closed);
            }
        }
    }
}

#[test]
fn b10_ignored_and_abandoned_probes_free_their_slots_and_count_in_neither_sum() {
    let (mut machine, now) = due(&probing(1, 1, 0));
    for _ in 0..1_000 {
        assert_eq!(call(&mut machine, IGNORED, now), Counted::Ignored);
        assert_eq!(call(&mut machine, Ending::Abandoned, now), Counted::Abandoned);
    }
    assert_eq!(machine.entered(), CircuitState::HalfOpen);
    assert_eq!(machine.probes_in_flight(), 0);
    call(&mut machine, SUCCESS, now);
    assert_eq!(machine.entered(), CircuitState::Closed);
}

#[test]
fn b10_an_abandoned_probe_reopens_where_abandoned_is_a_failure() {
    let (mut machine, now) = due(&fragile().abandoned(AbandonedOutcome::Failure));
    let counted = call(&mut machine, Ending::Abandoned, now);
    assert_eq!(
        (counted, machine.entered()),
        (Counted::Failure { slow: false }, CircuitState::Open)
    );
}

#[test]
fn b10_the_circuit_reopens_at_the_first_failure_beyond_those_tolerated() {
    let (mut machine, now) = due(&probing(1, 5, 2));
    for _ in 0..2 {
        call(&mut machine, FAILURE, now);
        assert_eq!(machine.entered(), CircuitState::HalfOpen);
    }
    call(&mut machine, FAILURE, now);
    assert_eq!(machine.entered(), CircuitState::Open);
    let last = machine.history().last().unwrap();
    assert_eq!(last.reason, TransitionReason::ProbeFailed);
}

#[test]
fn b10_the_failure_threshold_of_the_closed_state_means_nothing_to_probes() {
    let (mut machine, now) = {
        let start = Instant::now();
        let mut machine = machine(&fragile().failure_threshold(100));
        machine.change_by_hand(ManualChange::trip(), start).unwrap();
        (machine, start + secs(10))
    };
    call(&mut machine, FAILURE, now);
    assert_eq!(machine.entered(), CircuitState::Open);
}

#[test]
fn b10_the_largest_sums_do_not_overflow() {
    let (mut machine, now) = due(&probing(1_024, u32::MAX, u32::MAX));
    let admitted = admissions(&mut machine, now).count();
    assert_eq!(admitted, 1_024);
    assert_eq!(machine.probes_in_flight(), 1_024);
}

#[test]
fn b10_each_round_starts_with_empty_sums() {
    let (mut machine, now) = due(&probing(3, 3, 0));
    call(&mut machine, SUCCESS, now);
    call(&mut machine, SUCCESS, now);
    call(&mut machine, FAILURE, now);
    let next = now + secs(10);
    call(&mut machine, SUCCESS, next);
    call(&mut machine, SUCCESS, next);
    assert_eq!(machine.entered(), CircuitState::HalfOpen);
    call(&mut machine, SUCCESS, next);
    assert_eq!(machine.entered(), CircuitState::Closed);
}

#[test]
fn b11_a_slot_can_be_taken_from_the_end_of_its_lease_on_and_not_before() {
    let (mut machine, now) = due(&fragile().probe_timeout(secs(5)));
    let hung = machine.admit(now).unwrap();
    let before = now + Duration::from_nanos(4_999_999_999);
    assert_eq!(machine.admit(before).unwrap_err().retry_after, Some(Duration::from_nanos(1)));
    let heir = machine.admit(now + secs(5)).unwrap();
    assert_ne!(hung, heir);
    assert_eq!(machine.probes_in_flight(), 1);
}

#[test]
fn b11_a_probe_past_its_lease_still_counts_while_nobody_took_its_slot() {
    for (ending, state) in [(SUCCESS, CircuitState::Closed), (FAILURE, CircuitState::Open)] {
        let (mut machine, now) = due(&fragile().probe_timeout(secs(5)));
        let slow = machine.admit(now).unwrap();
        machine.report(slow, &CallEnd::of(ending), now + secs(500));
        assert_eq!(machine.entered(), state);
    }
}

#[test]
fn b11_a_probe_whose_slot_was_taken_is_late_and_does_not_affect_its_successor() {
    for ending in [SUCCESS, FAILURE, IGNORED, Ending::Abandoned] {
        let (mut machine, now) = due(&fragile().probe_timeout(secs(5)));
        let hung = machine.admit(now).unwrap();
        let heir = machine.admit(now + secs(5)).unwrap();
        let counted = machine.report(hung, &CallEnd::of(ending), now + secs(6));
        assert_eq!(counted, Counted::Late);
        assert_eq!(machine.entered(), CircuitState::HalfOpen);
        assert_eq!(machine.probes_in_flight(), 1);
        assert!(machine.admit(now + secs(6)).is_err());
        machine.report(heir, &CallEnd::of(SUCCESS), now + secs(6));
        assert_eq!(machine.entered(), CircuitState::Closed);
    }
}

#[test]
fn b11_an_admission_takes_only_one_slot_whose_lease_is_over() {
    let (mut machine, now) = due(&probing(2, 2, 0).probe_timeout(secs(5)));
    let first = machine.admit(now).unwrap();
    let second = machine.admit(now + secs(3)).unwrap();
    machine.admit(now + secs(5)).unwrap();
    assert!(machine.admit(now + secs(5)).is_err());
    let late = machine.report(first, &CallEnd::of(SUCCESS), now + secs(5));
    let counted = machine.report(second, &CallEnd::of(SUCCESS), now + secs(5));
    assert_eq!((late, counted), (Counted::Late, Counted::Success { slow: false }));
}

#[test]
fn b11_a_free_slot_is_used_before_a_slot_whose_lease_is_over() {
    let (mut machine, now) = due(&probing(2, 2, 0).probe_timeout(secs(5)));
    let slow = machine.admit(now).unwrap();
    machine.admit(now + secs(50)).unwrap();
    let counted = machine.report(slow, &CallEnd::of(SUCCESS), now + secs(50));
    assert_eq!(counted, Counted::Success { slow: false });
}

#[test]
fn b11_slots_that_are_taken_over_stay_within_both_bounds() {
    // The round needs four probes: one success is counted, and three slots are free.
    let (mut machine, now) = due(&probing(3, 4, 0).probe_timeout(secs(5)));
    call(&mut machine, SUCCESS, now);
    for round in 0..5 {
        let now = now + secs(5 * round);
        let admitted = admissions(&mut machine, now).count();
        assert_eq!((admitted, machine.probes_in_flight()), (3, 3));
    }
}

#[test]
fn b11_the_default_lease_is_the_recovery_time_within_half_a_minute_and_ten() {
    for (recovery, lease) in [
        (Duration::ZERO, 30),
        (secs(29), 30),
        (secs(31), 31),
        (secs(600), 600),
        (secs(601), 600),
        (Duration::MAX, 600),
    ] {
        let now = Instant::now();
        let mut machine = machine(&fragile().recovery_time(recovery));
        machine.change_by_hand(ManualChange::trip(), now).unwrap();
        machine.change_by_hand(ManualChange::half_open(), now).unwrap();
        machine.admit(now).unwrap();
        let rejection = machine.admit(now).unwrap_err();
        assert_eq!(rejection.retry_after, Some(secs(lease)), "{recovery:?}");
    }
}

#[test]
fn b11_the_longest_lease_never_ends_and_retry_after_is_unknown() {
    let (mut machine, now) = due(&fragile().probe_timeout(Duration::MAX));
    machine.admit(now).unwrap();
    let rejection = Rejection { state: CircuitState::HalfOpen, retry_after: None };
    assert_eq!(machine.admit(now + secs(1_000_000_000)), Err(rejection));
}

#[test]
fn b11_a_rejection_has_the_first_lease_end() {
    let (mut machine, now) = due(&probing(2, 2, 0).probe_timeout(secs(5)));
    machine.admit(now).unwrap();
    machine.admit(now + secs(2)).unwrap();
    let rejection = machine.admit(now + secs(3)).unwrap_err();
    assert_eq!(rejection.retry_after, Some(secs(2)));
}

#[test]
fn b11_a_clock_that_goes_back_ends_no_lease_early() {
    let (mut machine, now) = due(&fragile().probe_timeout(secs(5)));
    machine.admit(now).unwrap();
    let back = now.checked_sub(secs(8)).unwrap();
    assert_eq!(machine.admit(back).unwrap_err().state, CircuitState::HalfOpen);
    assert!(machine.admit(now + secs(5)).is_ok());
}
