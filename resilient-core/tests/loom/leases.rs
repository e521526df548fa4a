//! Models of leases: one thread ends a lease while another thread begins one.

use resilient_core::breaker::{BreakerConfig, CircuitBreaker, CircuitState};
use resilient_core::keyed::KeyedBreakers;
use resilient_core::registry::{Lease, Registry};
use resilient_core::retry::{BudgetConfig, RetryBudget};
use resilient_core::time::ManualClock;

use crate::{both, check_up_to, config, fail, holds};

fn registry() -> Registry {
    let registry = Registry::new();
    registry.use_clock(ManualClock::new());
    registry
}

fn two_failures() -> BreakerConfig {
    config().failure_threshold(2).build().unwrap()
}

fn lease(registry: &Registry) -> Lease<CircuitBreaker> {
    registry.lease("dependency", two_failures())
}

fn lease_keyed(registry: &Registry) -> Lease<KeyedBreakers<u32>> {
    registry.lease_keyed("dependency", two_failures())
}

/// Leases a budget whose initial tokens pay for one retry.
fn lease_budget(registry: &Registry) -> Lease<RetryBudget> {
    let one_retry = BudgetConfig::builder().capacity(10).initial_tokens(5).retry_cost(5);
    registry.lease_budget("dependency", one_retry.build().unwrap())
}

#[test]
fn g08_a_breaker_that_is_leased_while_its_last_lease_ends_keeps_its_name() {
    check_up_to(Some(3), || {
        let registry = registry();
        let last = lease(&registry);
        let other = registry.clone();
        let ((), kept) = both(
            move || drop(last),
            move || {
                let next = lease(&other);
                fail(&next);
                next
            },
        );
        let found = registry.get("dependency").map(|it| it.snapshot().consecutive_failures);
        holds(found == Some(1), "there is one breaker of the name", &(found, &kept));
    });
}

#[test]
fn g08_failures_of_two_leases_count_in_one_breaker() {
    check_up_to(Some(3), || {
        let registry = registry();
        let first = lease(&registry);
        let other = registry.clone();
        both(
            move || {
                fail(&first);
            },
            move || {
                fail(&lease(&other));
            },
        );
        let state = registry.get("dependency").map(|it| it.state());
        holds(state == Some(CircuitState::Open), "two failures open the circuit", &state);
    });
}

#[test]
fn g08_failures_of_two_leases_of_keys_count_in_one_breaker() {
    check_up_to(Some(2), || {
        let registry = registry();
        let first = lease_keyed(&registry);
        let other = registry.clone();
        both(
            move || {
                fail(&first.get(&7));
            },
            move || {
                fail(&lease_keyed(&other).get(&7));
            },
        );
        let state = lease_keyed(&registry).get(&7).state();
        holds(state == CircuitState::Open, "two failures open the circuit", &state);
    });
}

#[test]
fn g08_a_key_that_outlives_its_lease_is_the_key_of_the_next_lease() {
    check_up_to(Some(2), || {
        let registry = registry();
        let first = lease_keyed(&registry);
        let other = registry.clone();
        let (key, ()) = both(move || first.get(&7), move || drop(lease_keyed(&other)));
        fail(&lease_keyed(&registry).get(&7));
        fail(&key);
        holds(key.state() == CircuitState::Open, "there is one breaker of the key", &key);
    });
}

#[test]
fn g08_two_leases_of_a_budget_take_its_tokens_once() {
    check_up_to(Some(3), || {
        let registry = registry();
        let first = lease_budget(&registry);
        let other = registry.clone();
        let retried = both(
            move || first.try_reserve().map(|reserved| reserved.spend()).is_some(),
            move || lease_budget(&other).try_reserve().map(|reserved| reserved.spend()).is_some(),
        );
        let granted = u32::from(retried.0) + u32::from(retried.1);
        holds(granted == 1, "the initial tokens pay for one retry", &retried);
    });
}
