//! With the feature `inventory`, annotated functions of an edition 2021 crate are listed before
//! their first call, and the expansion compiles in a crate that forbids `unsafe` code.
#![forbid(unsafe_code, unsafe_op_in_unsafe_fn, unused, missing_docs, clippy::all, clippy::pedantic)]
#![deny(warnings)]

extern crate resilient as renamed;

use resilient::__private::Annotated;

#[path = "../../listed/cases.rs"]
mod cases;

#[test]
fn annotated_functions_are_known_before_their_first_call_wherever_they_stand() {
    let kinds = Annotated::all().map(|each| format!("{each:?}"));
    let kinds: Vec<_> = kinds.collect();
    let count = |kind: &str| kinds.iter().filter(|each| each.starts_with(kind)).count();
    assert_eq!((count("Breaker("), count("Keyed("), count("Retry(")), cases::HERE);
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
