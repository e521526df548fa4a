//! B7 to B9: how long an open circuit stays open, and what a rejected caller is told.

use std::time::Duration;

use resilient::breaker::CircuitState;
use resilient::{BreakerConfig, CircuitOpen, Outcome};

use crate::support::{closed, due, fail, fragile, rejection, secs, succeed};

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
fn b07_who_sleeps_exactly_retry_after_is_admitted() {
    let times = [
        Duration::from_nanos(1),
        Duration::from_millis(1),
        secs(3_600),
    ];
    for time in times {
        let (breaker, clock) = closed(&fragile().recovery_time(time).recovery_jitter(1.0));
        fail(&breaker);
        let wait = rejection(&breaker).retry_after().unwrap();
        clock.advance(wait.saturating_sub(Duration::from_nanos(1)));
        assert_eq!(
            rejection(&breaker).retry_after(),
            Some(Duration::from_nanos(1))
        );
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
fn b07_a_rejection_by_full_slots_is_half_open_and_tells_the_first_lease_end() {
    let (breaker, clock) = due(&fragile().probe_timeout(secs(5)));
    let _probe = breaker.try_acquire().unwrap();
    clock.advance(secs(2));
    let open = rejection(&breaker);
    assert_eq!(
        (open.state(), open.retry_after()),
        (CircuitState::HalfOpen, Some(secs(3)))
    );
}

#[test]
fn b07_the_time_left_is_none_where_nobody_knows_it() {
    let (forced, _clock) = closed(&fragile());
    forced.force_open();
    let open = rejection(&forced);
    assert_eq!(
        (open.state(), open.retry_after()),
        (CircuitState::ForcedOpen, None)
    );

    let (endless, _clock) = due(&fragile().probe_timeout(Duration::MAX));
    let _probe = endless.try_acquire().unwrap();
    let open = rejection(&endless);
    assert_eq!(
        (open.state(), open.retry_after()),
        (CircuitState::HalfOpen, None)
    );
}

#[test]
fn b07_a_rejection_says_in_words_what_it_knows() {
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
    assert!(
        half_open.contains("half-open") && half_open.contains("5.0s"),
        "{half_open}"
    );
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
fn b08_ignored_and_abandoned_probes_do_not_make_it_grow() {
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
fn b08_two_breakers_of_one_setting_do_not_probe_at_once_where_there_is_jitter() {
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
        assert_eq!(
            (open.state(), open.retry_after()),
            (CircuitState::Open, None)
        );
    }
    breaker.close();
    succeed(&breaker);
}

#[test]
fn b09_a_hint_with_the_outcome_that_opens_prolongs_the_open_time_within_the_maximum() {
    for (hint, expected) in [(1, 10), (25, 25), (100_000, 600)] {
        let (breaker, _clock) = closed(&fragile());
        let permit = breaker.try_acquire().unwrap();
        permit.report_after(Outcome::Failure, secs(hint));
        assert_eq!(rejection(&breaker).retry_after(), Some(secs(expected)));
    }
}

#[test]
fn b09_a_hint_with_the_outcome_that_reopens_counts_as_well() {
    let (breaker, _clock) = due(&fragile());
    let probe = breaker.try_acquire().unwrap();
    probe.report_after(Outcome::Failure, secs(77));
    assert_eq!(rejection(&breaker).retry_after(), Some(secs(77)));
}

#[test]
fn b09_a_hint_with_any_other_outcome_is_nothing_to_the_breaker() {
    let (breaker, _clock) = closed(&fragile().failure_threshold(2));
    for outcome in [Outcome::Success, Outcome::Ignored, Outcome::Failure] {
        let permit = breaker.try_acquire().unwrap();
        permit.report_after(outcome, secs(77));
    }
    fail(&breaker);
    assert_eq!(rejection(&breaker).retry_after(), Some(secs(10)));
}

#[test]
fn b09_the_default_maximum_bounds_a_hint() {
    let (breaker, _clock) = closed(&BreakerConfig::builder().failure_threshold(1));
    let permit = breaker.try_acquire().unwrap();
    permit.report_after(Outcome::Failure, Duration::MAX);
    assert_eq!(rejection(&breaker).retry_after(), Some(secs(600)));
}
