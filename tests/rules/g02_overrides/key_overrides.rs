//! Rules G2 and G4: overrides of single keys.

use resilient::breaker::{CircuitState, KeyedBreakers, OperatorMode};
use resilient::events::EventKind;
use resilient::registry::{BreakerOverride, Overrides};
use resilient::time::ManualClock;
use resilient::{BreakerConfig, Registry};

use crate::support::override_rules::builder;
use resilient_testkit::{Heard, calls, fail, fragile, secs};

fn tenants() -> (Registry, KeyedBreakers<String>, ManualClock) {
    let (registry, clock) = (Registry::new(), ManualClock::new());
    registry.use_clock(clock.clone());
    let code = fragile().failure_threshold(9).build().unwrap();
    let tenants = registry.get_or_register_keyed("search", code);
    (registry, tenants, clock)
}

/// Returns how many consecutive failures open the circuit of this key.
fn threshold(tenants: &KeyedBreakers<String>, key: &str) -> u32 {
    let breaker = tenants.get(key);
    breaker.close();
    (1..100)
        .find(|_| {
            fail(&breaker);
            breaker.state() == CircuitState::Open
        })
        .expect("a threshold")
}

#[test]
fn g02_an_override_of_a_key_applies_to_its_live_breaker_and_to_later_ones() {
    let (registry, tenants, _clock) = tenants();
    let live = tenants.get("live");
    calls(&live, "FF");
    let overrides = Overrides::new()
        .with_key("search", "live", builder().failure_threshold(3))
        .with_key("search", "later", builder().failure_threshold(4));
    registry.set_overrides(overrides).unwrap();
    fail(&live);
    assert_eq!(live.state(), CircuitState::Open, "the breaker kept its streak");
    assert_eq!((threshold(&tenants, "later"), threshold(&tenants, "other")), (4, 9));
    registry.clear_key_override("search", "live").unwrap();
    assert_eq!((threshold(&tenants, "live"), threshold(&tenants, "later")), (9, 4));
}

#[test]
fn g02_a_key_wins_over_its_name_and_the_more_exact_name_over_the_more_exact_key() {
    let (registry, tenants, _clock) = tenants();
    let of = |count| builder().failure_threshold(count);
    let mut overrides = Overrides::new().with("search", of(2)).with("*", of(3));
    for (name, key, count, wins) in [
        ("*", "*", 4, [4, 4]),
        ("*", "tenant*", 5, [5, 4]),
        ("*", "tenant-7", 6, [6, 4]),
        ("s*", "*", 7, [7, 7]),
        ("search", "*", 8, [8, 8]),
        ("search", "tenant*", 10, [10, 8]),
        ("search", "tenant-7", 11, [11, 8]),
    ] {
        overrides = overrides.with_key(name, key, of(count));
        registry.set_overrides(overrides.clone()).unwrap();
        let found = ["tenant-7", "x"].map(|key| threshold(&tenants, key));
        assert_eq!(found, wins, "[breakers.{name}.keys.{key}]");
    }
}

#[test]
fn g02_the_mode_of_a_key_holds_only_the_key_and_returns_to_the_mode_of_the_name() {
    let (registry, tenants, _clock) = tenants();
    let states = || ["a", "b", "c"].map(|key| tenants.get(key).state());
    let _ = tenants.get("a");
    registry.override_breaker("search", OperatorMode::ObserveOnly).unwrap();
    let modes = [("a", OperatorMode::ForcedOpen), ("b", OperatorMode::Disabled)];
    for (key, mode) in modes {
        registry.override_key("search", key, mode).unwrap();
    }
    let (open, disabled) = (CircuitState::ForcedOpen, CircuitState::Disabled);
    assert_eq!(states(), [open, disabled, CircuitState::ObserveOnly]);
    for (key, _) in modes {
        registry.clear_key_override("search", key).unwrap();
    }
    assert_eq!(states(), [CircuitState::ObserveOnly; 3]);
    registry.clear_override("search").unwrap();
    assert_eq!(states(), [CircuitState::Closed; 3]);
}

#[test]
fn g04_a_key_that_returns_after_its_eviction_has_its_override_and_its_mode_again() {
    let (registry, clock) = (Registry::new(), ManualClock::new());
    registry.use_clock(clock.clone());
    let code = fragile().max_keys(1).build().unwrap();
    let tenants = registry.get_or_register_keyed::<String>("search", code);
    let mode = BreakerOverride::from(builder().failure_threshold(7));
    let mode = mode.with_mode_for(OperatorMode::Disabled, secs(60));
    registry.override_key("search", "a", mode).unwrap();
    assert_eq!(tenants.get("a").snapshot().ends_in, Some(secs(60)));
    clock.advance(secs(20));
    tenants.get("a").close();
    let _ = tenants.get("b");
    assert_eq!(tenants.len(), 1, "the breaker of `a` is evicted");
    let again = tenants.get("a");
    assert_eq!(again.snapshot().ends_in, Some(secs(40)), "the rest of its time");
    assert_eq!(again.config(), fragile().max_keys(1).failure_threshold(7).build().unwrap());
    clock.advance(secs(40));
    assert!(tenants.remove("a"));
    assert_eq!(tenants.get("a").state(), CircuitState::Closed, "the time is over");
}

#[test]
fn g04_the_shared_breaker_has_the_override_of_no_key_even_if_it_matches() {
    let (registry, tenants, _clock) = tenants();
    registry.override_breaker("search", builder().max_keys(1).failure_threshold(5)).unwrap();
    for key in ["*", "(*", "(other keys)", "overflow"] {
        registry.override_key("search", key, builder().failure_threshold(2)).unwrap();
    }
    tenants.get("open").force_open();
    let shared = tenants.get("overflow");
    assert_eq!(shared.key(), Some("(other keys)"));
    registry.override_key("search", "*", OperatorMode::ForcedOpen).unwrap();
    assert_eq!(shared.state(), CircuitState::Closed);
    calls(&shared, "FFFF");
    assert_eq!(shared.state(), CircuitState::Closed);
    fail(&shared);
    assert_eq!(shared.state(), CircuitState::Open);
}

#[test]
fn g04_a_state_set_by_hand_for_the_name_applies_to_later_keys_with_a_mode_too() {
    let (registry, tenants, _clock) = tenants();
    registry.override_key("search", "a", OperatorMode::Disabled).unwrap();
    registry.named("search").force_open();
    assert_eq!(tenants.get("a").state(), CircuitState::ForcedOpen, "the operator came later");
    // A reload of the file changes nothing.
    registry.override_key("search", "a", OperatorMode::Disabled).unwrap();
    assert!(tenants.remove("a"));
    assert_eq!(tenants.get("a").state(), CircuitState::ForcedOpen);
    registry.override_key("search", "a", OperatorMode::ObserveOnly).unwrap();
    assert!(tenants.remove("a"));
    assert_eq!(tenants.get("a").state(), CircuitState::ObserveOnly, "the override came later");
    assert_eq!(tenants.get("b").state(), CircuitState::ForcedOpen);
}

#[test]
fn g02_an_override_of_a_key_that_contradicts_the_code_or_its_name_is_refused() {
    let (registry, tenants, _clock) = tenants();
    let live = tenants.get("live");
    let before = live.config();
    for (key, settings, setting) in [
        ("live", builder().failure_rate(0.5), "failure_rate"),
        ("later", builder().failure_rate(0.5), "failure_rate"),
        (
            "l*",
            builder().recovery_time(secs(601)).max_recovery_time(secs(600)),
            "max_recovery_time",
        ),
        ("*", builder().failure_threshold(0), "failure_threshold"),
    ] {
        let error = registry.override_key("search", key, settings).unwrap_err();
        assert_eq!((error.breaker(), error.setting()), (Some("search"), Some(setting)));
        assert_eq!((error.table().name(), error.table().key()), (Some("search"), Some(key)));
    }
    // Two tables that apply to one key contradict each other.
    let apart = Overrides::new()
        .with_key("*", "tenant*", builder().recovery_time(secs(60)))
        .with_key("search", "t*", builder().max_recovery_time(secs(50)));
    let error = registry.set_overrides(apart).unwrap_err();
    assert_eq!(error.table().to_string(), "[breakers.search.keys.\"t*\"]");
    assert_eq!((live.config(), registry.overrides()), (before, Overrides::new()));
}

#[test]
fn g02_the_number_of_keys_is_no_setting_of_a_key() {
    let (registry, _tenants, _clock) = tenants();
    let error = registry.override_key("search", "a", builder().max_keys(3)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "[breakers.search.keys.a]: `max_keys` is for all keys together: set it in [breakers.search]"
    );
    assert_eq!(error.setting(), Some("max_keys"));
}

#[test]
fn g02_a_group_that_is_registered_later_reports_an_override_of_a_key_that_does_not_fit() {
    let registry = Registry::new();
    let heard = Heard::default();
    registry.on_event(heard.listener());
    registry
        .override_key("search", "a*", builder().failure_rate(0.5).failure_threshold(3))
        .unwrap();
    let tenants: KeyedBreakers<String> =
        registry.get_or_register_keyed("search", fragile().build().unwrap());
    let invalid = |kind: &EventKind| match kind {
        EventKind::InvalidSetting(error) => error.field() == "failure_rate",
        _ => false,
    };
    assert_eq!((heard.count(invalid), heard.events().len()), (1, 1));
    assert_eq!(threshold(&tenants, "ab"), 3, "the rest of the override applies");
    assert_eq!(heard.count(invalid), 1, "the event is not repeated for each key");
}

#[test]
fn g02_an_override_of_a_key_reaches_a_group_that_the_caller_owns_until_it_leaves() {
    let registry = Registry::new();
    let owned = KeyedBreakers::<u32>::new("shards", fragile().build().unwrap());
    let seven = owned.get(&7);
    registry.override_key("shards", "7", OperatorMode::ForcedOpen).unwrap();
    assert_eq!(seven.state(), CircuitState::Closed);
    registry.register_keyed(&owned).unwrap();
    assert_eq!(seven.state(), CircuitState::ForcedOpen);
    assert!(registry.unregister_keyed(&owned));
    assert_eq!(seven.state(), CircuitState::Closed);
    assert!(owned.remove(&7));
    assert_eq!(owned.get(&7).state(), CircuitState::Closed);
}

#[test]
fn g02_many_threads_that_make_a_key_while_its_override_changes_end_with_the_last_one() {
    let (registry, tenants, _clock) = tenants();
    for round in 0..50 {
        let key = format!("tenant-{round}");
        std::thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| tenants.get(&*key).config());
            }
            for count in [3, 4] {
                let (registry, key) = (&registry, &key);
                scope.spawn(move || {
                    let what = builder().failure_threshold(count);
                    registry.override_key("search", key, what).unwrap();
                });
            }
        });
        let said = registry.overrides().keys["search"][&key].settings.clone();
        let expected = said.recovery_time(secs(10)).build().unwrap();
        assert_eq!(tenants.get(&*key).config(), expected, "{round}");
    }
}

#[cfg(feature = "toml")]
#[test]
fn g02_a_document_has_a_table_for_each_key_of_a_breaker() {
    let (registry, tenants, _clock) = tenants();
    let document = r#"
        [breakers.search.keys."tenant-7"]
        mode = "disabled"
        mode_for = "1m"

        [breakers."s*"]
        failure_threshold = 3
        keys = { a = { failure_threshold = 2 }, "b*" = { half_open_successes = 2 } }
    "#;
    registry.apply_toml(document).unwrap();
    let timed = BreakerOverride::default().with_mode_for(OperatorMode::Disabled, secs(60));
    let expected = Overrides::new()
        .with("s*", builder().failure_threshold(3))
        .with_key("search", "tenant-7", timed)
        .with_key("s*", "a", builder().failure_threshold(2))
        .with_key("s*", "b*", builder().half_open_successes(2));
    assert_eq!(registry.overrides(), expected);
    assert_eq!(tenants.get("tenant-7").state(), CircuitState::Disabled);
    assert_eq!((threshold(&tenants, "a"), threshold(&tenants, "bb")), (2, 3));
    registry.apply_toml("").unwrap();
    assert_eq!(tenants.get("a").config(), fragile().failure_threshold(9).build().unwrap());
}

#[test]
fn g02_a_refused_override_of_a_key_leaves_the_earlier_one() {
    let (registry, tenants, _clock) = tenants();
    registry.override_key("search", "a", builder().failure_threshold(2)).unwrap();
    registry.override_key("search", "a", builder().failure_threshold(0)).unwrap_err();
    assert_eq!((threshold(&tenants, "a"), threshold(&tenants, "b")), (2, 9));
}

#[test]
fn g02_a_table_of_a_key_is_no_concern_of_a_breaker_without_keys() {
    let registry = Registry::new();
    let heard = Heard::default();
    registry.on_event(heard.listener());
    // The code of this breaker has no window, which a rate needs.
    let single = registry.get_or_register("mail", BreakerConfig::default());
    registry.override_key("*", "a", builder().failure_rate(0.5)).unwrap();
    let applied = registry.override_key("mail", "a", OperatorMode::ForcedOpen).unwrap();
    assert_eq!((applied.live.len(), applied.waiting), (0, vec!["*".to_owned(), "mail".into()]));
    let later = registry.get_or_register("search", BreakerConfig::default());
    for breaker in [single, later] {
        assert_eq!(breaker.config(), BreakerConfig::default());
        assert_eq!(breaker.state(), CircuitState::Closed);
    }
    assert_eq!(heard.events().len(), 0);
}
