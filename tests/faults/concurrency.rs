//! Tests of table E, except the rows about keys: races, listeners that call the breaker, and nested
//! functions. `crowds.rs` tests E1, E4 and E16.

use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::{Arc, Barrier, Mutex, OnceLock, mpsc};
use std::time::Duration;

use resilient::breaker::CircuitState;
use resilient::events::{EventKind, ListenerId};
use resilient::{BreakerConfig, CircuitBreaker, Outcome, Registry, circuit_breaker, retry};

use crate::support::{Fault, breaker, half_open, on_clock, registered};
use resilient_testkit::{Heard, fail, fragile, must_end, rejection, run, secs, succeed};

/// The number of rounds. It is large enough to expose a race.
const ROUNDS: u32 = 20_000;

const OPENED: (CircuitState, CircuitState) = (CircuitState::Closed, CircuitState::Open);
const CLOSED: (CircuitState, CircuitState) = (CircuitState::Open, CircuitState::Closed);

#[test]
fn fm_e2_results_of_an_earlier_generation_change_nothing() {
    let (breaker, clock) = on_clock(&fragile());
    let late_failure = breaker.try_acquire().unwrap();
    let late_success = breaker.try_acquire().unwrap();
    let late_drop = breaker.try_acquire().unwrap();
    fail(&breaker);
    late_success.report(Outcome::Success);
    assert_eq!(breaker.state(), CircuitState::Open, "a late success does not close the circuit");
    clock.advance(secs(10));
    succeed(&breaker);
    late_failure.report(Outcome::Failure);
    assert_eq!(breaker.state(), CircuitState::Closed, "a late failure does not open the circuit");
    drop(late_drop);
    assert_eq!(breaker.snapshot().totals.late, 3);
}

#[test]
fn fm_e3_a_concurrent_success_and_failure_count_in_some_order() {
    let (mut opened, mut reset) = (0, 0);
    for _ in 0..2_000 {
        let breaker = breaker(&fragile().failure_threshold(3));
        fail(&breaker);
        fail(&breaker);
        let barrier = Barrier::new(2);
        let permits = [(); 2].map(|()| breaker.try_acquire().unwrap());
        std::thread::scope(|scope| {
            let outcomes = [Outcome::Success, Outcome::Failure];
            for (permit, outcome) in permits.into_iter().zip(outcomes) {
                let barrier = &barrier;
                scope.spawn(move || {
                    barrier.wait();
                    permit.report(outcome);
                });
            }
        });
        let snapshot = breaker.snapshot();
        let totals = snapshot.totals;
        match snapshot.state {
            // The failure came first, so the success was late.
            CircuitState::Open => {
                assert_eq!((totals.success, totals.failure, totals.late), (0, 3, 1));
                opened += 1;
            }
            // The success came first, so the failure began a new streak.
            CircuitState::Closed => {
                assert_eq!((totals.success, totals.failure, totals.late), (1, 3, 0));
                assert_eq!(snapshot.consecutive_failures, 1);
                reset += 1;
            }
            state => panic!("{state}"),
        }
    }
    assert_eq!(opened + reset, 2_000);
}

#[test]
fn fm_e5_of_two_settings_for_one_name_the_first_apply_and_both_places_are_reported() {
    let registry = Registry::new();
    let reported = Arc::new(Mutex::new(Vec::new()));
    registry.on_event({
        let reported = Arc::clone(&reported);
        move |event| {
            if let EventKind::Conflict { first, second } = event.kind() {
                reported.lock().unwrap().push((first.line(), second.line()));
            }
        }
    });
    let first = registry.get_or_register("one", fragile().build().unwrap());
    for _ in 0..3 {
        let other = registry.get_or_register("one", BreakerConfig::default());
        assert_eq!(other.config(), first.config());
    }
    let reported = reported.lock().unwrap();
    assert_eq!(reported.len(), 1);
    assert_eq!(reported[0].1, reported[0].0 + 2, "{reported:?}");
}

#[test]
fn fm_e5_annotated_functions_with_one_name_and_two_settings_are_reported_once() {
    #[circuit_breaker(name = "two settings", failure_threshold = 1)]
    async fn first() -> Option<()> {
        None
    }
    #[circuit_breaker(name = "two settings", failure_threshold = 9)]
    async fn second() -> Option<()> {
        Some(())
    }
    let mut events = Registry::global().subscribe(100_000);
    run(first());
    assert_eq!(run(second()), None, "the first threshold is effective");
    run(second());
    let mut conflicts = 0;
    while let Some(event) = events.try_next() {
        let is_conflict = matches!(event.kind(), EventKind::Conflict { .. });
        conflicts += usize::from(event.name() == "two settings" && is_conflict);
    }
    assert_eq!(conflicts, 1);
}

#[test]
fn fm_e6_a_name_that_is_registered_again_starts_with_a_new_breaker() {
    let registry = Registry::new();
    let config = fragile().build().unwrap();
    let old = registry.get_or_register("one", config.clone());
    fail(&old);
    assert!(registry.unregister(&old));
    let new = registry.get_or_register("one", config);
    assert_eq!((new.state(), old.state()), (CircuitState::Closed, CircuitState::Open));
    assert_eq!(new.snapshot().totals.failure, 0);
    assert!(!registry.unregister(&old), "it is not the registered breaker");
    assert!(registry.get("one").is_some());
}

#[test]
fn fm_e6_racing_register_unregister_and_lookup_see_one_breaker_or_no_breaker() {
    let registry = Registry::new();
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                for _ in 0..2_000 {
                    let breaker = registry.get_or_register("one", BreakerConfig::default());
                    succeed(&breaker);
                    registry.unregister(&breaker);
                }
            });
        }
        scope.spawn(|| {
            for _ in 0..2_000 {
                if let Some(breaker) = registry.get("one") {
                    succeed(&breaker);
                }
                assert!(registry.breakers().len() <= 1);
            }
        });
    });
    assert!(registry.get("one").is_none());
}

#[test]
fn fm_e6_a_breaker_that_races_to_be_registered_is_heard_exactly_if_it_is_registered() {
    let registry = Registry::new();
    let breaker = breaker(&fragile());
    let heard = Heard::default();
    registry.on_event(heard.listener());
    let barrier = Barrier::new(2);
    let (put_in, taken_out) =
        (|| drop(registry.register(&breaker)), || _ = registry.unregister(&breaker));
    // The loop collects mismatches, and the test checks them at the end. If the loop panicked, the
    // other thread would wait at the barrier for ever.
    let mut wrong = Vec::new();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for _ in 0..ROUNDS {
                barrier.wait();
                taken_out();
                barrier.wait();
            }
        });
        for round in 0..ROUNDS {
            // In even rounds, the breaker is registered before the other thread unregisters it. In
            // odd rounds, it is not registered at first.
            if round % 2 == 0 {
                put_in();
            }
            barrier.wait();
            put_in();
            barrier.wait();
            heard.take_steps();
            breaker.trip().unwrap();
            breaker.close();
            let is_in = registry.get("dependency").is_some();
            let reported = heard.take_steps().len();
            if reported != 2 * usize::from(is_in) {
                wrong.push((round, is_in, reported));
            }
            taken_out();
        }
    });
    assert_eq!(wrong, [], "(round, whether registered, events)");
}

#[test]
fn fm_e10_a_listener_may_ask_reset_and_call_its_breaker() {
    must_end(|| {
        let registry = Registry::new();
        let breaker = registry.get_or_register("one", fragile().build().unwrap());
        let heard = Heard::from(&breaker);
        registry.on_event({
            let registry = registry.clone();
            move |event| {
                let breaker = registry.get(event.name()).unwrap();
                if breaker.state() == CircuitState::Open {
                    rejection(&breaker);
                    breaker.close();
                    run(breaker.call(async || Some(()))).unwrap();
                    assert_eq!(registry.snapshot()[0].totals.success, 1);
                }
            }
        });
        fail(&breaker);
        assert_eq!(heard.steps(), [OPENED, CLOSED]);
        assert_eq!(breaker.snapshot().listener_panics, 0);
    });
}

#[test]
fn fm_e10_a_listener_may_call_the_function_whose_breaker_calls_it() {
    #[circuit_breaker(name = "called back", failure_threshold = 1)]
    fn call(works: bool) -> Result<(), Fault> {
        works.then_some(()).ok_or(Fault::Down)
    }
    must_end(|| {
        call(true).unwrap();
        let breaker = registered("called back");
        let answer = Arc::new(OnceLock::new());
        breaker.on_event({
            let answer = Arc::clone(&answer);
            move |_| _ = answer.set(call(true))
        });
        call(false).unwrap_err();
        assert!(matches!(answer.get(), Some(Err(Fault::Open(_)))));
    });
}

#[test]
fn fm_e11_a_listener_may_add_and_remove_listeners_and_drop_its_breaker() {
    must_end(|| {
        let registry = Registry::new();
        let breaker = registry.get_or_register("one", fragile().build().unwrap());
        let weak = breaker.clone();
        let handle = Mutex::new(Some(breaker));
        let own: Arc<OnceLock<ListenerId>> = Arc::default();
        let added = Heard::default();
        let id = weak.on_event({
            let (registry, own, added) = (registry.clone(), Arc::clone(&own), added.clone());
            move |_| {
                let Some(breaker) = handle.lock().unwrap().take() else {
                    return;
                };
                breaker.on_event(added.listener());
                assert!(breaker.remove_listener(*own.get().unwrap()));
                assert!(registry.unregister(&breaker));
            }
        });
        own.set(id).unwrap();
        weak.trip().unwrap();
        assert!(registry.breakers().is_empty());
        weak.close();
        assert_eq!(added.steps(), [CLOSED]);
        assert_eq!(weak.snapshot().listener_panics, 0);
    });
}

#[test]
fn fm_e12_a_slow_listener_delays_only_its_own_caller() {
    must_end(|| {
        let (breaker, clock) = on_clock(&fragile());
        let (enter, entered) = mpsc::channel();
        let (go_on, wait) = mpsc::channel::<()>();
        let wait = Mutex::new(Some(wait));
        breaker.on_event(move |_| {
            let wait = wait.lock().unwrap().take();
            if let Some(wait) = wait {
                enter.send(()).unwrap();
                wait.recv().unwrap();
            }
        });
        std::thread::scope(|scope| {
            let held_up = scope.spawn(|| fail(&breaker));
            entered.recv().unwrap();
            for _ in 0..100 {
                rejection(&breaker);
            }
            clock.advance(secs(10));
            succeed(&breaker);
            assert_eq!(breaker.state(), CircuitState::Closed);
            assert!(!held_up.is_finished());
            go_on.send(()).unwrap();
        });
    });
}

#[test]
fn fm_e13_every_listener_of_many_threads_hears_a_legal_sequence() {
    let config = fragile().recovery_time(Duration::ZERO).build().unwrap();
    let registry = Registry::new();
    let breaker = registry.get_or_register("one", config);
    let own = Heard::from(&breaker);
    let of_registry = Heard::default();
    registry.on_event(of_registry.listener());
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let breaker = &breaker;
            scope.spawn(move || {
                // All events of this test fit into the queue of the breaker, even if one thread
                // delivers all of them.
                for round in 0..30 {
                    if let Ok(permit) = breaker.try_acquire() {
                        permit.report([Outcome::Failure, Outcome::Success][(round + thread) % 2]);
                    }
                }
            });
        }
    });
    assert_eq!(breaker.snapshot().lost_events, 0);
    let steps = own.steps();
    assert_eq!(steps, of_registry.steps());
    assert_eq!(steps[0], OPENED);
    for pair in steps.windows(2) {
        assert_eq!(pair[0].1, pair[1].0, "{steps:?}");
    }
    for step in steps {
        let legal = [
            OPENED,
            (CircuitState::Open, CircuitState::HalfOpen),
            (CircuitState::HalfOpen, CircuitState::Open),
            (CircuitState::HalfOpen, CircuitState::Closed),
        ];
        assert!(legal.contains(&step), "{step:?}");
    }
}

#[test]
fn fm_e14_a_reset_while_a_probe_is_in_flight_makes_its_result_late() {
    for outcome in [Outcome::Success, Outcome::Failure, Outcome::Ignored] {
        let breaker = half_open(&fragile());
        let probe = breaker.try_acquire().unwrap();
        breaker.close();
        probe.report(outcome);
        let snapshot = breaker.snapshot();
        assert_eq!((snapshot.state, snapshot.consecutive_failures), (CircuitState::Closed, 0));
        assert_eq!((snapshot.totals.late, snapshot.probes_in_flight), (1, 0));
        fail(&breaker);
        assert_eq!(breaker.state(), CircuitState::Open);
    }
}

#[test]
fn fm_e15_two_attributes_nest_in_reading_order() {
    #[retry(max_retries = 2, base_delay = "0s")]
    #[circuit_breaker(breaker = breaker)]
    async fn each_attempt(breaker: &CircuitBreaker) -> Option<()> {
        None
    }
    #[circuit_breaker(breaker = breaker, order = explicit)]
    #[retry(max_retries = 2, base_delay = "0s")]
    async fn whole_loop(breaker: &CircuitBreaker) -> Option<()> {
        None
    }
    let settings = fragile().failure_threshold(9);
    let breakers = [(); 2].map(|()| breaker(&settings));
    run(each_attempt(&breakers[0]));
    run(whole_loop(&breakers[1]));
    let failures = breakers.map(|breaker| breaker.snapshot().totals.failure);
    assert_eq!(failures, [3, 1]);
}

#[test]
fn fm_e15_a_function_that_calls_itself_has_a_permit_for_each_call_and_no_deadlock() {
    #[retry(max_retries = 1, base_delay = "0s")]
    #[circuit_breaker(name = "recursive", failure_threshold = 9)]
    fn down(depth: u32) -> Result<u32, Fault> {
        match depth {
            0 => Ok(0),
            _ => Ok(down(depth - 1)? + 1),
        }
    }
    #[circuit_breaker(name = "recursive", failure_threshold = 9)]
    async fn down_async(depth: u32) -> Result<u32, Fault> {
        match depth {
            0 => Ok(0),
            _ => Ok(Box::pin(down_async(depth - 1)).await? + 1),
        }
    }
    must_end(|| {
        assert_eq!(down(10), Ok(10));
        assert_eq!(run(down_async(10)), Ok(10));
        let breaker = registered("recursive");
        assert_eq!(breaker.snapshot().totals.success, 22);
        // The outer call holds the only slot of the half-open breaker, and the inner calls use its
        // permit.
        for call in [|| down(3), || run(down_async(3))] {
            breaker.trip().unwrap();
            breaker.half_open().unwrap();
            assert_eq!(call(), Ok(3));
            let snapshot = breaker.snapshot();
            assert_eq!((snapshot.state, snapshot.probes_in_flight), (CircuitState::Closed, 0));
        }
    });
}

#[test]
fn fm_e15_a_setting_may_use_the_registry_and_other_annotated_functions() {
    static CALLED: AtomicBool = AtomicBool::new(false);
    #[circuit_breaker(name = "inner of a setting")]
    fn inner() -> Option<u32> {
        CALLED.store(true, SeqCst);
        Some(1)
    }
    fn threshold() -> u32 {
        assert!(Registry::global().get("outer of a setting").is_none());
        inner().unwrap()
    }
    #[circuit_breaker(name = "outer of a setting", failure_threshold = threshold())]
    fn outer() -> Option<()> {
        None
    }
    must_end(|| {
        outer();
        assert_eq!(registered("outer of a setting").state(), CircuitState::Open);
        assert!(CALLED.load(SeqCst));
    });
}
