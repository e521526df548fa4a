//! Rule B8: the open time grows with each re-opening.

use std::time::Duration;

use resilient::Outcome;
use resilient::breaker::CircuitState;

use crate::support::conditions::settings;
use resilient_testkit::{calls, closed, fail, fragile, rejection, secs, succeed};

#[test]
fn b08_an_opening_by_a_window_lasts_and_grows_like_any_other() {
    let config = settings().window(4).failure_rate(0.5).min_calls(2).recovery_factor(3.0);
    let (breaker, clock) = closed(&config);
    calls(&breaker, "SF");
    assert_eq!(rejection(&breaker).retry_after(), Some(secs(10)));
    clock.advance(secs(10));
    fail(&breaker);
    assert_eq!(rejection(&breaker).retry_after(), Some(secs(30)));
    clock.advance(secs(30));
    succeed(&breaker);
    calls(&breaker, "FF");
    assert_eq!(rejection(&breaker).retry_after(), Some(secs(10)));
}

#[test]
fn b08_the_open_time_doubles_with_each_failed_probe_and_starts_over_once_closed() {
    let (breaker, clock) = closed(&fragile().recovery_factor(2.0));
    for _ in 0..2 {
        for expected in [10, 20, 40, 80, 160, 320, 600, 600] {
            fail(&breaker);
            assert_eq!(rejection(&breaker).retry_after(), Some(secs(expected)));
            clock.advance(secs(expected));
        }
        succeed(&breaker);
    }
}

#[test]
fn b08_neither_growth_nor_jitter_is_on_by_default() {
    let (breaker, clock) = closed(&fragile());
    for _ in 0..50 {
        fail(&breaker);
        assert_eq!(rejection(&breaker).retry_after(), Some(secs(10)));
        clock.advance(secs(10));
    }
}

#[test]
fn b08_ignored_and_abandoned_probes_do_not_make_the_open_time_grow() {
    let (breaker, clock) = closed(&fragile().recovery_factor(2.0));
    fail(&breaker);
    clock.advance(secs(10));
    for _ in 0..10 {
        breaker.try_acquire().unwrap().report(Outcome::Ignored);
        drop(breaker.try_acquire().unwrap());
    }
    fail(&breaker);
    assert_eq!(rejection(&breaker).retry_after(), Some(secs(20)));
}

#[test]
fn b08_the_time_of_one_opening_is_drawn_once() {
    for _ in 0..50 {
        let (breaker, _clock) = closed(&fragile().recovery_jitter(1.0));
        fail(&breaker);
        let first = rejection(&breaker).retry_after().unwrap();
        assert!((secs(10)..=secs(20)).contains(&first), "{first:?}");
        let again: Vec<_> = (0..10).map(|_| rejection(&breaker).retry_after()).collect();
        assert_eq!(again, [Some(first); 10]);
        assert_eq!(breaker.snapshot().retry_after, Some(first));
    }
}

#[test]
fn b08_jitter_spreads_the_probes_of_two_breakers_with_equal_settings() {
    let times: std::collections::BTreeSet<_> = (0..20)
        .map(|_| {
            let (breaker, _clock) = closed(&fragile().recovery_jitter(1.0));
            fail(&breaker);
            rejection(&breaker).retry_after()
        })
        .collect();
    assert!(times.len() > 1);
}

#[test]
fn b08_a_maximum_below_the_recovery_time_is_refused() {
    let config = fragile().max_recovery_time(secs(9));
    assert_eq!(config.build().unwrap_err().field(), "max_recovery_time");
    assert!(fragile().max_recovery_time(secs(10)).build().is_ok());
}

#[test]
fn b08_the_longest_recovery_time_means_until_reset() {
    let (breaker, clock) = closed(&fragile().recovery_time(Duration::MAX).recovery_jitter(1.0));
    fail(&breaker);
    for _ in 0..10 {
        clock.advance(Duration::MAX);
        let open = rejection(&breaker);
        assert_eq!((open.state(), open.retry_after()), (CircuitState::Open, None));
    }
    breaker.close();
    succeed(&breaker);
}
