//! Models of a retry budget: concurrent retries, deposits and overrides lose no token and create
//! none.

use resilient_core::retry::{BudgetConfig, BudgetConfigBuilder, RetryBudget};

use super::*;

fn budget(settings: BudgetConfigBuilder) -> &'static RetryBudget {
    let budget = RetryBudget::new("dependency", settings.build().unwrap());
    Box::leak(Box::new(budget))
}

/// Returns settings with a capacity of ten tokens and a retry cost of five.
fn ten() -> BudgetConfigBuilder {
    BudgetConfig::builder().capacity(10).retry_cost(5)
}

/// Spends the tokens of one retry. Returns whether the budget granted them.
fn retry(budget: &RetryBudget) -> bool {
    let reservation = budget.try_reserve();
    reservation.map(|reserved| reserved.spend()).is_some()
}

#[test]
fn r07_of_two_threads_exactly_one_gets_the_last_token() {
    check(|| {
        let budget = budget(ten().initial_tokens(9));
        let (one, other) = both(|| retry(budget), || retry(budget));
        let seen = budget.snapshot();
        holds(one != other, "one retry is granted", &seen);
        let counts = (seen.counts.granted, seen.counts.refused, seen.counts.spent);
        holds(counts == (1, 1, 1), "both requests are counted", &seen);
        holds(seen.tokens == 4, "the retry's cost is spent", &seen);
    });
}

#[test]
fn r07_two_threads_that_deposit_tokens_lose_no_token() {
    check(|| {
        let budget = budget(ten().initial_tokens(3));
        both(|| budget.succeeded(true), || budget.succeeded(false));
        let seen = budget.snapshot();
        holds(seen.tokens == 9, "both deposits are in the bucket", &seen);
    });
}

#[test]
fn r07_two_threads_never_fill_the_bucket_beyond_its_capacity() {
    check(|| {
        let budget = budget(ten().initial_tokens(4));
        both(|| budget.succeeded(true), || budget.succeeded(true));
        let seen = budget.snapshot();
        holds(seen.tokens == 10, "the bucket is full", &seen);
    });
}

#[test]
fn r07_tokens_that_are_returned_beside_a_deposit_are_all_in_the_bucket() {
    check(|| {
        let budget = budget(ten().initial_tokens(5));
        let (granted, ()) =
            both(|| budget.try_reserve().map(drop).is_some(), || budget.succeeded(false));
        let seen = budget.snapshot();
        holds(granted, "both retries are granted", &seen);
        holds(seen.tokens == 6, "no token was spent", &seen);
        holds(seen.counts.returned == 1, "the tokens were returned", &seen);
    });
}

#[test]
fn r07_tokens_that_one_thread_returns_the_other_may_take() {
    check(|| {
        let budget = budget(ten().initial_tokens(5));
        let (_, retried) = both(|| budget.try_reserve().map(drop), || retry(budget));
        let seen = budget.snapshot();
        let rest = if retried { 0 } else { 5 };
        holds(seen.tokens == rest, "only a retry costs anything", &seen);
        let asked = seen.counts.granted + seen.counts.refused;
        holds(asked == 2, "both requests are counted", &seen);
    });
}

#[test]
fn g02_an_override_beside_a_success_never_overfills_the_bucket() {
    check(|| {
        let registry = Registry::new();
        let budget = budget(ten().initial_tokens(9));
        registry.register_budget(budget).unwrap();
        let lower = BudgetConfig::builder().capacity(5).initial_tokens(5);
        both(
            move || registry.override_budget("dependency", lower).map(drop),
            || budget.succeeded(false),
        )
        .0
        .unwrap();
        let seen = budget.snapshot();
        holds(seen.capacity == 5, "the override holds", &seen);
        holds(seen.tokens == 5, "the bucket is full", &seen);
    });
}
