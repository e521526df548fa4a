//! Rule G4: the number of keys is bounded. If a new key would exceed the bound, a breaker is
//! evicted.

use resilient::breaker::{CircuitState, KeyedBreakers};
use resilient::time::ManualClock;
use resilient::{BreakerConfig, CircuitBreaker, Registry};

use resilient_testkit::{Heard, calls, fail, fragile, rejection, secs, succeed};

fn bounded(max_keys: u32) -> BreakerConfig {
    fragile().max_keys(max_keys).build().unwrap()
}

fn shards(max_keys: u32) -> (KeyedBreakers<u32>, ManualClock) {
    let clock = ManualClock::new();
    let shards = KeyedBreakers::with_clock("shards", bounded(max_keys), clock.clone());
    (shards, clock)
}

/// Returns the sorted keys that have a breaker.
fn keys(shards: &KeyedBreakers<u32>) -> Vec<u32> {
    let breakers = shards.breakers();
    let keys = breakers.iter().filter_map(|each| each.key()?.parse().ok());
    let mut keys: Vec<_> = keys.collect();
    keys.sort_unstable();
    keys
}

fn is_of_others(breaker: &CircuitBreaker) -> bool {
    breaker.key() == Some("(other keys)")
}

#[test]
fn g04_at_most_max_keys_have_a_breaker() {
    let (shards, _clock) = shards(100);
    for key in 0..100_000 {
        succeed(&shards.get(&key));
        assert!(shards.len() <= 100);
    }
    assert_eq!((shards.len(), shards.breakers().len()), (100, 100));
    let newest = keys(&shards).last().copied();
    assert_eq!(newest, Some(99_999));
}

#[test]
fn g04_ten_thousand_keys_have_a_breaker_by_default() {
    let shards = KeyedBreakers::<u32>::new("shards", BreakerConfig::default());
    for key in 0..10_500 {
        let _ = shards.get(&key);
    }
    assert_eq!(shards.len(), 10_000);
}

#[test]
fn g04_max_keys_may_be_one() {
    let (shards, _clock) = shards(1);
    for key in 0..10 {
        calls(&shards.get(&key), "S");
        assert_eq!(keys(&shards), [key]);
    }
}

#[test]
fn g04_keys_of_an_attacker_neither_reset_nor_evict_an_open_breaker() {
    let (shards, clock) = shards(10);
    fail(&shards.get(&1));
    for key in 1_000..101_000 {
        succeed(&shards.get(&key));
    }
    assert_eq!(shards.get(&1).state(), CircuitState::Open);
    assert_eq!(shards.get(&1).snapshot().totals.failure, 1);
    assert_eq!(shards.len(), 10);
    // New keys do not evict a breaker that is due for a probe or half-open.
    clock.advance(secs(10));
    for key in 1_000..2_000 {
        let _ = shards.get(&key);
    }
    assert_eq!(shards.get(&1).state(), CircuitState::HalfOpen);
    let breaker = shards.get(&1);
    let probe = breaker.try_acquire().unwrap();
    for key in 1_000..2_000 {
        let _ = shards.get(&key);
    }
    rejection(&shards.get(&1));
    drop(probe);
}

#[test]
fn g04_only_closed_breakers_are_evicted() {
    let (shards, _clock) = shards(6);
    fail(&shards.get(&1));
    shards.get(&2).force_open();
    shards.get(&3).disable();
    shards.get(&4).observe_only();
    shards.get(&5).trip().unwrap();
    shards.get(&5).half_open().unwrap();
    for key in 100..200 {
        let _ = shards.get(&key);
    }
    assert_eq!(keys(&shards), [1, 2, 3, 4, 5, 199]);
}

#[test]
fn g04_roughly_the_least_recently_used_are_evicted_first() {
    let (shards, _clock) = shards(100);
    for key in 0..100 {
        let _ = shards.get(&key);
    }
    // The first fifty keys stay in use while fifty new keys arrive.
    for key in 100..150 {
        for used in 0..50 {
            let _ = shards.get(&used);
        }
        let _ = shards.get(&key);
    }
    let kept = keys(&shards);
    assert!((0..50).all(|used| kept.contains(&used)), "{kept:?}");
    assert_eq!(kept.len(), 100);
}

#[test]
fn g04_a_key_that_is_in_use_outlives_any_number_of_passing_ones() {
    let (shards, _clock) = shards(3);
    let _ = shards.get(&0);
    for passing in 1..1_000 {
        let _ = shards.get(&0);
        let _ = shards.get(&passing);
        assert!(keys(&shards).contains(&0), "forgotten for {passing}");
    }
}

#[test]
fn g04_an_evicted_key_starts_again_and_its_old_handle_still_works() {
    let (shards, _clock) = shards(1);
    let code = shards.get(&1);
    calls(&code, "SS");
    let _ = shards.get(&2);
    assert_eq!(shards.get(&1).snapshot().totals.success, 0);
    calls(&code, "SF");
    assert_eq!((code.state(), code.snapshot().totals.success), (CircuitState::Open, 3));
    assert_eq!(shards.get(&1).state(), CircuitState::Closed);
}

#[test]
fn g04_if_no_breaker_is_closed_new_keys_share_one_breaker() {
    let (shards, _clock) = shards(3);
    for key in 0..3 {
        fail(&shards.get(&key));
    }
    let others: Vec<_> = (10..20).map(|key| shards.get(&key)).collect();
    assert!(others.iter().all(is_of_others));
    calls(&others[0], "S");
    assert_eq!(others[9].snapshot().totals.success, 1);
    fail(&others[1]);
    assert_eq!(rejection(&others[2]).key(), Some("(other keys)"));
    assert_eq!((shards.len(), shards.breakers().len()), (3, 4));
    let snapshots = shards.snapshot();
    assert_eq!(snapshots[0].key.as_deref(), Some("(other keys)"));
    assert_eq!(keys(&shards), [0, 1, 2]);
}

#[test]
fn g04_listeners_overrides_and_operators_reach_the_shared_breaker() {
    let registry = Registry::new();
    let heard = Heard::default();
    registry.on_event(heard.listener());
    let (shards, clock) = shards(1);
    registry.register_keyed(&shards).unwrap();
    fail(&shards.get(&1));
    let others = shards.get(&2);
    assert!(is_of_others(&others));
    fail(&others);
    assert_eq!(heard.steps(), [(CircuitState::Closed, CircuitState::Open); 2]);
    clock.advance(secs(10));
    succeed(&others);
    let tolerant = BreakerConfig::builder().failure_threshold(3);
    registry.override_breaker("shards", tolerant).unwrap();
    calls(&others, "FF");
    assert_eq!(others.state(), CircuitState::Closed);
    registry.named("shards").force_open();
    assert_eq!(others.state(), CircuitState::ForcedOpen);
}

#[test]
fn g04_a_closed_breaker_makes_room_for_new_keys() {
    let (shards, clock) = shards(3);
    for key in 0..3 {
        fail(&shards.get(&key));
    }
    for _ in 0..3 {
        assert!(is_of_others(&shards.get(&9)));
    }
    clock.advance(secs(10));
    assert!(is_of_others(&shards.get(&9)), "a due breaker is not closed");
    succeed(&shards.get(&1));
    assert_eq!(shards.get(&9).key(), Some("9"));
    assert_eq!(keys(&shards), [0, 2, 9]);
}

#[test]
fn g04_a_key_that_a_raised_bound_admitted_can_be_evicted_too() {
    let registry = Registry::new();
    let (shards, _clock) = shards(2);
    registry.register_keyed(&shards).unwrap();
    fail(&shards.get(&1));
    fail(&shards.get(&2));
    assert!(is_of_others(&shards.get(&3)));
    let more = BreakerConfig::builder().max_keys(3);
    registry.override_breaker("shards", more).unwrap();
    assert_eq!(shards.get(&3).key(), Some("3"));
    // Only the breaker of key 3 is closed, so it is evicted.
    assert_eq!(shards.get(&4).key(), Some("4"));
    assert_eq!(keys(&shards), [1, 2, 4]);
}

#[test]
fn g04_max_keys_can_be_raised_and_lowered_by_an_override() {
    let registry = Registry::new();
    let (shards, _clock) = shards(10);
    registry.register_keyed(&shards).unwrap();
    fail(&shards.get(&0));
    fail(&shards.get(&1));
    for key in 2..10 {
        let _ = shards.get(&key);
    }
    let limit = |max_keys| {
        let limit = BreakerConfig::builder().max_keys(max_keys);
        registry.override_breaker("shards", limit).unwrap();
    };
    limit(4);
    assert_eq!(shards.len(), 4);
    assert_eq!([0, 1].map(|key| shards.get(&key).state()), [CircuitState::Open; 2]);
    limit(1);
    assert_eq!(keys(&shards), [0, 1], "open breakers are never evicted");
    assert!(is_of_others(&shards.get(&5)));
    limit(3);
    assert_eq!(shards.get(&5).key(), Some("5"));
    registry.clear_override("shards").unwrap();
    for key in 0..20 {
        let _ = shards.get(&key);
    }
    assert_eq!(shards.len(), 10);
}

#[test]
fn g04_threads_that_bring_many_keys_keep_the_bound() {
    let (shards, _clock) = shards(50);
    fail(&shards.get(&1));
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let shards = &shards;
            scope.spawn(move || {
                let mut random = fastrand::Rng::with_seed(thread);
                for _ in 0..5_000 {
                    let breaker = shards.get(&random.u32(100..400));
                    match random.u8(..10) {
                        0 => _ = breaker.trip(),
                        1 => breaker.close(),
                        _ => _ = breaker.try_acquire().map(drop),
                    }
                    assert!(shards.len() <= 50);
                }
            });
        }
    });
    assert_eq!(shards.get(&1).state(), CircuitState::Open);
}

#[test]
fn g04_the_hash_of_a_key_is_not_known_to_an_attacker() {
    use std::cell::RefCell;
    use std::hash::{Hash, Hasher};
    thread_local! {
        static SEEN: RefCell<Vec<u64>> = const { RefCell::new(Vec::new()) };
    }
    #[derive(Clone, PartialEq, Eq)]
    struct Spy;
    impl Hash for Spy {
        fn hash<H: Hasher>(&self, state: &mut H) {
            7_u32.hash(state);
            SEEN.with_borrow_mut(|seen| seen.push(state.finish()));
        }
    }
    impl std::fmt::Display for Spy {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("spy")
        }
    }
    for _ in 0..8 {
        let _ = KeyedBreakers::<Spy>::new("spies", BreakerConfig::default()).get(&Spy);
    }
    let seen: std::collections::BTreeSet<_> = SEEN.take().into_iter().collect();
    assert_eq!(seen.len(), 8, "each group has another hash key");
}

#[test]
fn g04_a_key_may_use_its_breakers_while_it_is_printed_hashed_cloned_and_dropped() {
    use std::sync::OnceLock;
    static ALL: OnceLock<KeyedBreakers<Meddler>> = OnceLock::new();
    thread_local! {
        static BUSY: std::cell::Cell<bool> = const { std::cell::Cell::new(false) };
    }
    #[derive(PartialEq, Eq)]
    struct Meddler(u32);
    fn meddle() {
        if !BUSY.replace(true) {
            let all = ALL.get().unwrap();
            let _ = (all.len(), all.get(&Meddler(0)).state());
            BUSY.set(false);
        }
    }
    impl std::hash::Hash for Meddler {
        fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
            meddle();
            self.0.hash(state);
        }
    }
    impl std::fmt::Display for Meddler {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            meddle();
            write!(f, "{}", self.0)
        }
    }
    impl Clone for Meddler {
        fn clone(&self) -> Self {
            meddle();
            Self(self.0)
        }
    }
    impl Drop for Meddler {
        fn drop(&mut self) {
            meddle();
        }
    }
    resilient_testkit::must_end(|| {
        ALL.get_or_init(|| KeyedBreakers::new("meddlers", bounded(2)));
        for key in 0..20 {
            succeed(&ALL.get().unwrap().get(&Meddler(key)));
        }
        let all = ALL.get().unwrap();
        assert_eq!(all.len(), 2);
        // No breaker is closed, so the group evicts none. It drops the new key, and its caller gets
        // the breaker that all other keys share.
        all.breakers().iter().for_each(CircuitBreaker::force_open);
        assert!(is_of_others(&all.get(&Meddler(99))));
    });
}
