//! The lines about settings.

use resilient::{BreakerConfig, Registry, RetryPolicy, circuit_breaker};

use crate::capture::logged;
use crate::runtime;

#[test]
fn g03_conflicts_and_b15_invalid_settings_are_one_warning_each() {
    fn none() -> u32 {
        0
    }

    #[circuit_breaker(name = "warned", failure_threshold = none())]
    async fn first() -> Option<u32> {
        Some(1)
    }

    #[circuit_breaker(name = "warned", failure_threshold = 7)]
    async fn second() -> Option<u32> {
        Some(2)
    }

    let lines = logged(|| {
        runtime().block_on(async {
            for _ in 0..2 {
                first().await.unwrap();
                second().await.unwrap();
            }
        });
    });
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert_eq!(
        lines[0],
        "WARN invalid setting; its default applies breaker=\"warned\" \
         error=\"`failure_threshold` is 0: must be at least 1\""
    );
    assert!(lines[1].starts_with("WARN two places in the code give one name different settings"));
    assert_eq!(lines[1].matches("settings.rs:").count(), 2, "{}", lines[1]);
}

#[test]
fn g03_each_event_of_a_budget_is_a_line_with_its_name() {
    use resilient::budget::BudgetConfig;

    let registry = Registry::new();
    let settings = BudgetConfig::builder;
    let lines = logged(|| {
        let lower = settings().capacity(3);
        registry.override_budget("payments", lower).unwrap();
        let dear = settings().retry_cost(20).build().unwrap();
        for _ in 0..2 {
            let _ = registry.get_or_register_budget("payments", dear);
            let _ = registry.get_or_register_budget("payments", BudgetConfig::default());
        }
        registry.clear_budget_override("payments").unwrap();
    });
    assert_eq!(lines.len(), 3, "{lines:?}");
    assert_eq!(
        lines[0],
        "WARN invalid setting; its default applies budget=\"payments\" \
         error=\"`retry_cost` is 20: must not be above `capacity`\""
    );
    let conflict = "WARN two places in the code give one name different settings; the first apply";
    assert!(lines[1].starts_with(conflict), "{}", lines[1]);
    assert_eq!(lines[1].matches("settings.rs:").count(), 2, "{}", lines[1]);
    let changes = "INFO settings changed budget=\"payments\" \
                   changes=capacity = 500 by default of the library, was 3 by [budgets.payments]; \
                   retry_cost = 20 by code at ";
    assert!(lines[2].starts_with(changes), "{}", lines[2]);
}

#[test]
fn g02_a_change_of_settings_says_old_and_new_values_and_where_they_came_from() {
    let registry = Registry::new();
    let _breaker = registry.get_or_register("changed", BreakerConfig::default());
    let _retry = registry.get_or_register_retry("changed", RetryPolicy::default());
    let lines = logged(|| {
        let eight = BreakerConfig::builder().failure_threshold(8);
        registry.override_breaker("changed", eight).unwrap();
        registry.override_retry("chan*", RetryPolicy::builder().max_retries(0)).unwrap();
        registry.clear_retry_override("chan*").unwrap();
    });
    let expected = [
        "INFO settings changed breaker=\"changed\" changes=failure_threshold = 8 by \
         [breakers.changed], was 5 by default of the library",
        "INFO settings changed retry=\"changed\" changes=max_retries = 0 by \
         [retries.\"chan*\"], was 3 by ",
        "INFO settings changed retry=\"changed\" changes=max_retries = 3 by ",
    ];
    assert_eq!(lines.len(), expected.len(), "{lines:?}");
    for (line, expected) in lines.iter().zip(expected) {
        assert!(line.starts_with(expected), "{line}");
    }
}
