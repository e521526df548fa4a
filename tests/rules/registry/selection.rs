//! G5: operations on several breakers at once, by name, by prefix, on all.

use resilient::breaker::{CircuitState, KeyedBreakers, OperatorMode};
use resilient::registry::BreakerOverride;
use resilient::{BreakerConfig, Registry};

use super::settings;
use crate::support::{Heard, calls, fail, rejection, secs, succeed};

/// Three single breakers, and two keys of one name.
fn populated() -> (Registry, KeyedBreakers<u32>) {
    let registry = Registry::new();
    for name in ["stock", "payments/refund", "payments/charge"] {
        let _ = registry.get_or_register(name, settings());
    }
    let shards = registry.get_or_register_keyed("shards", settings());
    let _ = (shards.get(&2), shards.get(&1));
    (registry, shards)
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
    assert_eq!(
        names(&registry.with_prefix("payments/refund")),
        ["payments/refund"]
    );
    assert!(registry.with_prefix("Payments").is_empty());
    assert_eq!(names(&registry.with_prefix("")).len(), 4);
    let all = ["payments/charge", "payments/refund", "shards", "stock"];
    assert_eq!(names(&registry.all()), all);
    assert!(!registry.all().is_empty());
    assert!(Registry::new().all().is_empty());
}

#[test]
fn g05_of_a_name_with_keys_all_keys_are_meant() {
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
    let order: Vec<_> = snapshots
        .iter()
        .map(|each| (each.name.as_str(), each.key.as_deref()))
        .collect();
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
    assert!(
        again
            .iter()
            .map(|each| &each.key)
            .eq(snapshots.iter().map(|each| &each.key))
    );
    let of_shards = registry.named("shards").snapshot();
    assert_eq!(of_shards.len(), 3);
}

#[test]
fn g05_operations_move_those_that_are_selected_and_no_others() {
    let (registry, _shards) = populated();
    let (closed, open) = (CircuitState::Closed, CircuitState::Open);
    assert!(registry.with_prefix("payments/").trip().is_empty());
    assert_eq!(states(&registry), [open, open, closed, closed, closed]);
    registry.with_prefix("payments/").close();
    assert!(registry.named("shards").trip_for(secs(99)).is_empty());
    assert_eq!(states(&registry), [closed, closed, open, open, closed]);
    assert!(registry.named("shards").half_open().is_empty());
    let half_open = CircuitState::HalfOpen;
    assert_eq!(
        states(&registry),
        [closed, closed, half_open, half_open, closed]
    );
    registry.all().force_open();
    assert_eq!(states(&registry), [CircuitState::ForcedOpen; 5]);
    registry.all().disable();
    assert_eq!(states(&registry), [CircuitState::Disabled; 5]);
    registry.all().observe_only();
    assert_eq!(states(&registry), [CircuitState::ObserveOnly; 5]);
    registry.all().close();
    assert_eq!(states(&registry), [closed; 5]);
    registry.named("nobody").force_open();
    assert_eq!(states(&registry), [closed; 5]);
}

#[test]
fn g05_who_refuses_is_told_and_the_others_are_moved() {
    let (registry, shards) = populated();
    registry.get("stock").unwrap().force_open();
    shards.get(&1).disable();
    let refused = registry.all().trip();
    let names: Vec<_> = refused
        .iter()
        .map(|(breaker, refused)| (breaker.name(), breaker.key(), refused.from()))
        .collect();
    let expected = [
        ("shards", Some("1"), CircuitState::Disabled),
        ("stock", None, CircuitState::ForcedOpen),
    ];
    assert_eq!(names, expected);
    let (open, disabled) = (CircuitState::Open, CircuitState::Disabled);
    assert_eq!(
        states(&registry),
        [open, open, disabled, open, CircuitState::ForcedOpen]
    );
    assert_eq!(registry.all().trip_for(secs(1)).len(), 2);
    assert_eq!(
        registry.all().half_open().len(),
        1,
        "forced open may be probed"
    );
}

#[test]
fn g05_those_that_are_registered_later_are_not_selected() {
    let (registry, _shards) = populated();
    let selected = registry.all();
    let later = registry.get_or_register("later", settings());
    selected.force_open();
    assert_eq!(later.state(), CircuitState::Closed);
}

#[test]
fn g05_what_is_done_to_all_keys_holds_for_keys_to_come() {
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
        assert_eq!(
            [1, 77, 78].map(|key| shards.get(&key).state()),
            [CircuitState::Closed; 3]
        );
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
fn g05_keys_that_come_are_heard_in_the_state_that_they_come_in() {
    let (registry, shards) = populated();
    let heard = Heard::default();
    registry.on_event(heard.listener());
    registry.named("shards").disable();
    assert_eq!(heard.steps().len(), 2);
    let coming = shards.get(&3);
    assert_eq!(heard.steps().len(), 3, "at once");
    succeed(&coming);
    assert_eq!(
        heard.steps(),
        [(CircuitState::Closed, CircuitState::Disabled); 3]
    );
    assert_eq!(shards.get(&3).state(), CircuitState::Disabled);
    shards.get(&3).close();
    assert_eq!(
        shards.get(&3).snapshot().totals,
        resilient::breaker::CallCounts::default()
    );
}

#[test]
fn g02_a_mode_of_a_group_holds_for_all_keys_until_it_is_taken_back() {
    let (registry, shards) = populated();
    registry
        .override_breaker("shards", OperatorMode::ForcedOpen)
        .unwrap();
    let of = |keys: [u32; 2]| keys.map(|key| shards.get(&key).state());
    assert_eq!(of([1, 3]), [CircuitState::ForcedOpen; 2]);
    registry.clear_override("shards").unwrap();
    assert_eq!(of([1, 3]), [CircuitState::Closed; 2]);
    assert_eq!(of([4, 5]), [CircuitState::Closed; 2]);
}

#[test]
fn g02_of_a_mode_and_what_was_done_by_hand_the_newer_holds_for_keys_to_come_as_well() {
    let mut next_key = 100;
    let mut both = |shards: &KeyedBreakers<u32>| {
        next_key += 1;
        [1, next_key].map(|key| shards.get(&key).state())
    };
    let (registry, shards) = populated();
    let by_hand = registry.named("shards");
    by_hand.disable();
    registry
        .override_breaker("shards", OperatorMode::ForcedOpen)
        .unwrap();
    assert_eq!(
        both(&shards),
        [CircuitState::ForcedOpen; 2],
        "the override is newer"
    );
    registry.clear_override("shards").unwrap();
    assert_eq!(both(&shards), [CircuitState::Closed; 2]);

    registry
        .override_breaker("shards", OperatorMode::ForcedOpen)
        .unwrap();
    by_hand.observe_only();
    assert_eq!(
        both(&shards),
        [CircuitState::ObserveOnly; 2],
        "the hand is newer"
    );
    registry.clear_override("shards").unwrap();
    assert_eq!(
        both(&shards),
        [CircuitState::ObserveOnly; 2],
        "which is no state of the override"
    );

    registry
        .override_breaker("shards", OperatorMode::ForcedOpen)
        .unwrap();
    by_hand.close();
    assert_eq!(both(&shards), [CircuitState::Closed; 2], "closed by hand");
    let again = BreakerOverride::from(BreakerConfig::builder().failure_threshold(2));
    let again = again.with_mode(OperatorMode::ForcedOpen);
    registry.override_breaker("shards", again).unwrap();
    assert_eq!(
        both(&shards),
        [CircuitState::Closed; 2],
        "the same mode again is no news"
    );
    calls(&shards.get(&1), "F");
    assert_eq!(both(&shards), [CircuitState::Closed; 2]);
    fail(&shards.get(&1));
    assert_eq!(shards.get(&1).state(), CircuitState::Open);
}
