//! Rule G2: the value and origin of each setting can be asked for, and a change reports both.

use resilient::breaker::{CircuitState, KeyedBreakers, OperatorMode, TransitionReason};
use resilient::budget::BudgetConfig;
use resilient::events::EventKind;
use resilient::registry::{Overrides, RetryOverride};
use resilient::settings::{SettingOrigin, SettingValue, SettingsChange, SettingsInForce};
use resilient::{
    BreakerConfig, CircuitBreaker, Registry, RetryBudget, RetryPolicy, circuit_breaker,
};

use crate::support::override_rules::builder;
use crate::support::registry::live;
use resilient_testkit::{Heard, fragile, last_reason, secs};

/// Returns a setting as text, without the line of a source location.
#[track_caller]
fn shown(settings: &SettingsInForce, name: &str) -> String {
    let setting = settings.get(name).expect("a setting");
    match setting.origin {
        SettingOrigin::Code(place) => {
            assert_eq!(place.file(), file!());
            setting.to_string().replace(&format!("{}:{}", place.file(), place.line()), "HERE")
        }
        _ => setting.to_string(),
    }
}

#[test]
fn g02_each_origin_of_a_breakers_setting_is_named() {
    let registry = Registry::new();
    let overrides = Overrides::new()
        .with_defaults(builder().half_open_successes(2).recovery_time(secs(7)))
        .with("*", builder().probe_timeout(secs(4)).half_open_failures(1))
        .with("pay*", builder().probe_timeout(secs(5)))
        .with("payments", builder().failure_threshold(8));
    registry.set_overrides(overrides).unwrap();
    let code = builder().failure_threshold(3).recovery_time(secs(60)).probe_timeout(secs(2));
    let payments = registry.get_or_register("payments", code.build().unwrap());
    let settings = payments.settings_with_origin();
    for (name, text) in [
        ("failure_threshold", "failure_threshold = 8 by [breakers.payments]"),
        ("probe_timeout", "probe_timeout = 5s by [breakers.\"pay*\"]"),
        ("half_open_failures", "half_open_failures = 1 by [breakers.\"*\"]"),
        ("recovery_time", "recovery_time = 60s by code at HERE"),
        ("half_open_successes", "half_open_successes = 2 by [defaults]"),
        ("recovery_factor", "recovery_factor = 1.0 by default of the library"),
        ("window", "window = none by default of the library"),
        ("abandoned", "abandoned = ignore by default of the library"),
    ] {
        assert_eq!(shown(&settings, name), text);
    }
    assert_eq!(settings.get("capacity"), None);
    assert_eq!(settings.iter().len(), resilient_settings::breaker::TABLE.settings.len());
    assert_eq!(payments.snapshot().settings_with_origin, settings);
}

#[test]
fn g02_the_code_is_named_by_the_line_of_the_attribute_or_of_the_call() {
    #[circuit_breaker(name = "origins of an attribute", failure_threshold = 3)]
    fn annotated() -> Option<u32> {
        Some(1)
    }
    let line = line!() - 4;
    annotated();
    let breaker = Registry::global().get("origins of an attribute").unwrap();
    let threshold = breaker.settings_with_origin().get("failure_threshold").unwrap();
    let SettingOrigin::Code(place) = threshold.origin else { panic!("{threshold:?}") };
    assert_eq!((place.file(), place.line()), (file!(), line));

    let owned = CircuitBreaker::new("owned", fragile().build().unwrap());
    let line = line!() - 1;
    let threshold = owned.settings_with_origin().get("failure_threshold").unwrap();
    let SettingOrigin::Code(place) = threshold.origin else { panic!("{threshold:?}") };
    assert_eq!((place.file(), place.line()), (file!(), line));
    assert_eq!(threshold.value, Some(SettingValue::Count(1)));
}

#[test]
fn g02_a_key_has_the_origins_of_its_own_tables() {
    let registry = Registry::new();
    let tenants: KeyedBreakers<u32> =
        registry.get_or_register_keyed("tenants", fragile().build().unwrap());
    let overrides = Overrides::new()
        .with("tenants", builder().half_open_successes(2))
        .with_key("tenants", "7", builder().failure_threshold(8))
        .with_key("t*", "7*", builder().failure_threshold(9).half_open_failures(2));
    registry.set_overrides(overrides).unwrap();
    let seven = tenants.get(&7).settings_with_origin();
    let by_key = "failure_threshold = 8 by [breakers.tenants.keys.7]";
    assert_eq!(shown(&seven, "failure_threshold"), by_key);
    let by_keys = "half_open_failures = 2 by [breakers.\"t*\".keys.\"7*\"]";
    assert_eq!(shown(&seven, "half_open_failures"), by_keys);
    let by_name = "half_open_successes = 2 by [breakers.tenants]";
    assert_eq!(shown(&seven, "half_open_successes"), by_name);
    let eight = tenants.get(&8).settings_with_origin();
    assert_eq!(shown(&eight, "failure_threshold"), "failure_threshold = 1 by code at HERE");
    assert_eq!(shown(&eight, "half_open_successes"), by_name);
}

#[test]
fn g02_a_setting_of_the_code_that_an_override_drops_is_a_default() {
    let registry = Registry::new();
    registry.override_breaker("payments", builder().recovery_time(secs(120))).unwrap();
    let code = builder().max_recovery_time(secs(60)).build().unwrap();
    let payments = registry.get_or_register("payments", code);
    let settings = payments.settings_with_origin();
    let text = "max_recovery_time = 600s by default of the library";
    assert_eq!(shown(&settings, "max_recovery_time"), text);
}

#[test]
fn g02_each_origin_of_a_budgets_setting_is_named() {
    let registry = Registry::new();
    let budget = BudgetConfig::builder;
    let overrides =
        Overrides::new().with_budget("pay*", budget().deposit(3)).with_budget("payments", budget());
    registry.set_overrides(overrides).unwrap();
    let code = budget().capacity(40).build().unwrap();
    let payments = registry.get_or_register_budget("payments", code);
    let settings = payments.settings_with_origin();
    assert_eq!(shown(&settings, "deposit"), "deposit = 3 by [budgets.\"pay*\"]");
    assert_eq!(shown(&settings, "capacity"), "capacity = 40 by code at HERE");
    assert_eq!(shown(&settings, "retry_cost"), "retry_cost = 5 by default of the library");
    assert_eq!(payments.snapshot().settings_with_origin, settings);
    registry.override_budget("payments", budget().capacity(0)).unwrap();
    let off = payments.settings_with_origin();
    assert_eq!(shown(&off, "capacity"), "capacity = 0 by [budgets.payments]");
    assert_eq!(shown(&off, "initial_tokens"), "initial_tokens = 0 by default of the library");
    let owned = RetryBudget::new("owned", code).settings_with_origin();
    assert_eq!(shown(&owned, "capacity"), "capacity = 40 by code at HERE");
}

#[test]
fn g02_each_origin_of_a_retrys_setting_is_named() {
    let registry = Registry::new();
    let retry = RetryPolicy::builder;
    let limits = RetryOverride::from(retry().max_attempts(2)).with_deadline(secs(3));
    let overrides =
        Overrides::new().with_retry("st*", retry().max_retries(9).jitter("none".parse().unwrap()));
    registry.set_overrides(overrides.with_retry("stock", limits)).unwrap();
    let code = retry().max_retries(5).max_delay(secs(2)).build().unwrap();
    let stock = registry.get_or_register_retry("stock", code.clone());
    let settings = stock.settings_with_origin();
    for (name, text) in [
        ("max_retries", "max_retries = 1 by [retries.stock]"),
        ("jitter", "jitter = none by [retries.\"st*\"]"),
        ("max_delay", "max_delay = 2s by code at HERE"),
        ("base_delay", "base_delay = 100ms by default of the library"),
        ("deadline", "deadline = 3s by [retries.stock]"),
        ("attempt_timeout", "attempt_timeout = as in each call by code at HERE"),
    ] {
        assert_eq!(shown(&settings, name), text);
    }
    assert_eq!(stock.snapshot().settings_with_origin, settings);
    let named = code.named("alone").settings_with_origin();
    assert_eq!(shown(&named, "max_retries"), "max_retries = 5 by code at HERE");
}

/// Returns the changes that a listener received.
fn changes(heard: &Heard) -> Vec<SettingsChange> {
    let events = heard.events();
    let changes = events.iter().filter_map(|event| match event.kind() {
        EventKind::SettingsChanged(change) => Some(change.clone()),
        _ => None,
    });
    changes.collect()
}

#[test]
fn g02_a_change_has_the_old_and_new_values_and_where_they_came_from() {
    let registry = Registry::new();
    let heard = Heard::default();
    registry.on_event(heard.listener());
    let code = builder().failure_threshold(3).recovery_time(secs(60)).build().unwrap();
    let _payments = registry.get_or_register("payments", code);
    registry.override_breaker("pay*", builder().failure_threshold(8)).unwrap();
    let strict = builder().failure_threshold(2).recovery_time(secs(60));
    registry.override_breaker("payments", strict).unwrap();
    let changes = changes(&heard);
    let [first, second] = changes.as_slice() else { panic!("{changes:?}") };
    let [threshold] = first.settings() else { panic!("{first:?}") };
    assert_eq!(threshold.old.value, Some(SettingValue::Count(3)));
    assert_eq!(threshold.new.value, Some(SettingValue::Count(8)));
    assert!(matches!(threshold.old.origin, SettingOrigin::Code(_)));
    // The recovery time is the same as in the code, so it has not changed.
    let text = "failure_threshold = 2 by [breakers.payments], was 8 by [breakers.\"pay*\"]";
    assert_eq!(second.to_string(), text);
}

#[test]
fn g02_changes_of_budgets_and_retries_have_old_and_new_values_too() {
    let registry = Registry::new();
    let _budget = registry.get_or_register_budget("stock", BudgetConfig::default());
    let _retry = registry.get_or_register_retry("stock", RetryPolicy::default());
    let heard = Heard::default();
    registry.on_event(heard.listener());
    registry.override_budget("stock", BudgetConfig::builder().deposit(2)).unwrap();
    registry.override_retry("stock", RetryPolicy::builder().max_retries(0)).unwrap();
    registry.override_retry("sto*", RetryPolicy::builder().max_retries(7)).unwrap();
    registry.clear_retry_override("stock").unwrap();
    let texts: Vec<_> = changes(&heard).iter().map(ToString::to_string).collect();
    let library = "default of the library";
    assert_eq!(
        texts,
        [
            format!("deposit = 2 by [budgets.stock], was 1 by {library}"),
            format!("max_retries = 0 by [retries.stock], was 3 by {library}"),
            "max_retries = 7 by [retries.\"sto*\"], was 0 by [retries.stock]".to_owned(),
        ]
    );
}

#[test]
fn g02_another_origin_of_the_same_value_is_no_event() {
    let registry = Registry::new();
    let payments = registry.get_or_register("payments", BreakerConfig::default());
    registry.override_breaker("pay*", builder().failure_threshold(8)).unwrap();
    let heard = Heard::default();
    registry.on_event(heard.listener());
    registry.override_breaker("payments", builder().failure_threshold(8)).unwrap();
    assert_eq!(heard.events().len(), 0);
    let text = "failure_threshold = 8 by [breakers.payments]";
    assert_eq!(shown(&payments.settings_with_origin(), "failure_threshold"), text);
}

#[test]
fn g02_a_transition_by_an_override_has_its_table_and_one_by_hand_has_none() {
    let (registry, breaker, clock) = live(&fragile());
    let table = || breaker.snapshot().note.table().map(ToString::to_string);
    registry.override_breaker("dep*", OperatorMode::ForcedOpen).unwrap();
    assert_eq!(table().as_deref(), Some("[breakers.\"dep*\"]"));
    assert_eq!(last_reason(&breaker), TransitionReason::Override);
    breaker.disable();
    assert_eq!((last_reason(&breaker), table()), (TransitionReason::Manual, None));
    let timed = resilient::registry::BreakerOverride::default();
    let timed = timed.with_mode_for(OperatorMode::ObserveOnly, secs(9));
    registry.override_breaker("dependency", timed).unwrap();
    assert_eq!(table().as_deref(), Some("[breakers.dependency]"));
    clock.advance(secs(9));
    assert_eq!((breaker.state(), table()), (CircuitState::Closed, None));
    drop(breaker.try_acquire().unwrap());
    let ended = breaker.snapshot().recent.pop().unwrap();
    assert_eq!(ended.reason, TransitionReason::OverrideEnd);
    assert_eq!(ended.note.table().unwrap().to_string(), "[breakers.dependency]");
}
