//! G1, G6 and G7 for budgets: one name, one budget.

use std::sync::Barrier;

use resilient::budget::BudgetConfig;
use resilient::{BreakerConfig, Registry, RetryBudget};

use super::{budget, builder, config, is_conflict, retry};
use crate::support::Heard;

#[test]
fn g01_one_name_is_one_budget() {
    let registry = Registry::new();
    let one = registry.get_or_register_budget("payments", BudgetConfig::default());
    let same = registry.get_or_register_budget("payments", BudgetConfig::default());
    let other = registry.get_or_register_budget("search", BudgetConfig::default());
    assert!(retry(&one));
    assert_eq!((same.tokens(), other.tokens()), (45, 50));
    assert_eq!(registry.budget("payments").unwrap().tokens(), 45);
    assert!(registry.budget("mail").is_none());
}

#[test]
fn g01_a_breaker_and_a_budget_of_one_name_do_not_meet() {
    let registry = Registry::new();
    let heard = Heard::default();
    registry.on_event(heard.listener());
    let breaker = registry.get_or_register("payments", BreakerConfig::default());
    let budget = registry.get_or_register_budget("payments", config(builder().capacity(9)));
    registry
        .override_budget("payments", builder().capacity(7))
        .unwrap();
    assert_eq!(breaker.config(), BreakerConfig::default());
    assert_eq!(budget.config().capacity(), 7);
    assert_eq!(
        (registry.breakers().len(), registry.budgets().len()),
        (1, 1)
    );
    assert_eq!(heard.count(is_conflict), 0);
}

#[test]
fn g05_budgets_are_listed_by_name() {
    let registry = Registry::new();
    for name in ["search", "payments", "mail"] {
        let _ = registry.get_or_register_budget(name, BudgetConfig::default());
    }
    assert!(retry(&registry.budget("payments").unwrap()));
    let seen = registry.budgets();
    let names: Vec<_> = seen.iter().map(|each| each.name.as_str()).collect();
    assert_eq!(names, ["mail", "payments", "search"]);
    assert_eq!((seen[1].tokens, seen[1].counts.spent), (45, 1));
    assert_eq!(seen[1].settings, BudgetConfig::default());
}

#[test]
fn g06_a_budget_that_was_made_by_hand_can_be_registered() {
    let registry = Registry::new();
    let owned = budget(builder().initial_tokens(7));
    registry.register_budget(&owned).unwrap();
    registry.register_budget(&owned).unwrap();
    owned.succeeded(false);
    let found = registry.budget("dependency").unwrap();
    assert_eq!(found.tokens(), 8);
}

#[test]
fn g06_a_name_that_is_taken_is_refused() {
    let registry = Registry::new();
    registry.register_budget(&budget(builder())).unwrap();
    let error = registry.register_budget(&budget(builder())).unwrap_err();
    assert_eq!(
        error.to_string(),
        "another retry budget is registered as `dependency`: give this one another name"
    );
}

#[test]
fn g07_a_thousand_threads_asking_for_one_new_name_get_one_budget() {
    const THREADS: u32 = 1_000;
    let registry = Registry::new();
    let heard = Heard::default();
    registry.on_event(heard.listener());
    let start = Barrier::new(THREADS as usize);
    let budgets: Vec<RetryBudget> = std::thread::scope(|scope| {
        let (registry, start) = (&registry, &start);
        let threads: Vec<_> = (1..=THREADS)
            .map(|deposit| {
                scope.spawn(move || {
                    let config = config(builder().initial_tokens(500).deposit(deposit));
                    start.wait();
                    registry.get_or_register_budget("payments", config)
                })
            })
            .collect();
        let budgets = threads.into_iter().map(|thread| thread.join().unwrap());
        budgets.collect()
    });
    assert_eq!(registry.budgets().len(), 1);
    assert!(retry(&budgets[0]));
    assert!(budgets.iter().all(|each| each.tokens() == 495));
    assert_eq!(heard.count(is_conflict), 1);
}
