//! Rule G1: each name belongs to one breaker or one budget.

use resilient::__private::BudgetCallSite;
use resilient::breaker::{BreakerKey, CircuitState, KeyedBreakers};
use resilient::budget::BudgetConfig;
use resilient::registry::Lease;
use resilient::{BreakerConfig, Registry};

use crate::support::budget::{builder, config, is_conflict, retry};
use crate::support::registry::settings;
use crate::support::sites::events_of;
use resilient_testkit::{Heard, fail, rejection};

#[test]
fn g01_one_name_is_one_budget() {
    let registry = Registry::new();
    let one = registry.get_or_register_budget("payments", BudgetConfig::default());
    let same = registry.get_or_register_budget("payments", BudgetConfig::default());
    let other = registry.get_or_register_budget("search", BudgetConfig::default());
    assert!(retry(&one));
    assert_eq!((same.tokens(), other.tokens()), (45, 50));
    assert_eq!(registry.budget("payments").unwrap().tokens(), 45);
    assert!(registry.budget("mail").is_none());
}

#[test]
fn g01_a_breaker_and_a_budget_may_have_one_name() {
    let registry = Registry::new();
    let heard = Heard::default();
    registry.on_event(heard.listener());
    let breaker = registry.get_or_register("payments", BreakerConfig::default());
    let budget = registry.get_or_register_budget("payments", config(builder().capacity(9)));
    registry.override_budget("payments", builder().capacity(7)).unwrap();
    assert_eq!(breaker.config(), BreakerConfig::default());
    assert_eq!(budget.config().capacity(), 7);
    assert_eq!((registry.breakers().len(), registry.budgets().len()), (1, 1));
    assert_eq!(heard.count(is_conflict), 0);
}

#[test]
fn g01_a_site_creates_its_budget_with_the_defaults_if_it_does_not_exist() {
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
    let (heard, id) = events_of("sites/shared");
    let declared = config(builder().capacity(9));
    let budget = Registry::global().get_or_register_budget("sites/shared", declared);
    assert!(retry(ONE.budget().unwrap()));
    assert_eq!(OTHER.budget().unwrap().tokens(), budget.tokens());
    assert_eq!(budget.config(), declared);
    assert_eq!(heard.events().len(), 0, "a name is no setting");
    Registry::global().remove_listener(id);
}

#[test]
fn g01_a_name_of_keyed_breakers_is_one_group() {
    let registry = Registry::new();
    let one = registry.get_or_register_keyed::<u32>("shards", settings());
    let same = registry.get_or_register_keyed::<u32>("shards", settings());
    fail(&one.get(&7));
    assert_eq!(same.get(&7).state(), CircuitState::Open);
    let found = registry.get_keyed::<u32>("shards").unwrap();
    assert_eq!(found.get(&7).state(), CircuitState::Open);
    assert_eq!(registry.all().names().collect::<Vec<_>>(), ["shards"]);
}

#[test]
fn g01_one_name_is_one_breaker() {
    let registry = Registry::new();
    let first = registry.get_or_register("payments", settings());
    let second = registry.get_or_register("payments", settings());
    fail(&first);
    assert_eq!(rejection(&second).breaker(), "payments");
    assert_eq!(registry.breakers().len(), 1);
}

#[test]
fn g01_another_name_is_another_breaker() {
    let registry = Registry::new();
    let payments = registry.get_or_register("payments", settings());
    let stock = registry.get_or_register("stock", settings());
    payments.trip().unwrap();
    assert_eq!((payments.state(), stock.state()), (CircuitState::Open, CircuitState::Closed));
    assert_eq!((payments.name(), stock.name()), ("payments", "stock"));
}

#[test]
fn g01_clones_of_a_registry_are_one_and_another_registry_is_another() {
    let registry = Registry::new();
    let breaker = registry.get_or_register("payments", settings());
    breaker.trip().unwrap();
    let same = registry.clone().get("payments").unwrap();
    assert_eq!(same.state(), CircuitState::Open);
    assert!(Registry::new().get("payments").is_none());
}

#[test]
fn g01_the_global_registry_is_one_for_the_process() {
    let name = "g01_the_global_registry_is_one_for_the_process";
    let breaker = Registry::global().get_or_register(name, settings());
    breaker.trip().unwrap();
    let same = std::thread::spawn(move || Registry::global().get(name).unwrap().state());
    assert_eq!(same.join().unwrap(), CircuitState::Open);
}

#[test]
fn g01_a_name_may_be_any_text() {
    let registry = Registry::new();
    let long = "x".repeat(100_000);
    for name in ["", " ", "a::b<C>", "größe", "line\nbreak", long.as_str()] {
        let breaker = registry.get_or_register(name, settings());
        assert_eq!(breaker.name(), name);
        assert!(registry.get(name).is_some());
    }
    assert_eq!(registry.breakers().len(), 6);
}

/// Leases keyed breakers of a taken name, for each type of key from one source location.
fn lease_from_here<K: BreakerKey>(registry: &Registry) -> Lease<KeyedBreakers<K>> {
    registry.lease_keyed::<K>("taken", BreakerConfig::default())
}

#[test]
fn g01_a_source_location_finds_its_longer_name_after_a_shorter_one_has_left() {
    let registry = Registry::new();
    let _single = registry.get_or_register("taken", BreakerConfig::default());
    let numbers = lease_from_here::<u32>(&registry);
    let texts = lease_from_here::<String>(&registry);
    drop(numbers);
    let again = lease_from_here::<String>(&registry);
    assert_eq!(again.name(), texts.name());
    texts.get("a").trip().unwrap();
    assert_eq!(again.get("a").state(), CircuitState::Open);
}
