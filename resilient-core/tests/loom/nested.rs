//! Models of rule B18: calls inside a probe of the same breaker.

use resilient_core::breaker::{CircuitState, Permit};
use resilient_core::signal::Outcome;

use crate::{SECOND, both, check, check_up_to, closed, config, due, holds, succeed};

#[test]
fn b18_a_call_inside_a_probe_passes_and_a_call_of_another_thread_does_not() {
    check_up_to(Some(3), || {
        let breaker = due(&config());
        let probe = breaker.try_acquire().unwrap();
        let ((nested, after), other) = both(
            move || {
                let nested = probe.scope(|| succeed(breaker));
                let after = succeed(breaker);
                std::mem::forget(probe);
                (nested, after)
            },
            || succeed(breaker),
        );
        let seen = breaker.snapshot();
        holds(nested, "the nested call uses the permit of the probe", &seen);
        holds(!after, "after the scope, a call of the thread needs its own slot", &seen);
        holds(!other, "the scope of one thread admits no call of another", &seen);
        holds(seen.state == CircuitState::HalfOpen, "the nested call decides nothing", &seen);
        holds(seen.probes_in_flight == 1, "the nested call keeps the slot", &seen);
        let counts = (seen.totals.success, seen.totals.late, seen.totals.rejected);
        holds(counts == (0, 0, 2), "the nested call is in no total", &seen);
    });
}

#[test]
fn b18_a_probe_whose_slot_is_taken_meanwhile_admits_a_nested_call_only_before() {
    check(|| {
        let (breaker, clock) = closed(&config().probe_timeout(SECOND));
        breaker.trip().unwrap();
        clock.advance(SECOND);
        // The permit is leaked, so that another thread can borrow it.
        let hung: &Permit<'_> = Box::leak(Box::new(breaker.try_acquire().unwrap()));
        clock.advance(SECOND);
        let (nested, heir) = both(
            move || hung.scope(|| breaker.try_acquire().map(std::mem::forget).is_ok()),
            || breaker.try_acquire().map(std::mem::forget).is_ok(),
        );
        let seen = breaker.snapshot();
        holds(heir, "the lease is over, so another caller takes the slot", &seen);
        holds(seen.probes_in_flight == 1, "one probe holds the slot", &seen);
        let rejected = u64::from(!nested);
        holds(seen.totals.rejected == rejected, "a call is nested or rejected", &seen);
        let again = hung.scope(|| succeed(breaker));
        holds(!again, "a probe without a slot admits no call", &seen);
    });
}

#[test]
fn b18_a_nested_call_beside_a_reset_and_a_new_round_reports_nothing() {
    check_up_to(Some(2), || {
        let breaker = due(&config());
        let old: &Permit<'_> = Box::leak(Box::new(breaker.try_acquire().unwrap()));
        let (nested, present) = both(
            move || old.scope(|| succeed(breaker)),
            || {
                breaker.trip().unwrap();
                breaker.half_open().unwrap();
                breaker.try_acquire()
            },
        );
        let seen = breaker.snapshot();
        // Between `half_open` and `try_acquire`, the call inside the old probe may take the slot of
        // the new round.
        let took_slot = nested && seen.state == CircuitState::Closed;
        holds(present.is_ok() || took_slot, "the new round has one probe", &seen);
        let counted = u64::from(took_slot);
        let counts = (seen.totals.success, seen.totals.late);
        holds(counts == (counted, 0), "a nested call is in no total", &seen);
        if seen.state == CircuitState::HalfOpen {
            let again = old.scope(|| succeed(breaker));
            holds(!again, "a probe of an earlier round admits no call", &seen);
        }
        if let Ok(present) = present {
            present.report(Outcome::Success);
            let seen = breaker.snapshot();
            holds(seen.state == CircuitState::Closed, "the new probe decides", &seen);
        }
    });
}
