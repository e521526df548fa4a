//! Rules B1 and G2: the mode of an override has an end, an operator and a reason.

use std::time::Duration;

use resilient::Registry;
use resilient::breaker::{CircuitState, OperatorMode, OperatorNote, TransitionReason};
use resilient::registry::BreakerOverride;
use resilient::time::ManualClock;

use crate::support::registry::{live, settings};
use resilient_testkit::{Heard, fragile, last_reason, secs, succeed};

fn disabled_for(time: Duration) -> BreakerOverride {
    let note = OperatorNote::new().by("alice").because("migration");
    BreakerOverride::default().with_mode_for(OperatorMode::Disabled, time).with_note(note)
}

#[test]
fn b01_the_mode_of_an_override_ends_by_itself_and_does_not_return() {
    let (registry, breaker, clock) = live(&fragile());
    registry.override_breaker("dependency", disabled_for(secs(60))).unwrap();
    let seen = breaker.snapshot();
    assert_eq!((seen.state, seen.ends_in), (CircuitState::Disabled, Some(secs(60))));
    assert_eq!((seen.note.operator(), seen.note.reason()), (Some("alice"), Some("migration")));
    clock.advance(secs(30));
    registry.override_breaker("dependency", disabled_for(secs(60))).unwrap();
    assert_eq!(breaker.snapshot().ends_in, Some(secs(30)), "the same override changes nothing");
    clock.advance(secs(30));
    succeed(&breaker);
    assert_eq!(last_reason(&breaker), TransitionReason::OverrideEnd);
    registry.override_breaker("dependency", disabled_for(secs(60))).unwrap();
    assert_eq!(breaker.state(), CircuitState::Closed);
    let heard = Heard::from(&breaker);
    registry.clear_override("dependency").unwrap();
    assert_eq!(heard.steps(), []);
}

#[test]
fn b01_a_changed_end_of_a_mode_counts_from_its_change() {
    let (registry, breaker, clock) = live(&fragile());
    registry.override_breaker("dependency", disabled_for(secs(60))).unwrap();
    clock.advance(secs(30));
    let heard = Heard::from(&breaker);
    registry.override_breaker("dependency", disabled_for(secs(90))).unwrap();
    assert_eq!(breaker.snapshot().ends_in, Some(secs(90)));
    let forever = BreakerOverride::default().with_mode(OperatorMode::Disabled);
    registry.override_breaker("dependency", forever).unwrap();
    assert_eq!(breaker.snapshot().ends_in, None);
    assert_eq!(heard.steps(), []);
}

#[test]
fn b01_the_mode_of_an_override_ends_for_all_keys_at_the_same_time() {
    let clock = ManualClock::new();
    let registry = Registry::new();
    registry.use_clock(clock.clone());
    let shards = registry.get_or_register_keyed::<u32>("shards", settings());
    let first = shards.get(&1);
    registry.override_breaker("shards", disabled_for(secs(60))).unwrap();
    clock.advance(secs(45));
    for breaker in [first, shards.get(&2)] {
        let seen = breaker.snapshot();
        assert_eq!((seen.state, seen.ends_in), (CircuitState::Disabled, Some(secs(15))));
        assert_eq!(seen.note.operator(), Some("alice"));
    }
    clock.advance(secs(15));
    assert_eq!(shards.get(&3).state(), CircuitState::Closed);
    registry.clear_override("shards").unwrap();
    assert_eq!(shards.get(&3).snapshot().recent, []);
}

#[cfg(feature = "toml")]
#[test]
fn b01_a_document_gives_a_mode_its_end_its_operator_and_its_reason() {
    let (registry, breaker, _clock) = live(&fragile());
    let document = r#"
        [breakers.dependency]
        mode = "disabled"
        mode_for = "1m"
        operator = "alice"
        reason = "migration"
    "#;
    registry.apply_toml(document).unwrap();
    assert_eq!(registry.overrides().breakers["dependency"], disabled_for(secs(60)));
    assert_eq!(breaker.snapshot().ends_in, Some(secs(60)));
}

#[cfg(feature = "toml")]
#[test]
fn b01_a_document_with_an_end_or_an_operator_but_without_a_mode_is_refused() {
    let (registry, _breaker, _clock) = live(&fragile());
    for line in ["mode_for = '1m'", "operator = 'alice'", "reason = 'migration'"] {
        let refused = registry.apply_toml(&format!("[breakers.dependency]\n{line}\n")).unwrap_err();
        let key = line.split(' ').next().unwrap();
        let words = format!("overrides, line 2: [breakers.dependency]: `{key}` needs a `mode`");
        assert_eq!(refused.to_string(), words);
    }
    let soon = "[breakers.dependency]\nmode = 'disabled'\nmode_for = 'soon'\n";
    assert_eq!(registry.apply_toml(soon).unwrap_err().line(), Some(3));
}
