//! G2: what an operator's override does to a breaker that lives.

use resilient::breaker::{BreakerConfigBuilder, CircuitState, TransitionReason};
use resilient::time::ManualClock;
use resilient::{BreakerConfig, CircuitBreaker, Outcome, Registry};

use crate::support::{calls, fail, fragile, last_reason, secs, succeed, take, window};

/// A breaker named `dependency` in a registry of its own.
pub(super) fn live(code: &BreakerConfigBuilder) -> (Registry, CircuitBreaker, ManualClock) {
    let registry = Registry::new();
    let (breaker, clock) = crate::support::closed(code);
    registry.register(&breaker).unwrap();
    (registry, breaker, clock)
}

fn builder() -> BreakerConfigBuilder {
    BreakerConfig::builder()
}

/// Puts these settings over those of the code, which leave a breaker its state and its generation.
#[track_caller]
pub(super) fn change(registry: &Registry, settings: BreakerConfigBuilder) {
    let applied = registry.override_breaker("dependency", settings).unwrap();
    assert_eq!(applied.live, ["dependency"]);
}

#[test]
fn g02_state_generation_instant_of_opening_and_totals_stay() {
    let (registry, breaker, clock) = live(&fragile().failure_threshold(3));
    calls(&breaker, "SFIX");
    let in_flight = breaker.try_acquire().unwrap();
    let before = breaker.snapshot();
    change(&registry, builder().failure_threshold(2).max_keys(7));
    assert_eq!(breaker.snapshot(), before);
    in_flight.report(Outcome::Failure);
    assert_eq!(breaker.snapshot().totals.late, 0);
    assert_eq!(breaker.state(), CircuitState::Open, "one before, one now");

    let before = breaker.snapshot();
    clock.advance(secs(3));
    change(&registry, builder().recovery_time(secs(60)));
    let after = breaker.snapshot();
    assert_eq!(after.since, before.since);
    assert_eq!((after.totals, after.state), (before.totals, before.state));
    assert_eq!(after.recent.len(), before.recent.len());
    assert_eq!(after.transitions, before.transitions);
}

#[test]
fn g02_a_streak_stays_and_is_tested_at_the_next_counted_call() {
    let (registry, breaker, _clock) = live(&fragile().failure_threshold(9));
    calls(&breaker, "FFFF");
    change(&registry, builder().failure_threshold(2));
    assert_eq!(
        (breaker.state(), breaker.snapshot().consecutive_failures),
        (CircuitState::Closed, 4)
    );
    calls(&breaker, "IX");
    assert_eq!(breaker.state(), CircuitState::Closed);
    fail(&breaker);
    assert_eq!(breaker.state(), CircuitState::Open);

    let (registry, breaker, _clock) = live(&fragile().failure_threshold(9));
    calls(&breaker, "FFFF");
    change(&registry, builder().failure_threshold(2));
    succeed(&breaker);
    assert_eq!(
        (breaker.state(), breaker.snapshot().consecutive_failures),
        (CircuitState::Closed, 0)
    );
}

#[test]
fn g02_conditions_of_a_window_are_tested_at_the_next_counted_call() {
    let code = builder().window(10).failure_count(10);
    let (registry, breaker, _clock) = live(&code);
    calls(&breaker, "FFFF");
    change(&registry, builder().failure_count(3));
    calls(&breaker, "IX");
    assert_eq!(breaker.state(), CircuitState::Closed);
    succeed(&breaker);
    assert_eq!(last_reason(&breaker), TransitionReason::FailureCount);

    let (registry, breaker, _clock) = live(&code);
    calls(&breaker, "FFFF");
    change(&registry, builder().failure_rate(0.8).min_calls(5));
    assert_eq!(breaker.state(), CircuitState::Closed);
    succeed(&breaker);
    assert_eq!(last_reason(&breaker), TransitionReason::FailureRate);
}

#[test]
fn g02_a_full_window_of_successes_is_tested_under_new_conditions_as_well() {
    let (registry, breaker, _clock) = live(&builder().window(4).failure_count(4));
    calls(&breaker, "SSSSSS");
    change(&registry, builder().failure_count(1));
    calls(&breaker, "SS");
    assert_eq!(breaker.state(), CircuitState::Closed);
    fail(&breaker);
    assert_eq!(breaker.state(), CircuitState::Open);
}

/// Which calls are in a window of calls, oldest first: looked at as successes push them out.
#[track_caller]
fn assert_holds(breaker: &CircuitBreaker, capacity: usize, ends: &str) {
    assert_eq!(window(breaker).0, ends.len() as u64);
    // Nothing leaves before it is full.
    for _ in ends.len()..capacity {
        succeed(breaker);
    }
    let mut failures = ends.matches('F').count() as u64;
    assert_eq!(window(breaker), (capacity as u64, failures, 0));
    for end in ends.chars() {
        succeed(breaker);
        failures -= u64::from(end == 'F');
        assert_eq!(window(breaker), (capacity as u64, failures, 0), "{ends}");
    }
}

#[test]
fn g02_the_newest_outcomes_carry_over_into_a_larger_and_a_smaller_window_of_calls() {
    let history = "FFSFSSFFFS";
    for came in 0..=history.len() {
        for old in [1, 2, 3, 5, 8, 64, 65] {
            for new in [1, 2, 3, 4, 7, 10, 64, 129] {
                let code = builder().failure_threshold(99).window(old);
                let (registry, breaker, _clock) = live(&code);
                calls(&breaker, &history[..came]);
                change(&registry, builder().window(new));
                let kept = came.min(old as usize).min(new as usize);
                assert_holds(&breaker, new as usize, &history[came - kept..came]);
            }
        }
    }
}

#[test]
fn g02_slow_outcomes_carry_over_as_slow() {
    let code = builder().slow_call(secs(1)).slow_call_rate(1.0);
    let (registry, breaker, clock) = live(&code.window(3).min_calls(3));
    take(&breaker, &clock, secs(1), Outcome::Success);
    succeed(&breaker);
    take(&breaker, &clock, secs(1), Outcome::Failure);
    change(&registry, builder().window(2).min_calls(2));
    assert_eq!(window(&breaker), (2, 1, 1));
    // What is slow was decided when the call ended.
    change(&registry, builder().slow_call(secs(9)));
    assert_eq!(window(&breaker), (2, 1, 1));
}

#[test]
fn g02_a_window_of_time_carries_over_into_a_longer_and_a_shorter_one() {
    let code = builder().failure_threshold(99).window(secs(10));
    let (registry, breaker, clock) = live(&code);
    // A call in each of the seconds 0 to 9, of which those of 0 and 5 fail.
    for second in 0..10 {
        calls(&breaker, if second % 5 == 0 { "F" } else { "S" });
        clock.advance(secs(1));
    }
    clock.set_back(secs(1));
    assert_eq!(window(&breaker), (10, 2, 0));
    change(&registry, builder().window(secs(20)));
    assert_eq!(window(&breaker), (10, 2, 0));
    clock.advance(secs(11));
    // It is second 20, and the buckets are of two seconds: 2 to 21.
    assert_eq!(window(&breaker), (8, 1, 0));

    let (registry, breaker, clock) = live(&code);
    for second in 0..10 {
        calls(&breaker, if second % 5 == 0 { "F" } else { "S" });
        clock.advance(secs(1));
    }
    clock.set_back(secs(1));
    change(&registry, builder().window(secs(5)));
    // Buckets of half a second: a call is taken for as late as its old bucket allows.
    assert_eq!(window(&breaker), (6, 1, 0), "of the seconds 4 to 9");
    clock.advance(secs(1));
    assert_eq!(window(&breaker), (5, 1, 0), "5 to 9");
    clock.advance(secs(1));
    assert_eq!(window(&breaker), (4, 0, 0), "6 to 9");
    clock.advance(secs(3));
    assert_eq!(window(&breaker), (0, 0, 0));
}

#[test]
fn g02_other_buckets_keep_what_a_window_of_time_holds() {
    let code = builder().failure_threshold(99).window(secs(10));
    for buckets in [1, 2, 5, 20, 1_000] {
        let (registry, breaker, clock) = live(&code);
        clock.advance(secs(4));
        calls(&breaker, "FSF");
        clock.advance(secs(1));
        calls(&breaker, "S");
        change(&registry, builder().window_buckets(buckets));
        assert_eq!(window(&breaker), (4, 2, 0), "{buckets}");
        clock.advance(secs(20));
        assert_eq!(window(&breaker), (0, 0, 0), "{buckets}");
        calls(&breaker, "F");
        assert_eq!(window(&breaker), (1, 1, 0), "{buckets}");
    }
}

#[test]
fn g02_a_window_of_another_kind_starts_clean() {
    let windows: [fn(BreakerConfigBuilder) -> BreakerConfigBuilder; 2] =
        [|code| code.window(9), |code| code.window(secs(9))];
    for (from, to) in [(0, 1), (1, 0)] {
        let (registry, breaker, _clock) = live(&windows[from](builder().failure_threshold(99)));
        calls(&breaker, "FFSF");
        change(&registry, windows[to](builder()));
        assert_eq!(window(&breaker), (0, 0, 0));
        assert_eq!(
            breaker.snapshot().consecutive_failures,
            1,
            "it is no window"
        );
        fail(&breaker);
        assert_eq!(window(&breaker), (1, 1, 0));
    }
}

#[test]
fn g02_a_window_can_come_and_go() {
    let (registry, breaker, _clock) = live(&builder().failure_threshold(99));
    calls(&breaker, "FF");
    change(&registry, builder().window(9).failure_count(2));
    assert_eq!(window(&breaker), (0, 0, 0));
    calls(&breaker, "F");
    assert_eq!(
        (window(&breaker), breaker.state()),
        ((1, 1, 0), CircuitState::Closed)
    );
    registry.clear_override("dependency").unwrap();
    assert_eq!(breaker.snapshot().window, None);
    assert_eq!(breaker.snapshot().consecutive_failures, 3);
}

#[test]
fn g02_an_observed_breaker_keeps_its_window_too() {
    let (registry, breaker, _clock) = live(&builder().failure_threshold(99).window(4));
    breaker.observe_only();
    calls(&breaker, "SFFF");
    change(&registry, builder().window(2));
    assert_eq!(
        (window(&breaker), breaker.state()),
        ((2, 2, 0), CircuitState::ObserveOnly)
    );
}
