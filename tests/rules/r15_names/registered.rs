//! Retries in a registry.

use resilient::budget::BudgetConfig;
use resilient::retries::{AttemptEnd, NamedRetry};
use resilient::{BreakerConfig, Classification, Registry, RetryPolicy};

use crate::support::retry::at_once;

fn names(registry: &Registry) -> Vec<String> {
    registry.retries().iter().map(|retry| retry.name().to_owned()).collect()
}

fn fail(retry: &NamedRetry) {
    let failed = AttemptEnd::Failed(Classification::permanent());
    retry.start().after(failed, None).unwrap_err();
}

#[test]
fn r15_a_registry_lists_retries_by_name() {
    let registry = Registry::new();
    assert!(registry.get_retry("stock").is_none());
    let stock = registry.get_or_register_retry("stock", at_once(2));
    let _ = registry.get_or_register_retry("prices", RetryPolicy::default());
    assert_eq!(names(&registry), ["prices", "stock"]);
    fail(&stock);
    let snapshots = registry.retry_snapshots();
    assert_eq!((snapshots[0].counts.attempts, snapshots[1].counts.attempts), (0, 1));
    assert_eq!(registry.get_retry("stock").unwrap().policy(), stock.policy());
}

#[test]
fn r15_a_retry_a_budget_and_a_breaker_may_share_a_name() {
    let registry = Registry::new();
    let _ = registry.get_or_register_retry("stock", at_once(2));
    let _ = registry.get_or_register_budget("stock", BudgetConfig::default());
    let _ = registry.get_or_register("stock", BreakerConfig::default());
    assert_eq!((registry.retries().len(), registry.budgets().len()), (1, 1));
}

#[test]
fn r15_a_retry_of_ones_own_is_registered_unless_another_has_its_name() {
    let registry = Registry::new();
    let stock = at_once(2).named("stock");
    fail(&stock);
    registry.register_retry(&stock).unwrap();
    registry.register_retry(&stock.clone()).unwrap();
    assert_eq!(registry.retry_snapshots()[0].counts.attempts, 1);
    let error = registry.register_retry(&at_once(2).named("stock")).unwrap_err();
    assert!(error.to_string().starts_with("another retry is registered as `stock`"), "{error}");
}

#[test]
fn r15_a_thousand_threads_that_ask_for_one_name_get_one_retry() {
    let registry = Registry::new();
    std::thread::scope(|scope| {
        for _ in 0..1_000 {
            scope.spawn(|| fail(&registry.get_or_register_retry("stock", at_once(2))));
        }
    });
    assert_eq!(registry.retry_snapshots()[0].counts.attempts, 1_000);
}

#[test]
fn g08_a_retry_can_be_removed_by_handle_and_by_name() {
    let registry = Registry::new();
    let stock = registry.get_or_register_retry("stock", at_once(2));
    registry.override_retry("stock", RetryPolicy::builder().max_retries(0)).unwrap();
    assert!(!registry.unregister_retry(&at_once(2).named("stock")));
    assert!(registry.unregister_retry(&stock));
    assert!(!registry.unregister_retry(&stock) && !registry.unregister_retry_by_name("stock"));
    // The handle works on with the settings of the code, and the override waits for the next one.
    assert!(!stock.snapshot().is_overridden);
    let next = registry.get_or_register_retry("stock", at_once(2));
    assert!(next.snapshot().is_overridden);
    assert!(registry.unregister_retry_by_name("stock"));
    assert_eq!(names(&registry), Vec::<String>::new());
}

#[test]
fn g08_the_retry_of_a_function_is_never_removed() {
    #[resilient::retry(name = "g08 function", max_retries = 0)]
    fn call() -> Option<()> {
        None
    }
    call();
    assert!(!Registry::global().unregister_retry_by_name("g08 function"));
    let lease = Registry::global().lease_retry("g08 function", at_once(1));
    assert!(!Registry::global().unregister_retry(&lease));
    drop(lease);
    call();
    assert_eq!(Registry::global().get_retry("g08 function").unwrap().snapshot().counts.attempts, 2);
}

#[test]
fn g08_a_leased_retry_leaves_with_its_last_handle() {
    let registry = Registry::new();
    for client in 0..10_000 {
        let retry = registry.lease_retry(&format!("client {client}"), at_once(1));
        let clone = retry.clone();
        drop(retry);
        assert_eq!(names(&registry).len(), 1);
        drop(clone);
    }
    assert_eq!(names(&registry), Vec::<String>::new());
}

#[test]
fn g08_a_leased_retry_whose_dependency_only_answered_with_errors_leaves_at_once() {
    let registry = Registry::new();
    let retry = registry.lease_retry("stock", at_once(1));
    let missing = AttemptEnd::Failed(Classification::answered());
    retry.start().after(missing, None).unwrap_err();
    drop(retry);
    assert_eq!(names(&registry), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn g08_a_leased_retry_that_failed_stays_for_ten_minutes() {
    use std::time::Duration;

    let registry = Registry::new();
    fail(&registry.lease_retry("stock", at_once(1)));
    assert_eq!(registry.retry_snapshots()[0].counts.attempts, 1);
    // A client that is made for each call finds the counts of the client before.
    fail(&registry.lease_retry("stock", at_once(1)));
    assert_eq!(registry.retry_snapshots()[0].counts.attempts, 2);
    tokio::time::advance(Duration::from_secs(599)).await;
    drop(registry.lease_retry("other", at_once(1)));
    assert_eq!(names(&registry), ["stock"]);
    tokio::time::advance(Duration::from_secs(1)).await;
    drop(registry.lease_retry("other", at_once(1)));
    assert_eq!(names(&registry), Vec::<String>::new());
}

#[test]
fn g08_a_leased_retry_stays_while_a_call_runs_or_other_code_holds_it() {
    let registry = Registry::new();
    let lease = registry.lease_retry("stock", at_once(1));
    let handle = registry.get_retry("stock").unwrap();
    drop(lease);
    assert_eq!(names(&registry), ["stock"]);
    drop(handle);
    drop(registry.lease_retry("stock", at_once(1)));
    assert_eq!(names(&registry), Vec::<String>::new());
    let _ = registry.get_or_register_retry("stock", at_once(1));
    drop(registry.lease_retry("stock", at_once(1)));
    assert_eq!(names(&registry), ["stock"]);
}
