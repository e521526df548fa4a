//! B13: how long a breaker has been in each state.

use std::time::Duration;

use resilient::CircuitBreaker;
use resilient::breaker::CircuitState;

use crate::support::{closed, fail, fragile, rejection, secs, succeed};

/// Seconds in each state, in the order of `CircuitState::ALL`.
fn seconds(breaker: &CircuitBreaker) -> [u64; 6] {
    let times = breaker.snapshot().time_in_state;
    CircuitState::ALL.map(|state| times.of(state).as_secs())
}

#[test]
fn b13_the_time_in_each_state_is_added_up() {
    let (breaker, clock) = closed(&fragile());
    assert_eq!(seconds(&breaker), [0; 6]);
    clock.advance(secs(3));
    assert_eq!(seconds(&breaker), [3, 0, 0, 0, 0, 0]);
    fail(&breaker);
    clock.advance(secs(4));
    assert_eq!(seconds(&breaker), [3, 4, 0, 0, 0, 0]);
    breaker.half_open().unwrap();
    clock.advance(secs(5));
    breaker.force_open();
    clock.advance(secs(6));
    breaker.disable();
    clock.advance(secs(7));
    breaker.observe_only();
    clock.advance(secs(8));
    breaker.close();
    clock.advance(secs(9));
    assert_eq!(seconds(&breaker), [12, 4, 5, 6, 7, 8]);
}

#[test]
fn b13_from_the_end_of_the_recovery_time_on_a_breaker_is_half_open_even_if_no_call_comes() {
    let (breaker, clock) = closed(&fragile());
    fail(&breaker);
    clock.advance(secs(10));
    assert_eq!(seconds(&breaker), [0, 10, 0, 0, 0, 0]);
    clock.advance(secs(90));
    assert_eq!(seconds(&breaker), [0, 10, 90, 0, 0, 0]);
    let probe = breaker.try_acquire().unwrap();
    clock.advance(secs(5));
    assert_eq!(seconds(&breaker), [0, 10, 95, 0, 0, 0]);
    probe.report(resilient::Outcome::Failure);
    clock.advance(secs(12));
    assert_eq!(seconds(&breaker), [0, 20, 97, 0, 0, 0]);
    // By hand, too, out of a state that nobody had come to see.
    breaker.close();
    clock.advance(secs(1));
    assert_eq!(seconds(&breaker), [1, 20, 97, 0, 0, 0]);
}

#[test]
fn b13_the_times_add_up_to_the_age_of_the_breaker() {
    let (breaker, clock) = closed(&fragile().recovery_time(Duration::from_micros(700)));
    let mut random = fastrand::Rng::with_seed(13);
    let mut age = Duration::ZERO;
    for _ in 0..1_000 {
        match random.u8(..8) {
            0 => _ = breaker.trip(),
            1 => _ = breaker.half_open(),
            2 => breaker.force_open(),
            3 => breaker.disable(),
            4 => breaker.observe_only(),
            5 => breaker.close(),
            _ => _ = breaker.try_acquire().map(drop),
        }
        let pause = Duration::from_micros(random.u64(..1_000));
        clock.advance(pause);
        age += pause;
        let times = breaker.snapshot().time_in_state;
        let sum: Duration = CircuitState::ALL
            .into_iter()
            .map(|state| times.of(state))
            .sum();
        assert_eq!(sum, age);
    }
}

#[test]
fn b13_looking_and_calls_that_change_no_state_add_nothing_twice() {
    let (breaker, clock) = closed(&fragile());
    for second in 1..=9 {
        clock.advance(secs(1));
        succeed(&breaker);
        assert_eq!(seconds(&breaker), [second, 0, 0, 0, 0, 0]);
        assert_eq!(seconds(&breaker), [second, 0, 0, 0, 0, 0]);
    }
    breaker.close();
    assert_eq!(seconds(&breaker), [9, 0, 0, 0, 0, 0]);
    breaker.trip().unwrap();
    clock.advance(secs(2));
    rejection(&breaker);
    assert_eq!(seconds(&breaker), [9, 2, 0, 0, 0, 0]);
}

#[test]
fn b13_a_clock_that_goes_back_takes_no_time_away() {
    let (breaker, clock) = closed(&fragile());
    clock.advance(secs(20));
    breaker.force_open();
    clock.advance(secs(5));
    breaker.close();
    clock.set_back(secs(15));
    assert_eq!(seconds(&breaker), [20, 0, 0, 5, 0, 0]);
    clock.advance(secs(15));
    assert_eq!(seconds(&breaker), [20, 0, 0, 5, 0, 0]);
    clock.advance(secs(1));
    assert_eq!(seconds(&breaker), [21, 0, 0, 5, 0, 0]);
}

#[test]
fn b13_each_field_is_that_of_its_state() {
    let (breaker, clock) = closed(&fragile());
    breaker.force_open();
    clock.advance(secs(2));
    let times = breaker.snapshot().time_in_state;
    assert_eq!(times.forced_open, secs(2));
    assert_eq!(times.of(CircuitState::ForcedOpen), secs(2));
    assert_eq!(times.closed + times.open + times.half_open, secs(0));
}
