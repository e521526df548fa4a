//! The patterns of all attributes match errors of every type: texts, numbers, bytes, constants and
//! references. They also match the contents of an error.
#![deny(warnings, clippy::all, clippy::pedantic)]
#![allow(clippy::unused_async, reason = "the attributes need no `await`")]

use std::sync::atomic::{AtomicU32, Ordering::SeqCst};

use resilient::{Registry, circuit_breaker, fallback, retry};

static ATTEMPTS: AtomicU32 = AtomicU32::new(0);

fn fail<E>(error: E) -> Result<u32, E> {
    ATTEMPTS.fetch_add(1, SeqCst);
    Err(error)
}

const GONE: &str = "gone";
const NOT_FOUND: u16 = 404;

#[derive(Clone, Copy)]
enum Reason {
    Named(&'static str),
    Code(u16),
    Unknown,
}

enum Fault {
    Plain(Reason),
    Lent(&'static Reason),
    Boxed(Box<Reason>),
    Text(String),
    Maybe(Option<&'static str>),
    Gone,
}

impl Fault {
    fn is_gone(&self) -> bool {
        matches!(self, Self::Gone)
    }
}

macro_rules! excepted {
    ($($pattern:pat $(if $guard:expr)? => $name:ident($error:expr, $type:ty);)*) => {
        $(
            #[retry(max_retries = 1, base_delay = "0s", except = $pattern $(if $guard)?)]
            fn $name() -> Result<u32, $type> {
                fail($error)
            }
        )*

        #[test]
        fn an_error_that_except_matches_is_not_retried() {
            $(
                ATTEMPTS.store(0, SeqCst);
                assert!($name().is_err());
                assert_eq!(ATTEMPTS.load(SeqCst), 1, stringify!($name));
            )*
            ATTEMPTS.store(0, SeqCst);
            assert!(retried_text().is_err() && retried_by_guard().is_err());
            assert_eq!(ATTEMPTS.load(SeqCst), 4);
        }
    };
}

excepted! {
    "moved" | "gone" => text("gone", &'static str);
    GONE => constant_text("gone", &'static str);
    "moved" | GONE => mixed_texts("gone", &'static str);
    text @ ("gone" | "moved") if text.len() == 4 => bound_text("gone", &'static str);
    text if text.starts_with('g') => guarded_text("gone", &'static str);
    &"gone" => text_by_reference("gone", &'static str);
    text if text == "gone" => owned_text("gone".to_owned(), String);
    b"gone" => bytes(b"gone", &'static [u8; 4]);
    b"gone" => slice(b"gone", &'static [u8]);
    [1, ..] => array([1, 2, 3], [u8; 3]);
    404 => number(404, u16);
    -1 => negative(-1, i32);
    400..=499 => range(404, u16);
    NOT_FOUND => constant(404, u16);
    1 | 500..=599 | NOT_FOUND => mixed_numbers(404, u16);
    'a'..='z' => letter('x', char);
    true => truth(true, bool);
    () => nothing((), ());
    ("gone", _) => pair(("gone", 1), (&'static str, u8));
    404 => lent_number(&404, &'static u16);
    Reason::Named("gone") => lent(&Reason::Named("gone"), &'static Reason);
    Reason::Unknown => lent_unit(&Reason::Unknown, &'static Reason);
    &Reason::Code(1) => lent_by_reference(&Reason::Code(1), &'static Reason);
    Reason::Unknown | Reason::Code(_) => unit(Reason::Unknown, Reason);
    Fault::Plain(Reason::Named("gone")) => inside(Fault::Plain(Reason::Named("gone")), Fault);
    Fault::Lent(Reason::Code(NOT_FOUND)) => lent_inside(Fault::Lent(&Reason::Code(404)), Fault);
    Fault::Boxed(reason) if matches!(**reason, Reason::Unknown)
        => boxed_inside(Fault::Boxed(Box::new(Reason::Unknown)), Fault);
    Fault::Text(text) if text == "gone" => text_inside(Fault::Text("gone".to_owned()), Fault);
    Fault::Maybe(Some("moved" | GONE)) => option_inside(Fault::Maybe(Some("gone")), Fault);
    fault @ Fault::Gone if fault.is_gone() => bound_unit(Fault::Gone, Fault);
    fault @ (Fault::Gone | Fault::Plain(_)) if fault.is_gone() => bound_units(Fault::Gone, Fault);
    ref fault @ Fault::Gone if fault.is_gone() => bound_by_reference(Fault::Gone, Fault);
    code @ (404 | NOT_FOUND) if *code > 400 => bound_number(404, u16);
    code @ 400..=499 if *code == NOT_FOUND => bound_range(404, u16);
    text @ GONE if text.len() == 4 => bound_constant("gone", &'static str);
    Fault::Plain(Reason::Code(code)) if *code > 400
        => bound_inside(Fault::Plain(Reason::Code(404)), Fault);
}

#[retry(max_retries = 1, base_delay = "0s", on = "gone", except = "moved")]
fn retried_text() -> Result<u32, &'static str> {
    fail("gone")
}

#[retry(max_retries = 1, base_delay = "0s", on = error if error == "gone")]
fn retried_by_guard() -> Result<u32, String> {
    fail("gone".to_owned())
}

#[circuit_breaker(name = "texts", failure = "down", ignore = GONE, on_open = |_| Err("open"))]
fn call(error: &'static str) -> Result<u32, &'static str> {
    Err(error)
}

#[test]
fn text_patterns_select_failures_and_ignored_errors() {
    for (error, failures, ignored) in [("down", 1, 0), ("gone", 1, 1), ("else", 1, 2)] {
        assert_eq!(call(error), Err(error));
        let totals = Registry::global().get("texts").unwrap().snapshot().totals;
        assert_eq!((totals.failure, totals.ignored), (failures, ignored), "{error}");
    }
}

#[fallback(value = 7, on = "gone" | "moved", except = "moved")]
fn replaced_text(error: &'static str) -> Result<u32, &'static str> {
    Err(error)
}

#[fallback(with = |reason: Reason| if let Reason::Code(_) = reason { Ok(9) } else { Ok(0) },
           except = Reason::Unknown)]
async fn replaced_reason(reason: Reason) -> Result<u32, Reason> {
    Err(reason)
}

#[tokio::test]
async fn texts_and_units_are_replaced() {
    assert_eq!(replaced_text("gone"), Ok(7));
    assert_eq!(replaced_text("moved"), Err("moved"));
    assert_eq!(replaced_text("else"), Err("else"));
    assert!(matches!(replaced_reason(Reason::Code(1)).await, Ok(9)));
    assert!(matches!(replaced_reason(Reason::Unknown).await, Err(Reason::Unknown)));
}
