//! Rule B3: an outcome changes only the generation that admitted its call.

use super::*;

#[test]
fn b03_every_change_of_state_starts_a_new_generation() {
    let (mut machine, now) = due(&fragile());
    let mut seen = vec![0, machine.generation()];
    let mut note = |machine: &Machine| seen.push(machine.generation());
    let probe = machine.admit(now).unwrap();
    note(&machine);
    machine.report(probe, &CallEnd::of(SUCCESS), now);
    note(&machine);
    machine.hold(OperatorMode::ForcedOpen.into(), now);
    note(&machine);
    machine.hold(OperatorMode::Disabled.into(), now);
    note(&machine);
    machine.hold(OperatorMode::ObserveOnly.into(), now);
    note(&machine);
    machine.close(OperatorNote::EMPTY, now);
    note(&machine);
    seen.dedup();
    assert_eq!(seen.len(), 8);
}

#[test]
fn b03_an_operation_that_changes_no_state_keeps_the_generation() {
    let now = Instant::now();
    let mut machine = machine(&BreakerConfig::builder().failure_threshold(9));
    let generation = machine.generation();
    for ending in [SUCCESS, FAILURE, IGNORED, Ending::Abandoned] {
        call(&mut machine, ending, now);
    }
    assert!(machine.change_by_hand(ManualChange::half_open(), now).is_err());
    assert_eq!(machine.generation(), generation);
}

#[test]
fn b03_a_permit_of_each_older_generation_is_late_however_it_ends() {
    for ending in [SUCCESS, FAILURE, IGNORED, Ending::Abandoned] {
        let (mut machine, now) = due(&fragile());
        let probe = machine.admit(now).unwrap();
        machine.close(OperatorNote::EMPTY, now);
        let closed = machine.admit(now).unwrap();
        machine.change_by_hand(ManualChange::trip(), now).unwrap();
        let until = end(&machine);
        for ticket in [probe, closed] {
            let counted = machine.report(
                ticket,
                &CallEnd { retry_after: Some(secs(99)), ..CallEnd::of(ending) },
                now,
            );
            assert_eq!(counted, Counted::Late);
        }
        assert_eq!((machine.entered(), end(&machine)), (CircuitState::Open, until));
    }
}

#[test]
fn b03_a_late_probe_counts_in_neither_sum_of_the_next_round() {
    let (mut machine, now) = due(&probing(2, 2, 0));
    let late = machine.admit(now).unwrap();
    call(&mut machine, FAILURE, now);
    let next = now + secs(10);
    call(&mut machine, SUCCESS, next);
    assert_eq!(machine.report(late, &CallEnd::of(SUCCESS), next), Counted::Late);
    assert_eq!(machine.entered(), CircuitState::HalfOpen);
    call(&mut machine, SUCCESS, next);
    assert_eq!(machine.entered(), CircuitState::Closed);
}
