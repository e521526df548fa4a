//! Rule G2: valid overrides apply, and invalid overrides are rejected.

use std::sync::Barrier;

use resilient::breaker::{BreakerConfigBuilder, CircuitState, OperatorMode};
use resilient::events::EventKind;
use resilient::registry::{BreakerOverride, Overrides};
use resilient::{BreakerConfig, CircuitBreaker, Registry};

use crate::support::override_rules::builder;
use crate::support::registry::live;
use crate::support::registry::{other_settings, settings};
use resilient_testkit::{Heard, calls, fragile, secs, window};

fn built(settings: &BreakerConfigBuilder) -> BreakerConfig {
    settings.build().unwrap()
}

fn is_settings_changed(kind: &EventKind) -> bool {
    matches!(kind, EventKind::SettingsChanged(_))
}

/// Returns the fields of all events about invalid settings.
fn invalid_settings(heard: &Heard) -> Vec<&'static str> {
    let events = heard.events();
    let fields = events.iter().filter_map(|event| match event.kind() {
        EventKind::InvalidSetting(error) => Some(error.field()),
        _ => None,
    });
    fields.collect()
}

#[test]
fn g02_an_override_holds_for_a_breaker_that_comes_later() {
    let registry = Registry::new();
    let strict = builder().failure_threshold(2);
    let applied = registry.override_breaker("payments", strict).unwrap();
    assert_eq!((applied.live.len(), applied.waiting), (0, vec!["payments".to_owned()]));
    let breaker = registry.get_or_register("payments", other_settings());
    let expected = fragile().failure_threshold(2).recovery_time(secs(10));
    assert_eq!(breaker.config(), built(&expected), "the code sets the rest");
    calls(&breaker, "FF");
    assert_eq!(breaker.state(), CircuitState::Open);
}

#[test]
fn g02_an_override_applies_at_once_to_a_live_breaker() {
    let registry = Registry::new();
    let breaker = registry.get_or_register("payments", other_settings());
    let other = registry.get_or_register("stock", other_settings());
    let strict = builder().failure_threshold(2);
    let applied = registry.override_breaker("payments", strict).unwrap();
    assert_eq!((applied.live, applied.waiting.len()), (vec!["payments".to_owned()], 0));
    calls(&breaker, "FF");
    calls(&other, "FF");
    assert_eq!((breaker.state(), other.state()), (CircuitState::Open, CircuitState::Closed));
}

#[test]
fn g02_an_override_holds_for_a_breaker_that_is_registered_under_its_name() {
    let registry = Registry::new();
    let strict = builder().failure_threshold(2);
    registry.override_breaker("tenant", strict).unwrap();
    let owned = CircuitBreaker::new("tenant", other_settings());
    registry.register(&owned).unwrap();
    calls(&owned, "FF");
    assert_eq!(owned.state(), CircuitState::Open);
}

#[test]
fn g02_of_each_setting_the_override_wins_then_the_code_then_the_defaults_then_the_library() {
    let registry = Registry::new();
    let defaults = builder().failure_threshold(7).recovery_time(secs(7)).half_open_successes(7);
    let overrides =
        Overrides::new().with_defaults(defaults).with("payments", builder().failure_threshold(2));
    registry.set_overrides(overrides).unwrap();
    let code = built(&builder().failure_threshold(3).recovery_time(secs(3)));
    let expected = |threshold| {
        let config = builder().failure_threshold(threshold);
        built(&config.recovery_time(secs(3)).half_open_successes(7))
    };
    let payments = registry.get_or_register("payments", code.clone());
    assert_eq!(payments.config(), expected(2));
    let stock = registry.get_or_register("stock", code);
    assert_eq!(stock.config(), expected(3));
    let bare = registry.get_or_register("bare", BreakerConfig::default());
    let defaults = builder().failure_threshold(7).recovery_time(secs(7));
    assert_eq!(bare.config(), built(&defaults.half_open_successes(7)));
}

#[test]
fn g02_a_setting_of_the_code_wins_over_defaults_even_if_it_equals_the_librarys_default() {
    let registry = Registry::new();
    let defaults = Overrides::new().with_defaults(builder().failure_threshold(9));
    registry.set_overrides(defaults).unwrap();
    let written_out = built(&builder().failure_threshold(5));
    let breaker = registry.get_or_register("payments", written_out);
    calls(&breaker, "FFFFF");
    assert_eq!(breaker.state(), CircuitState::Open);
}

#[test]
fn g02_the_codes_settings_hold_again_once_an_override_is_gone() {
    let registry = Registry::new();
    let strict = builder().failure_threshold(2);
    registry.override_breaker("payments", strict.clone()).unwrap();
    let breaker = registry.get_or_register("payments", other_settings());
    registry.clear_override("payments").unwrap();
    assert_eq!(breaker.config(), other_settings());
    registry.override_breaker("payments", strict).unwrap();
    registry.set_overrides(Overrides::new()).unwrap();
    assert_eq!(breaker.config(), other_settings());
    assert_eq!(registry.overrides(), Overrides::new());
    registry.clear_override("nobody").unwrap();
    assert_eq!(breaker.config(), other_settings());
}

#[test]
fn g02_an_override_of_one_name_replaces_the_earlier_one() {
    let (registry, breaker, _clock) = live(&builder());
    let first = builder().failure_threshold(2).recovery_time(secs(2));
    registry.override_breaker("dependency", first).unwrap();
    let second = BreakerOverride::from(builder().failure_threshold(3));
    registry.override_breaker("dependency", second.clone()).unwrap();
    assert_eq!(breaker.config(), built(&builder().failure_threshold(3)));
    assert_eq!(registry.overrides().breakers["dependency"], second);
    assert_eq!(registry.overrides(), Overrides::new().with("dependency", second));
}

#[test]
fn g02_each_breaker_whose_settings_changed_reports_it_once() {
    let registry = Registry::new();
    let heard = Heard::default();
    registry.on_event(heard.listener());
    for name in ["mail", "payments", "stock"] {
        let _ = registry.get_or_register(name, other_settings());
    }
    let strict = Overrides::new().with("payments", builder().failure_threshold(2));
    let strict = strict.with("stock", builder().failure_threshold(9));
    registry.set_overrides(strict.clone()).unwrap();
    let reported = || {
        let events = heard.events();
        let reported = events.iter().filter(|each| is_settings_changed(each.kind()));
        reported.map(|event| event.name().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(reported(), ["payments"], "the settings of stock did not change");
    registry.set_overrides(strict).unwrap();
    assert_eq!(reported(), ["payments"]);
    registry.clear_override("payments").unwrap();
    assert_eq!(reported(), ["payments", "payments"]);
    assert_eq!(heard.events().len(), 2);
}

#[test]
fn g02_a_listener_of_a_change_may_change_overrides() {
    resilient_testkit::must_end(|| {
        let (registry, breaker, _clock) = live(&builder());
        registry.on_event({
            let registry = registry.clone();
            move |event| {
                if is_settings_changed(event.kind()) && registry.overrides() != Overrides::new() {
                    registry.set_overrides(Overrides::new()).unwrap();
                }
            }
        });
        registry.override_breaker("dependency", builder().failure_threshold(2)).unwrap();
        assert_eq!(breaker.config(), BreakerConfig::default());
    });
}

#[test]
fn g02_a_refused_set_changes_nothing_anywhere() {
    let registry = Registry::new();
    let heard = Heard::default();
    let coded =
        |name, settings: BreakerConfigBuilder| registry.get_or_register(name, built(&settings));
    let mail = coded("mail", builder());
    let payments = coded("payments", builder().window(10).failure_count(5));
    let stock = coded("stock", builder().max_recovery_time(secs(60)));
    let standing = Overrides::new().with("mail", builder().failure_threshold(3));
    registry.set_overrides(standing.clone()).unwrap();
    registry.on_event(heard.listener());
    let before = [&mail, &payments, &stock].map(CircuitBreaker::config);

    let fine = Overrides::new()
        .with(
            "mail",
            BreakerOverride::from(builder().failure_threshold(1)).with_mode(OperatorMode::Disabled),
        )
        .with_defaults(builder().half_open_successes(3));
    let refused = [
        // These values are out of range: one in the defaults, one for a live breaker, and one for a
        // name without a breaker.
        (fine.clone().with_defaults(builder().failure_threshold(0)), None, "failure_threshold"),
        (
            fine.clone().with("stock", builder().recovery_jitter(2.0)),
            Some("stock"),
            "recovery_jitter",
        ),
        (fine.clone().with("later", builder().min_calls(0)), Some("later"), "min_calls"),
        // These values are in range, but invalid together with the settings in the code.
        (
            fine.clone().with("stock", builder().recovery_time(secs(61))),
            Some("stock"),
            "max_recovery_time",
        ),
        (fine.clone().with("payments", builder().window(4)), Some("payments"), "failure_count"),
        (fine.clone().with("mail", builder().failure_rate(0.5)), Some("mail"), "failure_rate"),
        (fine.with_defaults(builder().window_buckets(5)), Some("mail"), "window_buckets"),
    ];
    for (overrides, breaker, field) in refused {
        let error = registry.set_overrides(overrides).unwrap_err();
        assert_eq!((error.breaker(), error.setting()), (breaker, Some(field)));
        let words = error.to_string();
        assert!(words.contains(field) && words.contains(breaker.unwrap_or("defaults")), "{words}");
        assert!(std::error::Error::source(&error).is_some());
        assert_eq!([&mail, &payments, &stock].map(CircuitBreaker::config), before);
        assert_eq!(registry.overrides(), standing);
    }
    registry.override_breaker("stock", builder().failure_threshold(0)).unwrap_err();
    assert_eq!(registry.overrides(), standing);
    assert_eq!(heard.events().len(), 0);
    assert_eq!(mail.state(), CircuitState::Closed);
}

#[test]
fn g02_a_later_breaker_keeps_the_override_and_reports_the_dropped_setting() {
    let registry = Registry::new();
    let heard = Heard::default();
    registry.on_event(heard.listener());
    let overrides = Overrides::new().with("payments", builder().recovery_time(secs(120)));
    registry.set_overrides(overrides.clone()).unwrap();
    let code = built(&builder().failure_threshold(3).max_recovery_time(secs(60)));
    let breaker = registry.get_or_register("payments", code);
    assert_eq!(invalid_settings(&heard), ["max_recovery_time"]);
    let expected = builder().failure_threshold(3).recovery_time(secs(120));
    assert_eq!(breaker.config(), built(&expected));
    assert_eq!(heard.events()[0].name(), "payments");
    // The registry sent the event when it created the breaker. If the breaker exists already, the
    // registry sends no further event.
    let _ = registry.get_or_register("payments", breaker.config());
    assert_eq!(invalid_settings(&heard).len(), 1);
}

#[test]
fn g02_a_breaker_that_is_registered_later_is_treated_the_same() {
    let registry = Registry::new();
    let heard = Heard::default();
    registry.on_event(heard.listener());
    registry.override_breaker("tenant", builder().window(4)).unwrap();
    let code = built(&builder().window(10).failure_count(5).failure_threshold(2));
    let owned = CircuitBreaker::new("tenant", code);
    registry.register(&owned).unwrap();
    assert_eq!(invalid_settings(&heard), ["failure_count"]);
    assert_eq!(owned.config(), built(&builder().window(4).failure_threshold(2)));
    calls(&owned, "SSSSSS");
    assert_eq!(window(&owned), (4, 0, 0));
}

#[test]
fn g02_an_override_that_does_not_fit_a_later_breaker_can_be_removed() {
    let registry = Registry::new();
    registry.override_breaker("payments", builder().recovery_time(secs(120))).unwrap();
    let code = built(&builder().max_recovery_time(secs(60)));
    let breaker = registry.get_or_register("payments", code.clone());
    registry.clear_override("payments").unwrap();
    assert_eq!(breaker.config(), code);
}

#[test]
fn g02_after_overrides_by_many_threads_the_breaker_has_the_settings_of_the_registry() {
    let registry = Registry::new();
    let names = ["mail", "payments", "stock", "tenant"];
    let breakers = names.map(|name| registry.get_or_register(name, settings()));
    for round in 0..50 {
        let start = Barrier::new(4);
        std::thread::scope(|scope| {
            for thread in 1..=4_u32 {
                let (registry, start) = (&registry, &start);
                scope.spawn(move || {
                    start.wait();
                    for n in 1..=5 {
                        let all = names.iter().fold(Overrides::new(), |all, name| {
                            all.with(*name, builder().failure_threshold(thread * 100 + n))
                        });
                        registry.set_overrides(all).unwrap();
                        let _ =
                            registry.get_or_register(&format!("late {round} {thread}"), settings());
                    }
                });
            }
        });
        let said = registry.overrides();
        for (name, breaker) in names.iter().zip(&breakers) {
            let wanted = fragile().failure_threshold(1).build().unwrap();
            let own = said.breakers[*name].settings.clone();
            let expected = own.recovery_time(secs(10)).build().unwrap();
            assert_ne!(breaker.config(), wanted);
            assert_eq!(breaker.config(), expected);
        }
    }
}

#[test]
fn g02_the_codes_settings_apply_again_to_a_breaker_that_was_unregistered() {
    let (registry, owned, _clock) = live(&fragile().failure_threshold(9));
    let strict = BreakerConfig::builder().failure_threshold(2);
    registry.override_breaker("dependency", strict).unwrap();
    registry.unregister(&owned);
    assert_eq!(owned.config(), fragile().failure_threshold(9).build().unwrap());
    // After a new registration, the override applies to the settings in the code again.
    registry.register(&owned).unwrap();
    assert_eq!(owned.config().to_builder(), fragile().failure_threshold(2));
    registry.clear_override("dependency").unwrap();
    assert_eq!(owned.config(), fragile().failure_threshold(9).build().unwrap());
}

#[test]
fn g02_the_mode_of_an_override_ends_when_the_breaker_is_unregistered() {
    let (registry, owned, _clock) = live(&fragile());
    registry.override_breaker("dependency", OperatorMode::ForcedOpen).unwrap();
    registry.unregister(&owned);
    assert_eq!(owned.state(), CircuitState::Closed);
}

#[test]
fn g02_another_registry_overrides_a_breaker_that_was_unregistered_from_the_first() {
    let (first, owned, _clock) = live(&fragile());
    for threshold in 1..10 {
        let settings = BreakerConfig::builder().failure_threshold(threshold);
        first.override_breaker("dependency", settings).unwrap();
    }
    first.unregister(&owned);
    let second = Registry::new();
    second.register(&owned).unwrap();
    let settings = BreakerConfig::builder().failure_threshold(2);
    second.override_breaker("dependency", settings).unwrap();
    calls(&owned, "F");
    assert_eq!(owned.state(), CircuitState::Closed);
    calls(&owned, "F");
    assert_eq!(owned.state(), CircuitState::Open);
}

#[test]
fn g02_an_override_that_breaks_a_rule_by_itself_is_refused_before_its_breaker_exists() {
    let registry = Registry::new();
    for (settings, field) in [
        (builder().recovery_time("30"), "recovery_time"),
        (builder().window(10).window_buckets(5), "window_buckets"),
        (builder().recovery_time(secs(6)).max_recovery_time(secs(5)), "max_recovery_time"),
    ] {
        let error = registry.override_breaker("later", settings).unwrap_err();
        assert_eq!(error.breaker(), Some("later"));
        assert_eq!(error.setting(), Some(field));
    }
    // The override lacks a setting that it needs. The registry accepts it, because code that is
    // registered later may have this setting.
    let rate = builder().failure_rate(0.5);
    registry.override_breaker("later", rate).unwrap();
}

#[test]
fn g02_code_that_contradicts_its_override_does_not_prevent_a_change_for_another_name() {
    use resilient::RetryPolicy;
    use resilient::budget::BudgetConfig;

    let registry = Registry::new();
    let overrides = Overrides::new()
        .with("search", builder().failure_rate(0.5))
        .with_key("hosts", "a", builder().failure_rate(0.5))
        .with_budget("search", BudgetConfig::builder().capacity(4))
        .with_retry("search", RetryPolicy::builder().base_delay(secs(60)));
    registry.set_overrides(overrides.clone()).unwrap();
    // The code comes later, and needs other settings.
    let _ = registry.get_or_register("search", BreakerConfig::default());
    let _ = registry.get_or_register_keyed::<String>("hosts", BreakerConfig::default());
    let code = BudgetConfig::builder().retry_cost(9).build().unwrap();
    let _ = registry.get_or_register_budget("search", code);
    let code = RetryPolicy::builder().max_delay(secs(30)).build().unwrap();
    let _ = registry.get_or_register_retry("search", code);

    let stock = registry.get_or_register_retry("stock", RetryPolicy::default());
    registry.override_retry("stock", RetryPolicy::builder().max_retries(0)).unwrap();
    assert_eq!(stock.snapshot().policy.worst_case().attempts(), 1);
    registry.clear_retry_override("stock").unwrap();
    assert_eq!(stock.snapshot().policy, RetryPolicy::default());
    registry.override_breaker("other", builder().failure_threshold(2)).unwrap();
    registry.override_key("other", "a", builder().failure_threshold(2)).unwrap();
    registry.override_budget("other", BudgetConfig::builder().capacity(0)).unwrap();
    // A change for the name itself is checked, and so is each name of a document.
    registry.override_breaker("s*", builder().half_open_successes(2)).unwrap_err();
    registry.override_key("hosts", "b", builder().half_open_successes(2)).unwrap_err();
    registry.override_budget("search", BudgetConfig::builder().capacity(5)).unwrap_err();
    registry.override_retry("*", RetryPolicy::builder().max_retries(1)).unwrap_err();
    registry.set_overrides(overrides).unwrap_err();
    registry.clear_override("search").unwrap();
}
