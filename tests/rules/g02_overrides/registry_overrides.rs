//! Rule G2: overrides change live breakers and keep their state.

use crate::support::registry::{change, live};
use resilient::breaker::{
    BreakerConfigBuilder, CircuitState, KeyedBreakers, OperatorMode, TransitionReason,
};
use resilient::events::EventKind;
use resilient::registry::BreakerOverride;
use resilient::{BreakerConfig, CircuitBreaker, Outcome, Registry};

use crate::support::registry::other_settings;
use crate::support::selection::populated;
use resilient_testkit::{Heard, calls, fail, fragile, last_reason, secs, succeed, take, window};

#[test]
fn g02_an_override_of_a_group_holds_for_keys_that_are_there_and_for_those_to_come() {
    let registry = Registry::new();
    let heard = Heard::default();
    registry.on_event(heard.listener());
    let shards = registry.get_or_register_keyed::<u32>("shards", other_settings());
    let present = shards.get(&1);
    fail(&present);
    let strict = BreakerConfig::builder().failure_threshold(2);
    let applied = registry.override_breaker("shards", strict).unwrap();
    assert_eq!(applied.live, ["shards"]);
    fail(&present);
    assert_eq!(present.state(), CircuitState::Open, "the breaker kept its streak");
    let later = shards.get(&2);
    fail(&later);
    fail(&later);
    assert_eq!(later.state(), CircuitState::Open);
    let changed = |kind: &EventKind| matches!(kind, EventKind::SettingsChanged(_));
    assert_eq!(heard.count(changed), 1, "the existing key");
    registry.clear_override("shards").unwrap();
    assert_eq!(
        [present, later, shards.get(&3)].map(|each| each.config()),
        [other_settings(), other_settings(), other_settings()]
    );
}

#[test]
fn g02_an_override_applies_to_a_group_that_is_registered_later() {
    let registry = Registry::new();
    let strict = BreakerConfig::builder().failure_threshold(2);
    let applied = registry.override_breaker("shards", strict).unwrap();
    assert_eq!(applied.waiting, ["shards"]);
    let shards = registry.get_or_register_keyed::<u32>("shards", other_settings());
    fail(&shards.get(&1));
    fail(&shards.get(&1));
    assert_eq!(shards.get(&1).state(), CircuitState::Open);
    let owned = KeyedBreakers::<u32>::new("owned", other_settings());
    registry.override_breaker("owned", resilient::breaker::OperatorMode::ForcedOpen).unwrap();
    registry.register_keyed(&owned).unwrap();
    assert_eq!(owned.get(&1).state(), CircuitState::ForcedOpen);
}

#[test]
fn g02_a_group_whose_override_is_invalid_reports_it_for_the_name() {
    let registry = Registry::new();
    let heard = Heard::default();
    registry.on_event(heard.listener());
    registry.override_breaker("shards", BreakerConfig::builder().recovery_time(secs(99))).unwrap();
    let code = BreakerConfig::builder().max_recovery_time(secs(60)).build().unwrap();
    let shards = registry.get_or_register_keyed::<u32>("shards", code);
    let events = heard.events();
    let [event] = events.as_slice() else {
        panic!("{events:?}");
    };
    assert!(matches!(
        event.kind(),
        EventKind::InvalidSetting(error) if error.field() == "max_recovery_time"
    ));
    assert_eq!((event.name(), event.key()), ("shards", None));
    succeed(&shards.get(&1));
    assert_eq!(
        shards.get(&1).config().to_builder(),
        BreakerConfig::builder().recovery_time(secs(99))
    );
}

fn builder() -> BreakerConfigBuilder {
    BreakerConfig::builder()
}

#[test]
fn g02_state_generation_instant_of_opening_and_totals_stay() {
    let (registry, breaker, clock) = live(&fragile().failure_threshold(3));
    calls(&breaker, "SFIX");
    let in_flight = breaker.try_acquire().unwrap();
    let before = breaker.snapshot();
    change(&registry, builder().failure_threshold(2).max_keys(7));
    let mut after = breaker.snapshot();
    after.settings_with_origin = before.settings_with_origin.clone();
    let distances = std::mem::replace(&mut after.distances, before.distances.clone());
    assert_eq!(after, before, "only the distance to the new threshold differs");
    assert_eq!(distances[0].to_string(), "1 of 2 consecutive failures");
    in_flight.report(Outcome::Failure);
    assert_eq!(breaker.snapshot().totals.late, 0);
    assert_eq!(breaker.state(), CircuitState::Open, "one failure before the change and one after");

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

/// Asserts that a window of calls contains calls that ended as `ends` says, oldest first. Then
/// makes successes until all these calls have left the window, and checks the window after each
/// success.
#[track_caller]
fn assert_holds(breaker: &CircuitBreaker, capacity: usize, ends: &str) {
    assert_eq!(window(breaker).0, ends.len() as u64);
    // No call leaves the window before it is full.
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
    // The value of `slow_call` at the end of a call decides whether the call is slow. A later
    // change of the setting does not affect the call.
    change(&registry, builder().slow_call(secs(9)));
    assert_eq!(window(&breaker), (2, 1, 1));
}

#[test]
fn g02_a_window_of_time_carries_over_into_a_longer_and_a_shorter_one() {
    let code = builder().failure_threshold(99).window(secs(10));
    let (registry, breaker, clock) = live(&code);
    // Each of the seconds 0 to 9 has one call. The calls in seconds 0 and 5 fail.
    for second in 0..10 {
        calls(&breaker, if second % 5 == 0 { "F" } else { "S" });
        clock.advance(secs(1));
    }
    clock.set_back(secs(1));
    assert_eq!(window(&breaker), (10, 2, 0));
    change(&registry, builder().window(secs(20)));
    assert_eq!(window(&breaker), (10, 2, 0));
    clock.advance(secs(11));
    // The clock is in second 20. With buckets of two seconds, the window covers seconds 2 to 21.
    assert_eq!(window(&breaker), (8, 1, 0));

    let (registry, breaker, clock) = live(&code);
    for second in 0..10 {
        calls(&breaker, if second % 5 == 0 { "F" } else { "S" });
        clock.advance(secs(1));
    }
    clock.set_back(secs(1));
    change(&registry, builder().window(secs(5)));
    // A bucket of the new window lasts half a second. The new window treats each call as if it
    // ended at the end of its old bucket.
    assert_eq!(window(&breaker), (6, 1, 0), "seconds 4 to 9");
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
            "the streak is not part of the window"
        );
        fail(&breaker);
        assert_eq!(window(&breaker), (1, 1, 0));
    }
}

#[test]
fn g02_an_override_can_add_and_remove_a_window() {
    let (registry, breaker, _clock) = live(&builder().failure_threshold(99));
    calls(&breaker, "FF");
    change(&registry, builder().window(9).failure_count(2));
    assert_eq!(window(&breaker), (0, 0, 0));
    calls(&breaker, "F");
    assert_eq!((window(&breaker), breaker.state()), ((1, 1, 0), CircuitState::Closed));
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
    assert_eq!((window(&breaker), breaker.state()), ((2, 2, 0), CircuitState::ObserveOnly));
}

#[test]
fn g02_a_mode_of_a_group_applies_to_all_keys_until_it_is_removed() {
    let (registry, shards) = populated();
    registry.override_breaker("shards", OperatorMode::ForcedOpen).unwrap();
    let of = |keys: [u32; 2]| keys.map(|key| shards.get(&key).state());
    assert_eq!(of([1, 3]), [CircuitState::ForcedOpen; 2]);
    registry.clear_override("shards").unwrap();
    assert_eq!(of([1, 3]), [CircuitState::Closed; 2]);
    assert_eq!(of([4, 5]), [CircuitState::Closed; 2]);
}

#[test]
fn g02_the_newer_of_a_mode_and_an_operation_by_hand_applies_to_later_keys_as_well() {
    let mut next_key = 100;
    let mut both = |shards: &KeyedBreakers<u32>| {
        next_key += 1;
        [1, next_key].map(|key| shards.get(&key).state())
    };
    let (registry, shards) = populated();
    let by_hand = registry.named("shards");
    by_hand.disable();
    registry.override_breaker("shards", OperatorMode::ForcedOpen).unwrap();
    assert_eq!(both(&shards), [CircuitState::ForcedOpen; 2], "the override is newer");
    registry.clear_override("shards").unwrap();
    assert_eq!(both(&shards), [CircuitState::Closed; 2]);

    registry.override_breaker("shards", OperatorMode::ForcedOpen).unwrap();
    by_hand.observe_only();
    assert_eq!(both(&shards), [CircuitState::ObserveOnly; 2], "the operation by hand is newer");
    registry.clear_override("shards").unwrap();
    assert_eq!(
        both(&shards),
        [CircuitState::ObserveOnly; 2],
        "the override did not set this state"
    );

    registry.override_breaker("shards", OperatorMode::ForcedOpen).unwrap();
    by_hand.close();
    assert_eq!(both(&shards), [CircuitState::Closed; 2], "closed by hand");
    let again = BreakerOverride::from(BreakerConfig::builder().failure_threshold(2));
    let again = again.with_mode(OperatorMode::ForcedOpen);
    registry.override_breaker("shards", again).unwrap();
    assert_eq!(
        both(&shards),
        [CircuitState::Closed; 2],
        "setting the same mode again changes nothing"
    );
    calls(&shards.get(&1), "F");
    assert_eq!(both(&shards), [CircuitState::Closed; 2]);
    fail(&shards.get(&1));
    assert_eq!(shards.get(&1).state(), CircuitState::Open);
}
