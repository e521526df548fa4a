//! Rule B2: a permit that does not borrow its breaker keeps the same rules.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;

use resilient::breaker::{CallCounts, CircuitState, KeyedBreakers, OwnedPermit};
use resilient::time::ManualClock;
use resilient::{CircuitBreaker, Outcome, Registry, circuit_breaker};

use resilient_testkit::{
    OWN_PANIC, closed, due, fragile, panic_of, panic_quietly, pause, poll_and_drop, poll_once,
    rejection, run, secs, succeed, while_unwinding,
};

fn totals(breaker: &CircuitBreaker) -> CallCounts {
    breaker.snapshot().totals
}

#[test]
fn b02_an_owned_permit_can_be_stored_and_moved_anywhere() {
    fn goes_anywhere<T: Send + Sync + 'static>(value: T) -> T {
        value
    }
    let (breaker, _clock) = due(&fragile());
    let permit = goes_anywhere(breaker.try_acquire_owned().unwrap());
    std::thread::spawn(move || permit.report(Outcome::Success)).join().unwrap();
    assert_eq!(breaker.state(), CircuitState::Closed);
}

#[test]
fn b02_an_owned_permit_reports_as_a_permit_does() {
    let (breaker, _clock) = closed(&fragile().failure_threshold(9));
    let acquire = || breaker.try_acquire_owned().unwrap();
    acquire().report(Outcome::Success);
    acquire().report(Outcome::Failure);
    acquire().report(Outcome::Ignored);
    acquire().report_output(&Ok::<(), ()>(()));
    acquire().report_output(&None::<()>);
    drop(acquire());
    let totals = totals(&breaker);
    let counts = [totals.success, totals.failure, totals.ignored, totals.abandoned, totals.late];
    assert_eq!(counts, [2, 2, 1, 1, 0]);

    let (breaker, _clock) = closed(&fragile());
    breaker.try_acquire_owned().unwrap().report_after(Outcome::Failure, secs(99));
    assert_eq!(rejection(&breaker).retry_after(), Some(secs(99)));
    let rejected = breaker.try_acquire_owned().unwrap_err();
    assert_eq!(rejected.state(), CircuitState::Open);
    assert_eq!(breaker.snapshot().totals.rejected, 2);
}

#[test]
fn b02_an_owned_permit_frees_its_slot_however_it_ends() {
    let ends: [fn(OwnedPermit); 4] = [
        drop,
        |permit| permit.report(Outcome::Ignored),
        |permit| std::thread::spawn(move || drop(permit)).join().unwrap(),
        |permit| {
            let mut kept = Some(permit);
            drop(kept.take());
        },
    ];
    for end in ends {
        let (breaker, _clock) = due(&fragile());
        let permit = breaker.try_acquire_owned().unwrap();
        assert_eq!(rejection(&breaker).state(), CircuitState::HalfOpen);
        end(permit);
        assert_eq!(breaker.snapshot().probes_in_flight, 0);
        succeed(&breaker);
        assert_eq!(breaker.state(), CircuitState::Closed);
    }
}

#[test]
fn b02_an_owned_permit_that_is_dropped_in_a_panic_is_a_failure() {
    let (breaker, _clock) = closed(&fragile());
    let permit = breaker.try_acquire_owned().unwrap();
    let unwound = catch_unwind(AssertUnwindSafe(move || {
        let _permit = permit;
        panic_quietly();
    }));
    assert!(unwound.is_err());
    assert_eq!((breaker.state(), totals(&breaker).failure), (CircuitState::Open, 1));
}

/// Reports a success when it is dropped.
struct Reporter(Option<OwnedPermit>);

impl Drop for Reporter {
    fn drop(&mut self) {
        if let Some(permit) = self.0.take() {
            permit.report(Outcome::Success);
        }
    }
}

#[test]
fn b02_an_owned_permit_that_is_reported_while_another_panic_unwinds_counts_as_reported() {
    let (breaker, _clock) = closed(&fragile());
    let permit = breaker.try_acquire_owned().unwrap();
    while_unwinding(Reporter(Some(permit)));
    assert_eq!((totals(&breaker).success, totals(&breaker).failure), (1, 0));
}

#[test]
fn b02_the_slot_of_a_forgotten_owned_permit_is_freed_at_the_end_of_its_lease() {
    let (breaker, clock) = due(&fragile().probe_timeout(secs(5)));
    std::mem::forget(breaker.try_acquire_owned().unwrap());
    assert_eq!(rejection(&breaker).retry_after(), Some(secs(5)));
    clock.advance(secs(5));
    succeed(&breaker);
    assert_eq!(breaker.state(), CircuitState::Closed);
}

#[test]
fn b03_an_owned_permit_of_an_older_generation_is_late() {
    let (breaker, _clock) = closed(&fragile());
    let permit = breaker.try_acquire_owned().unwrap();
    breaker.close();
    permit.report(Outcome::Failure);
    assert_eq!((breaker.state(), totals(&breaker).late), (CircuitState::Closed, 1));
}

#[test]
fn b02_an_owned_permit_outlives_every_handle_of_its_breaker() {
    let (breaker, _clock) = closed(&fragile());
    let permit = breaker.try_acquire_owned().unwrap();
    drop(breaker);
    assert_eq!(format!("{permit:?}"), "OwnedPermit { breaker: \"dependency\", .. }");
    permit.report(Outcome::Failure);
}

#[test]
fn b18_calls_inside_an_owned_permit_are_nested() {
    let (breaker, _clock) = due(&fragile());
    let probe = breaker.try_acquire_owned().unwrap();
    let nested = || breaker.try_acquire().map(|permit| permit.report(Outcome::Success));
    assert!(nested().is_err());
    assert!(probe.scope(nested).is_ok());
    assert!(run(probe.within(async { nested() })).is_ok());
    assert!(nested().is_err(), "the probe still holds its slot");
    assert_eq!(breaker.state(), CircuitState::HalfOpen, "nested calls report nothing");
    probe.report(Outcome::Success);
    assert_eq!(breaker.state(), CircuitState::Closed);
}

#[circuit_breaker(name = "b02/static", failure_threshold = 1)]
fn annotated() -> Option<()> {
    Some(())
}

#[test]
fn b02_breakers_of_functions_of_keys_and_by_hand_give_owned_permits() {
    assert_eq!(annotated(), Some(()));
    let of_function = Registry::global().get("b02/static").unwrap();
    let config = fragile().build().unwrap();
    let shards = KeyedBreakers::<u32>::with_clock("shards", config, ManualClock::new());
    let (by_hand, _clock) = closed(&fragile());
    for breaker in [of_function, shards.get(&7), by_hand] {
        let permit = breaker.try_acquire_owned().unwrap();
        std::thread::spawn(move || permit.report(Outcome::Failure)).join().unwrap();
        assert_eq!(breaker.state(), CircuitState::Open, "{}", breaker.name());
    }
    assert_eq!(annotated(), None);
    assert_eq!(shards.get(&8).state(), CircuitState::Closed);
}

#[tokio::test]
async fn b02_a_future_that_owns_its_permit_returns_it_at_the_end() {
    let (breaker, _clock) = closed(&fragile());
    let call = breaker.try_acquire_owned().unwrap().run(async || Ok::<_, ()>(1));
    let (output, permit) = call.await;
    assert_eq!((output, totals(&breaker).success), (Ok(1), 0));
    permit.report(Outcome::Success);
    assert_eq!(totals(&breaker).success, 1);
}

#[test]
fn b02_a_future_that_owns_its_permit_is_abandoned_when_it_is_dropped() {
    for polls in 0..3 {
        let (breaker, _clock) = due(&fragile());
        let call = breaker.try_acquire_owned().unwrap().run(|| pause(9));
        assert!(poll_and_drop(call, polls).is_none());
        assert_eq!(totals(&breaker).abandoned, 1, "{polls}");
        assert!(breaker.try_acquire().is_ok(), "{polls}");
    }
}

#[test]
fn b02_a_permit_can_be_taken_out_of_its_future() {
    let (breaker, _clock) = due(&fragile());
    let mut call = pin!(breaker.try_acquire_owned().unwrap().run(|| pause(9)));
    assert!(poll_once(call.as_mut()).is_pending());
    call.as_mut().take_permit().unwrap().report(Outcome::Success);
    assert!(call.take_permit().is_none());
    assert_eq!((totals(&breaker).success, totals(&breaker).abandoned), (1, 0));
}

/// The future is not dropped while the thread unwinds, so its drop says nothing about the panic.
#[test]
fn b02_a_panic_in_a_future_that_owns_its_permit_is_a_failure() {
    let (breaker, _clock) = due(&fragile());
    let call = breaker.try_acquire_owned().unwrap();
    let mut call = Box::pin(call.run(async || -> () { panic_quietly() }));
    assert_eq!(panic_of(|| poll_once(call.as_mut())), OWN_PANIC);
    assert_eq!(breaker.state(), CircuitState::Open);
    drop(call);
    assert_eq!((totals(&breaker).failure, totals(&breaker).abandoned), (1, 0));

    let (breaker, _clock) = due(&fragile());
    let permit = breaker.try_acquire_owned().unwrap();
    let make = || -> std::future::Ready<()> { panic_quietly() };
    assert_eq!(panic_of(|| permit.run(make)), OWN_PANIC);
    assert_eq!((totals(&breaker).failure, totals(&breaker).abandoned), (1, 0));
}
