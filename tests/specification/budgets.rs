//! The budget of this library follows these rows of the published scenarios. `README.md` lists the
//! other rows.

use resilient::RetryBudget;
use resilient::budget::BudgetConfig;

fn full(capacity: u32, retry_cost: u32) -> RetryBudget {
    starting_at(capacity, capacity, retry_cost)
}

fn starting_at(initial_tokens: u32, capacity: u32, retry_cost: u32) -> RetryBudget {
    let settings = BudgetConfig::builder()
        .capacity(capacity)
        .initial_tokens(initial_tokens)
        .retry_cost(retry_cost);
    RetryBudget::new("dependency", settings.build().expect("in range"))
}

/// Makes one call. Each letter of `attempts` is an attempt that fails (`F`) or succeeds (`S`).
/// Returns the tokens after each attempt, and how many retries the budget has refused.
fn call(budget: &RetryBudget, max_attempts: usize, attempts: &str) -> (Vec<u32>, u64) {
    let mut tokens = Vec::new();
    let mut paid = false;
    for (nth, attempt) in attempts.chars().enumerate() {
        let failed = attempt == 'F';
        let reservation =
            (failed && nth + 1 < max_attempts).then(|| budget.try_reserve()).flatten();
        if !failed {
            budget.succeeded(paid);
        }
        tokens.push(budget.tokens());
        match reservation {
            Some(reservation) => reservation.spend(),
            None => break,
        }
        paid = true;
    }
    (tokens, budget.snapshot().counts.refused)
}

#[test]
fn row_g01_a_success_refunds_the_cost_of_the_last_retry() {
    let budget = full(500, 5);
    assert_eq!(call(&budget, 3, "FFS"), (vec![495, 490, 495], 0));
}

#[test]
fn row_g02_a_call_without_retries_left_spends_no_token() {
    let budget = full(500, 5);
    assert_eq!(call(&budget, 3, "FFF"), (vec![495, 490, 490], 0));
}

#[test]
fn row_g04_the_bucket_fills_up_by_a_success() {
    let budget = full(100, 10);
    assert_eq!(call(&budget, 4, "FFS"), (vec![90, 80, 90], 0));
}

#[test]
fn row_g06_each_of_four_retries_costs_the_same() {
    let budget = full(500, 5);
    let (tokens, _) = call(&budget, 5, "FFFFF");
    assert_eq!(tokens, [495, 490, 485, 480, 480]);
}

#[test]
fn row_g07_another_cost_is_refunded_as_well() {
    let budget = full(500, 14);
    assert_eq!(call(&budget, 3, "FFS"), (vec![486, 472, 486], 0));
}

#[test]
fn row_g09_with_nothing_in_the_bucket_there_is_no_retry() {
    let budget = starting_at(0, 500, 14);
    assert_eq!(call(&budget, 3, "FF"), (vec![0], 1));
}

#[test]
fn row_g10_twenty_tokens_are_one_retry_and_six_are_left() {
    let budget = starting_at(20, 500, 14);
    assert_eq!(call(&budget, 3, "FFF"), (vec![6, 6], 1));
}

#[test]
fn row_g31_a_bucket_that_holds_nothing_is_a_configuration_error() {
    let error = BudgetConfig::builder().capacity(0).build().unwrap_err();
    assert_eq!((error.field(), error.value()), ("capacity", "0"));
}
