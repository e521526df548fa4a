//! Rule G7: several threads may register one breaker at the same time.

use std::sync::Barrier;

use resilient::__private::BudgetCallSite;
use resilient::breaker::CircuitState;
use resilient::{CircuitBreaker, Outcome, Registry};

use crate::support::budget::retry;
use crate::support::keyed::shards;
use crate::support::registry::{is_conflict, settings};
use resilient_testkit::{Heard, fragile};

#[test]
fn g07_threads_that_call_a_site_at_once_get_one_budget() {
    static SITE: BudgetCallSite = BudgetCallSite::new("sites/raced");
    let start = std::sync::Barrier::new(64);
    let mut addresses: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..64)
            .map(|_| {
                scope.spawn(|| {
                    start.wait();
                    let budget = SITE.budget().unwrap();
                    assert!(budget.tokens() > 0);
                    std::ptr::from_ref(budget).addr()
                })
            })
            .collect();
        let addresses = threads.into_iter().map(|thread| thread.join().unwrap());
        addresses.collect()
    });
    addresses.dedup();
    assert_eq!(addresses.len(), 1);
    assert!(retry(SITE.budget().unwrap()));
    assert_eq!(Registry::global().budget("sites/raced").unwrap().tokens(), 45);
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
        assert_eq!(totals.failure + totals.late + totals.rejected, THREADS as u64);
        assert_eq!(snapshot.transitions.opened, 1);
    }
    assert_eq!(shards.len(), 5);
}

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
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(registry.breakers().len(), 1);
    breakers[0].force_open();
    assert!(breakers.iter().all(|breaker| breaker.state() == CircuitState::ForcedOpen));
}

#[test]
fn g07_of_a_thousand_threads_with_different_settings_one_wins_and_one_conflict_is_reported() {
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
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
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
