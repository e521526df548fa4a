//! Rules G4 and B12: a state that was set by hand for a time ends for the eviction, too, even if no
//! call has come since.

use resilient::Registry;
use resilient::breaker::{KeyedBreakers, OperatorMode};
use resilient::registry::BreakerOverride;
use resilient::time::ManualClock;

use resilient_testkit::{fragile, secs};

const KEYS: u32 = 10;

/// Returns a group with as many keys as it may have.
fn full_group() -> (Registry, KeyedBreakers<u32>, ManualClock) {
    let (registry, clock) = (Registry::new(), ManualClock::new());
    registry.use_clock(clock.clone());
    let config = fragile().max_keys(KEYS).build().unwrap();
    let hosts = registry.get_or_register_keyed::<u32>("hosts", config);
    for key in 0..KEYS {
        let _ = hosts.get(&key);
    }
    (registry, hosts, clock)
}

/// Returns whether a new key gets a separate breaker.
fn has_room(hosts: &KeyedBreakers<u32>, key: u32) -> bool {
    hosts.get(&key).key() == Some(&*key.to_string())
}

#[test]
fn g04_keys_can_be_evicted_after_their_group_was_held_for_a_time() {
    for by_override in [false, true] {
        for searches_before in [false, true] {
            let (registry, hosts, clock) = full_group();
            if by_override {
                let mode = BreakerOverride::default();
                let mode = mode.with_mode_for(OperatorMode::Disabled, secs(60));
                registry.override_breaker("hosts", mode).unwrap();
            } else {
                registry.named("hosts").disable_for(secs(60));
            }
            clock.advance(secs(59));
            if searches_before {
                assert!(!has_room(&hosts, 100));
            }
            clock.advance(secs(1));
            for key in 200..220 {
                assert!(has_room(&hosts, key), "{by_override} {searches_before}");
            }
        }
    }
}

#[test]
fn g04_a_search_that_found_no_closed_breaker_is_repeated_after_the_first_end() {
    let (registry, hosts, clock) = full_group();
    registry.named("hosts").force_open_for(secs(600));
    hosts.get(&7).force_open_for(secs(60));
    assert!(!has_room(&hosts, 100));
    clock.advance(secs(60));
    assert!(has_room(&hosts, 100));
    assert!(!hosts.breakers().iter().any(|each| each.key() == Some("7")));
}

#[test]
fn g04_a_new_end_of_one_key_is_noticed_by_the_next_search() {
    let (registry, hosts, clock) = full_group();
    registry.named("hosts").force_open();
    assert!(!has_room(&hosts, 100));
    hosts.get(&7).force_open_for(secs(60));
    assert!(!has_room(&hosts, 100));
    hosts.get(&7).force_open_for(secs(10));
    clock.advance(secs(10));
    assert!(has_room(&hosts, 100));
}

#[test]
fn g04_an_end_after_a_clock_was_set_back_is_noticed_by_a_search() {
    let (registry, hosts, clock) = full_group();
    clock.advance(secs(1_000));
    registry.named("hosts").disable_for(secs(60));
    assert!(!has_room(&hosts, 100));
    clock.set_back(secs(1_000));
    for key in 0..KEYS {
        drop(hosts.get(&key).try_acquire());
    }
    clock.advance(secs(60));
    assert!(has_room(&hosts, 100));
}

#[test]
fn g04_keys_in_a_state_without_an_end_are_not_evicted() {
    let (registry, hosts, clock) = full_group();
    registry.named("hosts").observe_only();
    clock.advance(secs(1_000_000));
    assert!(!has_room(&hosts, 100));
}
