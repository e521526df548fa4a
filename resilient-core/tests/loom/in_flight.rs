//! Models of rule B19: whatever other threads do, the breaker counts the start and the end of each
//! call exactly once.

use super::*;

/// More than the longest time by which the breaker may notice an overdue call late.
const TOLERANCE: Duration = Duration::from_millis(125);
const JUST_BELOW: Duration = Duration::from_nanos(999_999_999);

/// Returns settings under which a call is overdue after one second. The circuit opens only after
/// nine slow calls.
fn timed() -> BreakerConfigBuilder {
    config().window(9).slow_call(SECOND).slow_call_rate(1.0).min_calls(9)
}

fn acquire(breaker: &'static CircuitBreaker) -> Permit<'static> {
    breaker.try_acquire().unwrap()
}

#[test]
fn b19_a_snapshot_counts_each_call_that_is_in_flight_while_it_is_taken() {
    check(|| {
        let (breaker, _) = closed(&config());
        own_stripe(0);
        let held = acquire(breaker);
        // Loom runs the first closure first. So old values can only appear in the loads of the
        // second closure, which takes the snapshot.
        let (_, seen) =
            both(with_slot(0, || succeed(breaker)), with_slot(1, || breaker.snapshot()));
        let counts = (seen.in_flight, seen.totals.success);
        holds([(1, 0), (2, 0), (1, 1)].contains(&counts), "the held call is counted", &seen);
        drop(held);
        let seen = breaker.snapshot();
        holds(seen.in_flight == 0, "all calls have ended", &seen);
    });
}

#[test]
fn b19_a_call_that_ends_beside_a_disabling_is_no_longer_in_flight() {
    check(|| {
        let (breaker, _) = closed(&config());
        let permit = acquire(breaker);
        let ((), disabled) = both(
            move || permit.report(Outcome::Success),
            || {
                breaker.disable();
                acquire(breaker)
            },
        );
        let seen = breaker.snapshot();
        holds(seen.in_flight == 0, "the call has ended, and the other does not count", &seen);
        breaker.close();
        drop(disabled);
        let seen = breaker.snapshot();
        holds(seen.in_flight == 0, "each call was counted at its start and end", &seen);
    });
}

#[test]
fn b19_a_fast_end_beside_a_look_leaves_no_call_overdue() {
    check_up_to(Some(2), || {
        let (breaker, clock) = closed(&timed());
        own_stripe(0);
        let permit = acquire(breaker);
        clock.advance(JUST_BELOW);
        let later = clock.clone();
        both(
            with_slot(0, move || permit.report(Outcome::Success)),
            with_slot(1, move || {
                later.advance(TOLERANCE * 2);
                call(breaker, Outcome::Ignored);
            }),
        );
        clock.advance(SECOND * 9);
        let seen = breaker.snapshot();
        holds((seen.overdue, seen.in_flight) == (0, 0), "all calls have ended", &seen);
        holds(seen.totals.success == 1, "the call is counted once", &seen);
    });
}

#[test]
fn b19_an_overdue_call_that_ends_beside_an_admission_counts_once() {
    check_up_to(Some(2), || {
        let (breaker, clock) = closed(&timed().min_calls(1));
        own_stripe(0);
        let permit = acquire(breaker);
        clock.advance(SECOND + TOLERANCE);
        both(
            with_slot(1, || breaker.try_acquire().map(std::mem::forget).is_ok()),
            with_slot(0, move || permit.report(Outcome::Success)),
        );
        let seen = breaker.snapshot();
        let counts = (seen.totals.success, seen.totals.slow, seen.totals.late);
        let then = seen.last_opening.unwrap_or_default();
        let once = [(1, 1, 0), (0, 0, 1)].contains(&counts) && then.slow + then.overdue == 1;
        holds(once, "the call opened the circuit, in flight or at its end", &seen);
        holds(seen.state == CircuitState::Open, "the circuit opened", &seen);
    });
}

#[test]
fn b19_an_old_call_that_ends_beside_a_transition_touches_no_new_count() {
    check_up_to(Some(2), || {
        let (breaker, clock) = closed(&timed());
        own_stripe(0);
        let old = acquire(breaker);
        let (new, ()) = both(
            with_slot(1, || {
                breaker.close();
                acquire(breaker)
            }),
            with_slot(0, move || old.report(Outcome::Success)),
        );
        clock.advance(SECOND + TOLERANCE);
        let seen = breaker.snapshot();
        holds((seen.overdue, seen.in_flight) == (1, 1), "only the new call is overdue", &seen);
        drop(new);
        let seen = breaker.snapshot();
        holds((seen.overdue, seen.in_flight) == (0, 0), "all calls have ended", &seen);
    });
}

#[test]
fn b19_a_counter_that_is_taken_over_beside_the_end_of_its_call_loses_no_count() {
    check_up_to(Some(2), || {
        let (breaker, clock) = closed(&timed());
        own_stripe(0);
        let old = acquire(breaker);
        // Each slice of time of 2^26 nanoseconds has a counter. After 32 slices, a new slice takes
        // over the counter of the old call.
        clock.advance(Duration::from_nanos(32 << 26));
        let (new, ()) = both(
            with_slot(0, || acquire(breaker)),
            with_slot(1, move || old.report(Outcome::Ignored)),
        );
        let seen = breaker.snapshot();
        holds((seen.overdue, seen.in_flight) == (0, 1), "the old call has ended", &seen);
        clock.advance(SECOND + TOLERANCE);
        let seen = breaker.snapshot();
        holds(seen.overdue == 1, "the new call is overdue", &seen);
        drop(new);
        let seen = breaker.snapshot();
        holds((seen.overdue, seen.in_flight) == (0, 0), "all calls have ended", &seen);
    });
}
