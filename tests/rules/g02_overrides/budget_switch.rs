//! Rules G2 and R7: an override with the capacity zero switches the retries of a budget off.

use std::time::Duration;

use resilient::budget::BudgetConfig;
use resilient::registry::Overrides;
use resilient::retries::StopReason;
use resilient::{Classification, Classify, Outcome, Registry, RetryBudget, RetryPolicy};

use crate::support::budget::{builder, config, is_change, retry};
use resilient_testkit::Heard;

fn off() -> resilient::budget::BudgetConfigBuilder {
    builder().capacity(0)
}

/// Returns a registry and its budget `dependency`, whose code gives 30 tokens.
fn live() -> (Registry, RetryBudget) {
    let registry = Registry::new();
    let code = config(builder().initial_tokens(30));
    let budget = registry.get_or_register_budget("dependency", code);
    (registry, budget)
}

#[test]
fn g02_a_budget_that_is_off_has_no_token_and_takes_none() {
    let (registry, budget) = live();
    let asleep = budget.try_reserve().unwrap();
    registry.override_budget("dependency", off()).unwrap();
    let seen = budget.snapshot();
    assert_eq!((seen.tokens, seen.capacity, seen.settings.capacity()), (0, 0, 0));
    assert!(!retry(&budget));
    budget.succeeded(false);
    budget.succeeded(true);
    drop(asleep);
    assert_eq!(budget.tokens(), 0);
    assert!(!retry(&budget));
    let counts = budget.snapshot().counts;
    assert_eq!((counts.refused, counts.returned, counts.deposited), (2, 1, 0));
}

#[test]
fn g02_a_retry_that_was_granted_before_the_switch_may_still_start() {
    let (registry, budget) = live();
    let asleep = budget.try_reserve().unwrap();
    registry.override_budget("dependency", off()).unwrap();
    asleep.spend();
    assert_eq!(budget.snapshot().counts.spent, 1);
}

#[test]
fn g02_a_budget_that_is_switched_on_starts_with_its_initial_tokens() {
    let (registry, budget) = live();
    for _ in 0..3 {
        registry.override_budget("dependency", off()).unwrap();
        assert_eq!(budget.tokens(), 0);
        registry.clear_budget_override("dependency").unwrap();
        assert_eq!(budget.tokens(), 30);
        assert!(retry(&budget));
    }
    // Without deposits, the tokens would never come back.
    let (registry, budget) = live();
    registry.override_budget("dependency", off().deposit(0)).unwrap();
    registry.override_budget("dependency", builder().capacity(40).deposit(0)).unwrap();
    assert_eq!((budget.tokens(), budget.config().capacity()), (30, 40));
}

#[test]
fn g02_the_tokens_stay_within_the_capacity_whatever_comes_back_after_the_switch() {
    let (registry, budget) = live();
    let asleep: Vec<_> = std::iter::from_fn(|| budget.try_reserve()).collect();
    assert_eq!(asleep.len(), 6);
    registry.override_budget("dependency", off()).unwrap();
    registry.override_budget("dependency", builder().capacity(40).initial_tokens(40)).unwrap();
    drop(asleep);
    assert_eq!(budget.tokens(), 40);
    let most = builder().capacity(u32::MAX).initial_tokens(u32::MAX).deposit(u32::MAX);
    registry.override_budget("dependency", off()).unwrap();
    registry.override_budget("dependency", most).unwrap();
    budget.succeeded(false);
    assert_eq!(budget.tokens(), u32::MAX);
    registry.override_budget("dependency", off()).unwrap();
    assert_eq!(budget.tokens(), 0);
}

#[test]
fn g02_no_rule_about_the_capacity_applies_to_a_budget_that_is_off() {
    let registry = Registry::new();
    let dear = config(builder().capacity(1_000).retry_cost(600).initial_tokens(700));
    let budget = registry.get_or_register_budget("dependency", dear);
    registry.override_budget("dependency", off().retry_cost(800).initial_tokens(9)).unwrap();
    assert_eq!((budget.config().retry_cost(), budget.config().initial_tokens()), (800, 0));
    let error = registry.override_budget("dependency", off().retry_cost(0)).unwrap_err();
    assert_eq!(error.setting(), Some("retry_cost"));
    registry.clear_budget_override("dependency").unwrap();
    assert_eq!((budget.config(), budget.tokens()), (dear, 700));
}

#[test]
fn g02_code_cannot_give_the_capacity_zero() {
    let error = off().build().unwrap_err();
    assert_eq!(error.to_string(), "`capacity` is 0: must be at least 1");
}

#[test]
fn g02_the_switch_applies_to_budgets_that_come_later_and_by_prefix() {
    let registry = Registry::new();
    let heard = Heard::default();
    registry.on_event(heard.listener());
    registry.override_budget("*", off()).unwrap();
    let budget = registry.get_or_register_budget("dependency", BudgetConfig::default());
    assert!(!retry(&budget));
    let owned = RetryBudget::new("owned", BudgetConfig::default());
    registry.register_budget(&owned).unwrap();
    assert!(!retry(&owned));
    assert_eq!(heard.count(is_change), 1, "`owned` had tokens before");
    registry.set_overrides(Overrides::new()).unwrap();
    assert!(retry(&budget) && retry(&owned));
    assert_eq!((budget.tokens(), heard.count(is_change)), (45, 3));
}

#[test]
fn g08_a_leased_budget_that_is_off_leaves_with_its_last_handle() {
    let registry = Registry::new();
    registry.override_budget("leased", off()).unwrap();
    let lease = registry.lease_budget("leased", config(builder().initial_tokens(30)));
    assert!(!retry(&lease));
    drop(lease);
    assert!(registry.budget("leased").is_none());
}

/// An error of a healthy server that asks for a pause, so that a retry costs no token.
#[derive(Debug)]
struct Busy;

impl Classify for Busy {
    fn classify(&self) -> Classification {
        let class = Classification::throttled().after(Duration::ZERO);
        assert_eq!(class.health, Outcome::Ignored);
        class
    }
}

#[tokio::test(start_paused = true)]
async fn r07_a_budget_that_is_off_refuses_every_retry_with_its_name() {
    let (registry, budget) = live();
    let policy = RetryPolicy::builder().max_retries(2).base_delay(Duration::ZERO).build().unwrap();
    let attempts = async |budget: &RetryBudget| {
        let call = policy.call().budget(budget).classified();
        let error = call.run_recorded(async |_| Err::<(), _>(Busy)).await.unwrap_err();
        let budget = error.budget().map(str::to_owned);
        (error.attempts().count(), error.reason(), budget)
    };
    assert_eq!(attempts(&budget).await, (3, StopReason::Exhausted, None), "retries cost nothing");
    registry.override_budget("dependency", off()).unwrap();
    let name = Some("dependency".to_owned());
    assert_eq!(attempts(&budget).await, (1, StopReason::Budget, name));
    registry.clear_budget_override("dependency").unwrap();
    assert_eq!(attempts(&budget).await, (3, StopReason::Exhausted, None));
}

#[cfg(feature = "toml")]
#[test]
fn g02_a_document_switches_a_budget_off_and_a_running_program_notices() {
    let (registry, budget) = live();
    registry.apply_toml("[budgets.dependency]\ncapacity = 0\n").unwrap();
    assert!(!retry(&budget));
    registry.apply_toml("").unwrap();
    assert!(retry(&budget));
}

#[test]
fn g02_threads_that_use_a_budget_while_it_is_switched_never_see_more_than_its_capacity() {
    let (registry, budget) = live();
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                for _ in 0..2_000 {
                    if let Some(reserved) = budget.try_reserve() {
                        reserved.spend();
                        budget.succeeded(true);
                    }
                    budget.succeeded(false);
                    assert!(budget.tokens() <= 500);
                }
            });
        }
        scope.spawn(|| {
            for _ in 0..200 {
                registry.override_budget("dependency", off()).unwrap();
                assert_eq!(budget.tokens(), 0);
                assert!(budget.try_reserve().is_none());
                registry.clear_budget_override("dependency").unwrap();
            }
            registry.override_budget("dependency", off()).unwrap();
        });
    });
    assert_eq!(budget.tokens(), 0);
}
