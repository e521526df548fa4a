//! Rule G8: if one lease ends while another one begins, the breaker loses no failure.

use std::sync::Barrier;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use resilient::breaker::CircuitState;
use resilient::budget::BudgetConfig;
use resilient::{BreakerConfig, Registry};

use crate::support::budget::retry;
use resilient_testkit::fail;

const THREADS: u32 = 8;
const ROUNDS: u32 = 200;

fn in_threads(work: impl Fn(u32) + Sync) {
    let start = Barrier::new(THREADS as usize);
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let (work, start) = (&work, &start);
            scope.spawn(move || {
                start.wait();
                work(thread);
            });
        }
    });
}

#[test]
fn g08_failures_of_racing_leases_all_count_in_one_breaker() {
    let config = BreakerConfig::builder().failure_threshold(THREADS).build().unwrap();
    for _ in 0..ROUNDS {
        let registry = Registry::new();
        in_threads(|_| {
            // These leases make no calls, so their breakers are like new ones and leave the
            // registry with the last lease.
            for _ in 0..4 {
                drop(registry.lease("single", config.clone()));
                drop(registry.lease_keyed::<u32>("keyed", config.clone()).get(&7));
            }
            fail(&registry.lease("single", config.clone()));
            fail(&registry.lease_keyed::<u32>("keyed", config.clone()).get(&7));
        });
        let single = registry.get("single").unwrap();
        let keyed = registry.get_keyed::<u32>("keyed").unwrap().get(&7);
        assert_eq!((single.state(), keyed.state()), (CircuitState::Open, CircuitState::Open));
    }
}

#[test]
fn g08_racing_leases_of_a_budget_take_only_its_tokens() {
    for _ in 0..ROUNDS {
        let registry = Registry::new();
        let granted = AtomicU32::new(0);
        in_threads(|_| {
            for _ in 0..4 {
                let budget = registry.lease_budget("dependency", BudgetConfig::default());
                granted.fetch_add(u32::from(retry(&budget)), Relaxed);
            }
        });
        assert_eq!(granted.into_inner(), 10, "fifty initial tokens at five each");
    }
}

#[test]
fn g08_racing_leases_of_a_healthy_dependency_leave_nothing() {
    let registry = Registry::new();
    in_threads(|thread| {
        for round in 0..ROUNDS {
            let name = format!("{} {}", round % 3, thread % 2);
            drop(registry.lease(&name, BreakerConfig::default()));
            drop(registry.lease_keyed::<u32>(&name, BreakerConfig::default()).get(&7));
            drop(registry.lease_budget(&name, BudgetConfig::default()));
        }
    });
    assert!(registry.breakers().is_empty(), "{:?}", registry.breakers());
    assert!(registry.budgets().is_empty(), "{:?}", registry.budgets());
}

#[test]
fn g08_look_ups_and_snapshots_that_race_with_leases_see_one_breaker_or_none() {
    let registry = Registry::new();
    in_threads(|thread| {
        for _ in 0..ROUNDS {
            if thread > 0 {
                drop(registry.lease("dependency", BreakerConfig::default()));
            } else if let Some(found) = registry.get("dependency") {
                // While the handle `found` exists, the name refers to this breaker.
                found.trip().unwrap();
                let again = registry.get("dependency").map(|again| again.state());
                assert_eq!(again, Some(CircuitState::Open));
                found.close();
            }
            assert!(registry.snapshot().len() <= 1);
        }
    });
}
