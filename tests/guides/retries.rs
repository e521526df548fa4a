//! The code of `docs/retries.md`.

// excerpt: short
use resilient::{CircuitOpen, Classify, TimedOut, circuit_breaker, retry};

#[derive(Debug, Classify)]
enum PayError {
    #[answered] // another attempt gets the same result
    Declined,
    #[transient]
    Server,
    #[circuit_open]
    Open(CircuitOpen),
    #[timed_out]
    TimedOut(TimedOut),
}

struct Order {
    key: String,
}

#[retry(
    max_retries = 2,         // in one layer only
    budget = "payments",     // shared by all calls to this dependency
    attempt_timeout = "2s",  // a little above the slowest healthy call
    deadline = "7s",         // the time that the caller has
)]
#[circuit_breaker(name = "charges")]
async fn charge(order: &Order) -> Result<(), PayError> {
    // Send the order here, with `order.key` as its idempotency key.
    if order.key.is_empty() { Err(PayError::Declined) } else { Ok(()) }
}
// end excerpt

#[tokio::test(start_paused = true)]
async fn the_short_form_makes_one_attempt_for_a_decision() {
    charge(&Order { key: "1".to_owned() }).await.unwrap();
    charge(&Order { key: String::new() }).await.unwrap_err();
    let totals = resilient::Registry::global().get("charges").unwrap().snapshot().totals;
    assert_eq!((totals.success, totals.failure), (2, 0));
    assert!(PayError::Server.classify().retry);
}

// excerpt: budget
use resilient::budget::BudgetConfig;
use resilient::{ConfigError, Registry, RetryBudget};

/// Call this at the start of the program. Without it, the defaults apply.
fn warehouse_budget() -> Result<RetryBudget, ConfigError> {
    let settings = BudgetConfig::builder().capacity(200).initial_tokens(20).build()?;
    // In each function that calls this dependency: #[retry(budget = "warehouse")]
    Ok(Registry::global().get_or_register_budget("warehouse", settings))
}
// end excerpt

#[test]
fn a_budget_has_the_size_that_the_program_gives() {
    assert_eq!(warehouse_budget().unwrap().tokens(), 20);
    assert_eq!(Registry::global().budget("warehouse").unwrap().tokens(), 20);
}

// excerpt: names
use resilient::RetryPolicy;

#[retry(name = "stock", base_delay = "0s")]
fn count(item: &str) -> Result<u32, std::num::ParseIntError> {
    item.parse()
}

#[test]
fn a_retry_is_found_and_stopped_by_its_name() {
    count("x").unwrap_err();
    let stock = Registry::global().get_retry("stock").unwrap();
    let snapshot = stock.snapshot();
    assert_eq!((snapshot.counts.attempts, snapshot.counts.retries), (4, 3));
    let last = snapshot.last_failures.last().unwrap();
    assert_eq!(last.text.unwrap().as_str(), "invalid digit found in string");

    // Stop the retries, until the override is cleared.
    let none = RetryPolicy::builder().max_retries(0);
    Registry::global().override_retry("stock", none).unwrap();
    count("x").unwrap_err();
    assert_eq!(stock.snapshot().counts.attempts, 4 + 1);
    Registry::global().clear_retry_override("stock").unwrap();
    count("x").unwrap_err();
    assert_eq!(stock.snapshot().counts.attempts, 4 + 1 + 4);
}
// end excerpt
