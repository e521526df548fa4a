//! Tries every interleaving of two or three threads on one breaker, and every value that each
//! thread may read.
//!
//! ```text
//! RUSTFLAGS="--cfg loom" CARGO_TARGET_DIR=target/loom \
//!     cargo test --release -p resilient-core --no-default-features --test loom
//! ```
//!
//! `.ci/mutants` applies the patches in `mutants/`, which proves that each model can fail. A model
//! tries all interleavings, unless it limits the number of preemptions. `LOOM_MAX_PREEMPTIONS=4`
//! replaces this limit.
//!
//! The state word, the lock, the counters, and the locks of a keyed group, of a registry and of a
//! retry are loom types. The lists of listeners, each `OnceLock` and `Arc`, and the clock are types
//! of the standard library, and loom does not interleave their operations. In these models, loom
//! never switches to a thread that uses such an object while another thread holds or changes it.
#![cfg(loom)]

mod budget;
mod in_flight;
mod leases;
mod nested;
mod pending;
mod retries;
mod waits;

use std::sync::{Arc, Mutex as StdMutex};
use std::time::Duration;

use self::pending::with_slot;
use loom::sync::Mutex;
use loom::sync::atomic::{AtomicBool, Ordering};
use loom::thread::{self, JoinHandle};
use resilient_core::__private::{HandOver, in_order, own_stripe};
use resilient_core::breaker::{
    BreakerConfig, BreakerConfigBuilder, CircuitBreaker, CircuitState, OperatorMode, Permit,
};
use resilient_core::event::EventKind;
use resilient_core::keyed::KeyedBreakers;
use resilient_core::registry::{BreakerOverride, Registry};
use resilient_core::signal::Outcome;
use resilient_core::time::ManualClock;

const SECOND: Duration = Duration::from_secs(1);

/// Runs a model twice. Both runs try all interleavings. In the first run, each load returns the
/// newest value. In the second run, loads may also return older values. See `src/platform/sync.rs`.
#[track_caller]
fn check(model: fn()) {
    check_up_to(None, model);
}

/// Runs a model with at most this many preemptions. `LOOM_MAX_PREEMPTIONS` replaces the limit.
#[track_caller]
fn check_up_to(preemptions: Option<usize>, model: fn()) {
    let mut checker = loom::model::Builder::new();
    // The breaker reads a hundred counters to find overdue calls, and each read is a branch.
    checker.max_branches = 10_000;
    let given = checker.preemption_bound;
    checker.preemption_bound = preemptions.map(|few| given.unwrap_or(few));
    in_order(|| checker.check(model));
    checker.check(model);
}

#[track_caller]
fn holds(condition: bool, what: &str, seen: &impl std::fmt::Debug) {
    assert!(condition, "broken: {what}: {seen:#?}");
}

fn config() -> BreakerConfigBuilder {
    BreakerConfig::builder().recovery_time(SECOND)
}

/// Creates a breaker and leaks it, so that permits can move to other threads. The leak is small,
/// and the process ends soon.
fn closed(config: &BreakerConfigBuilder) -> (&'static CircuitBreaker, ManualClock) {
    let clock = ManualClock::new();
    let breaker = CircuitBreaker::with_clock("dependency", config.build().unwrap(), clock.clone());
    (Box::leak(Box::new(breaker)), clock)
}

/// Creates a breaker whose open time is over, so that the next call is a probe.
fn due(config: &BreakerConfigBuilder) -> &'static CircuitBreaker {
    let (breaker, clock) = closed(config);
    breaker.trip().unwrap();
    clock.advance(SECOND);
    breaker
}

/// Makes a call. Returns whether the breaker admitted it.
fn call(breaker: &CircuitBreaker, outcome: Outcome) -> bool {
    let permit = breaker.try_acquire();
    permit.map(|permit| permit.report(outcome)).is_ok()
}

fn succeed(breaker: &CircuitBreaker) -> bool {
    call(breaker, Outcome::Success)
}

fn fail(breaker: &CircuitBreaker) -> bool {
    call(breaker, Outcome::Failure)
}

fn spawn<T: 'static>(run: impl FnOnce() -> T + 'static) -> JoinHandle<T> {
    thread::spawn(run)
}

fn both<A: 'static, B: 'static>(
    one: impl FnOnce() -> A + 'static,
    other: impl FnOnce() -> B + 'static,
) -> (A, B) {
    let (one, other) = (spawn(one), spawn(other));
    (one.join().unwrap(), other.join().unwrap())
}

#[test]
fn fm_e3_success_and_failure_at_the_threshold_have_an_order() {
    check_up_to(Some(3), || {
        let (breaker, _) = closed(&config().failure_threshold(2));
        fail(breaker);
        both(|| succeed(breaker), || fail(breaker));
        let seen = breaker.snapshot();
        let counts = (seen.totals.success, seen.totals.late, seen.totals.rejected);
        holds(seen.totals.failure == 2, "both failures are counted", &seen);
        holds(breaker.state() == seen.state, "the state word shows the machine's state", &seen);
        if seen.state == CircuitState::Closed {
            let first = (seen.consecutive_failures, counts) == (1, (1, 0, 0));
            holds(first, "the success came first", &seen);
            succeed(breaker);
            let seen = breaker.snapshot();
            holds(seen.consecutive_failures == 0, "the success ended the streak", &seen);
        } else {
            let after = [(0, 1, 0), (0, 0, 1)].contains(&counts);
            holds(seen.state == CircuitState::Open && after, "the failure came first", &seen);
            holds(!succeed(breaker), "an open circuit rejects", &seen);
        }
    });
}

#[test]
fn b03_a_success_after_a_reset_by_another_thread_is_late_and_changes_nothing() {
    check(|| {
        let (breaker, _) = closed(&config().failure_threshold(2));
        let permit = breaker.try_acquire().unwrap();
        let reset = Arc::new(AtomicBool::new(false));
        let seen_by_caller = Arc::clone(&reset);
        let (was_reset, ()) = both(
            move || {
                let was_reset = seen_by_caller.load(Ordering::Acquire);
                permit.report(Outcome::Success);
                was_reset
            },
            move || {
                breaker.close();
                reset.store(true, Ordering::Release);
                fail(breaker);
            },
        );
        let seen = breaker.snapshot();
        holds(seen.consecutive_failures == 1, "the failure of the new state is recorded", &seen);
        holds(seen.totals.success + seen.totals.late == 1, "the call is counted once", &seen);
        holds(!was_reset || seen.totals.late == 1, "the failure after the reset is late", &seen);
    });
}

#[test]
fn b03_a_failure_from_before_a_reset_does_not_open_the_circuit_after_it() {
    check(|| {
        let (breaker, _) = closed(&config().failure_threshold(1));
        let permit = breaker.try_acquire().unwrap();
        both(move || permit.report(Outcome::Failure), || breaker.close());
        let seen = breaker.snapshot();
        holds(
            seen.state == CircuitState::Closed,
            "the reset came last, or the failure was late",
            &seen,
        );
        holds(seen.totals.failure + seen.totals.late == 1, "the call is counted once", &seen);
        holds(
            seen.totals.failure == seen.transitions.opened,
            "a failure before the reset opened the circuit",
            &seen,
        );
    });
}

#[test]
fn b10_half_open_admits_exactly_its_one_slot_of_two_threads() {
    check(|| {
        let breaker = due(&config());
        let probe = || breaker.try_acquire().map(std::mem::forget).is_ok();
        let (one, other) = both(probe, probe);
        let seen = breaker.snapshot();
        holds(one != other, "one of two calls is admitted", &seen);
        admitted_in_one_round(1, breaker);
    });
}

#[test]
fn b10_half_open_admits_exactly_its_two_slots_of_three_threads() {
    check_up_to(Some(3), || {
        let breaker = due(&config().half_open_max_calls(2).half_open_successes(2));
        let probe = || breaker.try_acquire().map(std::mem::forget).is_ok();
        let third = spawn(probe);
        let (one, other) = both(probe, probe);
        let admitted = [one, other, third.join().unwrap()];
        let count = admitted.iter().filter(|admitted| **admitted).count();
        holds(count == 2, "two of three calls are admitted", &admitted);
        admitted_in_one_round(2, breaker);
    });
}

/// Asserts that exactly one round began, that `count` probes have a slot, and that one call was
/// rejected.
fn admitted_in_one_round(count: usize, breaker: &CircuitBreaker) {
    let seen = breaker.snapshot();
    holds(seen.probes_in_flight == count, "each admitted call has a slot", &seen);
    holds(seen.totals.rejected == 1, "the other call is rejected", &seen);
    holds(seen.transitions.half_opened == 1, "one round began", &seen);
}

#[test]
fn b02_the_slot_of_a_cancelled_probe_is_free_again() {
    check(|| {
        let breaker = due(&config());
        let ((), held) = both(
            || drop(breaker.try_acquire()),
            || breaker.try_acquire().map(std::mem::forget).is_ok(),
        );
        let seen = breaker.snapshot();
        holds(seen.probes_in_flight == usize::from(held), "the dropped probe has no slot", &seen);
        holds(seen.state == CircuitState::HalfOpen, "the round is undecided", &seen);
        holds(breaker.try_acquire().is_ok() != held, "a free slot can be taken", &seen);
    });
}

#[test]
fn b10_of_two_probes_that_disagree_the_first_decides() {
    check(|| {
        let config = config().half_open_max_calls(2).half_open_successes(1);
        let breaker = due(&config.half_open_failures(1));
        // The success closes the circuit. If the failure comes first, it is the one failure that
        // the round tolerates. If the failure comes second, it is late, and the closed circuit does
        // not record it.
        let probe: fn(&'static CircuitBreaker) -> Permit<'static> =
            |breaker| breaker.try_acquire().unwrap();
        let (one, other) = (probe(breaker), probe(breaker));
        both(move || one.report(Outcome::Success), move || other.report(Outcome::Failure));
        let seen = breaker.snapshot();
        holds(
            seen.state == CircuitState::Closed && seen.consecutive_failures == 0,
            "one success closes the circuit",
            &seen,
        );
        holds(seen.totals.failure + seen.totals.late == 1, "the failure is counted once", &seen);
    });
}

#[test]
fn b05_a_full_window_without_failures_takes_in_a_failure_beside_a_success() {
    check(|| {
        let (breaker, _) = closed(&config().window(2).failure_count(2));
        succeed(breaker);
        succeed(breaker);
        both(|| succeed(breaker), || fail(breaker));
        let window = breaker.snapshot().window.unwrap();
        holds((window.calls, window.failures) == (2, 1), "the failure is in the window", &window);
        succeed(breaker);
        succeed(breaker);
        let seen = breaker.snapshot();
        holds(
            seen.window.unwrap().failures == 0,
            "after two successes the failure has left the window",
            &seen,
        );
        holds((seen.totals.success, seen.totals.failure) == (5, 1), "the totals are exact", &seen);
    });
}

#[test]
fn b05_a_window_that_is_filling_takes_in_every_success() {
    check(|| {
        let (breaker, _) = closed(&config().window(3).failure_rate(0.5).min_calls(3));
        both(|| succeed(breaker), || succeed(breaker));
        let seen = breaker.snapshot();
        holds(seen.window.unwrap().calls == 2, "both calls are in the window", &seen);
        fail(breaker);
        holds(
            breaker.state() == CircuitState::Closed,
            "one failure of three is less than half",
            &seen,
        );
        fail(breaker);
        holds(
            breaker.state() == CircuitState::Open,
            "two failures of three are more than half",
            &seen,
        );
    });
}

#[test]
fn b05_a_window_of_time_takes_in_every_success() {
    check_up_to(Some(3), || {
        let (breaker, _) = closed(&config().window(2 * SECOND).failure_rate(0.5).min_calls(3));
        both(|| succeed(breaker), || fail(breaker));
        let window = breaker.snapshot().window.unwrap();
        holds((window.calls, window.failures) == (2, 1), "both calls are in the window", &window);
    });
}

#[test]
fn b05_a_call_that_reads_the_clock_early_and_locks_late_moves_no_bucket_back() {
    check(|| {
        let config = config().window(2 * SECOND).window_buckets(2).failure_count(4);
        let (breaker, clock) = closed(&config);
        let later = clock.clone();
        both(
            || fail(breaker),
            move || {
                later.advance(SECOND);
                fail(breaker);
            },
        );
        clock.advance(SECOND);
        fail(breaker);
        // The first failure is counted in either of two buckets, depending on the order of the
        // threads. The earlier bucket has left the window. The later bucket, which contains the
        // second failure, is still in the window.
        let window = breaker.snapshot().window.unwrap();
        holds([2, 3].contains(&window.failures), "no recent failure is lost", &window);
    });
}

#[test]
fn b14_two_threads_deliver_each_transition_once_and_in_order() {
    check(|| {
        let (breaker, _) = closed(&config());
        let heard = Arc::new(Mutex::new(Vec::new()));
        let ear = Arc::clone(&heard);
        breaker.on_event(move |event| match event.kind() {
            EventKind::Transition(step) => ear.lock().unwrap().push(step.clone()),
            other => panic!("{other:?}"),
        });
        both(|| breaker.force_open(), || breaker.disable());
        let seen = breaker.snapshot();
        let heard = heard.lock().unwrap().clone();
        holds(seen.recent.len() == 2, "both transitions happened", &seen);
        holds(heard == seen.recent, "the events are in order", &heard);
    });
}

#[test]
fn b06_a_clean_breaker_that_times_its_calls_notices_the_slow_one() {
    check_up_to(Some(3), || {
        let (breaker, clock) = closed(&config().window(2).slow_call(SECOND).slow_call_rate(1.0));
        own_stripe(0);
        succeed(breaker);
        succeed(breaker);
        let slow = breaker.try_acquire().unwrap();
        clock.advance(SECOND);
        let fast = breaker.try_acquire().unwrap();
        both(
            with_slot(0, move || slow.report(Outcome::Success)),
            with_slot(1, move || fast.report(Outcome::Success)),
        );
        let seen = breaker.snapshot();
        let window = seen.window.unwrap();
        holds((seen.totals.success, seen.totals.slow) == (4, 1), "one of four was slow", &seen);
        holds((window.calls, window.slow) == (2, 1), "the call is in the window", &seen);
    });
}

#[test]
fn g02_after_an_override_that_times_calls_beside_a_success_calls_are_timed() {
    check(|| {
        let (breaker, clock) = closed(&config());
        let timed = config().window(2).slow_call(SECOND).slow_call_rate(1.0);
        both(|| succeed(breaker), move || reconfigure(breaker, timed));
        let permit = breaker.try_acquire().unwrap();
        clock.advance(SECOND);
        permit.report(Outcome::Success);
        let seen = breaker.snapshot();
        holds((seen.totals.success, seen.totals.slow) == (2, 1), "the second call was slow", &seen);
    });
}

#[test]
fn g02_an_override_of_the_threshold_beside_a_failure_holds_from_some_failure_on() {
    check(|| {
        let (breaker, _) = closed(&config().failure_threshold(3));
        fail(breaker);
        let lower = config().failure_threshold(2);
        both(|| fail(breaker), move || reconfigure(breaker, lower));
        let seen = breaker.snapshot();
        holds(breaker.state() == seen.state, "the state word shows the machine's state", &seen);
        // The override itself never opens the circuit. The breaker evaluates the new threshold at
        // the next counted call.
        if seen.state == CircuitState::Closed {
            holds(seen.consecutive_failures == 2, "the failure came first", &seen);
            fail(breaker);
        }
        holds(breaker.state() == CircuitState::Open, "the new threshold opens the circuit", &seen);
    });
}

#[test]
fn g02_of_two_overrides_at_once_the_last_one_holds() {
    check(|| {
        let (breaker, _) = closed(&config());
        let registry = Box::leak(Box::new(Registry::new()));
        registry.register(breaker).unwrap();
        let override_with = |failures: u32| {
            let what = config().failure_threshold(failures);
            registry.override_breaker("dependency", what).unwrap();
        };
        both(move || override_with(2), move || override_with(3));
        let said = registry.overrides().breakers["dependency"].settings.clone();
        let holding = breaker.config();
        holds(holding == said.build().unwrap(), "the last override is effective", &holding);
    });
}

#[test]
fn g02_an_override_that_forces_open_beside_a_failure_wins() {
    check(|| {
        let (breaker, _) = closed(&config().failure_threshold(2));
        both(|| fail(breaker), || reconfigure(breaker, OperatorMode::ForcedOpen));
        let seen = breaker.snapshot();
        holds(
            seen.state == CircuitState::ForcedOpen,
            "the circuit is forced open in any order",
            &seen,
        );
        holds(breaker.state() == seen.state && !succeed(breaker), "the state word shows it", &seen);
    });
}

/// Overrides the settings of the breaker.
fn reconfigure(breaker: &CircuitBreaker, what: impl Into<BreakerOverride>) {
    let registry = Registry::new();
    registry.register(breaker).unwrap();
    registry.override_breaker("dependency", what).unwrap();
}

#[test]
fn b13_at_rest_each_call_is_in_exactly_one_total() {
    check_up_to(Some(3), || {
        let (breaker, _) = closed(&config().failure_threshold(3));
        both(
            || {
                succeed(breaker);
                fail(breaker);
            },
            || {
                succeed(breaker);
                drop(breaker.try_acquire());
            },
        );
        let totals = breaker.snapshot().totals;
        let counts = (totals.success, totals.failure, totals.abandoned, totals.late);
        holds(counts == (2, 1, 1, 0), "each outcome is counted", &totals);
    });
}

#[test]
fn b13_at_rest_each_call_beside_a_reset_is_in_exactly_one_total() {
    check_up_to(Some(3), || {
        let (breaker, _) = closed(&config());
        both(
            || succeed(breaker),
            || {
                succeed(breaker);
                breaker.close();
                call(breaker, Outcome::Ignored);
            },
        );
        let totals = breaker.snapshot().totals;
        let ended = totals.success + totals.late;
        holds((ended, totals.ignored) == (2, 1), "each call is counted once", &totals);
    });
}

#[test]
fn b17_a_stripe_that_passes_to_another_thread_loses_no_count() {
    check(|| {
        let count = Arc::new(HandOver::new());
        let (one, other) = (Arc::clone(&count), Arc::clone(&count));
        both(
            move || (one.count_one(), one.count_one()),
            move || (other.count_one(), other.count_one()),
        );
        holds(count.sum() == 4, "all calls are counted", &count);
    });
}

#[test]
fn g07_two_threads_that_bring_the_same_new_key_get_one_breaker() {
    check(|| {
        let shards = keyed(2);
        let (one, other) = both(|| shards.get(&1), || shards.get(&1));
        one.force_open();
        holds(
            other.state() == CircuitState::ForcedOpen,
            "both threads get the same breaker",
            &other,
        );
        holds(shards.len() == 1, "there is one breaker", &shards);
    });
}

#[test]
fn fm_e8_a_new_key_never_evicts_an_open_breaker() {
    check(|| {
        let shards = keyed(1);
        fail(&shards.get(&1));
        let (admitted, other) = both(|| succeed(&shards.get(&1)), || shards.get(&2));
        holds(!admitted && !succeed(&shards.get(&1)), "key 1 stays open", &shards.get(&1));
        holds(succeed(&other), "the second breaker is another one", &other);
    });
}

#[test]
fn g04_a_key_that_comes_after_a_closing_finds_the_closed_breakers_place() {
    check(|| {
        let shards = keyed(1);
        fail(&shards.get(&1));
        both(|| shards.get(&1).close(), || drop(shards.get(&2)));
        let third = shards.get(&3);
        holds(third.key() == Some("3"), "the key has its own breaker", &third);
    });
}

#[test]
fn g04_a_registry_that_comes_while_the_shared_breaker_is_made_hears_it() {
    // The shared breaker is in a `OnceLock`, which is not a loom type, so loom does not try every
    // order here. This model may miss its mutant (see `.ci/mutants`), but the next model detects
    // it.
    check_up_to(Some(3), || {
        let shards = keyed(1);
        fail(&shards.get(&1));
        let heard = Arc::new(StdMutex::new(Vec::new()));
        let ear = Arc::clone(&heard);
        let registry = Registry::new();
        registry.on_event(move |event| ear.lock().unwrap().push(event.key().map(str::to_owned)));
        let keep = registry.clone();
        let (other, ()) = both(|| shards.get(&2), move || registry.register_keyed(shards).unwrap());
        other.force_open();
        drop(keep);
        let heard = heard.lock().unwrap();
        let reported = heard.iter().flatten().any(|key| key == "(other keys)");
        holds(reported, "the registry received the event", &heard);
    });
}

#[test]
fn g05_a_mode_for_all_keys_reaches_the_shared_breaker_that_is_being_made() {
    check(|| {
        let shards = keyed(1);
        fail(&shards.get(&1));
        let registry = Registry::new();
        registry.register_keyed(shards).unwrap();
        let (other, ()) = both(|| shards.get(&2), move || registry.all().force_open());
        holds(other.state() == CircuitState::ForcedOpen, "the shared breaker is included", &other);
    });
}

/// Creates keyed breakers and leaks them, so that threads can borrow them.
fn keyed(max_keys: u32) -> &'static KeyedBreakers<u32> {
    let config = config().failure_threshold(1).max_keys(max_keys);
    let config = config.build().unwrap();
    Box::leak(Box::new(KeyedBreakers::with_clock("shards", config, ManualClock::new())))
}
