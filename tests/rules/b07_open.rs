//! Rule B7: an open circuit rejects calls until its open time ends.

use std::time::Duration;

use resilient::breaker::CircuitState;
use resilient::{CircuitOpen, Outcome};

use resilient_testkit::{closed, due, fail, fragile, rejection, secs, succeed};

#[test]
fn b07_an_open_circuit_rejects_until_its_end() {
    let (breaker, clock) = closed(&fragile());
    fail(&breaker);
    for passed in 0..10 {
        assert_eq!(rejection(&breaker).retry_after(), Some(secs(10 - passed)));
        clock.advance(secs(1));
    }
    succeed(&breaker);
}

#[test]
fn b07_a_caller_that_sleeps_exactly_retry_after_is_admitted() {
    let times = [Duration::from_nanos(1), Duration::from_millis(1), secs(3_600)];
    for time in times {
        let (breaker, clock) = closed(&fragile().recovery_time(time).recovery_jitter(1.0));
        fail(&breaker);
        let wait = rejection(&breaker).retry_after().unwrap();
        clock.advance(wait.saturating_sub(Duration::from_nanos(1)));
        assert_eq!(rejection(&breaker).retry_after(), Some(Duration::from_nanos(1)));
        clock.advance(Duration::from_nanos(1));
        succeed(&breaker);
    }
}

#[test]
fn b07_the_end_is_set_once_per_opening() {
    let (breaker, clock) = closed(&fragile().recovery_jitter(1.0));
    fail(&breaker);
    let mut left = rejection(&breaker).retry_after().unwrap();
    for _ in 0..9 {
        clock.advance(secs(1));
        left -= secs(1);
        for _ in 0..10 {
            assert_eq!(rejection(&breaker).retry_after(), Some(left));
        }
    }
}

#[test]
fn b07_a_rejection_names_the_breaker_its_state_and_the_time_left() {
    let (breaker, _clock) = closed(&fragile());
    fail(&breaker);
    let open = rejection(&breaker);
    assert_eq!(open.breaker(), "dependency");
    assert_eq!(open.state(), CircuitState::Open);
    assert_eq!(open.retry_after(), Some(secs(10)));
}

#[test]
fn b07_a_rejection_by_full_slots_is_half_open_and_has_the_first_lease_end() {
    let (breaker, clock) = due(&fragile().probe_timeout(secs(5)));
    let _probe = breaker.try_acquire().unwrap();
    clock.advance(secs(2));
    let open = rejection(&breaker);
    assert_eq!((open.state(), open.retry_after()), (CircuitState::HalfOpen, Some(secs(3))));
}

#[test]
fn b07_the_time_left_is_absent_if_it_is_unknown() {
    let (forced, _clock) = closed(&fragile());
    forced.force_open();
    let open = rejection(&forced);
    assert_eq!((open.state(), open.retry_after()), (CircuitState::ForcedOpen, None));

    let (endless, _clock) = due(&fragile().probe_timeout(Duration::MAX));
    let _probe = endless.try_acquire().unwrap();
    let open = rejection(&endless);
    assert_eq!((open.state(), open.retry_after()), (CircuitState::HalfOpen, None));
}

#[test]
fn b07_a_rejection_displays_its_fields() {
    let (breaker, _clock) = due(&fragile().probe_timeout(secs(5)));
    let probe = breaker.try_acquire().unwrap();
    let half_open = rejection(&breaker).to_string();
    probe.report(Outcome::Failure);
    let open = rejection(&breaker).to_string();
    breaker.force_open();
    let forced = rejection(&breaker).to_string();
    for words in [&half_open, &open, &forced] {
        assert!(words.contains("`dependency`"), "{words}");
    }
    assert!(half_open.contains("half-open") && half_open.contains("5.0s"), "{half_open}");
    assert!(open.contains("is open") && open.contains("10.0s"), "{open}");
    assert!(forced.contains("forced open"), "{forced}");
}

#[test]
fn b07_a_rejection_is_an_error_that_crosses_threads() {
    fn assert_is_error<E: std::error::Error + Send + Sync + 'static>(_: &E) {}
    let (breaker, _clock) = closed(&fragile());
    fail(&breaker);
    let open = rejection(&breaker);
    assert_is_error(&open);
    let boxed: Box<dyn std::error::Error + Send + Sync> = open.clone().into();
    assert_eq!(boxed.downcast_ref::<CircuitOpen>(), Some(&open));
}

#[test]
fn b07_a_rejection_is_a_few_words_and_its_clone_shares_the_name() {
    let (breaker, _clock) = closed(&fragile());
    fail(&breaker);
    let open = rejection(&breaker);
    let clone = open.clone();
    assert!(size_of::<CircuitOpen>() <= size_of::<[usize; 8]>());
    assert_eq!(clone.breaker().as_ptr(), open.breaker().as_ptr());
}
