//! Rule G8: groups, single keys and budgets can be removed, by handle and by name.

use resilient::__private::BudgetCallSite;
use resilient::breaker::{CircuitState, KeyedBreakers, OperatorMode};
use resilient::budget::BudgetConfig;
use resilient::{BreakerConfig, CircuitBreaker, Registry, RetryBudget, circuit_breaker};

use crate::support::budget::{builder, config, retry};
use crate::support::registry::{other_settings, settings};
use resilient_testkit::{Heard, fail};

#[test]
fn g08_a_group_can_be_unregistered_with_all_its_keys() {
    let registry = Registry::new();
    let shards = registry.get_or_register_keyed::<u32>("shards", settings());
    fail(&shards.get(&7));
    assert!(registry.unregister_keyed(&shards.clone()));
    assert!(!registry.unregister_keyed(&shards));
    assert!(registry.breakers().is_empty());
    let next = registry.get_or_register_keyed::<u32>("shards", other_settings());
    assert_eq!(next.get(&7).state(), CircuitState::Closed);
    assert_eq!((shards.get(&7).state(), shards.len()), (CircuitState::Open, 1));
}

#[test]
fn g08_only_the_group_itself_can_be_unregistered_under_its_name() {
    let registry = Registry::new();
    let shards = registry.get_or_register_keyed::<u32>("shards", settings());
    assert!(!registry.unregister_keyed(&KeyedBreakers::<u32>::new("shards", settings())));
    assert!(!registry.unregister_keyed(&KeyedBreakers::<String>::new("shards", settings())));
    assert!(!registry.unregister(&CircuitBreaker::new("shards", settings())));
    assert!(registry.unregister_keyed(&shards));
}

#[test]
fn g08_operators_and_listeners_no_longer_reach_an_unregistered_group() {
    let registry = Registry::new();
    let heard = Heard::default();
    registry.on_event(heard.listener());
    let shards = registry.get_or_register_keyed::<u32>("shards", settings());
    registry.override_breaker("shards", other_settings().to_builder()).unwrap();
    let old_key = shards.get(&1);
    registry.unregister_keyed(&shards);
    assert_eq!((old_key.config(), shards.get(&2).config()), (settings(), settings()));
    let before = heard.events().len();
    registry.all().force_open();
    registry.override_breaker("shards", OperatorMode::Disabled).unwrap();
    fail(&old_key);
    fail(&shards.get(&2));
    assert_eq!(heard.events().len(), before);
    assert_eq!(
        (old_key.state(), shards.get(&3).state()),
        (CircuitState::Open, CircuitState::Closed)
    );
}

#[test]
fn g08_a_name_can_be_unregistered_without_a_handle() {
    let registry = Registry::new();
    let _ = registry.get_or_register("tenant", settings());
    let _ = registry.get_or_register_keyed::<u32>("shards", settings());
    let _ = registry.get_or_register_budget("payments", BudgetConfig::default());
    assert!(registry.unregister_by_name("tenant"));
    assert!(registry.unregister_by_name("shards"));
    assert!(!registry.unregister_by_name("payments"), "a budget is no breaker");
    assert!(registry.unregister_budget_by_name("payments"));
    for name in ["tenant", "shards", "payments", "nobody"] {
        assert!(!registry.unregister_by_name(name) && !registry.unregister_budget_by_name(name));
    }
    assert!(registry.breakers().is_empty() && registry.budgets().is_empty());
}

#[test]
fn g08_a_single_key_can_be_removed_by_its_key_and_by_its_handle() {
    let registry = Registry::new();
    let tenants = registry.get_or_register_keyed::<String>("tenants", settings());
    let (acme, umbrella) = (tenants.get("acme"), tenants.get("umbrella"));
    fail(&acme);
    fail(&umbrella);
    assert!(tenants.remove("acme"));
    assert!(registry.unregister(&umbrella));
    assert!(!tenants.remove("acme") && !registry.unregister(&umbrella));
    assert!(tenants.is_empty());
    assert_eq!(tenants.get("acme").state(), CircuitState::Closed);
    assert_eq!((acme.state(), umbrella.state()), (CircuitState::Open, CircuitState::Open));
    assert!(registry.get_keyed::<String>("tenants").is_some(), "the group stays");
}

#[test]
fn g08_a_removed_key_makes_room_for_another() {
    let config = settings().to_builder().max_keys(2).build().unwrap();
    let tenants = KeyedBreakers::<u32>::new("tenants", config);
    for tenant in [1, 2] {
        fail(&tenants.get(&tenant));
    }
    assert_eq!(tenants.get(&3).key(), Some("(other keys)"), "no closed breaker can be evicted");
    assert!(tenants.remove(&1));
    assert_eq!(tenants.get(&3).key(), Some("3"));
}

#[test]
fn g08_only_the_breaker_of_the_key_itself_can_be_unregistered() {
    let registry = Registry::new();
    let tenants = registry.get_or_register_keyed::<u32>("tenants", settings());
    let other = KeyedBreakers::<u32>::new("tenants", settings());
    let _ = tenants.get(&1);
    assert!(!registry.unregister(&other.get(&1)));
    assert_eq!(tenants.len(), 1);
}

#[test]
fn g08_listeners_of_the_group_no_longer_hear_a_removed_key() {
    let registry = Registry::new();
    let tenants = registry.get_or_register_keyed::<u32>("tenants", settings());
    let (of_all, of_group) = (Heard::default(), Heard::default());
    registry.on_event(of_all.listener());
    tenants.on_event(of_group.listener());
    let (old, own) = (tenants.get(&1), Heard::default());
    old.on_event(own.listener());
    tenants.remove(&1);
    old.trip().unwrap();
    tenants.get(&1).trip().unwrap();
    let heard = [of_all.events().len(), of_group.events().len(), own.events().len()];
    assert_eq!(heard, [1, 1, 1]);
}

#[test]
fn g08_what_an_annotated_function_uses_stays() {
    #[circuit_breaker(name = "g08 keyed function", key = tenant)]
    fn call(tenant: u32) -> Option<u32> {
        Some(tenant)
    }
    #[circuit_breaker(name = "g08 second user")]
    fn second() -> Option<()> {
        Some(())
    }
    static SITE: BudgetCallSite = BudgetCallSite::new("g08 budget of a function");
    let registry = Registry::global();
    let first = registry.get_or_register("g08 second user", BreakerConfig::default());
    let budget =
        registry.get_or_register_budget("g08 budget of a function", BudgetConfig::default());
    (call(1), second(), SITE.budget()).0.unwrap();
    let group = registry.get_keyed::<u32>("g08 keyed function").unwrap();
    assert!(!registry.unregister_keyed(&group));
    assert!(!registry.unregister_by_name("g08 keyed function"));
    assert!(!registry.unregister(&first), "the function refers to this breaker");
    assert!(!registry.unregister_by_name("g08 second user"));
    assert!(!registry.unregister_budget(&budget));
    assert!(!registry.unregister_budget_by_name("g08 budget of a function"));
    // Code can remove a single key, as an eviction does.
    assert!(group.remove(&1));
    call(1).unwrap();
    assert_eq!(group.len(), 1);
}

#[test]
fn g08_a_budget_can_be_unregistered_and_its_handles_work() {
    let registry = Registry::new();
    let old = registry.get_or_register_budget("payments", config(builder().capacity(100)));
    registry.override_budget("payments", builder().deposit(3)).unwrap();
    assert!(retry(&old));
    assert!(registry.unregister_budget(&old.clone()));
    assert!(!registry.unregister_budget(&old));
    assert!(registry.budget("payments").is_none());
    assert_eq!(old.config(), config(builder().capacity(100)), "the settings of the code");
    let new = registry.get_or_register_budget("payments", config(builder().capacity(200)));
    assert_eq!((old.tokens(), new.tokens(), new.config().deposit()), (5, 20, 3));
    assert!(retry(&old));
    assert_eq!((old.tokens(), new.tokens()), (0, 20));
}

#[test]
fn g08_only_the_budget_itself_can_be_unregistered_under_its_name() {
    let registry = Registry::new();
    let budget = registry.get_or_register_budget("payments", BudgetConfig::default());
    assert!(!registry.unregister_budget(&RetryBudget::new("payments", BudgetConfig::default())));
    assert!(registry.unregister_budget(&budget));
}

#[test]
fn g08_a_leased_name_can_be_unregistered_while_it_is_in_use() {
    let registry = Registry::new();
    let first = registry.lease("dependency", settings());
    assert!(registry.unregister_by_name("dependency"));
    let second = registry.lease("dependency", settings());
    fail(&second);
    drop(first);
    assert_eq!(registry.get("dependency").unwrap().state(), CircuitState::Open);
}
