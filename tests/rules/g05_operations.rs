//! Rule G5: operations apply to all breakers or to a selection.

use resilient::breaker::{CircuitState, OperatorMode};
use resilient::budget::BudgetConfig;
use resilient::{CircuitBreaker, Registry};

use crate::support::budget::retry;
use crate::support::registry::settings;
use crate::support::selection::populated;
use resilient_testkit::{Heard, fail, rejection, secs, succeed};

#[test]
fn g05_budgets_are_listed_by_name() {
    let registry = Registry::new();
    for name in ["search", "payments", "mail"] {
        let _ = registry.get_or_register_budget(name, BudgetConfig::default());
    }
    assert!(retry(&registry.budget("payments").unwrap()));
    let seen = registry.budgets();
    let names: Vec<_> = seen.iter().map(|each| each.name.as_str()).collect();
    assert_eq!(names, ["mail", "payments", "search"]);
    assert_eq!((seen[1].tokens, seen[1].counts.spent), (45, 1));
    assert_eq!(seen[1].settings, BudgetConfig::default());
}

#[test]
fn g05_a_group_is_found_by_its_name_and_its_type_of_key_only() {
    let registry = Registry::new();
    let _ = registry.get_or_register_keyed::<u32>("shards", settings());
    let _ = registry.get_or_register("single", settings());
    assert!(registry.get("shards").is_none());
    assert!(registry.get_keyed::<u64>("shards").is_none());
    assert!(registry.get_keyed::<u32>("single").is_none());
    assert!(registry.get_keyed::<u32>("nobody").is_none());
}

#[test]
fn g05_a_breaker_is_found_by_its_name_and_by_no_other() {
    let registry = Registry::new();
    assert!(registry.get("payments").is_none());
    let _ = registry.get_or_register("payments", settings());
    assert_eq!(registry.get("payments").unwrap().name(), "payments");
    assert!(registry.get("payment").is_none());
    assert!(registry.get("Payments").is_none());
}

#[test]
fn g05_all_breakers_and_their_snapshots_come_ordered_by_name() {
    let registry = Registry::new();
    for name in ["stock", "mail", "payments"] {
        let _ = registry.get_or_register(name, settings());
    }
    fail(&registry.get("mail").unwrap());
    let breakers = registry.breakers();
    let names: Vec<_> = breakers.iter().map(CircuitBreaker::name).collect();
    assert_eq!(names, ["mail", "payments", "stock"]);
    let snapshots = registry.snapshot();
    let states: Vec<_> = snapshots.iter().map(|each| (each.name.as_str(), each.state)).collect();
    let expected = [
        ("mail", CircuitState::Open),
        ("payments", CircuitState::Closed),
        ("stock", CircuitState::Closed),
    ];
    assert_eq!(states, expected);
}

#[test]
fn g05_an_operator_moves_the_breaker_that_the_code_holds() {
    let registry = Registry::new();
    let held = registry.get_or_register("payments", settings());
    let operated = || registry.get("payments").unwrap();
    operated().trip().unwrap();
    assert_eq!(held.state(), CircuitState::Open);
    operated().force_open();
    assert_eq!(held.state(), CircuitState::ForcedOpen);
    operated().disable();
    assert_eq!(held.state(), CircuitState::Disabled);
    operated().close();
    assert_eq!(held.state(), CircuitState::Closed);
    succeed(&held);
}

#[test]
fn g05_a_listener_of_the_registry_hears_breakers_that_came_before_and_after_it() {
    let registry = Registry::new();
    let before = registry.get_or_register("before", settings());
    let heard = Heard::default();
    let id = registry.on_event(heard.listener());
    let after = registry.get_or_register("after", settings());
    before.trip().unwrap();
    after.trip().unwrap();
    let names: Vec<_> = heard.events().iter().map(|event| event.name().to_owned()).collect();
    assert_eq!(names, ["before", "after"]);
    assert!(registry.remove_listener(id));
    assert!(!registry.remove_listener(id));
    before.close();
    assert_eq!(heard.events().len(), 2);
}

fn states(registry: &Registry) -> Vec<CircuitState> {
    let snapshots = registry.snapshot();
    snapshots.iter().map(|each| each.state).collect()
}

#[test]
fn g05_breakers_are_selected_by_name_by_prefix_or_all() {
    let (registry, _shards) = populated();
    let names = |selection: &resilient::registry::Selection| {
        let names = selection.names().map(str::to_owned);
        names.collect::<Vec<_>>()
    };
    assert_eq!(names(&registry.named("stock")), ["stock"]);
    assert_eq!(names(&registry.named("stoc")), Vec::<String>::new());
    let payments = ["payments/charge", "payments/refund"];
    assert_eq!(names(&registry.with_prefix("payments/")), payments);
    assert_eq!(names(&registry.with_prefix("payments/refund")), ["payments/refund"]);
    assert!(registry.with_prefix("Payments").is_empty());
    assert_eq!(names(&registry.with_prefix("")).len(), 4);
    let all = ["payments/charge", "payments/refund", "shards", "stock"];
    assert_eq!(names(&registry.all()), all);
    assert!(!registry.all().is_empty());
    assert!(Registry::new().all().is_empty());
}

#[test]
fn g05_the_name_of_a_group_selects_all_its_keys() {
    let (registry, _shards) = populated();
    assert_eq!(registry.named("shards").breakers().len(), 2);
    assert_eq!(registry.all().breakers().len(), 5);
    assert_eq!(registry.breakers().len(), 5);
}

#[test]
fn g05_snapshots_come_ordered_by_name_and_key() {
    let (registry, shards) = populated();
    let _ = shards.get(&10);
    let snapshots = registry.all().snapshot();
    let order: Vec<_> =
        snapshots.iter().map(|each| (each.name.as_str(), each.key.as_deref())).collect();
    let expected = [
        ("payments/charge", None),
        ("payments/refund", None),
        ("shards", Some("1")),
        ("shards", Some("10")),
        ("shards", Some("2")),
        ("stock", None),
    ];
    assert_eq!(order, expected);
    let again = registry.snapshot();
    assert!(again.iter().map(|each| &each.key).eq(snapshots.iter().map(|each| &each.key)));
    let of_shards = registry.named("shards").snapshot();
    assert_eq!(of_shards.len(), 3);
}

#[test]
fn g05_operations_change_only_the_selected_breakers() {
    let (registry, _shards) = populated();
    let (closed, open) = (CircuitState::Closed, CircuitState::Open);
    assert!(registry.with_prefix("payments/").trip().is_empty());
    assert_eq!(states(&registry), [open, open, closed, closed, closed]);
    registry.with_prefix("payments/").close();
    assert!(registry.named("shards").trip_for(secs(99)).is_empty());
    assert_eq!(states(&registry), [closed, closed, open, open, closed]);
    assert!(registry.named("shards").half_open().is_empty());
    let half_open = CircuitState::HalfOpen;
    assert_eq!(states(&registry), [closed, closed, half_open, half_open, closed]);
    registry.all().force_open();
    assert_eq!(states(&registry), [CircuitState::ForcedOpen; 5]);
    registry.all().disable();
    assert_eq!(states(&registry), [CircuitState::Disabled; 5]);
    registry.all().observe_only();
    assert_eq!(states(&registry), [CircuitState::ObserveOnly; 5]);
    registry.all().close();
    assert_eq!(states(&registry), [closed; 5]);
    registry.named("stock").observe_only_for(secs(99));
    let observing = CircuitState::ObserveOnly;
    assert_eq!(states(&registry), [closed, closed, closed, closed, observing]);
    registry.all().close();
    registry.named("nobody").force_open();
    assert_eq!(states(&registry), [closed; 5]);
}

#[test]
fn g05_breakers_that_refuse_are_reported_and_the_others_move() {
    let (registry, shards) = populated();
    registry.get("stock").unwrap().force_open();
    shards.get(&1).disable();
    let refused = registry.all().trip();
    let names: Vec<_> = refused
        .iter()
        .map(|(breaker, refused)| (breaker.name(), breaker.key(), refused.from()))
        .collect();
    let expected =
        [("shards", Some("1"), CircuitState::Disabled), ("stock", None, CircuitState::ForcedOpen)];
    assert_eq!(names, expected);
    let (open, disabled) = (CircuitState::Open, CircuitState::Disabled);
    assert_eq!(states(&registry), [open, open, disabled, open, CircuitState::ForcedOpen]);
    assert_eq!(registry.all().trip_for(secs(1)).len(), 2);
    assert_eq!(registry.all().half_open().len(), 1, "a forced-open breaker may become half-open");
}

#[test]
fn g05_breakers_that_are_registered_later_are_not_selected() {
    let (registry, _shards) = populated();
    let selected = registry.all();
    let later = registry.get_or_register("later", settings());
    selected.force_open();
    assert_eq!(later.state(), CircuitState::Closed);
}

#[test]
fn g05_an_operation_on_all_keys_applies_to_later_keys() {
    for (mode, state) in [
        (OperatorMode::ForcedOpen, CircuitState::ForcedOpen),
        (OperatorMode::Disabled, CircuitState::Disabled),
        (OperatorMode::ObserveOnly, CircuitState::ObserveOnly),
    ] {
        let (registry, shards) = populated();
        let selected = registry.named("shards");
        match mode {
            OperatorMode::ForcedOpen => selected.force_open(),
            OperatorMode::Disabled => selected.disable(),
            _ => selected.observe_only(),
        }
        assert_eq!(shards.get(&77).state(), state);
        selected.close();
        assert_eq!([1, 77, 78].map(|key| shards.get(&key).state()), [CircuitState::Closed; 3]);
    }
}

#[test]
fn g05_one_key_can_be_moved_by_itself() {
    let (registry, shards) = populated();
    registry.named("shards").force_open();
    shards.get(&1).close();
    assert_eq!(shards.get(&1).state(), CircuitState::Closed);
    assert_eq!(rejection(&shards.get(&2)).state(), CircuitState::ForcedOpen);
}

#[test]
fn g05_listeners_hear_the_state_in_which_a_new_key_starts() {
    let (registry, shards) = populated();
    let heard = Heard::default();
    registry.on_event(heard.listener());
    registry.named("shards").disable();
    assert_eq!(heard.steps().len(), 2);
    let coming = shards.get(&3);
    assert_eq!(heard.steps().len(), 3, "at once");
    succeed(&coming);
    assert_eq!(heard.steps(), [(CircuitState::Closed, CircuitState::Disabled); 3]);
    assert_eq!(shards.get(&3).state(), CircuitState::Disabled);
    shards.get(&3).close();
    assert_eq!(shards.get(&3).snapshot().totals, resilient::breaker::CallCounts::default());
}
