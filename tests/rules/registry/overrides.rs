//! G2: what an operator's override does to a breaker that lives.

use std::time::Duration;

use resilient::{
    BreakerConfig, BreakerConfigBuilder, CircuitBreaker, ManualClock, Outcome, Reason, Registry,
    State,
};

use crate::support::{
    abandon, calls, fail, fragile, ignore, last_reason, rejection, secs, succeed, take, window,
};

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
fn change(registry: &Registry, settings: BreakerConfigBuilder) {
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
    assert_eq!(breaker.state(), State::Open, "one before, one now");

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
        (breaker.state(), breaker.snapshot().streak),
        (State::Closed, 4)
    );
    calls(&breaker, "IX");
    assert_eq!(breaker.state(), State::Closed);
    fail(&breaker);
    assert_eq!(breaker.state(), State::Open);

    let (registry, breaker, _clock) = live(&fragile().failure_threshold(9));
    calls(&breaker, "FFFF");
    change(&registry, builder().failure_threshold(2));
    succeed(&breaker);
    assert_eq!(
        (breaker.state(), breaker.snapshot().streak),
        (State::Closed, 0)
    );
}

#[test]
fn g02_conditions_of_a_window_are_tested_at_the_next_counted_call() {
    let code = builder().window(10).failure_count(10);
    let (registry, breaker, _clock) = live(&code);
    calls(&breaker, "FFFF");
    change(&registry, builder().failure_count(3));
    calls(&breaker, "IX");
    assert_eq!(breaker.state(), State::Closed);
    succeed(&breaker);
    assert_eq!(last_reason(&breaker), Reason::FailureCount);

    let (registry, breaker, _clock) = live(&code);
    calls(&breaker, "FFFF");
    change(&registry, builder().failure_rate(0.8).min_calls(5));
    assert_eq!(breaker.state(), State::Closed);
    succeed(&breaker);
    assert_eq!(last_reason(&breaker), Reason::FailureRate);
}

#[test]
fn g02_a_full_window_of_successes_is_tested_under_new_conditions_as_well() {
    let (registry, breaker, _clock) = live(&builder().window(4).failure_count(4));
    calls(&breaker, "SSSSSS");
    change(&registry, builder().failure_count(1));
    calls(&breaker, "SS");
    assert_eq!(breaker.state(), State::Closed);
    fail(&breaker);
    assert_eq!(breaker.state(), State::Open);
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
        assert_eq!(breaker.snapshot().streak, 1, "it is no window");
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
        ((1, 1, 0), State::Closed)
    );
    registry.clear_override("dependency").unwrap();
    assert_eq!(breaker.snapshot().window, None);
    assert_eq!(breaker.snapshot().streak, 3);
}

#[test]
fn g02_an_observed_breaker_keeps_its_window_too() {
    let (registry, breaker, _clock) = live(&builder().failure_threshold(99).window(4));
    breaker.observe_only();
    calls(&breaker, "SFFF");
    change(&registry, builder().window(2));
    assert_eq!(
        (window(&breaker), breaker.state()),
        ((2, 2, 0), State::ObserveOnly)
    );
}

#[test]
fn g02_a_new_recovery_time_moves_the_present_end_counted_from_the_opening() {
    let (registry, breaker, clock) = live(&fragile());
    fail(&breaker);
    clock.advance(secs(4));
    change(&registry, builder().recovery_time(secs(60)));
    assert_eq!(rejection(&breaker).retry_after(), Some(secs(56)));
    assert_eq!(breaker.snapshot().recent[0].open_for, Some(secs(60)));
    change(&registry, builder().recovery_time(secs(5)));
    assert_eq!(rejection(&breaker).retry_after(), Some(secs(1)));
    // The end is over already.
    change(&registry, builder().recovery_time(secs(3)));
    assert_eq!(breaker.state(), State::HalfOpen);
    change(&registry, builder().recovery_time(Duration::MAX));
    assert_eq!(rejection(&breaker).retry_after(), None);
    clock.advance(secs(1_000_000));
    rejection(&breaker);
    registry.clear_override("dependency").unwrap();
    succeed(&breaker);
    assert_eq!(breaker.state(), State::Closed);
}

#[test]
fn g02_growth_jitter_and_hint_of_the_present_opening_are_computed_anew() {
    let (registry, breaker, clock) = live(&fragile());
    fail(&breaker);
    clock.advance(secs(10));
    fail(&breaker);
    change(&registry, builder().recovery_factor(3.0));
    assert_eq!(
        rejection(&breaker).retry_after(),
        Some(secs(30)),
        "one re-opening"
    );
    change(
        &registry,
        builder().recovery_factor(3.0).max_recovery_time(secs(20)),
    );
    assert_eq!(rejection(&breaker).retry_after(), Some(secs(20)));

    let (registry, breaker, _clock) = live(&fragile().max_recovery_time(secs(40)));
    breaker
        .try_acquire()
        .unwrap()
        .report_after(Outcome::Failure, secs(99));
    assert_eq!(rejection(&breaker).retry_after(), Some(secs(40)));
    change(&registry, builder().max_recovery_time(secs(50)));
    assert_eq!(rejection(&breaker).retry_after(), Some(secs(50)));
    // The jitter was drawn once for this opening: the same share of the same time again.
    change(&registry, builder().recovery_jitter(1.0));
    let drawn = rejection(&breaker).retry_after();
    registry.clear_override("dependency").unwrap();
    change(&registry, builder().recovery_jitter(1.0));
    assert_eq!(rejection(&breaker).retry_after(), drawn);
    assert!((Some(secs(40))..=Some(secs(80))).contains(&drawn));
}

#[test]
fn g02_an_end_that_was_set_by_hand_stays() {
    let (registry, breaker, clock) = live(&fragile());
    breaker.trip_for(secs(100)).unwrap();
    change(&registry, builder().recovery_time(secs(1)));
    assert_eq!(rejection(&breaker).retry_after(), Some(secs(100)));
    breaker.reset();
    fail(&breaker);
    breaker.trip_for(secs(50)).unwrap();
    change(&registry, builder().recovery_time(secs(2)));
    assert_eq!(rejection(&breaker).retry_after(), Some(secs(50)));
    clock.advance(secs(50));
    fail(&breaker);
    assert_eq!(
        rejection(&breaker).retry_after(),
        Some(secs(2)),
        "the next one"
    );
}

#[test]
fn g02_settings_that_do_not_concern_the_end_do_not_move_it() {
    let (registry, breaker, clock) = live(&fragile().recovery_jitter(1.0));
    fail(&breaker);
    clock.advance(secs(2));
    let before = rejection(&breaker).retry_after();
    change(
        &registry,
        builder().failure_threshold(77).half_open_successes(5),
    );
    assert_eq!(rejection(&breaker).retry_after(), before);
}

#[test]
fn g02_lowered_half_open_settings_never_wedge_a_breaker() {
    let mut random = fastrand::Rng::with_seed(2);
    for _ in 0..300 {
        let code = fragile()
            .half_open_successes(4)
            .half_open_failures(4)
            .half_open_max_calls(8)
            .probe_timeout(secs(5));
        let (registry, breaker, clock) = live(&code);
        breaker.trip().unwrap();
        breaker.half_open().unwrap();
        let mut in_flight = Vec::new();
        for _ in 0..random.usize(..8) {
            match random.u8(..4) {
                0 => in_flight.extend(breaker.try_acquire()),
                1 => breaker.try_acquire().into_iter().for_each(std::mem::forget),
                _ => {
                    let outcome = [Outcome::Success, Outcome::Failure][random.usize(..2)];
                    if let Ok(permit) = breaker.try_acquire() {
                        permit.report(outcome);
                    }
                }
            }
        }
        let new = builder()
            .half_open_successes(random.u32(1..4))
            .half_open_failures(random.u32(..4))
            .half_open_max_calls(1);
        change(&registry, new);
        if random.bool() {
            for permit in in_flight {
                permit.report(Outcome::Success);
            }
        } else {
            in_flight.into_iter().for_each(std::mem::forget);
        }
        // Healthy from now on: it closes, once all that hangs is given up for lost.
        for _ in 0..20 {
            clock.advance(secs(10));
            if let Ok(permit) = breaker.try_acquire() {
                permit.report(Outcome::Success);
            }
        }
        assert_eq!(breaker.state(), State::Closed);
    }
}

#[test]
fn g02_raised_half_open_settings_admit_more_probes_at_once() {
    let (registry, breaker, _clock) = live(&fragile());
    breaker.trip().unwrap();
    breaker.half_open().unwrap();
    let first = breaker.try_acquire().unwrap();
    rejection(&breaker);
    change(
        &registry,
        builder().half_open_successes(3).half_open_max_calls(2),
    );
    let second = breaker.try_acquire().unwrap();
    rejection(&breaker);
    first.report(Outcome::Success);
    second.report(Outcome::Success);
    assert_eq!(breaker.state(), State::HalfOpen);
    succeed(&breaker);
    assert_eq!(breaker.state(), State::Closed);
}

#[test]
fn g02_a_new_probe_timeout_holds_for_probes_in_flight() {
    let (registry, breaker, clock) = live(&fragile().probe_timeout(secs(50)));
    breaker.trip().unwrap();
    breaker.half_open().unwrap();
    let hung = breaker.try_acquire().unwrap();
    clock.advance(secs(5));
    assert_eq!(rejection(&breaker).retry_after(), Some(secs(45)));
    change(&registry, builder().probe_timeout(secs(6)));
    assert_eq!(rejection(&breaker).retry_after(), Some(secs(1)));
    clock.advance(secs(1));
    succeed(&breaker);
    hung.report(Outcome::Failure);
    assert_eq!(breaker.state(), State::Closed);
}

#[test]
fn g02_slow_calls_can_be_told_from_now_on() {
    let (registry, breaker, clock) = live(&builder().window(9).failure_count(9));
    let untimed = breaker.try_acquire().unwrap();
    change(&registry, builder().slow_call(secs(1)).slow_call_rate(1.0));
    clock.advance(secs(5));
    untimed.report(Outcome::Success);
    assert_eq!(window(&breaker), (1, 0, 0), "nobody knows when it began");
    take(&breaker, &clock, secs(1), Outcome::Success);
    assert_eq!(window(&breaker), (2, 0, 1));
    // Another limit holds for calls in flight, whose beginning is known.
    let timed = breaker.try_acquire().unwrap();
    change(&registry, builder().slow_call(secs(5)).slow_call_rate(1.0));
    clock.advance(secs(4));
    timed.report(Outcome::Success);
    assert_eq!(window(&breaker), (3, 0, 1));
    let timed = breaker.try_acquire().unwrap();
    registry.clear_override("dependency").unwrap();
    clock.advance(secs(99));
    timed.report(Outcome::Success);
    assert_eq!(window(&breaker), (4, 0, 1));
}

#[test]
fn g02_what_a_cancelled_call_says_can_be_overridden() {
    let (registry, breaker, _clock) = live(&fragile());
    let in_flight = breaker.try_acquire().unwrap();
    abandon(&breaker);
    change(
        &registry,
        builder().abandoned(resilient::Abandoned::Failure),
    );
    ignore(&breaker);
    drop(in_flight);
    assert_eq!(breaker.state(), State::Open);
}
