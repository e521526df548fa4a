//! Rule B16: the breaker works with clocks that go back, panic or call the library.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::SeqCst;
use std::time::Instant;

use resilient::breaker::CircuitState;
use resilient::time::{Clock, ManualClock};
use resilient::{CircuitBreaker, Outcome, Registry};

use resilient_testkit::{closed, fail, fragile, must_end, panic_quietly, rejection, secs, succeed};

#[tokio::test(start_paused = true)]
async fn b16_a_paused_tokio_clock_moves_breakers() {
    let breaker = CircuitBreaker::new("dependency", fragile().build().unwrap());
    fail(&breaker);
    assert_eq!(rejection(&breaker).retry_after(), Some(secs(10)));
    tokio::time::advance(secs(9)).await;
    assert_eq!(rejection(&breaker).retry_after(), Some(secs(1)));
    tokio::time::advance(secs(1)).await;
    assert_eq!(breaker.state(), CircuitState::HalfOpen);
    succeed(&breaker);
}

#[tokio::test(start_paused = true)]
async fn b16_sleeping_retry_after_on_the_paused_clock_is_enough() {
    let breaker = CircuitBreaker::new("dependency", fragile().build().unwrap());
    fail(&breaker);
    let wait = rejection(&breaker).retry_after().unwrap();
    tokio::time::sleep(wait).await;
    succeed(&breaker);
}

#[test]
fn b16_a_breaker_works_with_no_runtime() {
    let config = fragile().recovery_time(secs(3_600)).build().unwrap();
    let breaker = CircuitBreaker::new("dependency", config);
    succeed(&breaker);
    fail(&breaker);
    let wait = rejection(&breaker).retry_after().unwrap();
    assert!(wait <= secs(3_600) && wait > secs(3_000), "{wait:?}");
    breaker.trip_for(secs(0)).unwrap();
    succeed(&breaker);
    assert_eq!(breaker.state(), CircuitState::Closed);
}

#[test]
fn b16_a_breaker_made_within_a_runtime_works_after_it_is_gone() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let config = fragile().recovery_time(secs(3_600)).build().unwrap();
    let breaker = runtime.block_on(async {
        let breaker = CircuitBreaker::new("dependency", config);
        fail(&breaker);
        breaker
    });
    drop(runtime);
    assert_eq!(rejection(&breaker).state(), CircuitState::Open);
    breaker.close();
    succeed(&breaker);
}

#[test]
fn b16_the_breaker_reads_the_clock_that_is_passed_to_it() {
    let clock = Arc::new(ManualClock::new());
    let config = fragile().build().unwrap();
    let breaker = CircuitBreaker::with_clock("dependency", config, Arc::clone(&clock));
    fail(&breaker);
    assert_eq!(breaker.snapshot().since, Some(clock.now()));
    clock.advance(secs(10));
    assert_eq!(breaker.state(), CircuitState::HalfOpen);
}

#[tokio::test(start_paused = true)]
async fn b16_a_breaker_with_its_own_clock_ignores_tokios_clock() {
    let (breaker, clock) = closed(&fragile());
    fail(&breaker);
    tokio::time::advance(secs(1_000)).await;
    assert_eq!(breaker.state(), CircuitState::Open);
    clock.advance(secs(10));
    assert_eq!(breaker.state(), CircuitState::HalfOpen);
}

#[test]
fn b16_at_a_time_before_the_opening_no_time_has_passed() {
    let (breaker, clock) = closed(&fragile());
    clock.advance(secs(100));
    fail(&breaker);
    clock.set_back(secs(60));
    assert_eq!(breaker.state(), CircuitState::Open);
    assert_eq!(rejection(&breaker).retry_after(), Some(secs(10)));
    assert_eq!(breaker.snapshot().retry_after, Some(secs(10)));
    // The clock went back. From then on, the open time counts from the new reading.
    clock.advance(secs(9));
    assert_eq!(rejection(&breaker).retry_after(), Some(secs(1)));
    clock.advance(secs(1));
    succeed(&breaker);
}

#[test]
fn b16_a_clock_that_goes_back_while_half_open_makes_no_wait_longer_than_a_lease() {
    let (breaker, clock) = closed(&fragile().probe_timeout(secs(5)));
    clock.advance(secs(100));
    breaker.trip().unwrap();
    breaker.half_open().unwrap();
    let _probe = breaker.try_acquire().unwrap();
    clock.set_back(secs(60));
    let wait = rejection(&breaker).retry_after().unwrap();
    // If the clock reads a time before the state began, the breaker uses the time at which the
    // state began. So the wait is at most one lease.
    assert!(wait <= secs(5), "{wait:?}");
}

#[test]
fn b16_a_clock_that_goes_back_permanently_never_wedges_a_breaker_moved_by_hand() {
    let (breaker, clock) = closed(&fragile());
    clock.advance(secs(100));
    fail(&breaker);
    clock.set_back(secs(100));
    breaker.half_open().unwrap();
    succeed(&breaker);
    assert_eq!(breaker.state(), CircuitState::Closed);
}

#[test]
fn b16_a_suspended_machine_wakes_to_one_probe() {
    let (breaker, clock) = closed(&fragile());
    fail(&breaker);
    clock.advance(secs(3_600));
    let probe = breaker.try_acquire().unwrap();
    rejection(&breaker);
    probe.report(Outcome::Success);
    assert_eq!(breaker.snapshot().transitions.half_opened, 1);
}

/// A manual clock that panics on demand.
#[derive(Clone)]
struct Fragile {
    clock: ManualClock,
    is_broken: Arc<AtomicBool>,
}

impl Fragile {
    fn new() -> Self {
        Self { clock: ManualClock::new(), is_broken: Arc::default() }
    }

    fn set_broken(&self, is_broken: bool) {
        self.is_broken.store(is_broken, SeqCst);
    }
}

impl Clock for Fragile {
    fn now(&self) -> Instant {
        if self.is_broken.load(SeqCst) {
            panic_quietly();
        }
        self.clock.now()
    }
}

fn on_fragile_clock() -> (CircuitBreaker, Fragile) {
    let clock = Fragile::new();
    let config = fragile().failure_threshold(2).build().unwrap();
    let breaker = CircuitBreaker::with_clock("dependency", config, clock.clone());
    (breaker, clock)
}

#[test]
fn b16_a_clock_that_panics_harms_no_call_and_poisons_nothing() {
    let clock = Fragile::new();
    clock.set_broken(true);
    let config = fragile().build().unwrap();
    let breaker = CircuitBreaker::with_clock("dependency", config, clock.clone());
    succeed(&breaker);
    fail(&breaker);
    assert_eq!(rejection(&breaker).state(), CircuitState::Open);
    assert_eq!(breaker.state(), CircuitState::Open);
    assert_eq!(breaker.snapshot().state, CircuitState::Open);
    breaker.half_open().unwrap();
    succeed(&breaker);
    clock.set_broken(false);
    fail(&breaker);
    clock.clock.advance(secs(10));
    succeed(&breaker);
    assert_eq!(breaker.state(), CircuitState::Closed);
}

#[test]
fn b16_a_clock_that_panics_while_the_circuit_is_open_counts_as_no_time_passed() {
    let (breaker, clock) = on_fragile_clock();
    clock.clock.advance(secs(3_600));
    fail(&breaker);
    fail(&breaker);
    clock.set_broken(true);
    assert_eq!(rejection(&breaker).retry_after(), Some(secs(10)));
    clock.set_broken(false);
    clock.clock.advance(secs(10));
    succeed(&breaker);
}

#[test]
fn b16_a_clock_that_panics_at_the_opening_does_not_cut_the_open_time_short() {
    let (breaker, clock) = on_fragile_clock();
    clock.clock.advance(secs(3_600));
    fail(&breaker);
    clock.set_broken(true);
    fail(&breaker);
    clock.set_broken(false);
    clock.clock.advance(secs(1));
    // The clock panicked at the opening, so the open time of ten seconds began at the last
    // successful reading, one second ago.
    let state = breaker.state();
    assert_eq!(state, CircuitState::Open);
    assert!(rejection(&breaker).retry_after().unwrap() >= secs(9));
}

#[test]
fn b16_a_clock_that_panics_at_a_probe_does_not_end_its_lease() {
    let (breaker, clock) = on_fragile_clock();
    clock.clock.advance(secs(3_600));
    breaker.trip().unwrap();
    breaker.half_open().unwrap();
    clock.set_broken(true);
    let _probe = breaker.try_acquire().unwrap();
    clock.set_broken(false);
    clock.clock.advance(secs(1));
    assert_eq!(rejection(&breaker).state(), CircuitState::HalfOpen);
}

#[test]
fn b16_a_breaker_may_be_used_and_dropped_when_a_thread_ends() {
    thread_local! {
        static LAST: std::cell::RefCell<Option<UsedOnDrop>> =
            const { std::cell::RefCell::new(None) };
    }
    struct UsedOnDrop(CircuitBreaker);
    impl Drop for UsedOnDrop {
        fn drop(&mut self) {
            succeed(&self.0);
            fail(&self.0);
        }
    }
    let breaker = CircuitBreaker::new("dependency", fragile().build().unwrap());
    let handle = breaker.clone();
    let thread = std::thread::spawn(move || {
        LAST.with(|last| *last.borrow_mut() = Some(UsedOnDrop(handle)));
    });
    thread.join().unwrap();
    let totals = breaker.snapshot().totals;
    assert_eq!((totals.success, totals.failure), (1, 1));
}

#[test]
fn b16_a_registry_gives_its_clock_to_later_breakers_only() {
    let registry = Registry::new();
    let config = || fragile().build().unwrap();
    let before = registry.get_or_register("before", config());
    let clock = ManualClock::new();
    registry.use_clock(clock.clone());
    let after = registry.get_or_register("after", config());
    let keyed = registry.get_or_register_keyed::<u32>("keyed", config());
    let breakers = [before, after, keyed.get(&1)];
    for breaker in &breakers {
        breaker.trip().unwrap();
    }
    clock.advance(secs(10));
    let states = breakers.each_ref().map(CircuitBreaker::state);
    assert_eq!(states, [CircuitState::Open, CircuitState::HalfOpen, CircuitState::HalfOpen]);
}

#[test]
fn b16_the_clock_that_was_set_last_is_used() {
    let registry = Registry::new();
    let (first, second) = (ManualClock::new(), ManualClock::new());
    registry.use_clock(first.clone());
    registry.use_clock(second.clone());
    let breaker = registry.get_or_register("dependency", fragile().build().unwrap());
    breaker.trip().unwrap();
    first.advance(secs(10));
    assert_eq!(breaker.state(), CircuitState::Open);
    second.advance(secs(10));
    assert_eq!(breaker.state(), CircuitState::HalfOpen);
}

/// A clock that calls the registry at each reading.
struct Nosy(Registry);

impl Clock for Nosy {
    fn now(&self) -> Instant {
        assert!(self.0.overrides().breakers.is_empty());
        let _ = self.0.get("dependency");
        Instant::now()
    }
}

#[test]
fn fm_b6_a_clock_may_ask_the_registry_while_a_breaker_is_made() {
    must_end(|| {
        let registry = Registry::new();
        registry.use_clock(Nosy(registry.clone()));
        let config = || fragile().max_keys(1).build().unwrap();
        let _ = registry.get_or_register("dependency", config());
        let keyed = registry.get_or_register_keyed::<u32>("keyed", config());
        keyed.get(&1).trip().unwrap();
        // All keys beyond the bound share this breaker.
        assert!(keyed.get(&2).try_acquire().is_ok());
    });
}
