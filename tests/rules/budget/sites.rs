//! G1 to G3 for the names in attributes, which say nothing but the name: in the global registry.

use resilient::__private::{BudgetCallSite, given_budget};
use resilient::budget::BudgetConfig;
use resilient::events::EventKind;
use resilient::{Registry, RetryBudget};

use super::{builder, config, is_change, is_conflict, retry};
use crate::support::Heard;

/// What is told of one budget of the global registry, in which other tests do things, too.
fn told_of(name: &'static str) -> (Heard, resilient::events::ListenerId) {
    let heard = Heard::default();
    let listener = heard.listener();
    let id = Registry::global().on_event(move |event| {
        if event.source() == resilient::events::EventSource::Budget && event.name() == name {
            listener(event);
        }
    });
    (heard, id)
}

#[test]
fn g01_a_site_makes_its_budget_with_the_defaults_if_nobody_has() {
    static SITE: BudgetCallSite = BudgetCallSite::new("sites/defaults");
    assert!(Registry::global().budget("sites/defaults").is_none());
    let budget = SITE.budget().unwrap();
    assert_eq!(budget.config(), BudgetConfig::default());
    let found = Registry::global().budget("sites/defaults").unwrap();
    assert!(retry(&found));
    assert_eq!(SITE.budget().unwrap().tokens(), 45);
}

#[test]
fn g01_sites_of_one_name_share_the_budget_that_code_has_declared() {
    static ONE: BudgetCallSite = BudgetCallSite::new("sites/shared");
    static OTHER: BudgetCallSite = BudgetCallSite::new("sites/shared");
    let (heard, id) = told_of("sites/shared");
    let declared = config(builder().capacity(9));
    let budget = Registry::global().get_or_register_budget("sites/shared", declared);
    assert!(retry(ONE.budget().unwrap()));
    assert_eq!(OTHER.budget().unwrap().tokens(), budget.tokens());
    assert_eq!(budget.config(), declared);
    assert_eq!(heard.events().len(), 0, "a name is no setting");
    Registry::global().remove_listener(id);
}

#[test]
fn g03_code_that_comes_after_a_site_wins_over_the_defaults_and_that_is_no_conflict() {
    static SITE: BudgetCallSite = BudgetCallSite::new("sites/late");
    let (heard, id) = told_of("sites/late");
    let used = SITE.budget().unwrap();
    assert!(retry(used));
    let declared = config(builder().capacity(2_000).retry_cost(7));
    let budget = Registry::global().get_or_register_budget("sites/late", declared);
    assert_eq!(used.config(), declared);
    // Two hundred at the start, less the retry that was made.
    assert_eq!((used.tokens(), budget.tokens()), (195, 195));
    assert_eq!(used.snapshot().counts.spent, 1);
    assert_eq!((heard.count(is_change), heard.count(is_conflict)), (1, 0));

    // From then on the rule holds.
    let _ = Registry::global().get_or_register_budget("sites/late", BudgetConfig::default());
    assert_eq!(used.config(), declared);
    assert_eq!(heard.count(is_conflict), 1);
    Registry::global().remove_listener(id);
}

#[test]
fn g03_code_that_comes_after_a_site_and_says_the_defaults_has_said_them() {
    static SITE: BudgetCallSite = BudgetCallSite::new("sites/default_after");
    let (name, registry) = ("sites/default_after", Registry::global());
    let (heard, id) = told_of(name);
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
fn g02_an_override_of_a_budget_that_only_sites_name_holds_and_code_goes_below_it() {
    static SITE: BudgetCallSite = BudgetCallSite::new("sites/overridden");
    let registry = Registry::global();
    registry
        .override_budget("sites/overridden", builder().deposit(9))
        .unwrap();
    let used = SITE.budget().unwrap();
    assert_eq!(used.config(), config(builder().deposit(9)));
    let declared = config(builder().deposit(2).retry_cost(3));
    let _ = registry.get_or_register_budget("sites/overridden", declared);
    assert_eq!(used.config(), config(builder().deposit(9).retry_cost(3)));
    registry.clear_budget_override("sites/overridden").unwrap();
    assert_eq!(used.config(), declared);
}

#[test]
fn g02_code_after_a_site_that_an_override_does_not_fit_is_told() {
    static SITE: BudgetCallSite = BudgetCallSite::new("sites/unfit");
    let (name, registry) = ("sites/unfit", Registry::global());
    let (heard, id) = told_of(name);
    registry
        .override_budget(name, builder().capacity(10))
        .unwrap();
    let used = SITE.budget().unwrap();
    let declared = config(builder().retry_cost(20).initial_tokens(0));
    let _ = registry.get_or_register_budget(name, declared);
    assert_eq!(used.config().retry_cost(), 5);
    let is_told = |kind: &EventKind| matches!(kind, EventKind::InvalidSetting(error) if error.field() == "retry_cost");
    assert_eq!(heard.count(is_told), 1);
    registry.clear_budget_override(name).unwrap();
    assert_eq!(used.config(), declared);
    registry.remove_listener(id);
}

#[test]
fn g06_a_name_that_a_site_has_taken_is_refused_for_another_budget() {
    static SITE: BudgetCallSite = BudgetCallSite::new("sites/taken");
    let _ = SITE.budget();
    let owned = RetryBudget::new("sites/taken", BudgetConfig::default());
    assert!(Registry::global().register_budget(&owned).is_err());
}

#[test]
fn g07_threads_that_call_a_site_at_once_get_one_budget() {
    static SITE: BudgetCallSite = BudgetCallSite::new("sites/raced");
    let start = std::sync::Barrier::new(64);
    let mut addresses: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..64)
            .map(|_| {
                scope.spawn(|| {
                    start.wait();
                    let budget = SITE.budget().unwrap();
                    assert!(budget.tokens() > 0);
                    std::ptr::from_ref(budget).addr()
                })
            })
            .collect();
        let addresses = threads.into_iter().map(|thread| thread.join().unwrap());
        addresses.collect()
    });
    addresses.dedup();
    assert_eq!(addresses.len(), 1);
    assert!(retry(SITE.budget().unwrap()));
    assert_eq!(
        Registry::global().budget("sites/raced").unwrap().tokens(),
        45
    );
}

#[test]
fn r07_a_budget_is_given_as_one_or_as_none() {
    let budget = super::budget(builder().initial_tokens(5));
    let mut given = Vec::new();
    given.extend(given_budget(&budget));
    given.extend(given_budget(&&budget));
    given.extend(given_budget(&Some(budget.clone())));
    given.extend(given_budget(&Some(&budget)));
    assert_eq!(given.len(), 4);
    assert!(retry(&budget));
    assert!(given.iter().all(|same| same.tokens() == 0));
    assert!(given_budget(&None::<RetryBudget>).is_none());
}
