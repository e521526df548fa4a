//! Rule G8: after its last handle is dropped, a leased budget leaves the registry as soon as it has
//! its initial tokens.

use resilient::__private::BudgetCallSite;
use resilient::Registry;
use resilient::budget::BudgetConfig;

use crate::support::budget::{builder, config, retry};

fn names(registry: &Registry) -> Vec<String> {
    registry.budgets().into_iter().map(|budget| budget.name).collect()
}

#[test]
fn g08_ten_thousand_leases_of_full_budgets_leave_nothing() {
    let registry = Registry::new();
    for client in 0..10_000 {
        registry
            .lease_budget(&format!("client {client}"), BudgetConfig::default())
            .succeeded(false);
    }
    assert_eq!(names(&registry), [""; 0]);
}

#[test]
fn g08_a_lease_for_each_call_still_drains_the_budget() {
    let registry = Registry::new();
    let granted = (0..100)
        .filter(|_| retry(&registry.lease_budget("dependency", BudgetConfig::default())))
        .count();
    assert_eq!(granted, 10, "fifty initial tokens at five each");
}

#[test]
fn g08_a_budget_stays_until_it_has_its_initial_tokens_again() {
    let registry = Registry::new();
    let lease = || registry.lease_budget("dependency", config(builder().deposit(3)));
    assert!(retry(&lease()));
    assert_eq!(registry.budget("dependency").unwrap().tokens(), 45);
    lease().succeeded(false);
    assert_eq!(names(&registry), ["dependency"], "48 of 50 tokens");
    lease().succeeded(false);
    assert_eq!(names(&registry), [""; 0], "51 of 50 tokens");
}

#[test]
fn g08_a_waiting_reservation_keeps_its_budget() {
    let registry = Registry::new();
    let reservation = registry.lease_budget("dependency", BudgetConfig::default()).try_reserve();
    assert_eq!(registry.budget("dependency").unwrap().tokens(), 45);
    drop(reservation);
    assert_eq!(registry.budget("dependency").unwrap().tokens(), 50);
    drop(registry.lease_budget("another", BudgetConfig::default()));
    assert_eq!(names(&registry), [""; 0]);
}

#[test]
fn g08_an_override_of_the_initial_tokens_decides_when_a_budget_leaves() {
    let registry = Registry::new();
    let leased = registry.lease_budget("dependency", BudgetConfig::default());
    registry.override_budget("dependency", builder().initial_tokens(60)).unwrap();
    drop(leased);
    assert_eq!(names(&registry), ["dependency"], "the budget has 50 tokens, and a new one has 60");
}

#[test]
fn g08_a_budget_that_code_registers_or_a_function_names_stays() {
    static SITE: BudgetCallSite = BudgetCallSite::new("g08 leased and named");
    let registry = Registry::global();
    let leased = registry.lease_budget("g08 leased and named", BudgetConfig::default());
    let _ = SITE.budget();
    drop(leased);
    assert!(registry.budget("g08 leased and named").is_some());

    let registry = Registry::new();
    let by_code = registry.lease_budget("by code", BudgetConfig::default());
    let _ = registry.get_or_register_budget("by code", BudgetConfig::default());
    let by_handle = registry.lease_budget("by handle", BudgetConfig::default());
    registry.register_budget(&by_handle).unwrap();
    drop((by_code, by_handle));
    assert_eq!(names(&registry), ["by code", "by handle"]);
}
