//! The rules of the registry, G1 to G7, as far as names are given by hand.

use std::sync::Barrier;

use resilient::{BreakerConfig, CircuitBreaker, EventKind, Registry, State};

use crate::support::{Heard, fail, fragile, rejection, secs, succeed};

fn settings() -> BreakerConfig {
    fragile().build().unwrap()
}

fn other_settings() -> BreakerConfig {
    fragile().failure_threshold(9).build().unwrap()
}

fn is_conflict(kind: &EventKind) -> bool {
    matches!(kind, EventKind::Conflict { .. })
}

#[test]
fn g01_one_name_is_one_breaker() {
    let registry = Registry::new();
    let first = registry.get_or_register("payments", settings());
    let second = registry.get_or_register("payments", settings());
    fail(&first);
    assert_eq!(rejection(&second).breaker(), "payments");
    assert_eq!(registry.breakers().len(), 1);
}

#[test]
fn g01_another_name_is_another_breaker() {
    let registry = Registry::new();
    let payments = registry.get_or_register("payments", settings());
    let stock = registry.get_or_register("stock", settings());
    payments.trip().unwrap();
    assert_eq!(
        (payments.state(), stock.state()),
        (State::Open, State::Closed)
    );
    assert_eq!((payments.name(), stock.name()), ("payments", "stock"));
}

#[test]
fn g01_clones_of_a_registry_are_one_and_another_registry_is_another() {
    let registry = Registry::new();
    let breaker = registry.get_or_register("payments", settings());
    breaker.trip().unwrap();
    let same = registry.clone().get("payments").unwrap();
    assert_eq!(same.state(), State::Open);
    assert!(Registry::new().get("payments").is_none());
}

#[test]
fn g01_the_global_registry_is_one_for_the_process() {
    let name = "g01_the_global_registry_is_one_for_the_process";
    let breaker = Registry::global().get_or_register(name, settings());
    breaker.trip().unwrap();
    let same = std::thread::spawn(move || Registry::global().get(name).unwrap().state());
    assert_eq!(same.join().unwrap(), State::Open);
}

#[test]
fn g01_a_name_may_be_any_text() {
    let registry = Registry::new();
    let long = "x".repeat(100_000);
    for name in ["", " ", "a::b<C>", "größe", "line\nbreak", long.as_str()] {
        let breaker = registry.get_or_register(name, settings());
        assert_eq!(breaker.name(), name);
        assert!(registry.get(name).is_some());
    }
    assert_eq!(registry.breakers().len(), 6);
}

#[test]
fn g03_of_two_different_settings_the_first_stand() {
    let registry = Registry::new();
    let first = registry.get_or_register("payments", settings());
    let second = registry.get_or_register("payments", other_settings());
    assert_eq!(second.config(), settings());
    fail(&second);
    assert_eq!(first.state(), State::Open);
}

#[test]
fn g03_a_conflict_is_told_once_and_names_both_places() {
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
    assert_eq!(event.breaker(), "payments");
    let EventKind::Conflict { first, second } = event.kind() else {
        panic!("{event:?}");
    };
    assert_eq!((first.file(), first.line()), (file!(), first_line));
    assert_eq!((second.file(), second.line()), (file!(), second_line));
}

#[test]
fn g03_a_conflict_is_told_to_the_breakers_own_listeners_too() {
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
    let written_out = BreakerConfig::builder()
        .failure_threshold(5)
        .recovery_time(secs(30));
    let _ = registry.get_or_register("payments", BreakerConfig::default());
    let _ = registry.get_or_register("payments", written_out.build().unwrap());
    assert_eq!(heard.events().len(), 0);
}

#[test]
fn g03_each_name_has_a_conflict_of_its_own() {
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
    assert_eq!(second.state(), State::ForcedOpen);
}

#[test]
fn g03_a_listener_that_asks_the_registry_back_does_not_deadlock() {
    crate::support::must_end(|| {
        let registry = Registry::new();
        registry.on_event({
            let registry = registry.clone();
            move |event| {
                let same = registry.get(event.breaker()).unwrap();
                assert_eq!(registry.snapshot().len(), 1);
                same.disable();
                let _ = registry.get_or_register("another", settings());
            }
        });
        let _ = registry.get_or_register("payments", settings());
        let breaker = registry.get_or_register("payments", other_settings());
        assert_eq!(breaker.state(), State::Disabled);
        assert!(registry.get("another").is_some());
    });
}

#[test]
fn g03_nothing_is_ever_printed() {
    // This very test program, with a test that causes a conflict and one that contains panics.
    let output = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--nocapture", "--test-threads=1", "--exact"])
        .arg("registry::g03_a_conflict_is_told_once_and_names_both_places")
        .arg("breaker::events::b14_a_panicking_listener_is_contained_and_counted_and_the_others_are_still_told")
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    let printed = String::from_utf8_lossy(&output.stdout);
    let lines: Vec<_> = printed.lines().filter(|line| !line.is_empty()).collect();
    // What the test harness itself says: a heading, a line a test, a summary.
    assert_eq!(lines.len(), 4, "{printed}");
    assert!(printed.contains("2 passed"), "{printed}");
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
    let states: Vec<_> = snapshots
        .iter()
        .map(|each| (each.name.as_str(), each.state))
        .collect();
    let expected = [
        ("mail", State::Open),
        ("payments", State::Closed),
        ("stock", State::Closed),
    ];
    assert_eq!(states, expected);
}

#[test]
fn g05_an_operator_moves_the_breaker_that_the_code_holds() {
    let registry = Registry::new();
    let held = registry.get_or_register("payments", settings());
    let operated = || registry.get("payments").unwrap();
    operated().trip().unwrap();
    assert_eq!(held.state(), State::Open);
    operated().force_open();
    assert_eq!(held.state(), State::ForcedOpen);
    operated().disable();
    assert_eq!(held.state(), State::Disabled);
    operated().reset();
    assert_eq!(held.state(), State::Closed);
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
    let names: Vec<_> = heard
        .events()
        .iter()
        .map(|event| event.breaker().to_owned())
        .collect();
    assert_eq!(names, ["before", "after"]);
    assert!(registry.remove_listener(id));
    assert!(!registry.remove_listener(id));
    before.reset();
    assert_eq!(heard.events().len(), 2);
}

#[test]
fn g06_a_breaker_of_ones_own_is_in_no_registry_until_it_is_registered() {
    let registry = Registry::new();
    let owned = CircuitBreaker::new("tenant", settings());
    assert!(registry.get("tenant").is_none());
    assert!(Registry::global().get("tenant").is_none());
    registry.register(&owned).unwrap();
    registry.get("tenant").unwrap().force_open();
    assert_eq!(owned.state(), State::ForcedOpen);
    assert!(Registry::global().get("tenant").is_none());
}

#[test]
fn g06_clones_of_an_owned_breaker_are_handles_of_one() {
    let owned = CircuitBreaker::new("tenant", settings());
    let clone = owned.clone();
    fail(&clone);
    assert_eq!(owned.state(), State::Open);
    assert!(size_of::<CircuitBreaker>() <= size_of::<[usize; 2]>());
}

#[test]
fn g06_two_instances_of_one_name_are_two_breakers_and_one_of_them_can_be_registered() {
    let registry = Registry::new();
    let first = CircuitBreaker::new("tenant", settings());
    let second = CircuitBreaker::new("tenant", settings());
    fail(&first);
    assert_eq!(second.state(), State::Closed);
    registry.register(&first).unwrap();
    let taken = registry.register(&second).unwrap_err();
    assert!(taken.to_string().contains("`tenant`"), "{taken}");
    assert_eq!(registry.get("tenant").unwrap().state(), State::Open);
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
    assert_eq!(owned.state(), State::Open);
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
    owned.reset();
    assert_eq!(heard.steps(), [(State::Open, State::Closed)]);
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
    // "every event of every breaker that is or will be here", says `Registry::on_event`.
    assert_eq!(heard.each_ref().map(|each| each.steps().len()), [1, 1]);
}

#[test]
fn b14_a_panicking_listener_of_the_registry_is_counted_where_its_event_came_from() {
    let registry = Registry::new();
    let told_of = registry.get_or_register("payments", settings());
    let other = registry.get_or_register("stock", settings());
    registry.on_event(|_| crate::support::panic_quietly());
    let heard = Heard::default();
    registry.on_event(heard.listener());
    told_of.trip().unwrap();
    assert_eq!(heard.steps(), [(State::Closed, State::Open)]);
    let panics = [&told_of, &other].map(|breaker| breaker.snapshot().listener_panics);
    assert_eq!(panics, [1, 0]);
}

#[test]
fn g07_a_thousand_threads_asking_for_one_new_name_get_one_breaker() {
    const THREADS: usize = 1_000;
    let registry = Registry::new();
    let start = Barrier::new(THREADS);
    let breakers: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS)
            .map(|_| {
                scope.spawn(|| {
                    start.wait();
                    registry.get_or_register("payments", settings())
                })
            })
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect()
    });
    assert_eq!(registry.breakers().len(), 1);
    breakers[0].force_open();
    assert!(
        breakers
            .iter()
            .all(|breaker| breaker.state() == State::ForcedOpen)
    );
}

#[test]
fn g07_of_a_thousand_threads_with_different_settings_one_wins_and_one_conflict_is_told() {
    const THREADS: u32 = 1_000;
    let registry = Registry::new();
    let heard = Heard::default();
    registry.on_event(heard.listener());
    let start = Barrier::new(THREADS as usize);
    let configs: Vec<_> = std::thread::scope(|scope| {
        let (registry, start) = (&registry, &start);
        let threads: Vec<_> = (1..=THREADS)
            .map(|threshold| {
                scope.spawn(move || {
                    let config = fragile().failure_threshold(threshold).build().unwrap();
                    start.wait();
                    registry.get_or_register("payments", config).config()
                })
            })
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect()
    });
    assert!(configs.windows(2).all(|pair| pair[0] == pair[1]));
    assert_eq!(heard.count(is_conflict), 1);
}

#[test]
fn g07_of_a_thousand_threads_registering_one_name_one_gets_it() {
    const THREADS: usize = 1_000;
    let registry = Registry::new();
    let start = Barrier::new(THREADS);
    let taken = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS)
            .map(|_| {
                scope.spawn(|| {
                    let owned = CircuitBreaker::new("tenant", settings());
                    start.wait();
                    registry.register(&owned).is_err()
                })
            })
            .collect();
        let results = threads.into_iter().map(|thread| thread.join().unwrap());
        results.filter(|is_taken| *is_taken).count()
    });
    assert_eq!(taken, THREADS - 1);
}
