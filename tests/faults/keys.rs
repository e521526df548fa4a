//! Tests of the rows of table E about keys: keys that an attacker chooses neither exhaust the
//! memory nor reset a breaker.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Barrier;

use resilient::breaker::{CircuitState, KeyedBreakers};
use resilient::{Outcome, Registry, circuit_breaker};

use crate::support::Fault;
use resilient_testkit::{fail, fragile, run, succeed};

/// The number of keys that an attacker sends. A debug build sends fewer keys.
const MANY: u32 = if cfg!(debug_assertions) { 100_000 } else { 1_000_000 };

fn keyed(max_keys: u32) -> KeyedBreakers<u32> {
    KeyedBreakers::new("hosts", fragile().max_keys(max_keys).build().unwrap())
}

#[test]
fn fm_e7_a_million_keys_take_the_room_of_max_keys() {
    let breakers = keyed(1_000);
    for key in 0..MANY {
        succeed(&breakers.get(&key));
        if key % 10_000 == 0 {
            assert!(breakers.len() <= 1_000);
        }
    }
    assert_eq!(breakers.len(), 1_000);
    assert_eq!(breakers.snapshot().len(), 1_000);
}

#[test]
fn fm_e7_a_million_keys_through_the_attribute_take_the_room_of_max_keys() {
    #[circuit_breaker(name = "hosts of strangers", key = host, max_keys = 100)]
    async fn call(host: u32) -> Option<u32> {
        Some(host)
    }
    for host in 0..MANY {
        run(call(host));
    }
    let breakers = Registry::global().get_keyed::<u32>("hosts of strangers");
    assert_eq!(breakers.unwrap().len(), 100);
}

#[test]
fn fm_e7_many_threads_with_new_keys_never_exceed_the_bound() {
    let breakers = keyed(10);
    let barrier = Barrier::new(4);
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let (breakers, barrier) = (&breakers, &barrier);
            scope.spawn(move || {
                barrier.wait();
                for key in 0..5_000 {
                    succeed(&breakers.get(&(4 * key + thread)));
                    assert!(breakers.len() <= 10);
                }
            });
        }
    });
}

#[test]
fn fm_e8_a_flood_of_keys_resets_no_breaker_that_is_not_closed() {
    let breakers = keyed(10);
    fail(&breakers.get(&0));
    breakers.get(&1).trip().unwrap();
    breakers.get(&1).half_open().unwrap();
    breakers.get(&2).force_open();
    breakers.get(&3).disable();
    breakers.get(&4).observe_only();
    for key in 100..10_000 {
        succeed(&breakers.get(&key));
    }
    let states = [0, 1, 2, 3, 4].map(|key| breakers.get(&key).state());
    assert_eq!(
        states,
        [
            CircuitState::Open,
            CircuitState::HalfOpen,
            CircuitState::ForcedOpen,
            CircuitState::Disabled,
            CircuitState::ObserveOnly
        ]
    );
    assert_eq!(breakers.len(), 10);
}

#[test]
fn fm_e8_if_no_breaker_is_closed_new_keys_share_one_until_one_closes() {
    let breakers = keyed(3);
    (0..3).for_each(|key| fail(&breakers.get(&key)));
    for key in 10..1_000 {
        let shared = breakers.get(&key);
        assert_eq!(shared.key(), Some("(other keys)"));
        succeed(&shared);
    }
    assert_eq!(breakers.len(), 3);
    fail(&breakers.get(&10));
    assert_eq!(breakers.get(&11).state(), CircuitState::Open, "shared");
    breakers.get(&1).close();
    assert_eq!(breakers.get(&12).key(), Some("12"));
    assert_eq!(breakers.get(&0).state(), CircuitState::Open);
}

#[test]
fn fm_e8_the_attributes_keys_cannot_be_pushed_out_while_they_are_open() {
    #[circuit_breaker(name = "pushed", key = host, failure_threshold = 1, max_keys = 5)]
    async fn call(host: &str, works: bool) -> Result<(), Fault> {
        works.then_some(()).ok_or(Fault::Down)
    }
    run(call("victim", false)).unwrap_err();
    for nth in 0..1_000 {
        run(call(&format!("flood {nth}"), true)).unwrap();
    }
    assert!(matches!(run(call("victim", true)), Err(Fault::Open(_))));
}

/// A key that an attacker may choose: all values have the same hash.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Colliding(u32);

impl Hash for Colliding {
    fn hash<H: Hasher>(&self, state: &mut H) {
        0_u8.hash(state);
    }
}

impl fmt::Display for Colliding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[test]
fn fm_e9_keys_of_one_hash_are_distinguished() {
    let config = fragile().max_keys(50).build().unwrap();
    let breakers = KeyedBreakers::<Colliding>::new("hosts", config);
    for key in 0..200 {
        let outcome = [Outcome::Success, Outcome::Failure][usize::from(key % 20 == 0)];
        let breaker = breakers.get(&Colliding(key));
        breaker.try_acquire().unwrap().report(outcome);
    }
    for key in (0..200).step_by(20) {
        assert_eq!(breakers.get(&Colliding(key)).state(), CircuitState::Open);
        assert_eq!(breakers.get(&Colliding(key + 1)).state(), CircuitState::Closed);
    }
}
