//! Rule G4: each key has its own breaker.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use resilient::__private::{Declaration, KeyedCallSite};
use resilient::CircuitBreaker;
use resilient::breaker::{BreakerKey, CircuitState, KeyedBreakers};
use resilient::time::ManualClock;

use crate::support::keyed::shards;
use crate::support::registry::settings;
use resilient_testkit::{Heard, fail, fragile, rejection, secs};

#[test]
fn g04_each_key_has_its_own_breaker() {
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
    assert_eq!((tenants.name(), acme.name(), acme.key()), ("tenants", "tenants", Some("acme")));
    fail(&acme);
    let open = rejection(&acme);
    assert_eq!((open.breaker(), open.key()), ("tenants", Some("acme")));
    assert!(open.to_string().contains("`tenants` [acme]"), "{open}");
    let event = &heard.events()[0];
    assert_eq!((event.name(), event.key()), ("tenants", Some("acme")));
    let snapshot = acme.snapshot();
    assert_eq!((snapshot.name.as_str(), snapshot.key.as_deref()), ("tenants", Some("acme")));
    assert_eq!(CircuitBreaker::new("single", settings()).key(), None);
}

#[test]
fn g04_any_type_that_can_be_hashed_compared_and_printed_can_be_a_key() {
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
fn g04_a_str_is_looked_up_without_an_allocated_string() {
    let tenants = KeyedBreakers::<String>::new("tenants", settings());
    fail(&tenants.get("acme"));
    assert_eq!(tenants.get(&String::from("acme")).state(), CircuitState::Open);
    assert_eq!(tenants.len(), 1);
}

#[test]
fn g04_keys_that_print_alike_are_distinguished() {
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
    let keys: Vec<_> = snapshots.iter().map(|each| each.key.as_deref().unwrap()).collect();
    assert_eq!(keys, ["10", "2", "30", "9"]);
}

#[test]
fn g04_all_keys_can_have_one_clock() {
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
    assert!(resilient_testkit::run(events.next()).is_some());
    drop(shard);
    assert!(resilient_testkit::run(events.next()).is_none());
}

#[test]
fn g04_a_generic_function_has_breakers_for_the_keys_of_each_type() {
    static SITE: KeyedCallSite =
        KeyedCallSite::new(|| Declaration::named("keyed/generic", fragile().failure_threshold(1)));
    // Numbers come first, then texts, then letters; and each again.
    for _ in 0..2 {
        assert_eq!(SITE.breaker::<u32, u32>(&1).key(), Some("1"));
        assert_eq!(SITE.breaker::<String, str>("1").key(), Some("1"));
        assert_eq!(SITE.breaker::<char, char>(&'1').key(), Some("1"));
    }
    fail(&SITE.breaker::<String, str>("1"));
    assert_eq!(SITE.breaker::<String, str>("1").state(), CircuitState::Open);
    assert_eq!(SITE.breaker::<u32, u32>(&1).state(), CircuitState::Closed);
    assert_eq!(SITE.breaker::<char, char>(&'1').state(), CircuitState::Closed);
}
