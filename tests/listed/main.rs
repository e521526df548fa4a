//! With the feature `inventory`, annotated functions are listed before their first call, and the
//! expansion compiles in a crate that forbids `unsafe` code.
#![forbid(unsafe_code, unsafe_op_in_unsafe_fn, unused, missing_docs, clippy::all, clippy::pedantic)]
#![deny(warnings)]

extern crate resilient as renamed;

use resilient::__private::Annotated;

mod cases;

#[test]
fn annotated_functions_are_known_before_their_first_call_wherever_they_stand() {
    let kinds = Annotated::all().map(|each| format!("{each:?}"));
    let kinds: Vec<_> = kinds.collect();
    let count = |kind: &str| kinds.iter().filter(|each| each.starts_with(kind)).count();
    assert_eq!((count("Breaker("), count("Keyed("), count("Retry(")), cases::HERE);
    assert_eq!(count("Budget("), 1);
}

// This is the only test of the program that sets overrides of the global registry.
#[test]
fn g09_an_override_for_a_name_that_no_function_has_is_reported_when_it_is_set() {
    use std::sync::{Arc, Mutex};

    use resilient::Registry;
    use resilient::breaker::OperatorMode;
    use resilient::budget::BudgetConfig;
    use resilient::events::EventKind;
    use resilient::registry::Overrides;

    let reports = Arc::new(Mutex::new(Vec::new()));
    let ear = Arc::clone(&reports);
    let registry = Registry::global();
    let id = registry.on_event(move |event| {
        if let EventKind::UnusedOverride(unused) = event.kind() {
            ear.lock().unwrap().push(unused.to_string());
        }
    });
    let reported = || std::mem::take(&mut *reports.lock().unwrap());
    let budget = BudgetConfig::builder().deposit(2);
    let overrides = Overrides::new()
        .with_budget("listed budget", budget)
        .with_budget("listed budgt", budget)
        .with("listed::cases::plain", OperatorMode::ObserveOnly)
        .with("listed::cases::plan", OperatorMode::ObserveOnly)
        .with("listed::*", OperatorMode::ObserveOnly)
        .with("elsewhere::*", OperatorMode::ObserveOnly);
    registry.set_overrides(overrides.clone()).unwrap();
    let unknown = [
        "[breakers.\"elsewhere::*\"]: nothing has this name so far",
        "[breakers.\"listed::cases::plan\"]: nothing has this name so far: did you mean \
         `listed::cases::plain`?",
        "[budgets.\"listed budgt\"]: nothing has this name so far: did you mean `listed budget`?",
    ];
    assert_eq!(reported(), unknown);
    registry.set_overrides(overrides.clone()).unwrap();
    assert_eq!(reported(), [""; 0], "each is reported once");
    let waiting = registry.override_snapshot().tables;
    let undeclared = waiting.iter().filter(|status| !status.is_declared).count();
    assert_eq!((waiting.len(), undeclared), (6, 3));

    registry.set_overrides(Overrides::new()).unwrap();
    registry.set_overrides(overrides).unwrap();
    assert_eq!(reported(), unknown, "the tables came again");
    registry.set_overrides(Overrides::new()).unwrap();
    registry.remove_listener(id);
}

#[test]
fn they_are_listed_by_name_and_can_be_registered_before_their_first_call() {
    use resilient::Registry;
    use resilient::registry::AnnotatedKind;

    let listed = Registry::annotated();
    let count = |kind| listed.iter().filter(|each| each.kind == kind).count();
    let (one, keyed) = (count(AnnotatedKind::Breaker), count(AnnotatedKind::KeyedBreakers));
    assert_eq!((one, keyed, count(AnnotatedKind::Retry)), cases::HERE);
    assert_eq!(count(AnnotatedKind::Budget), 1);
    assert!(listed.is_sorted_by(|one, other| one.name <= other.name));
    assert!(listed.iter().all(|each| each.place.file().ends_with("cases.rs")));

    Registry::register_annotated();
    for function in listed {
        let is_registered = match function.kind {
            AnnotatedKind::Breaker => Registry::global().get(&function.name).is_some(),
            AnnotatedKind::Retry => Registry::global().get_retry(&function.name).is_some(),
            AnnotatedKind::Budget => Registry::global().budget(&function.name).is_some(),
            _ => true,
        };
        assert!(is_registered, "{function:?}");
    }
}

#[test]
fn listed_functions_work_as_others_do() {
    use cases::Service;

    let runtime = tokio::runtime::Builder::new_current_thread().build();
    runtime.unwrap().block_on(async {
        assert_eq!(cases::plain(), Some(1));
        assert_eq!(cases::later("1").await, Some(1));
        assert_eq!(cases::by_key("1").await, Some(1));
        assert_eq!(cases::retried_by_key("1"), Some(1));
        assert_eq!(cases::whole_loop(), Some(1));
        assert_eq!(cases::generic::<_, 1>("x1"), Some(1));
        assert_eq!(cases::generic::<_, 0>(String::from("1")), Some(1));
        assert_eq!(cases::opaque("1").await, Some(1));
        assert_eq!(cases::outer("1"), Some(1));
        assert_eq!(cases::from_a_macro("1"), Some(1));
        assert_eq!(cases::under_another_name(), Some(1));
        assert_eq!(cases::reexported::through_a_reexport(), Some(1));
        assert_eq!(cases::without_a_prelude::call(), Some(1));
        let mut client = cases::Client("1");
        assert_eq!(client.call().await, Some(1));
        assert_eq!(client.call_by_key(), Some(1));
        assert_eq!(client.by_default(), Some(1));
        assert_eq!(client.by_default_and_key(), Some(1));
    });
}
