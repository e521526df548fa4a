//! The recipe with one retry budget for all calls to a dependency.

use super::dependency;

// excerpt: recipe
use resilient::budget::BudgetConfig;
use resilient::{ConfigError, Registry, RetryBudget, retry};
use std::io;

#[retry(attempt_timeout = "1s", budget = "warehouse")]
async fn stock(article: u32) -> io::Result<u32> {
    ask("stock", article).await
}

#[retry(attempt_timeout = "1s", budget = "warehouse")]
async fn delivery_days(article: u32) -> io::Result<u32> {
    ask("delivery", article).await
}

// Optional, when the program starts: other settings than the defaults.
fn configure() -> Result<RetryBudget, ConfigError> {
    // Each retry costs 5 tokens, so this is 20 retries before the first success.
    let config = BudgetConfig::builder().initial_tokens(100).build()?;
    Ok(Registry::global().get_or_register_budget("warehouse", config))
}

async fn ask(what: &str, article: u32) -> io::Result<u32> {
    dependency::call(io::ErrorKind::ConnectionReset).await?; // not shown
    // Ask the warehouse here.
    Ok(3)
}
// end excerpt

// One test, because all calls share the budget.
#[tokio::test(start_paused = true)]
async fn functions_that_name_one_budget_share_its_tokens() {
    let mut calls = Vec::new();
    // The settings that code gives pay for 20 retries, less the 10 that were already made.
    for expected_retries in [10, 10] {
        dependency::fail(u32::MAX);
        for _ in 0..8 {
            stock(1).await.unwrap_err();
            delivery_days(1).await.unwrap_err();
        }
        assert_eq!(dependency::calls() - 16, expected_retries);
        assert_eq!(Registry::global().budget("warehouse").unwrap().tokens(), 0);

        // Without tokens, a call ends with its first error.
        dependency::fail(1);
        stock(1).await.unwrap_err();
        calls.push(dependency::calls());
        // The first settings that code gives replace the defaults.
        assert_eq!(configure().unwrap().name(), "warehouse");
    }
    assert_eq!(calls, [1, 1]);
}
