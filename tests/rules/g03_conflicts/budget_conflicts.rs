//! Rule G3: the registry reports conflicting settings of one budget.

use resilient::__private::BudgetCallSite;
use resilient::Registry;
use resilient::budget::BudgetConfig;
use resilient::events::EventKind;

use crate::support::budget::{builder, config, is_change, is_conflict, retry};
use crate::support::sites::events_of;
use resilient_testkit::{Heard, must_end};

#[test]
fn g03_of_two_settings_of_one_budget_the_first_apply_and_both_places_are_reported_once() {
    let registry = Registry::new();
    let heard = Heard::default();
    registry.on_event(heard.listener());
    let first_line = line!() + 1;
    let one = registry.get_or_register_budget("payments", config(builder().capacity(9)));
    let second_line = line!() + 2;
    for _ in 0..10 {
        let _ = registry.get_or_register_budget("payments", BudgetConfig::default());
    }
    assert_eq!(one.config().capacity(), 9);
    assert_eq!(heard.count(is_conflict), 1);
    let event = &heard.events()[0];
    assert_eq!(
        (event.source(), event.name()),
        (resilient::events::EventSource::Budget, "payments")
    );
    let EventKind::Conflict { first, second } = event.kind() else {
        panic!("{event:?}");
    };
    assert_eq!((first.file(), first.line()), (file!(), first_line));
    assert_eq!((second.file(), second.line()), (file!(), second_line));
}

#[test]
fn g03_equal_settings_of_a_budget_are_no_conflict() {
    let registry = Registry::new();
    let heard = Heard::default();
    registry.on_event(heard.listener());
    let _ = registry.get_or_register_budget("payments", BudgetConfig::default());
    let _ = registry.get_or_register_budget("payments", config(builder().capacity(500)));
    assert_eq!(heard.events().len(), 0);
}

#[test]
fn g03_settings_are_compared_as_the_code_says_them_and_not_as_overridden() {
    let registry = Registry::new();
    let code = config(builder().deposit(2));
    let _ = registry.get_or_register_budget("payments", code);
    registry.override_budget("payments", builder().deposit(3)).unwrap();
    let heard = Heard::default();
    registry.on_event(heard.listener());
    let _ = registry.get_or_register_budget("payments", code);
    assert_eq!(heard.events().len(), 0);
    let _ = registry.get_or_register_budget("payments", config(builder().deposit(3)));
    assert_eq!(heard.count(is_conflict), 1);
}

#[test]
fn g03_a_listener_of_a_budgets_conflict_may_ask_the_registry() {
    must_end(|| {
        let registry = Registry::new();
        registry.on_event({
            let registry = registry.clone();
            move |event| {
                let same = registry.budget(event.name()).unwrap();
                assert_eq!(registry.budgets().len(), 1);
                drop(same.try_reserve());
                let _ = registry.override_budget("payments", builder().capacity(5));
            }
        });
        let _ = registry.get_or_register_budget("payments", BudgetConfig::default());
        let _ = registry.get_or_register_budget("payments", config(builder().deposit(2)));
        assert_eq!(registry.budget("payments").unwrap().config().capacity(), 5);
    });
}

#[test]
fn g03_events_of_breakers_are_not_events_of_budgets() {
    let registry = Registry::new();
    let heard = Heard::default();
    registry.on_event(heard.listener());
    registry.get_or_register("payments", resilient::BreakerConfig::default()).trip().unwrap();
    assert_eq!(heard.events()[0].source(), resilient::events::EventSource::Breaker);
}

#[test]
fn g03_code_after_a_call_site_replaces_the_defaults_without_a_conflict() {
    static SITE: BudgetCallSite = BudgetCallSite::new("sites/late");
    let (heard, id) = events_of("sites/late");
    let used = SITE.budget().unwrap();
    assert!(retry(used));
    let declared = config(builder().capacity(2_000).retry_cost(7));
    let budget = Registry::global().get_or_register_budget("sites/late", declared);
    assert_eq!(used.config(), declared);
    // The budget started with two hundred tokens, and one retry took five of them.
    assert_eq!((used.tokens(), budget.tokens()), (195, 195));
    assert_eq!(used.snapshot().counts.spent, 1);
    assert_eq!((heard.count(is_change), heard.count(is_conflict)), (1, 0));

    // From now on, code that declares different settings causes a conflict.
    let _ = Registry::global().get_or_register_budget("sites/late", BudgetConfig::default());
    assert_eq!(used.config(), declared);
    assert_eq!(heard.count(is_conflict), 1);
    Registry::global().remove_listener(id);
}

#[test]
fn g03_code_after_a_site_that_sets_the_defaults_counts_as_set() {
    static SITE: BudgetCallSite = BudgetCallSite::new("sites/default_after");
    let (name, registry) = ("sites/default_after", Registry::global());
    let (heard, id) = events_of(name);
    let _ = SITE.budget();
    let defaults = BudgetConfig::default();
    let line = line!() + 1;
    let _ = registry.get_or_register_budget(name, defaults);
    let _ = registry.get_or_register_budget(name, config(builder().deposit(2)));
    let events = heard.events();
    let [event] = &events[..] else {
        panic!("{events:?}");
    };
    let EventKind::Conflict { first, .. } = event.kind() else {
        panic!("{event:?}");
    };
    assert_eq!(first.line(), line);
    registry.remove_listener(id);
}

#[test]
fn g03_a_budget_that_is_leased_without_settings_takes_those_of_later_code() {
    let registry = Registry::new();
    let heard = Heard::default();
    registry.on_event(heard.listener());
    let named = registry.lease_budget("payments", BudgetConfig::default());
    let _ = registry.get_or_register_budget("payments", config(builder().capacity(9)));
    assert_eq!(named.config().capacity(), 9);
    let _ = registry.lease_budget("payments", BudgetConfig::default());
    assert_eq!(named.config().capacity(), 9);
    assert_eq!((heard.count(is_change), heard.count(is_conflict)), (1, 0));
}

#[test]
fn g03_an_override_of_a_budget_wins_over_settings_that_come_later() {
    let registry = Registry::new();
    registry.override_budget("payments", builder().capacity(7)).unwrap();
    let budget = registry.lease_budget("payments", BudgetConfig::default());
    let _ = registry.get_or_register_budget("payments", config(builder().capacity(9).deposit(3)));
    assert_eq!((budget.config().capacity(), budget.config().deposit()), (7, 3));
    registry.clear_budget_override("payments").unwrap();
    assert_eq!(budget.config().capacity(), 9);
}
