//! G7: many threads that ask for one new name.

use std::sync::Barrier;

use resilient::breaker::CircuitState;
use resilient::{CircuitBreaker, Registry};

use super::{is_conflict, settings};
use crate::support::{Heard, fragile};

#[test]
fn g07_a_thousand_threads_asking_for_one_new_name_get_one_breaker() {
    const THREADS: usize = 1_000;
    let registry = Registry::new();
    let start = Barrier::new(THREADS);
    let breakers: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS)
            .map(|_| {
                scope.spawn(|| {
                    start.wait();
                    registry.get_or_register("payments", settings())
                })
            })
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect()
    });
    assert_eq!(registry.breakers().len(), 1);
    breakers[0].force_open();
    assert!(
        breakers
            .iter()
            .all(|breaker| breaker.state() == CircuitState::ForcedOpen)
    );
}

#[test]
fn g07_of_a_thousand_threads_with_different_settings_one_wins_and_one_conflict_is_told() {
    const THREADS: u32 = 1_000;
    let registry = Registry::new();
    let heard = Heard::default();
    registry.on_event(heard.listener());
    let start = Barrier::new(THREADS as usize);
    let configs: Vec<_> = std::thread::scope(|scope| {
        let (registry, start) = (&registry, &start);
        let threads: Vec<_> = (1..=THREADS)
            .map(|threshold| {
                scope.spawn(move || {
                    let config = fragile().failure_threshold(threshold).build().unwrap();
                    start.wait();
                    registry.get_or_register("payments", config).config()
                })
            })
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect()
    });
    assert!(configs.windows(2).all(|pair| pair[0] == pair[1]));
    assert_eq!(heard.count(is_conflict), 1);
}

#[test]
fn g07_of_a_thousand_threads_registering_one_name_one_gets_it() {
    const THREADS: usize = 1_000;
    let registry = Registry::new();
    let start = Barrier::new(THREADS);
    let taken = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS)
            .map(|_| {
                scope.spawn(|| {
                    let owned = CircuitBreaker::new("tenant", settings());
                    start.wait();
                    registry.register(&owned).is_err()
                })
            })
            .collect();
        let results = threads.into_iter().map(|thread| thread.join().unwrap());
        results.filter(|is_taken| *is_taken).count()
    });
    assert_eq!(taken, THREADS - 1);
}
