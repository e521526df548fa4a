//! In edition 2018, `panic!(text)` and `assert!(condition, text)` take the text by value.

#![allow(non_fmt_panics, clippy::uninlined_format_args, reason = "the test is about them")]

use std::panic::{AssertUnwindSafe, catch_unwind};

use resilient::{circuit_breaker, retry};

#[retry]
fn panics(text: String, is_told: bool) -> Option<usize> {
    if !is_told {
        return Some(text.len());
    }
    panic!(text)
}

#[retry]
#[circuit_breaker]
fn asserts(text: String, is_right: bool) -> Option<usize> {
    assert!(is_right, text);
    Some(text.len())
}

#[retry]
fn asserts_in_debug_builds(text: String, is_right: bool) -> Option<usize> {
    debug_assert!(is_right, text);
    Some(text.len())
}

/// The macros that borrow in every edition. The argument is not `Clone`.
#[retry]
fn borrows(text: Text, n: u32) -> Option<u32> {
    match n {
        0 => unreachable!(text),
        1 => unreachable!("{}", text),
        2 => todo!("{}", text),
        3 => assert_eq!(n, 0, "{}", text),
        4 => panic!("{}", text),
        5 => assert!(n == 0, "{}", text),
        _ => println!("{}", text),
    }
    Some(n)
}

struct Text(String);

impl std::fmt::Display for Text {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

fn told(body: impl FnOnce() -> Option<usize>) -> Option<String> {
    let panic = catch_unwind(AssertUnwindSafe(body)).err()?;
    panic.downcast_ref::<String>().cloned()
}

#[test]
fn a_message_that_a_macro_takes_reaches_every_attempt() {
    let text = || "text".to_owned();
    assert_eq!(panics(text(), false), Some(4));
    assert_eq!(told(|| panics(text(), true)), Some(text()));
    assert_eq!(told(|| asserts(text(), false)), Some(text()));
    let shown = told(|| asserts_in_debug_builds(text(), false));
    assert_eq!(shown.is_some(), cfg!(debug_assertions));
    for n in 0..6 {
        let shown = told(|| borrows(Text(text()), n).map(|_| 0)).unwrap_or_default();
        assert!(shown.contains("text"), "{}: {}", n, shown);
    }
    assert_eq!(borrows(Text(text()), 6), Some(6));
}
