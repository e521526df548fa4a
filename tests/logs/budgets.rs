//! The lines of retry budgets.

use resilient::budget::BudgetConfig;
use resilient::{Registry, RetryBudget};

use crate::capture::logged;

fn budget() -> RetryBudget {
    let config = BudgetConfig::builder().capacity(40).retry_cost(10).deposit(1).initial_tokens(20);
    RetryBudget::new("search", config.build().unwrap())
}

/// Asks for retries, and returns how many were granted.
fn ask(budget: &RetryBudget, times: usize) -> usize {
    let asked = (0..times).filter_map(|_| budget.try_reserve());
    asked.map(resilient::budget::Reservation::spend).count()
}

#[test]
fn r07_a_budget_that_runs_out_is_one_warning_until_it_has_recovered() {
    let lines = logged(|| {
        let budget = budget();
        assert_eq!(ask(&budget, 9), 2);
        // Few tokens come back in an outage: the budget has not recovered.
        (0..15).for_each(|_| budget.succeeded(false));
        assert_eq!(ask(&budget, 2), 1);
        (0..40).for_each(|_| budget.succeeded(false));
        assert_eq!(ask(&budget, 9), 4);
    });
    let ran_out = "WARN retry budget ran out budget=\"search\" capacity=40 retry_cost=10";
    let recovered = "INFO retry budget recovered budget=\"search\" tokens=30 capacity=40";
    assert_eq!(lines, [ran_out, recovered, ran_out]);
}

#[test]
fn r07_a_budget_whose_retries_cost_more_than_half_of_the_bucket_recovers_when_it_is_full() {
    let lines = logged(|| {
        let config = BudgetConfig::builder().capacity(8).retry_cost(5).initial_tokens(5);
        let budget = RetryBudget::new("search", config.build().unwrap());
        assert_eq!(ask(&budget, 2), 1);
        (0..7).for_each(|_| budget.succeeded(false));
        assert_eq!(ask(&budget, 2), 1);
        (0..8).for_each(|_| budget.succeeded(false));
        assert_eq!(ask(&budget, 2), 1);
    });
    let ran_out = "WARN retry budget ran out budget=\"search\" capacity=8 retry_cost=5";
    let recovered = "INFO retry budget recovered budget=\"search\" tokens=3 capacity=8";
    assert_eq!(lines, [ran_out, recovered, ran_out]);
}

#[test]
fn r07_many_threads_that_are_refused_log_one_line() {
    let budget = budget();
    assert_eq!(ask(&budget, 2), 2);
    let lines = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8)
            .map(|_| scope.spawn(|| logged(|| assert_eq!(ask(&budget, 100), 0)).len()))
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum::<usize>()
    });
    assert_eq!(lines, 1);
}

#[test]
fn r07_a_budget_that_an_operator_switched_off_does_not_run_out() {
    let registry = Registry::new();
    let budget = registry.get_or_register_budget("off", BudgetConfig::default());
    registry.override_budget("off", BudgetConfig::builder().capacity(0)).unwrap();
    let lines = logged(|| assert_eq!(ask(&budget, 3), 0));
    assert_eq!(lines, [""; 0]);
}
