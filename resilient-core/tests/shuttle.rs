//! Runs eight threads on one breaker in thousands of random schedules. Loom could not try every
//! interleaving of so many threads.
//!
//! ```text
//! RUSTFLAGS="--cfg shuttle" CARGO_TARGET_DIR=target/shuttle \
//!     cargo test --release -p resilient-core --no-default-features --test shuttle
//! ```
//!
//! Each model runs under random schedules and under schedules by random priorities (PCT).
//! `SHUTTLE_SCHEDULES` sets the number of schedules of each kind. Set a higher number before a
//! release.
//!
//! `.ci/mutants` proves that each model can fail.
#![cfg(shuttle)]

use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use resilient_core::breaker::{
    BreakerConfig, BreakerConfigBuilder, CircuitBreaker, CircuitState, Permit, Transition,
};
use resilient_core::event::EventKind;
use resilient_core::keyed::KeyedBreakers;
use resilient_core::registry::Registry;
use resilient_core::signal::Outcome;
use resilient_core::time::ManualClock;
use shuttle::rand::{Rng, thread_rng};
use shuttle::scheduler::{PctScheduler, RandomScheduler, Scheduler};
use shuttle::{Config, FailurePersistence, Runner, thread};

const THREADS: usize = 8;
const SECOND: Duration = Duration::from_secs(1);

/// Runs a model under both kinds of random schedules.
#[track_caller]
fn check(model: fn()) {
    let schedules = std::env::var("SHUTTLE_SCHEDULES").map_or(2_000, |text| text.parse().unwrap());
    run(RandomScheduler::new(schedules), model);
    run(PctScheduler::new(3, schedules), model);
}

fn run(scheduler: impl Scheduler + 'static, model: fn()) {
    let mut config = Config::new();
    config.stack_size = 1 << 18;
    config.failure_persistence = FailurePersistence::None;
    Runner::new(scheduler, config).run(model);
}

#[track_caller]
fn holds(condition: bool, what: &str, seen: &impl std::fmt::Debug) {
    assert!(condition, "broken: {what}: {seen:#?}");
}

/// Runs `work` in eight threads and waits until they end.
fn in_threads(work: impl Fn(usize) + Send + Sync + 'static) {
    let work = Arc::new(work);
    let threads: Vec<_> = (0..THREADS)
        .map(|number| {
            let work = Arc::clone(&work);
            thread::spawn(move || work(number))
        })
        .collect();
    for each in threads {
        each.join().unwrap();
    }
}

fn config() -> BreakerConfigBuilder {
    BreakerConfig::builder().recovery_time(SECOND)
}

const MOST_PROBES: u32 = 2;

/// Returns settings of one of four kinds. All kinds but 1 and 2 open the circuit after two
/// consecutive failures. Kind 1 opens it at a failure rate of one half, and kind 2 at two failures
/// in a window of time. Kind 3 also opens it if all calls in the window are slow.
fn settings(kind: u32) -> BreakerConfigBuilder {
    let probes = config().half_open_max_calls(MOST_PROBES).half_open_successes(2);
    match kind {
        0 => probes.failure_threshold(2),
        1 => probes.window(3).failure_rate(0.5).min_calls(2),
        2 => probes.window(SECOND).failure_count(2),
        _ => probes.window(2).slow_call(SECOND).slow_call_rate(1.0).failure_threshold(2),
    }
}

/// A breaker, its registry, its clock, the transitions that its listener received, and how many
/// calls it admitted and rejected.
struct Scene {
    registry: Registry,
    breaker: CircuitBreaker,
    clock: ManualClock,
    admitted: AtomicU64,
    rejected: AtomicU64,
    heard: Mutex<Vec<Transition>>,
}

impl Scene {
    fn new() -> Arc<Self> {
        let clock = ManualClock::new();
        let breaker =
            CircuitBreaker::with_clock("dependency", settings(0).build().unwrap(), clock.clone());
        let registry = Registry::new();
        registry.register(&breaker).unwrap();
        let scene = Arc::new(Self {
            registry,
            breaker,
            clock,
            admitted: AtomicU64::new(0),
            rejected: AtomicU64::new(0),
            heard: Mutex::default(),
        });
        let ear = Arc::downgrade(&scene);
        scene.breaker.on_event(move |event| {
            // Lets another thread run at this point.
            thread::yield_now();
            if let (EventKind::Transition(step), Some(scene)) = (event.kind(), ear.upgrade()) {
                scene.heard.lock().unwrap().push(step.clone());
            }
        });
        scene
    }

    /// Performs random operations on the breaker.
    fn wander(&self) {
        let mut held: Vec<Permit<'_>> = Vec::new();
        for _ in 0..8 {
            match thread_rng().gen_range(0..16) {
                0..6 => match self.breaker.try_acquire() {
                    Ok(permit) => {
                        self.admitted.fetch_add(1, SeqCst);
                        held.push(permit);
                    }
                    Err(_) => drop(self.rejected.fetch_add(1, SeqCst)),
                },
                6..8 => report(held.pop(), Outcome::Success),
                8..10 => report(held.pop(), Outcome::Failure),
                10 => report(held.pop(), Outcome::Ignored),
                11 => drop(held.pop()),
                12 => self.clock.advance(SECOND),
                13 => self.breaker.close(),
                14 => self.breaker.trip().unwrap(),
                _ => self.reconfigure(),
            }
            self.look();
        }
    }

    fn reconfigure(&self) {
        let settings = settings(thread_rng().gen_range(0..4));
        self.registry.override_breaker("dependency", settings).unwrap();
    }

    fn look(&self) {
        let seen = self.breaker.snapshot();
        let most = MOST_PROBES as usize;
        holds(seen.probes_in_flight <= most, "there are at most as many probes as slots", &seen);
        holds(seen.recent.windows(2).all(follows), "the history has no gap", &seen);
    }

    fn at_rest(&self) {
        let seen = self.breaker.snapshot();
        let totals = seen.totals;
        let ended = totals.success + totals.failure + totals.ignored + totals.abandoned;
        holds(
            ended + totals.late == self.admitted.load(SeqCst),
            "each admitted call is counted",
            &seen,
        );
        holds(
            totals.rejected == self.rejected.load(SeqCst),
            "each rejected call is counted",
            &seen,
        );
        holds(seen.probes_in_flight == 0, "all slots are free", &seen);
        holds(
            self.breaker.state() == seen.state,
            "the state word shows the machine's state",
            &seen,
        );
        let heard = self.heard.lock().unwrap();
        holds(heard.windows(2).all(follows), "the events have no gap", &heard);
        let recent = &heard[heard.len().saturating_sub(seen.recent.len())..];
        // The history also shows an end that was moved after the event.
        let step = |step: &Transition| (step.at, step.from, step.to, step.reason);
        let matches = recent.iter().map(step).eq(seen.recent.iter().map(step));
        holds(matches, "the events match the history", &(recent, &seen));
        let steps = CircuitState::ALL.map(|state| seen.transitions.of(state)).iter().sum::<u64>();
        holds(heard.len() as u64 == steps, "each transition has one event", &heard);
    }
}

fn report(permit: Option<Permit<'_>>, outcome: Outcome) {
    if let Some(permit) = permit {
        permit.report(outcome);
    }
}

/// Returns whether the second transition follows the first and is legal.
fn follows(steps: &[Transition]) -> bool {
    let [one, next] = steps else { return false };
    let can_be = match (next.from, next.to) {
        (CircuitState::Closed, to) => to == CircuitState::Open,
        (CircuitState::Open, to) => to == CircuitState::HalfOpen || to == CircuitState::Closed,
        (CircuitState::HalfOpen, to) => to == CircuitState::Open || to == CircuitState::Closed,
        _ => false,
    };
    can_be && one.to == next.from
}

#[test]
fn fm_e16_eight_threads_that_do_everything_leave_exact_totals_and_a_legal_record() {
    check(|| {
        let scene = Scene::new();
        let in_thread = Arc::clone(&scene);
        in_threads(move |_| in_thread.wander());
        scene.at_rest();
    });
}

#[test]
fn b10_no_instant_sees_more_probes_than_slots() {
    check(|| {
        let clock = ManualClock::new();
        let config = config().half_open_max_calls(3).half_open_successes(3).build().unwrap();
        let breaker = CircuitBreaker::with_clock("dependency", config, clock.clone());
        breaker.trip().unwrap();
        clock.advance(SECOND);
        let inside = Arc::new(AtomicU64::new(0));
        let left = Arc::clone(&inside);
        let watched = breaker.clone();
        in_threads(move |number| {
            for turn in 0..3 {
                let Ok(permit) = breaker.try_acquire() else {
                    continue;
                };
                let now_inside = inside.fetch_add(1, SeqCst) + 1;
                holds(now_inside <= 3, "at most three calls are in flight", &now_inside);
                thread::yield_now();
                inside.fetch_sub(1, SeqCst);
                match (number + turn) % 2 {
                    0 => drop(permit),
                    _ => permit.report(Outcome::Ignored),
                }
            }
        });
        let seen = watched.snapshot();
        let slots = seen.probes_in_flight;
        holds(left.load(SeqCst) == 0 && slots == 0 && seen.in_flight == 0, "all left", &seen);
        holds(seen.state == CircuitState::HalfOpen, "the round is undecided", &seen);
    });
}

#[test]
fn g07_eight_threads_that_bring_the_same_three_keys_get_three_breakers() {
    check(|| {
        let config = config().max_keys(3).build().unwrap();
        let shards = KeyedBreakers::<usize>::with_clock("shards", config, ManualClock::new());
        let found = shards.clone();
        in_threads(move |number| {
            for key in 0..3 {
                let breaker = found.get(&((number + key) % 3));
                report(breaker.try_acquire().ok(), Outcome::Failure);
            }
        });
        holds(shards.len() == 3, "there are three breakers", &shards);
        for seen in shards.snapshot() {
            let calls = seen.totals.failure + seen.totals.late + seen.totals.rejected;
            holds(calls == THREADS as u64, "each call went to the breaker of its key", &seen);
        }
    });
}
