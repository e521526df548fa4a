//! Tests the derived conversions, and the errors about wrong marks.

use super::tests::{assert_snapshot, messages, written};

#[test]
fn conversions_read_as_if_written_by_hand() {
    assert_snapshot(
        "order_error",
        "
        #[permanent]
        enum OrderError<T: Copy = u8, E = io::Error> {
            #[circuit_open] Open(CircuitOpen),
            #[cfg(unix)] #[timed_out] Late { limit: Box<TimedOut> },
            #[transient] Stock(T, E),
        }
        ",
    );
    assert_snapshot(
        "unavailable",
        "#[circuit_open] #[timed_out] #[classify(with = class)] struct Unavailable<E>(Arc<E>);",
    );
}

#[test]
fn a_marked_variant_has_the_class_of_its_field_unless_a_word_classifies_it() {
    let transparent = "::resilient::Classify::classify(&*__field)";
    for (source, expected) in [
        ("#[circuit_open] Open(CircuitOpen)", transparent),
        ("#[timed_out] Late { limit: TimedOut }", transparent),
        ("#[circuit_open] #[timed_out] Both(Inner)", transparent),
        ("#[circuit_open] #[ignored] Open(BoxError)", "::resilient::Classification::ignored()"),
        ("#[classify(with = class)] #[timed_out] Late(BoxError)", "class(__field)"),
    ] {
        let source = format!("#[transient] enum A {{ {source}, Other }}");
        assert_eq!(messages(&source), [""; 0], "{source}");
        assert!(written(&source).contains(expected), "{source}");
    }
}

#[test]
fn a_conversion_is_bound_where_its_field_is_generic() {
    for (source, expected) in [
        ("enum A<T> { #[circuit_open] B(T) }", "where T: ::core::convert::From<"),
        ("#[timed_out] struct A<T>(Box<T>);", "where Box<T>: ::core::convert::From<"),
        ("enum A<T> { #[circuit_open] B(CircuitOpen), #[ignored] C(T) }", "for A<T> {"),
    ] {
        let written = written(source);
        let from = written.split("#[automatically_derived]").nth(2).expect("a second impl");
        let line = from.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(line.contains(expected), "{line}");
    }
}

#[test]
fn a_field_that_can_have_a_mark_is_told_so() {
    for (field, starts_with) in [
        ("CircuitOpen", "one of `#[circuit_open]`, `#[transient]`"),
        ("resilient::TimedOut", "one of `#[timed_out]`, `#[transient]`"),
        ("Vec<CircuitOpen>", "one of `#[transient]`"),
    ] {
        let message = messages(&format!("enum A {{ B({field}) }}")).remove(0);
        assert!(message.contains(starts_with), "{message}");
    }
}

#[test]
fn wrong_marks_are_reported_and_the_type_still_converts() {
    let source = "
        #[timed_out]
        enum A {
            #[circuit_open] B,
            #[circuit_open] C(CircuitOpen),
            #[timed_out] #[timed_out(x)] D { limit: TimedOut, at: u8 },
            #[ignored] E(#[circuit_open] u8),
        }
    ";
    assert_eq!(
        messages(source),
        [
            "`timed_out` belongs on the variant that holds the `TimedOut`",
            "`B` has no field for the `CircuitOpen`: write `B(CircuitOpen)`",
            "`B` is marked `circuit_open`, too: one variant is made from a `CircuitOpen`, so \
             remove one mark",
            "`timed_out` is given twice",
            "`D` has 2 fields, and a `TimedOut` fills one: implement `From<TimedOut>` by hand, \
             which says what the others are",
            "`circuit_open` belongs on the variant, not on its field: write `#[circuit_open]` \
             above `E`",
        ]
    );
    let written = written(source);
    for error in ["CircuitOpen", "TimedOut"] {
        let conversion = format!("impl ::core::convert::From<::resilient::{error}> for A {{");
        assert!(written.contains(&conversion), "{written}");
    }
    for (source, message) in [
        (
            "enum A { #[circuit_open] B(#[from] resilient::CircuitOpen) }",
            "`from` and `circuit_open` both implement `From<CircuitOpen>`: write `#[source]` in \
             place of `#[from]`",
        ),
        (
            "enum A { #[error(transparent)] #[circuit_open] B(CircuitOpen) }",
            "`transparent` hides the `CircuitOpen` from callers that look for it in the sources: \
             write a text, as in `#[error(\"not called\")]`, and `#[source]` on the field",
        ),
        (
            "#[error(transparent)] #[timed_out] struct A { limit: resilient::TimedOut }",
            "`transparent` hides the `TimedOut` from callers that look for it in the sources: \
             write a text, as in `#[error(\"not called\")]`, and `#[source]` on the field",
        ),
        (
            "#[circuit_open(A)] struct A(CircuitOpen);",
            "`circuit_open` takes nothing: write `#[circuit_open]`",
        ),
        (
            "enum A { #[timed_out] #[retry_after(0)] B(TimedOut) }",
            "`retry_after` excludes `timed_out`: the field says its own hint",
        ),
        (
            "#[circuit_open] struct A;",
            "`A` has no field for the `CircuitOpen`: write `A(CircuitOpen)`",
        ),
    ] {
        assert_eq!(messages(source), [message], "{source}");
    }
    for correct in [
        "enum A { #[circuit_open] B(#[from] Inner) }",
        "enum A { #[error(transparent)] #[circuit_open] B(Inner) }",
        "enum A { #[error(\"transparent\")] #[circuit_open] B(CircuitOpen) }",
        "enum A { #[error(transparent)] #[ignored] B(CircuitOpen) }",
    ] {
        assert_eq!(messages(correct), [""; 0], "{correct}");
    }
}
