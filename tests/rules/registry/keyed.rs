//! G4: one breaker for each key, under one name.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Arc, Barrier};

use resilient::breaker::{BreakerKey, CircuitState, KeyedBreakers};
use resilient::events::EventKind;
use resilient::time::ManualClock;
use resilient::{BreakerConfig, CircuitBreaker, Outcome, Registry};

use super::{is_conflict, other_settings, settings};
use crate::support::{Heard, fail, rejection, secs, succeed};

fn shards() -> KeyedBreakers<u32> {
    KeyedBreakers::new("shards", settings())
}

#[test]
fn g04_each_key_has_a_breaker_of_its_own() {
    let shards = shards();
    fail(&shards.get(&7));
    assert_eq!(shards.get(&7).state(), CircuitState::Open);
    assert_eq!(shards.get(&8).state(), CircuitState::Closed);
    assert_eq!(shards.len(), 2);
    assert_eq!(shards.breakers().len(), 2);
}

#[test]
fn g04_a_breaker_is_made_when_its_key_comes() {
    let shards = shards();
    assert!(shards.is_empty());
    let _ = shards.get(&7);
    assert!(!shards.is_empty());
    let _ = shards.get(&7);
    assert_eq!(shards.len(), 1);
}

#[test]
fn g04_clones_are_handles_of_the_same_breakers() {
    let shards = shards();
    fail(&shards.clone().get(&7));
    assert_eq!(shards.get(&7).state(), CircuitState::Open);
}

#[test]
fn g04_name_and_key_are_in_errors_events_and_snapshots() {
    let tenants = KeyedBreakers::<String>::new("tenants", settings());
    let heard = Heard::default();
    tenants.on_event(heard.listener());
    let acme = tenants.get("acme");
    assert_eq!(
        (tenants.name(), acme.name(), acme.key()),
        ("tenants", "tenants", Some("acme"))
    );
    fail(&acme);
    let open = rejection(&acme);
    assert_eq!((open.breaker(), open.key()), ("tenants", Some("acme")));
    assert!(open.to_string().contains("`tenants` [acme]"), "{open}");
    let event = &heard.events()[0];
    assert_eq!((event.name(), event.key()), ("tenants", Some("acme")));
    let snapshot = acme.snapshot();
    assert_eq!(
        (snapshot.name.as_str(), snapshot.key.as_deref()),
        ("tenants", Some("acme"))
    );
    assert_eq!(CircuitBreaker::new("single", settings()).key(), None);
}

#[test]
fn g04_a_key_is_whatever_can_be_hashed_compared_and_shown() {
    #[derive(Debug, Clone, PartialEq, Eq, Hash)]
    struct Host {
        name: &'static str,
        port: u16,
    }
    impl fmt::Display for Host {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "{}:{}", self.name, self.port)
        }
    }
    #[track_caller]
    fn assert_is_key<K: BreakerKey>(one: &K, other: &K, shown: &str) {
        let breakers = KeyedBreakers::<K>::new("parts", settings());
        fail(&breakers.get(one));
        assert_eq!(breakers.get(one).key(), Some(shown));
        assert_eq!(breakers.get(one).state(), CircuitState::Open);
        assert_eq!(breakers.get(other).state(), CircuitState::Closed);
    }
    let host = |port| Host { name: "db", port };
    assert_is_key(&host(1), &host(2), "db:1");
    assert_is_key(&7_u64, &8, "7");
    assert_is_key(&-7_i8, &7, "-7");
    assert_is_key(&'a', &'b', "a");
    assert_is_key(&true, &false, "true");
    assert_is_key(&"a", &"b", "a");
    assert_is_key(&String::from("a"), &String::new(), "a");
    assert_is_key(&Arc::<str>::from("a"), &Arc::from("b"), "a");
    let address = |last| IpAddr::V4(Ipv4Addr::new(10, 0, 0, last));
    assert_is_key(&address(1), &address(2), "10.0.0.1");
}

#[test]
fn g04_a_text_is_looked_up_without_being_owned() {
    let tenants = KeyedBreakers::<String>::new("tenants", settings());
    fail(&tenants.get("acme"));
    assert_eq!(
        tenants.get(&String::from("acme")).state(),
        CircuitState::Open
    );
    assert_eq!(tenants.len(), 1);
}

#[test]
fn g04_keys_that_print_alike_are_told_apart() {
    #[derive(Clone, PartialEq, Eq, Hash)]
    struct Secret(u32);
    impl fmt::Display for Secret {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("***")
        }
    }
    let breakers = KeyedBreakers::<Secret>::new("secrets", settings());
    fail(&breakers.get(&Secret(1)));
    assert_eq!(breakers.get(&Secret(2)).state(), CircuitState::Closed);
    assert_eq!(breakers.len(), 2);
}

#[test]
fn g04_snapshots_come_ordered_by_the_keys_texts() {
    let shards = shards();
    for key in [10, 9, 2, 30] {
        let _ = shards.get(&key);
    }
    let snapshots = shards.snapshot();
    let keys: Vec<_> = snapshots
        .iter()
        .map(|each| each.key.as_deref().unwrap())
        .collect();
    assert_eq!(keys, ["10", "2", "30", "9"]);
}

#[test]
fn g04_a_clock_can_be_given_to_all() {
    let clock = ManualClock::new();
    let shards = KeyedBreakers::<u32>::with_clock("shards", settings(), clock.clone());
    fail(&shards.get(&7));
    clock.advance(secs(10));
    assert_eq!(shards.get(&7).state(), CircuitState::HalfOpen);
    fail(&shards.get(&8));
    assert_eq!(shards.get(&8).state(), CircuitState::Open);
}

#[test]
fn g04_a_listener_hears_keys_that_came_before_and_after_it() {
    let shards = shards();
    let before = shards.get(&1);
    let heard = Heard::default();
    let id = shards.on_event(heard.listener());
    let mut events = shards.subscribe(9);
    let after = shards.get(&2);
    before.trip().unwrap();
    after.trip().unwrap();
    let keys = |events: &[resilient::events::Event]| {
        let keys = events.iter().map(|event| event.key().unwrap().to_owned());
        keys.collect::<Vec<_>>()
    };
    assert_eq!(keys(&heard.events()), ["1", "2"]);
    let subscribed: Vec<_> = std::iter::from_fn(|| events.try_next()).collect();
    assert_eq!(keys(&subscribed), ["1", "2"]);
    assert!(shards.remove_listener(id));
    assert!(!shards.remove_listener(id));
    before.close();
    assert_eq!(heard.events().len(), 2);
}

#[test]
fn g04_a_subscription_ends_with_the_last_handle_of_all_the_breakers() {
    let shards = shards();
    let mut events = shards.subscribe(9);
    let shard = shards.get(&1);
    drop(shards);
    shard.trip().unwrap();
    assert!(crate::support::run(events.next()).is_some());
    drop(shard);
    assert!(crate::support::run(events.next()).is_none());
}

#[test]
fn g01_a_name_of_keyed_breakers_is_one_group() {
    let registry = Registry::new();
    let one = registry.get_or_register_keyed::<u32>("shards", settings());
    let same = registry.get_or_register_keyed::<u32>("shards", settings());
    fail(&one.get(&7));
    assert_eq!(same.get(&7).state(), CircuitState::Open);
    let found = registry.get_keyed::<u32>("shards").unwrap();
    assert_eq!(found.get(&7).state(), CircuitState::Open);
    assert_eq!(registry.all().names().collect::<Vec<_>>(), ["shards"]);
}

#[test]
fn g05_a_group_is_found_by_its_name_and_its_type_of_key_only() {
    let registry = Registry::new();
    let _ = registry.get_or_register_keyed::<u32>("shards", settings());
    let _ = registry.get_or_register("single", settings());
    assert!(registry.get("shards").is_none());
    assert!(registry.get_keyed::<u64>("shards").is_none());
    assert!(registry.get_keyed::<u32>("single").is_none());
    assert!(registry.get_keyed::<u32>("nobody").is_none());
}

#[test]
fn g03_keyed_breakers_with_other_settings_are_a_conflict_told_once() {
    let registry = Registry::new();
    let heard = Heard::default();
    registry.on_event(heard.listener());
    let first = registry.get_or_register_keyed::<u32>("shards", settings());
    for _ in 0..3 {
        let second = registry.get_or_register_keyed::<u32>("shards", other_settings());
        assert_eq!(second.get(&7).config(), settings());
    }
    assert_eq!(heard.count(is_conflict), 1);
    assert_eq!(
        (heard.events()[0].name(), heard.events()[0].key()),
        ("shards", None)
    );
    assert_eq!(first.len(), 1);
}

#[test]
fn g03_a_single_breaker_and_a_keyed_one_of_a_name_are_a_conflict_and_two_breakers() {
    let registry = Registry::new();
    let heard = Heard::default();
    registry.on_event(heard.listener());
    let keyed = registry.get_or_register_keyed::<u32>("shared", settings());
    let line = line!() + 1;
    let single = registry.get_or_register("shared", settings());
    assert_eq!(heard.count(is_conflict), 1);
    assert_eq!(single.name(), format!("shared ({}:{line})", file!()));
    fail(&single);
    assert_eq!(keyed.get(&1).state(), CircuitState::Closed);
    let names: Vec<_> = registry.all().names().map(str::to_owned).collect();
    assert_eq!(names, ["shared", single.name()]);
}

#[test]
fn g03_keys_of_another_type_are_a_conflict_and_another_group() {
    let registry = Registry::new();
    let heard = Heard::default();
    registry.on_event(heard.listener());
    let numbers = registry.get_or_register_keyed::<u32>("shared", settings());
    let texts = registry.get_or_register_keyed::<String>("shared", settings());
    assert_eq!(heard.count(is_conflict), 1);
    assert_ne!(numbers.name(), texts.name());
    fail(&texts.get("1"));
    assert_eq!(numbers.get(&1).state(), CircuitState::Closed);
}

#[test]
fn g03_a_place_that_asks_again_for_a_name_of_another_kind_gets_what_it_got_before() {
    let registry = Registry::new();
    let _ = registry.get_or_register_keyed::<u32>("shared", settings());
    let ask = || {
        let single = registry.get_or_register("shared", settings());
        let keyed = registry.get_or_register_keyed::<String>("shared", settings());
        (single, keyed)
    };
    let (single, keyed) = ask();
    fail(&single);
    fail(&keyed.get("a"));
    for _ in 0..10 {
        let (single, keyed) = ask();
        assert_eq!(single.state(), CircuitState::Open);
        assert_eq!(keyed.get("a").state(), CircuitState::Open);
    }
    assert_eq!(registry.all().names().count(), 3);
}

#[test]
fn g06_keyed_breakers_of_ones_own_can_be_registered() {
    let registry = Registry::new();
    let heard = Heard::default();
    registry.on_event(heard.listener());
    let owned = shards();
    let _ = owned.get(&1);
    registry.register_keyed(&owned).unwrap();
    registry.register_keyed(&owned.clone()).unwrap();
    let taken = registry.register_keyed(&shards()).unwrap_err();
    assert!(taken.to_string().contains("`shards`"), "{taken}");
    registry
        .register(&CircuitBreaker::new("shards", settings()))
        .unwrap_err();
    registry.named("shards").force_open();
    assert_eq!(owned.get(&1).state(), CircuitState::ForcedOpen);
    fail_to_call(&owned.get(&2));
    let keys: Vec<_> = heard
        .events()
        .iter()
        .map(|event| event.key().map(str::to_owned))
        .collect();
    assert_eq!(keys, [Some("1".to_owned()), Some("2".to_owned())]);
}

fn fail_to_call(breaker: &CircuitBreaker) {
    assert_eq!(rejection(breaker).state(), CircuitState::ForcedOpen);
}

#[test]
fn g06_a_single_breaker_keeps_its_name_from_a_group() {
    let registry = Registry::new();
    registry
        .register(&CircuitBreaker::new("shards", settings()))
        .unwrap();
    registry.register_keyed(&shards()).unwrap_err();
    assert!(registry.get("shards").is_some());
}

#[test]
fn g07_many_threads_that_bring_one_new_key_get_one_breaker() {
    const THREADS: usize = 200;
    let shards = shards();
    for key in 0..5 {
        let start = Barrier::new(THREADS);
        std::thread::scope(|scope| {
            for _ in 0..THREADS {
                scope.spawn(|| {
                    start.wait();
                    let breaker = shards.get(&key);
                    if let Ok(permit) = breaker.try_acquire() {
                        permit.report(Outcome::Failure);
                    }
                });
            }
        });
        let snapshot = shards.get(&key).snapshot();
        let totals = snapshot.totals;
        assert_eq!(totals.failure, 1);
        assert_eq!(
            totals.failure + totals.late + totals.rejected,
            THREADS as u64
        );
        assert_eq!(snapshot.transitions.opened, 1);
    }
    assert_eq!(shards.len(), 5);
}

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
    assert_eq!(present.state(), CircuitState::Open, "its streak stayed");
    let later = shards.get(&2);
    fail(&later);
    fail(&later);
    assert_eq!(later.state(), CircuitState::Open);
    let changed = |kind: &EventKind| matches!(kind, EventKind::SettingsChanged);
    assert_eq!(heard.count(changed), 1, "of the key that was there");
    registry.clear_override("shards").unwrap();
    assert_eq!(
        [present, later, shards.get(&3)].map(|each| each.config()),
        [other_settings(), other_settings(), other_settings()]
    );
}

#[test]
fn g02_an_override_waits_for_a_group() {
    let registry = Registry::new();
    let strict = BreakerConfig::builder().failure_threshold(2);
    let applied = registry.override_breaker("shards", strict).unwrap();
    assert_eq!(applied.waiting, ["shards"]);
    let shards = registry.get_or_register_keyed::<u32>("shards", other_settings());
    fail(&shards.get(&1));
    fail(&shards.get(&1));
    assert_eq!(shards.get(&1).state(), CircuitState::Open);
    let owned = KeyedBreakers::<u32>::new("owned", other_settings());
    registry
        .override_breaker("owned", resilient::breaker::OperatorMode::ForcedOpen)
        .unwrap();
    registry.register_keyed(&owned).unwrap();
    assert_eq!(owned.get(&1).state(), CircuitState::ForcedOpen);
}

#[test]
fn g02_a_group_whose_override_does_not_go_together_tells_it_for_the_name() {
    let registry = Registry::new();
    let heard = Heard::default();
    registry.on_event(heard.listener());
    registry
        .override_breaker("shards", BreakerConfig::builder().recovery_time(secs(99)))
        .unwrap();
    let code = BreakerConfig::builder()
        .max_recovery_time(secs(60))
        .build()
        .unwrap();
    let shards = registry.get_or_register_keyed::<u32>("shards", code);
    let events = heard.events();
    let [event] = events.as_slice() else {
        panic!("{events:?}");
    };
    assert!(
        matches!(event.kind(), EventKind::InvalidSetting(error) if error.field() == "max_recovery_time")
    );
    assert_eq!((event.name(), event.key()), ("shards", None));
    succeed(&shards.get(&1));
    assert_eq!(
        shards.get(&1).config().to_builder(),
        BreakerConfig::builder().recovery_time(secs(99))
    );
}
