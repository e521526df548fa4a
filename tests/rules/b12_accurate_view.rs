//! Rule B12: the state and the snapshot are accurate without a call.

use resilient::Registry;
use resilient::breaker::CircuitState;
use resilient::time::ManualClock;

use resilient_testkit::{Heard, closed, due, fail, fragile, ms, secs, succeed};

#[test]
fn b12_after_the_end_the_state_is_half_open_even_if_no_call_has_come() {
    let (breaker, clock) = closed(&fragile());
    fail(&breaker);
    clock.advance(std::time::Duration::from_nanos(9_999_999_999));
    assert_eq!(
        (breaker.state(), breaker.snapshot().state),
        (CircuitState::Open, CircuitState::Open)
    );
    clock.advance(std::time::Duration::from_nanos(1));
    let snapshot = breaker.snapshot();
    assert_eq!((breaker.state(), snapshot.state), (CircuitState::HalfOpen, CircuitState::HalfOpen));
    assert_eq!(snapshot.retry_after, Some(secs(0)));
}

#[test]
fn b12_reading_changes_nothing_and_causes_no_event() {
    let (breaker, clock) = due(&fragile());
    let heard = Heard::from(&breaker);
    let before = breaker.snapshot();
    for _ in 0..100 {
        let _ = (breaker.state(), breaker.name(), breaker.config(), format!("{breaker:?}"));
        assert_eq!(breaker.snapshot(), before);
    }
    clock.advance(secs(1_000));
    assert_eq!(breaker.state(), CircuitState::HalfOpen);
    assert_eq!(heard.events().len(), 0);
    assert_eq!(breaker.snapshot().recent, before.recent);
    assert_eq!(breaker.snapshot().transitions.half_opened, 0);
}

#[test]
fn b12_reading_a_due_breaker_does_not_use_up_its_probe() {
    let (breaker, _clock) = due(&fragile());
    for _ in 0..10 {
        assert_eq!(breaker.state(), CircuitState::HalfOpen);
    }
    succeed(&breaker);
    assert_eq!(breaker.state(), CircuitState::Closed);
}

#[test]
fn b12_the_state_is_half_open_while_a_probe_is_in_flight() {
    let (breaker, _clock) = due(&fragile());
    let _probe = breaker.try_acquire().unwrap();
    assert_eq!(breaker.state(), CircuitState::HalfOpen);
    assert_eq!(breaker.snapshot().retry_after, Some(secs(30)));
}

#[test]
fn b12_a_due_breaker_is_half_open_since_the_end_of_its_recovery_time() {
    let (breaker, clock) = closed(&fragile());
    assert_eq!(breaker.snapshot().since, None);
    fail(&breaker);
    let opened = breaker.snapshot().since.unwrap();
    clock.advance(secs(60));
    assert_eq!(breaker.snapshot().since, Some(opened + secs(10)));
}

#[test]
fn b12_the_text_of_a_snapshot_names_the_key_and_counts_overdue_calls() {
    let clock = ManualClock::new();
    let config = fragile().failure_threshold(9).window(10).slow_call(secs(1)).slow_call_rate(1.0);
    let registry = Registry::new();
    registry.use_clock(clock.clone());
    let hosts = registry.get_or_register_keyed::<String>("hosts", config.build().unwrap());
    let breaker = hosts.get("a\nb");
    let permit = breaker.try_acquire().unwrap();
    clock.advance(secs(5));
    let text = breaker.snapshot().to_string();
    assert!(text.starts_with("hosts[\"a\\nb\"]: closed"), "{text}");
    assert!(text.contains("0 rejected; 1 in flight, 1 overdue"), "{text}");
    drop(permit);
}

#[test]
fn b12_a_rejection_shows_a_short_wait_in_milliseconds() {
    for (wait, text) in [(ms(250), "try again in 250ms"), (ms(1_500), "try again in 1.5s")] {
        let (breaker, _clock) = closed(&fragile());
        breaker.trip_for(wait).unwrap();
        let open = breaker.try_acquire().unwrap_err().to_string();
        assert!(open.ends_with(text), "{open}");
    }
}
