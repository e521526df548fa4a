//! Rule G2: an override can have a mode, which holds the breaker in a state.

use resilient::breaker::{BreakerConfigBuilder, CircuitState, OperatorMode, TransitionReason};
use resilient::events::EventKind;
use resilient::registry::BreakerOverride;
use resilient::{BreakerConfig, CircuitBreaker, Registry};

use crate::support::registry::live;
use crate::support::registry::settings;
use resilient_testkit::{Heard, calls, fail, fragile, rejection, secs, succeed};

fn builder() -> BreakerConfigBuilder {
    BreakerConfig::builder()
}

#[test]
fn g02_a_mode_holds_a_breaker_in_its_state_until_it_is_removed() {
    for (mode, state) in [
        (OperatorMode::ForcedOpen, CircuitState::ForcedOpen),
        (OperatorMode::Disabled, CircuitState::Disabled),
        (OperatorMode::ObserveOnly, CircuitState::ObserveOnly),
    ] {
        assert_eq!(mode.state(), state);
        let (registry, breaker, clock) = live(&fragile());
        let heard = Heard::from(&breaker);
        fail(&breaker);
        registry.override_breaker("dependency", mode).unwrap();
        assert_eq!(breaker.state(), state);
        clock.advance(secs(1_000));
        assert_eq!(breaker.state(), state);
        registry.clear_override("dependency").unwrap();
        assert_eq!(breaker.state(), CircuitState::Closed);
        let steps = [
            (CircuitState::Closed, CircuitState::Open),
            (CircuitState::Open, state),
            (state, CircuitState::Closed),
        ];
        assert_eq!(heard.steps(), steps);
        for step in &heard.transitions()[1..] {
            assert_eq!(step.reason, TransitionReason::Override);
            let table = step.note.table().map(ToString::to_string);
            assert_eq!(table.as_deref(), Some("[breakers.dependency]"));
        }
        assert_eq!(
            heard.count(|kind| matches!(kind, EventKind::SettingsChanged(_))),
            0,
            "its settings did not change"
        );
    }
}

#[test]
fn g02_a_mode_holds_for_a_breaker_that_comes_later() {
    let registry = Registry::new();
    let heard = Heard::default();
    registry.on_event(heard.listener());
    registry.override_breaker("payments", OperatorMode::ForcedOpen).unwrap();
    let breaker = registry.get_or_register("payments", settings());
    assert_eq!(rejection(&breaker).state(), CircuitState::ForcedOpen);
    assert_eq!(heard.steps(), [(CircuitState::Closed, CircuitState::ForcedOpen)]);
    let owned = CircuitBreaker::new("tenant", settings());
    registry.override_breaker("tenant", OperatorMode::Disabled).unwrap();
    registry.register(&owned).unwrap();
    assert_eq!(owned.state(), CircuitState::Disabled);
}

#[test]
fn g02_a_mode_that_is_removed_leaves_later_operations_by_hand() {
    let (registry, breaker, _clock) = live(&fragile());
    registry.override_breaker("dependency", OperatorMode::ForcedOpen).unwrap();
    breaker.half_open().unwrap();
    registry.clear_override("dependency").unwrap();
    assert_eq!(breaker.state(), CircuitState::HalfOpen);

    registry.override_breaker("dependency", OperatorMode::ForcedOpen).unwrap();
    breaker.disable();
    registry.clear_override("dependency").unwrap();
    assert_eq!(breaker.state(), CircuitState::Disabled);
}

#[test]
fn g02_setting_the_same_mode_again_does_not_undo_operations_by_hand() {
    let (registry, breaker, _clock) = live(&fragile());
    registry.override_breaker("dependency", OperatorMode::ForcedOpen).unwrap();
    breaker.close();
    let again =
        BreakerOverride::from(builder().failure_threshold(4)).with_mode(OperatorMode::ForcedOpen);
    registry.override_breaker("dependency", again).unwrap();
    registry.override_breaker("another", OperatorMode::Disabled).unwrap();
    assert_eq!(breaker.state(), CircuitState::Closed);
    assert_eq!(breaker.config(), fragile().failure_threshold(4).build().unwrap());
}

#[test]
fn g02_one_mode_can_replace_another() {
    let (registry, breaker, _clock) = live(&fragile());
    registry.override_breaker("dependency", OperatorMode::ForcedOpen).unwrap();
    registry.override_breaker("dependency", OperatorMode::ObserveOnly).unwrap();
    assert_eq!(breaker.state(), CircuitState::ObserveOnly);
    registry.override_breaker("dependency", builder()).unwrap();
    assert_eq!(breaker.state(), CircuitState::Closed);
}

#[test]
fn g02_settings_that_change_under_a_mode_apply_when_it_is_removed() {
    let (registry, breaker, _clock) = live(&fragile());
    registry.override_breaker("dependency", OperatorMode::Disabled).unwrap();
    let settings = builder().failure_threshold(2);
    let both = BreakerOverride::from(settings.clone()).with_mode(OperatorMode::Disabled);
    registry.override_breaker("dependency", both).unwrap();
    registry.override_breaker("dependency", settings).unwrap();
    calls(&breaker, "F");
    assert_eq!(breaker.state(), CircuitState::Closed);
    calls(&breaker, "F");
    assert_eq!(breaker.state(), CircuitState::Open);
}

#[test]
fn g02_a_mode_and_its_end_from_many_threads_leave_the_last_one() {
    let (registry, breaker, _clock) = live(&fragile());
    for _ in 0..200 {
        std::thread::scope(|scope| {
            for mode in [Some(OperatorMode::ForcedOpen), Some(OperatorMode::Disabled), None] {
                let registry = &registry;
                scope.spawn(move || match mode {
                    Some(mode) => _ = registry.override_breaker("dependency", mode).unwrap(),
                    None => _ = registry.clear_override("dependency").unwrap(),
                });
            }
        });
        let said = registry.overrides();
        let mode = said.breakers.get("dependency").and_then(|own| own.mode);
        let expected = mode.map_or(CircuitState::Closed, OperatorMode::state);
        assert_eq!(breaker.state(), expected);
    }
    registry.clear_override("dependency").unwrap();
    succeed(&breaker);
}
