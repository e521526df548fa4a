//! Rule G3: the registry reports conflicting settings of one breaker.

use resilient::breaker::CircuitState;
use resilient::events::EventKind;
use resilient::{BreakerConfig, Registry};

use crate::support::override_rules::builder;
use crate::support::registry::{is_conflict, other_settings, settings};
use resilient_testkit::{Heard, fail, secs};

#[test]
fn g03_if_two_places_declare_different_settings_the_first_apply() {
    let registry = Registry::new();
    let first = registry.get_or_register("payments", settings());
    let second = registry.get_or_register("payments", other_settings());
    assert_eq!(second.config(), settings());
    fail(&second);
    assert_eq!(first.state(), CircuitState::Open);
}

#[test]
fn g03_a_conflict_is_reported_once_and_names_both_places() {
    let registry = Registry::new();
    let heard = Heard::default();
    registry.on_event(heard.listener());
    let first_line = line!() + 1;
    let _ = registry.get_or_register("payments", settings());
    let second_line = line!() + 2;
    for _ in 0..10 {
        let _ = registry.get_or_register("payments", other_settings());
    }
    assert_eq!(heard.count(is_conflict), 1);
    let event = &heard.events()[0];
    assert_eq!(event.name(), "payments");
    let EventKind::Conflict { first, second } = event.kind() else {
        panic!("{event:?}");
    };
    assert_eq!((first.file(), first.line()), (file!(), first_line));
    assert_eq!((second.file(), second.line()), (file!(), second_line));
}

#[test]
fn g03_a_conflict_reaches_the_breakers_own_listeners_too() {
    let registry = Registry::new();
    let breaker = registry.get_or_register("payments", settings());
    let heard = Heard::from(&breaker);
    let _ = registry.get_or_register("payments", other_settings());
    assert_eq!(heard.count(is_conflict), 1);
}

#[test]
fn g03_equal_settings_are_no_conflict_however_they_were_written() {
    let registry = Registry::new();
    let heard = Heard::default();
    registry.on_event(heard.listener());
    let written_out = BreakerConfig::builder().failure_threshold(5).recovery_time(secs(30));
    let _ = registry.get_or_register("payments", BreakerConfig::default());
    let _ = registry.get_or_register("payments", written_out.build().unwrap());
    assert_eq!(heard.events().len(), 0);
}

#[test]
fn g03_each_name_has_its_own_conflict() {
    let registry = Registry::new();
    let heard = Heard::default();
    registry.on_event(heard.listener());
    for name in ["payments", "stock"] {
        let _ = registry.get_or_register(name, settings());
        let _ = registry.get_or_register(name, other_settings());
    }
    assert_eq!(heard.count(is_conflict), 2);
}

#[test]
fn g03_a_conflict_leaves_the_state_as_it_is() {
    let registry = Registry::new();
    let first = registry.get_or_register("payments", settings());
    first.force_open();
    let second = registry.get_or_register("payments", other_settings());
    assert_eq!(second.state(), CircuitState::ForcedOpen);
}

#[test]
fn g03_a_listener_that_asks_the_registry_back_does_not_deadlock() {
    resilient_testkit::must_end(|| {
        let registry = Registry::new();
        registry.on_event({
            let registry = registry.clone();
            move |event| {
                let same = registry.get(event.name()).unwrap();
                assert_eq!(registry.snapshot().len(), 1);
                same.disable();
                let _ = registry.get_or_register("another", settings());
            }
        });
        let _ = registry.get_or_register("payments", settings());
        let breaker = registry.get_or_register("payments", other_settings());
        assert_eq!(breaker.state(), CircuitState::Disabled);
        assert!(registry.get("another").is_some());
    });
}

#[test]
fn g03_nothing_is_ever_printed() {
    // Runs this test program again with two tests: one test causes a conflict, and in the other
    // test a listener panics.
    let output = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--nocapture", "--test-threads=1", "--exact"])
        .arg(concat!(
            "g03_conflicts::registry_conflicts::",
            "g03_a_conflict_is_reported_once_and_names_both_places"
        ))
        .arg(concat!(
            "b14_events::events::",
            "b14_a_panicking_listener_is_contained_and_counted_and_the_others_still_run"
        ))
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    let printed = String::from_utf8_lossy(&output.stdout);
    let lines: Vec<_> = printed.lines().filter(|line| !line.is_empty()).collect();
    // The test harness prints a heading, one line per test, and a summary.
    assert_eq!(lines.len(), 4, "{printed}");
    assert!(printed.contains("2 passed"), "{printed}");
}

#[test]
fn g03_keyed_breakers_with_other_settings_are_one_conflict() {
    let registry = Registry::new();
    let heard = Heard::default();
    registry.on_event(heard.listener());
    let first = registry.get_or_register_keyed::<u32>("shards", settings());
    for _ in 0..3 {
        let second = registry.get_or_register_keyed::<u32>("shards", other_settings());
        assert_eq!(second.get(&7).config(), settings());
    }
    assert_eq!(heard.count(is_conflict), 1);
    assert_eq!((heard.events()[0].name(), heard.events()[0].key()), ("shards", None));
    assert_eq!(first.len(), 1);
}

#[test]
fn g03_a_single_breaker_and_a_keyed_one_of_a_name_are_a_conflict_and_two_breakers() {
    let registry = Registry::new();
    let heard = Heard::default();
    registry.on_event(heard.listener());
    let keyed = registry.get_or_register_keyed::<u32>("shared", settings());
    let line = line!() + 1;
    let single = registry.get_or_register("shared", settings());
    assert_eq!(heard.count(is_conflict), 1);
    assert_eq!(single.name(), format!("shared ({}:{line})", file!()));
    fail(&single);
    assert_eq!(keyed.get(&1).state(), CircuitState::Closed);
    let names: Vec<_> = registry.all().names().map(str::to_owned).collect();
    assert_eq!(names, ["shared", single.name()]);
}

#[test]
fn g03_keys_of_another_type_are_a_conflict_and_another_group() {
    let registry = Registry::new();
    let heard = Heard::default();
    registry.on_event(heard.listener());
    let numbers = registry.get_or_register_keyed::<u32>("shared", settings());
    let texts = registry.get_or_register_keyed::<String>("shared", settings());
    assert_eq!(heard.count(is_conflict), 1);
    assert_ne!(numbers.name(), texts.name());
    fail(&texts.get("1"));
    assert_eq!(numbers.get(&1).state(), CircuitState::Closed);
}

#[test]
fn g03_a_place_that_asks_again_for_a_name_of_another_kind_gets_the_same_breaker() {
    let registry = Registry::new();
    let _ = registry.get_or_register_keyed::<u32>("shared", settings());
    let ask = || {
        let single = registry.get_or_register("shared", settings());
        let keyed = registry.get_or_register_keyed::<String>("shared", settings());
        (single, keyed)
    };
    let (single, keyed) = ask();
    fail(&single);
    fail(&keyed.get("a"));
    for _ in 0..10 {
        let (single, keyed) = ask();
        assert_eq!(single.state(), CircuitState::Open);
        assert_eq!(keyed.get("a").state(), CircuitState::Open);
    }
    assert_eq!(registry.all().names().count(), 3);
}

#[test]
fn g03_an_override_neither_causes_nor_hides_a_conflict() {
    let registry = Registry::new();
    let heard = Heard::default();
    registry.on_event(heard.listener());
    registry.override_breaker("payments", builder().failure_threshold(9)).unwrap();
    let _ = registry.get_or_register("payments", settings());
    let _ = registry.get_or_register("payments", settings());
    assert_eq!(heard.count(is_conflict), 0);
    // These settings equal the effective settings, but differ from the settings of the first
    // registration.
    let _ = registry.get_or_register("payments", other_settings());
    assert_eq!(heard.count(is_conflict), 1);
}
