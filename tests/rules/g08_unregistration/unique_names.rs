//! Rule G8: an owner can have a name alone. What it leases leaves with its last handle.

use std::sync::Mutex;

use resilient::breaker::CircuitState;
use resilient::budget::BudgetConfig;
use resilient::registry::UniqueName;
use resilient::{BreakerConfig, Registry, RetryPolicy};

use crate::support::budget::retry;
use resilient_testkit::{fail, fragile, succeed};

fn names(registry: &Registry) -> Vec<String> {
    let breakers = registry.all().names().map(str::to_owned).collect::<Vec<_>>();
    let budgets = registry.budgets().into_iter().map(|budget| budget.name);
    let retries = registry.retry_snapshots().into_iter().map(|retry| retry.name);
    breakers.into_iter().chain(budgets).chain(retries).collect()
}

fn wanted(registry: &Registry) -> UniqueName {
    registry.unique_name("origin")
}

#[test]
fn g08_owners_that_want_one_name_get_the_lowest_free_numbers() {
    let registry = Registry::new();
    let mut owners: Vec<_> = (0..4).map(|_| wanted(&registry)).collect();
    let taken: Vec<_> = owners.iter().map(UniqueName::as_str).collect();
    assert_eq!(taken, ["origin", "origin#2", "origin#3", "origin#4"]);
    drop(owners.remove(2));
    drop(owners.remove(0));
    let again: Vec<_> = (0..3).map(|_| wanted(&registry)).collect();
    let taken: Vec<_> = again.iter().map(UniqueName::as_str).collect();
    assert_eq!(taken, ["origin", "origin#3", "origin#5"]);
    assert_eq!(registry.unique_name("other").as_str(), "other");
    drop((owners, again));
    assert_eq!(wanted(&registry).as_str(), "origin");
}

#[test]
fn g08_a_name_that_other_code_has_is_not_unique() {
    let registry = Registry::new();
    let _breaker = registry.get_or_register("origin", BreakerConfig::default());
    let _budget = registry.lease_budget("origin#2", BudgetConfig::default());
    let _retry = registry.lease_retry("origin#3", RetryPolicy::default());
    assert_eq!(wanted(&registry).as_str(), "origin#4");
    registry.unregister_by_name("origin");
    assert_eq!(wanted(&registry).as_str(), "origin");
}

#[test]
fn g08_owners_share_neither_breaker_nor_budget_even_one_after_the_other() {
    let registry = Registry::new();
    for _ in 0..3 {
        let (first, second) = (wanted(&registry), wanted(&registry));
        let keyed = first.lease_keyed::<u32>(fragile().build().unwrap());
        let budget = first.lease_budget(BudgetConfig::default());
        let single = second.lease(fragile().build().unwrap());
        assert_eq!(keyed.get(&7).state(), CircuitState::Closed);
        assert_eq!(single.state(), CircuitState::Closed);
        assert_eq!(budget.tokens(), BudgetConfig::default().initial_tokens());
        fail(&keyed.get(&7));
        assert_eq!(
            registry.get_keyed::<u32>("origin").unwrap().get(&7).state(),
            CircuitState::Open
        );
        assert_eq!(single.state(), CircuitState::Closed);
        fail(&single);
        assert_eq!(registry.get("origin#2").unwrap().state(), CircuitState::Open);
        assert!(retry(&budget));
        drop((keyed, budget, first, single, second));
        assert_eq!(names(&registry), [""; 0]);
    }
}

#[test]
fn g08_a_breaker_whose_handle_outlives_its_owner_keeps_its_name_until_that_handle_is_dropped() {
    let registry = Registry::new();
    let owner = wanted(&registry);
    let keyed = owner.lease_keyed::<u32>(fragile().build().unwrap());
    let kept = keyed.get(&7);
    fail(&kept);
    drop((keyed, owner));
    assert_eq!(names(&registry), ["origin"]);
    let next = wanted(&registry);
    assert_eq!(next.as_str(), "origin#2");
    drop((kept, next));
    // The next lease looks for what could not leave before.
    drop(registry.lease("other", BreakerConfig::default()));
    assert_eq!(names(&registry), [""; 0]);
    assert_eq!(wanted(&registry).as_str(), "origin");
}

#[test]
fn g08_what_a_lease_of_the_name_shares_with_its_owner_stays_as_a_lease_does() {
    let registry = Registry::new();
    let owner = wanted(&registry);
    let single = owner.lease(fragile().build().unwrap());
    let shared = registry.lease("origin", fragile().build().unwrap());
    fail(&single);
    drop((single, owner));
    assert_eq!(shared.state(), CircuitState::Open);
    drop(shared);
    assert_eq!(registry.get("origin").unwrap().state(), CircuitState::Open);
    assert_eq!(wanted(&registry).as_str(), "origin#2");
}

#[tokio::test]
async fn r15_the_failures_of_a_unique_retry_stay_and_the_next_owner_continues_the_counts() {
    let registry = Registry::new();
    for failures in 1..=2 {
        let owner = wanted(&registry);
        assert_eq!(owner.as_str(), "origin");
        let lease = owner.lease_retry(RetryPolicy::builder().max_retries(0).build().unwrap());
        lease.call().run(async |_| Err::<(), _>("down")).await.unwrap_err();
        drop((lease, owner));
        let counts = registry.get_retry("origin").unwrap().snapshot().counts;
        assert_eq!(counts.give_ups.total(), failures);
    }
}

#[test]
fn g08_an_override_reaches_what_an_owner_leases() {
    let registry = Registry::new();
    let strict = BreakerConfig::builder().failure_threshold(1);
    registry.override_breaker("origin#2", strict).unwrap();
    let (first, second) = (wanted(&registry), wanted(&registry));
    let (one, two) =
        (first.lease(BreakerConfig::default()), second.lease(BreakerConfig::default()));
    fail(&one);
    fail(&two);
    assert_eq!((one.state(), two.state()), (CircuitState::Closed, CircuitState::Open));
}

#[test]
fn g08_ten_thousand_owners_at_once_have_different_names_and_leave_nothing() {
    let registry = Registry::new();
    let made = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..1_250 {
                    let owner = wanted(&registry);
                    let keyed = owner.lease_keyed::<u32>(BreakerConfig::default());
                    succeed(&keyed.get(&7));
                    let budget = owner.lease_budget(BudgetConfig::default());
                    let retry = owner.lease_retry(RetryPolicy::default());
                    made.lock().unwrap().push((keyed, budget, retry, owner));
                }
            });
        }
    });
    let mut made = made.into_inner().unwrap();
    let mut taken: Vec<_> = made.iter().map(|(.., owner)| owner.as_str().to_owned()).collect();
    taken.sort();
    taken.dedup();
    assert_eq!((taken.len(), names(&registry).len()), (10_000, 30_000));
    assert!(registry.get_keyed::<u32>("origin#10000").is_some());
    // Half of them leave in the order in which they came, and half in the opposite order.
    drop(made.split_off(5_000).into_iter().rev().collect::<Vec<_>>());
    drop(made);
    assert_eq!(names(&registry), [""; 0]);
    assert_eq!(wanted(&registry).as_str(), "origin");
}
