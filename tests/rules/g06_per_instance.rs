//! Rule G6: an instance can own breakers.

use resilient::__private::BudgetCallSite;
use resilient::breaker::CircuitState;
use resilient::budget::BudgetConfig;
use resilient::events::EventKind;
use resilient::{CircuitBreaker, Registry, RetryBudget};

use crate::support::budget::{budget, builder};
use crate::support::keyed::shards;
use crate::support::registry::{other_settings, settings};
use resilient_testkit::{Heard, fail, rejection};

#[test]
fn g06_a_budget_that_was_made_by_hand_can_be_registered() {
    let registry = Registry::new();
    let owned = budget(builder().initial_tokens(7));
    registry.register_budget(&owned).unwrap();
    registry.register_budget(&owned).unwrap();
    owned.succeeded(false);
    let found = registry.budget("dependency").unwrap();
    assert_eq!(found.tokens(), 8);
}

#[test]
fn g06_a_name_that_is_taken_is_refused() {
    let registry = Registry::new();
    registry.register_budget(&budget(builder())).unwrap();
    let error = registry.register_budget(&budget(builder())).unwrap_err();
    assert_eq!(
        error.to_string(),
        "another retry budget is registered as `dependency`: give this one another name"
    );
}

#[test]
fn g06_a_name_that_a_site_has_taken_is_refused_for_another_budget() {
    static SITE: BudgetCallSite = BudgetCallSite::new("sites/taken");
    let _ = SITE.budget();
    let owned = RetryBudget::new("sites/taken", BudgetConfig::default());
    assert!(Registry::global().register_budget(&owned).is_err());
}

#[test]
fn g06_owned_keyed_breakers_can_be_registered() {
    let registry = Registry::new();
    let heard = Heard::default();
    registry.on_event(heard.listener());
    let owned = shards();
    let _ = owned.get(&1);
    registry.register_keyed(&owned).unwrap();
    registry.register_keyed(&owned.clone()).unwrap();
    let taken = registry.register_keyed(&shards()).unwrap_err();
    assert!(taken.to_string().contains("`shards`"), "{taken}");
    registry.register(&CircuitBreaker::new("shards", settings())).unwrap_err();
    registry.named("shards").force_open();
    assert_eq!(owned.get(&1).state(), CircuitState::ForcedOpen);
    fail_to_call(&owned.get(&2));
    let keys: Vec<_> = heard.events().iter().map(|event| event.key().map(str::to_owned)).collect();
    assert_eq!(keys, [Some("1".to_owned()), Some("2".to_owned())]);
}

fn fail_to_call(breaker: &CircuitBreaker) {
    assert_eq!(rejection(breaker).state(), CircuitState::ForcedOpen);
}

#[test]
fn g06_a_group_cannot_take_the_name_of_a_single_breaker() {
    let registry = Registry::new();
    registry.register(&CircuitBreaker::new("shards", settings())).unwrap();
    registry.register_keyed(&shards()).unwrap_err();
    assert!(registry.get("shards").is_some());
}

#[test]
fn g06_an_owned_breaker_is_in_no_registry_until_it_is_registered() {
    let registry = Registry::new();
    let owned = CircuitBreaker::new("tenant", settings());
    assert!(registry.get("tenant").is_none());
    assert!(Registry::global().get("tenant").is_none());
    registry.register(&owned).unwrap();
    registry.get("tenant").unwrap().force_open();
    assert_eq!(owned.state(), CircuitState::ForcedOpen);
    assert!(Registry::global().get("tenant").is_none());
}

#[test]
fn g06_clones_of_an_owned_breaker_are_handles_of_one() {
    let owned = CircuitBreaker::new("tenant", settings());
    let clone = owned.clone();
    fail(&clone);
    assert_eq!(owned.state(), CircuitState::Open);
    assert!(size_of::<CircuitBreaker>() <= size_of::<[usize; 2]>());
}

#[test]
fn g06_two_instances_of_one_name_are_two_breakers_and_one_of_them_can_be_registered() {
    let registry = Registry::new();
    let first = CircuitBreaker::new("tenant", settings());
    let second = CircuitBreaker::new("tenant", settings());
    fail(&first);
    assert_eq!(second.state(), CircuitState::Closed);
    registry.register(&first).unwrap();
    let taken = registry.register(&second).unwrap_err();
    assert!(taken.to_string().contains("`tenant`"), "{taken}");
    assert_eq!(registry.get("tenant").unwrap().state(), CircuitState::Open);
}

#[test]
fn g06_registering_the_same_breaker_twice_is_no_error() {
    let registry = Registry::new();
    let owned = CircuitBreaker::new("tenant", settings());
    assert_eq!(registry.register(&owned), Ok(()));
    assert_eq!(registry.register(&owned.clone()), Ok(()));
    assert_eq!(registry.breakers().len(), 1);
}

#[test]
fn g06_a_registered_breaker_is_the_one_that_its_name_then_finds() {
    let registry = Registry::new();
    let owned = CircuitBreaker::new("tenant", settings());
    registry.register(&owned).unwrap();
    let found = registry.get_or_register("tenant", settings());
    fail(&found);
    assert_eq!(owned.state(), CircuitState::Open);
}

#[test]
fn g06_a_conflict_with_a_registered_breaker_names_where_it_was_registered() {
    let registry = Registry::new();
    let heard = Heard::default();
    registry.on_event(heard.listener());
    let owned = CircuitBreaker::new("tenant", settings());
    let line = line!() + 1;
    registry.register(&owned).unwrap();
    let _ = registry.get_or_register("tenant", other_settings());
    let events = heard.events();
    let [event] = events.as_slice() else {
        panic!("{events:?}");
    };
    assert!(
        matches!(event.kind(), EventKind::Conflict { first, .. } if first.line() == line),
        "{event:?}"
    );
}

#[test]
fn g06_a_registered_breaker_is_heard_by_the_listeners_of_the_registry() {
    let registry = Registry::new();
    let heard = Heard::default();
    registry.on_event(heard.listener());
    let owned = CircuitBreaker::new("tenant", settings());
    owned.trip().unwrap();
    registry.register(&owned).unwrap();
    owned.close();
    assert_eq!(heard.steps(), [(CircuitState::Open, CircuitState::Closed)]);
}

#[test]
fn g06_a_breaker_in_two_registries_is_heard_in_both() {
    let (first, second) = (Registry::new(), Registry::new());
    let owned = CircuitBreaker::new("tenant", settings());
    let heard = [Heard::default(), Heard::default()];
    first.on_event(heard[0].listener());
    second.on_event(heard[1].listener());
    first.register(&owned).unwrap();
    second.register(&owned).unwrap();
    owned.trip().unwrap();
    // Each registry has a listener for all of its breakers, so both listeners receive the event.
    assert_eq!(heard.each_ref().map(|each| each.steps().len()), [1, 1]);
}

#[test]
fn g06_the_breaker_of_one_key_is_not_registered_apart_from_its_name() {
    let registry = Registry::new();
    let shards = resilient::breaker::KeyedBreakers::<u32>::new("shards", settings());
    let error = registry.register(&shards.get(&1)).unwrap_err();
    assert!(error.to_string().contains("`shards` [1]"), "{error}");
    assert!(registry.all().is_empty());
    registry.register_keyed(&shards).unwrap();
    assert!(registry.register(&shards.get(&1)).is_err());
}
