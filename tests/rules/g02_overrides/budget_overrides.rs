//! Rule G2: overrides of retry budgets.

use resilient::__private::BudgetCallSite;
use resilient::budget::{BudgetConfig, BudgetConfigBuilder};
use resilient::events::EventKind;
use resilient::registry::Overrides;
use resilient::{Registry, RetryBudget};

use crate::support::budget::{builder, config, is_change, retry};
use crate::support::sites::events_of;
use resilient_testkit::Heard;

/// Returns a registry and its budget `dependency`. One retry has taken its tokens, and the budget
/// has tokens for five more retries.
fn live(code: BudgetConfigBuilder) -> (Registry, RetryBudget) {
    let registry = Registry::new();
    let budget = registry.get_or_register_budget("dependency", config(code));
    assert!(retry(&budget));
    (registry, budget)
}

#[test]
fn g02_an_override_holds_at_once_and_keeps_tokens_and_counts() {
    let (registry, budget) = live(builder().initial_tokens(30));
    let before = budget.snapshot();
    let changed = builder().capacity(1_000).retry_cost(10).deposit(3).initial_tokens(7);
    let applied = registry.override_budget("dependency", changed).unwrap();
    assert_eq!(applied.live_budgets, ["dependency"]);
    let after = budget.snapshot();
    assert_eq!((after.tokens, after.counts), (25, before.counts));
    assert_eq!((after.capacity, after.settings), (1_000, config(changed)));
    budget.succeeded(false);
    assert_eq!(budget.tokens(), 28, "the new deposit");
    assert_eq!(budget.try_reserve().unwrap().cost(), 10, "the new cost");
}

#[test]
fn g02_a_lower_capacity_removes_the_tokens_that_do_not_fit() {
    let (registry, budget) = live(builder().initial_tokens(30));
    let lower = builder().capacity(10).initial_tokens(10);
    registry.override_budget("dependency", lower).unwrap();
    assert_eq!(budget.tokens(), 10);
    registry.clear_budget_override("dependency").unwrap();
    assert_eq!((budget.tokens(), budget.config().capacity()), (10, 500));
}

#[test]
fn g02_a_reservation_returns_the_tokens_that_it_took_even_if_the_cost_has_changed() {
    let (registry, budget) = live(builder().initial_tokens(30));
    let asleep = budget.try_reserve();
    let dearer = builder().retry_cost(20);
    registry.override_budget("dependency", dearer).unwrap();
    drop(asleep);
    assert_eq!(budget.tokens(), 25);
}

#[test]
fn g02_each_overridden_setting_takes_precedence_before_and_after_the_budget_exists() {
    let registry = Registry::new();
    let waiting = registry.override_budget("dependency", builder().deposit(9));
    assert_eq!(waiting.unwrap().waiting_budgets, ["dependency"]);
    let code = config(builder().capacity(40).deposit(2));
    let budget = registry.get_or_register_budget("dependency", code);
    let expected = builder().capacity(40).deposit(9);
    assert_eq!(budget.config(), config(expected));
    registry.clear_budget_override("dependency").unwrap();
    assert_eq!(budget.config(), code);
}

#[test]
fn g02_setting_all_overrides_replaces_the_earlier_ones() {
    let (registry, budget) = live(builder());
    registry.override_budget("dependency", builder().deposit(9)).unwrap();
    let all = Overrides::new().with_budget("dependency", builder().retry_cost(7));
    registry.set_overrides(all.clone()).unwrap();
    assert_eq!(budget.config(), config(builder().retry_cost(7)));
    assert_eq!(registry.overrides(), all);
    registry.set_overrides(Overrides::new()).unwrap();
    assert_eq!(budget.config(), BudgetConfig::default());
}

#[test]
fn g02_an_override_out_of_range_is_refused_and_changes_nothing_anywhere() {
    let (registry, budget) = live(builder());
    let breaker = registry.get_or_register("dependency", resilient::BreakerConfig::default());
    let (before, code) = (budget.snapshot(), breaker.config());
    for (settings, text) in [
        (builder().retry_cost(0), "`retry_cost` is 0: must be at least 1"),
        (builder().capacity(3).retry_cost(4), "`retry_cost` is 4: must not be above `capacity`"),
    ] {
        for name in ["dependency", "nobody-yet"] {
            let overrides = Overrides::new()
                .with_budget(name, settings)
                .with("dependency", resilient::BreakerConfig::builder().failure_threshold(2));
            let error = registry.set_overrides(overrides).unwrap_err();
            assert_eq!(error.to_string(), format!("[budgets.{name}]: {text}"));
            assert_eq!((error.budget(), error.breaker()), (Some(name), None));
        }
    }
    assert_eq!((budget.snapshot(), breaker.config()), (before, code));
    assert_eq!(registry.overrides(), Overrides::new());
}

#[test]
fn g02_an_override_that_does_not_go_together_with_the_code_of_a_live_budget_is_refused() {
    let (registry, budget) = live(builder().retry_cost(20).initial_tokens(50));
    let error = registry.override_budget("dependency", builder().capacity(19)).unwrap_err();
    let text = error.to_string();
    let rule = "[budgets.dependency]: `retry_cost` is 20: must not be above `capacity`";
    assert!(text.starts_with(&format!("{rule} (the code sets it at {}:", file!())), "{text}");
    assert_eq!(budget.config().capacity(), 500);
}

#[test]
fn g02_an_override_wins_over_later_code_that_does_not_fit_it_and_an_event_reports_it() {
    let registry = Registry::new();
    let heard = Heard::default();
    registry.on_event(heard.listener());
    registry.override_budget("dependency", builder().capacity(3)).unwrap();
    let code = config(builder().retry_cost(20).initial_tokens(40).deposit(2));
    let budget = registry.get_or_register_budget("dependency", code);
    let settings = budget.config();
    assert_eq!((settings.capacity(), settings.retry_cost()), (3, 3));
    assert_eq!((settings.initial_tokens(), settings.deposit()), (3, 2));
    let reported: Vec<_> = heard.events();
    let fields = reported.iter().map(|event| match event.kind() {
        EventKind::InvalidSetting(error) => error.field(),
        other => panic!("{other:?}"),
    });
    assert_eq!(fields.collect::<Vec<_>>(), ["retry_cost", "initial_tokens"]);
    assert!(reported.iter().all(|event| event.source() == resilient::events::EventSource::Budget
        && event.name() == "dependency"));
}

#[test]
fn g02_a_change_of_settings_is_one_event_and_no_change_is_no_event() {
    let (registry, _budget) = live(builder());
    let heard = Heard::default();
    registry.on_event(heard.listener());
    registry.override_budget("dependency", builder().deposit(9)).unwrap();
    registry.override_budget("dependency", builder().deposit(9)).unwrap();
    assert_eq!(heard.count(is_change), 1);
    registry.clear_budget_override("dependency").unwrap();
    assert_eq!(heard.count(is_change), 2);
    registry.override_breaker("dependency", resilient::breaker::OperatorMode::ForcedOpen).unwrap();
    assert_eq!(heard.events().len(), 2);
}

#[test]
fn g02_a_budget_that_is_registered_by_hand_takes_on_its_override() {
    let registry = Registry::new();
    registry.override_budget("dependency", builder().capacity(20)).unwrap();
    let owned = crate::support::budget::budget(builder());
    registry.register_budget(&owned).unwrap();
    assert_eq!((owned.tokens(), owned.config().capacity()), (20, 20));
    registry.clear_budget_override("dependency").unwrap();
    assert_eq!(owned.config(), BudgetConfig::default());
}

#[test]
fn g02_an_override_of_a_budget_of_a_call_site_takes_precedence_over_later_code() {
    static SITE: BudgetCallSite = BudgetCallSite::new("sites/overridden");
    let registry = Registry::global();
    registry.override_budget("sites/overridden", builder().deposit(9)).unwrap();
    let used = SITE.budget().unwrap();
    assert_eq!(used.config(), config(builder().deposit(9)));
    let declared = config(builder().deposit(2).retry_cost(3));
    let _ = registry.get_or_register_budget("sites/overridden", declared);
    assert_eq!(used.config(), config(builder().deposit(9).retry_cost(3)));
    registry.clear_budget_override("sites/overridden").unwrap();
    assert_eq!(used.config(), declared);
}

#[test]
fn g02_an_override_that_does_not_fit_the_code_after_a_site_is_reported() {
    static SITE: BudgetCallSite = BudgetCallSite::new("sites/unfit");
    let (name, registry) = ("sites/unfit", Registry::global());
    let (heard, id) = events_of(name);
    registry.override_budget(name, builder().capacity(10)).unwrap();
    let used = SITE.budget().unwrap();
    let declared = config(builder().retry_cost(20).initial_tokens(0));
    let _ = registry.get_or_register_budget(name, declared);
    assert_eq!(used.config().retry_cost(), 5);
    let is_reported = |kind: &EventKind| match kind {
        EventKind::InvalidSetting(error) => error.field() == "retry_cost",
        _ => false,
    };
    assert_eq!(heard.count(is_reported), 1);
    registry.clear_budget_override(name).unwrap();
    assert_eq!(used.config(), declared);
    registry.remove_listener(id);
}
