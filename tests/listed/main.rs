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
}

#[test]
fn they_are_listed_by_name_and_can_be_registered_before_their_first_call() {
    use resilient::Registry;
    use resilient::registry::AnnotatedKind;

    let listed = Registry::annotated();
    let count = |kind| listed.iter().filter(|each| each.kind == kind).count();
    let (one, keyed) = (count(AnnotatedKind::Breaker), count(AnnotatedKind::KeyedBreakers));
    assert_eq!((one, keyed, count(AnnotatedKind::Retry)), cases::HERE);
    assert!(listed.is_sorted_by(|one, other| one.name <= other.name));
    assert!(listed.iter().all(|each| each.place.file().ends_with("cases.rs")));

    Registry::register_annotated();
    for function in listed {
        let is_registered = match function.kind {
            AnnotatedKind::Breaker => Registry::global().get(&function.name).is_some(),
            AnnotatedKind::Retry => Registry::global().get_retry(&function.name).is_some(),
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
