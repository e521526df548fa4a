//! Many real threads and tasks use the same breakers. The models in `resilient-core/tests/loom` and
//! `shuttle.rs` try the interleavings of a few threads.

use std::sync::{Arc, Barrier, Mutex};
use std::thread;
use std::time::Duration;

use resilient::breaker::{CircuitState, Permit};
use resilient::events::EventKind;
use resilient::time::ManualClock;
use resilient::{BreakerConfig, CircuitBreaker, Outcome, Registry};

const SECOND: Duration = Duration::from_secs(1);

/// Runs `work` in `size` threads at once, passes each thread its index, and returns all results.
fn crowd<T: Send>(size: usize, work: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let start = Barrier::new(size);
    let (start, work) = (&start, &work);
    thread::scope(|scope| {
        let enter = |number| {
            scope.spawn(move || {
                start.wait();
                work(number)
            })
        };
        let threads: Vec<_> = (0..size).map(enter).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

/// Starts tasks that all request a permit at the same moment. Returns the permits of the admitted
/// tasks.
async fn stampede(breaker: &'static CircuitBreaker) -> Vec<Permit<'static>> {
    const TASKS: usize = 10_000;
    let start = Arc::new(tokio::sync::Barrier::new(TASKS));
    let tasks: Vec<_> = (0..TASKS)
        .map(|_| {
            let start = Arc::clone(&start);
            tokio::spawn(async move {
                start.wait().await;
                breaker.try_acquire().ok()
            })
        })
        .collect();
    let mut admitted = Vec::new();
    for task in tasks {
        admitted.extend(task.await.unwrap());
    }
    admitted
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn fm_e1_of_ten_thousand_tasks_at_the_half_open_instant_exactly_the_cap_is_admitted() {
    const CAP: u32 = 7;
    let clock = ManualClock::new();
    let config = BreakerConfig::builder()
        .recovery_time(SECOND)
        .half_open_max_calls(CAP)
        .half_open_successes(CAP);
    let breaker = CircuitBreaker::with_clock("dependency", config.build().unwrap(), clock.clone());
    let breaker: &CircuitBreaker = Box::leak(Box::new(breaker));
    for round in 1..=100 {
        breaker.trip().unwrap();
        clock.advance(SECOND);
        let admitted = stampede(breaker).await;
        assert_eq!(admitted.len(), CAP as usize);
        assert_eq!(breaker.snapshot().probes_in_flight, CAP as usize);
        assert_eq!(breaker.state(), CircuitState::HalfOpen);
        for permit in admitted {
            permit.report(Outcome::Success);
        }
        assert_eq!(breaker.state(), CircuitState::Closed);
        let seen = breaker.snapshot();
        assert_eq!(seen.transitions.half_opened, round);
        assert_eq!(seen.totals.rejected, round * (10_000 - u64::from(CAP)));
    }
}

#[test]
fn fm_e4_a_thousand_threads_that_declare_one_keyed_name_and_bring_its_keys_get_one_breaker_a_key() {
    const THREADS: usize = 1_000;
    const KEYS: usize = 50;
    let registry = Registry::new();
    crowd(THREADS, |_| {
        let shards = registry.get_or_register_keyed::<usize>("shards", BreakerConfig::default());
        for key in 0..KEYS {
            shards.get(&key).try_acquire().map(drop).unwrap();
        }
    });
    let shards = registry.get_keyed::<usize>("shards").unwrap();
    assert_eq!(shards.len(), KEYS);
    // If a key had a second breaker, this total would lack the calls of that breaker.
    for seen in shards.snapshot() {
        assert_eq!(seen.totals.abandoned, THREADS as u64);
    }
}

#[test]
fn fm_e16_of_two_to_sixty_four_threads_that_hammer_one_breaker_no_call_is_lost_or_counted_twice() {
    const CALLS: usize = 1_000;
    for size in [2, 4, 8, 16, 32, 64] {
        // With these settings, the circuit opens often, and an open circuit admits a probe at once.
        let config = BreakerConfig::builder()
            .failure_threshold(3)
            .recovery_time(Duration::ZERO)
            .build()
            .unwrap();
        let breaker = CircuitBreaker::new("dependency", config);
        let heard = Arc::new(Mutex::new(Vec::new()));
        let ear = Arc::clone(&heard);
        breaker.on_event(move |event| match event.kind() {
            EventKind::Transition(step) => ear.lock().unwrap().push(step.clone()),
            other => panic!("{other:?}"),
        });
        let admitted = crowd(size, |number| {
            let calls = (0..CALLS).map(|call| hammer(&breaker, number + call));
            calls.filter(|admitted| *admitted).count()
        });
        let admitted = admitted.iter().sum::<usize>();
        let seen = breaker.snapshot();
        let totals = seen.totals;
        let ended = totals.success + totals.failure + totals.ignored + totals.abandoned;
        assert_eq!(ended + totals.late, admitted as u64);
        assert_eq!(totals.rejected, (size * CALLS - admitted) as u64);
        assert_eq!(seen.probes_in_flight, 0);
        assert_eq!(seen.listener_panics, 0);
        let heard = heard.lock().unwrap();
        let gaps = heard.windows(2).filter(|pair| pair[0].to != pair[1].from);
        assert!(gaps.count() as u64 <= seen.lost_events);
        let steps = CircuitState::ALL.map(|state| seen.transitions.of(state));
        assert_eq!(heard.len() as u64 + seen.lost_events, steps.iter().sum());
    }
}

/// Makes a call whose outcome depends on `number`. Returns whether the call was admitted.
fn hammer(breaker: &CircuitBreaker, number: usize) -> bool {
    let Ok(permit) = breaker.try_acquire() else {
        return false;
    };
    match number % 8 {
        0..=2 => permit.report(Outcome::Failure),
        3..=5 => permit.report(Outcome::Success),
        6 => permit.report(Outcome::Ignored),
        _ => drop(permit),
    }
    true
}
