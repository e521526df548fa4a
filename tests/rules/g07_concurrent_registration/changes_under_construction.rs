//! Rule G7: a change that comes while a breaker is made reaches this breaker, too. The clock of
//! these tests makes the change when it is read, as another thread could at that instant.

use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use resilient::breaker::{CircuitState, KeyedBreakers, OperatorMode};
use resilient::time::Clock;
use resilient::{BreakerConfig, CircuitBreaker, Registry};

use resilient_testkit::{Heard, fail, fragile};

type Change = Box<dyn FnOnce() + Send>;

/// A clock that stands still, and runs the change at its reading with this number.
#[derive(Clone)]
struct ChangingClock {
    now: Instant,
    change: Arc<Mutex<Option<(usize, Change)>>>,
    reads: Arc<AtomicUsize>,
}

impl ChangingClock {
    fn new() -> Self {
        Self { now: Instant::now(), change: Arc::default(), reads: Arc::default() }
    }

    fn arm(&self, after: usize, change: impl FnOnce() + Send + 'static) {
        *self.change.lock().unwrap() = Some((self.reads.load(SeqCst) + after, Box::new(change)));
    }

    fn is_armed(&self) -> bool {
        self.change.lock().unwrap().is_some()
    }
}

impl Clock for ChangingClock {
    fn now(&self) -> Instant {
        let read = self.reads.fetch_add(1, SeqCst);
        let due = self.change.lock().unwrap().take_if(|(at, _)| *at == read);
        if let Some((_, change)) = due {
            change();
        }
        self.now
    }
}

/// Makes the breaker that further keys share, and makes the change at each of the readings of the
/// clock meanwhile. Calls `assert` with the registry, its events and the breaker, as often as
/// there are readings.
fn while_the_shared_breaker_is_made(
    change: fn(&Registry, &KeyedBreakers<u32>),
    assert: impl Fn(&Registry, &Heard, &CircuitBreaker),
) {
    for after in 0.. {
        let (registry, heard, clock) = (Registry::new(), Heard::default(), ChangingClock::new());
        registry.on_event(heard.listener());
        let config = fragile().max_keys(1).build().unwrap();
        let hosts = KeyedBreakers::<u32>::with_clock("hosts", config, clock.clone());
        registry.register_keyed(&hosts).unwrap();
        fail(&hosts.get(&1));
        clock.arm(after, {
            let (registry, hosts) = (registry.clone(), hosts.clone());
            move || change(&registry, &hosts)
        });
        let shared = hosts.get(&2);
        if clock.is_armed() {
            assert!(after > 2, "the clock is read only {after} times");
            return;
        }
        assert_eq!(shared.key(), Some("(other keys)"));
        assert(&registry, &heard, &shared);
    }
}

#[test]
fn g07_an_override_reaches_a_shared_breaker_that_is_being_made() {
    while_the_shared_breaker_is_made(
        |registry, _| {
            let settings = BreakerConfig::builder().failure_threshold(7);
            registry.override_breaker("hosts", settings).unwrap();
        },
        |_, _, shared| {
            let expected = fragile().max_keys(1).failure_threshold(7);
            assert_eq!(shared.config(), expected.build().unwrap());
            assert_eq!(shared.state(), CircuitState::Closed);
        },
    );
}

#[test]
fn g07_a_mode_reaches_a_shared_breaker_that_is_being_made() {
    while_the_shared_breaker_is_made(
        |registry, _| {
            registry.override_breaker("hosts", OperatorMode::ForcedOpen).unwrap();
        },
        |registry, _, shared| {
            assert_eq!(shared.state(), CircuitState::ForcedOpen);
            registry.clear_override("hosts").unwrap();
            assert_eq!(shared.state(), CircuitState::Closed);
        },
    );
}

#[test]
fn g07_an_operator_reaches_a_shared_breaker_that_is_being_made() {
    while_the_shared_breaker_is_made(
        |registry, _| registry.named("hosts").disable(),
        |_, _, shared| assert_eq!(shared.state(), CircuitState::Disabled),
    );
}

#[test]
fn g07_a_shared_breaker_that_is_being_made_leaves_a_registry_with_its_group() {
    while_the_shared_breaker_is_made(
        |registry, hosts| assert!(registry.unregister_keyed(hosts)),
        |_, heard, shared| {
            let before = heard.steps().len();
            fail(shared);
            assert_eq!(shared.state(), CircuitState::Open);
            assert_eq!(heard.steps().len(), before, "the registry hears it no more");
        },
    );
}
