//! Windows: what a literal one may be, and what is said of the others.

use super::*;
use std::time::Duration;

fn tokens(source: &str) -> TokenStream {
    source.parse().expect("tokens")
}

fn message(source: &str) -> String {
    literal(&tokens(source))
        .expect("a literal")
        .expect_err(source)
}

#[test]
fn a_window_is_a_number_of_calls_or_a_time() {
    for (source, expected) in [
        ("100", Literal::Count(100)),
        ("1_000_000u32", Literal::Count(1_000_000)),
        ("1", Literal::Count(1)),
        ("\"60s\"", Literal::Time(Duration::from_secs(60))),
        ("\"1ns\"", Literal::Time(Duration::from_nanos(1))),
        ("r\"1m30s\"", Literal::Time(Duration::from_secs(90))),
    ] {
        assert_eq!(literal(&tokens(source)), Some(Ok(expected)), "{source}");
    }
    for source in ["WINDOW", "10 * 10", "Window::Calls(3)", "size()"] {
        assert_eq!(literal(&tokens(source)), None, "{source}");
    }
}

#[test]
fn calls_in_quotes_and_times_out_of_them_are_put_right() {
    assert_eq!(
        message("\"100\""),
        "is \"100\": calls are counted without quotes, as in `window = 100`, and a time has a unit, as in `window = \"100s\"`"
    );
    assert_eq!(
        message("60s"),
        "a time stands in quotes: write `window = \"60s\"`"
    );
    assert_eq!(
        message("1.5s"),
        "a time stands in quotes: write `window = \"1.5s\"`"
    );
    assert_eq!(
        message("60.0"),
        "is 60.0: it is a whole number of calls, as in `window = 100`, or a time with its unit in quotes, as in \
         `window = \"60s\"`"
    );
}

#[test]
fn a_window_of_nothing_or_too_much_is_refused() {
    for source in ["0", "1_000_001"] {
        assert!(
            message(source).starts_with(&format!("is {source}: the last 1 to 1000000 calls")),
            "{source}"
        );
    }
    assert_eq!(
        message("\"0s\""),
        "is zero: it would hold no call, so above zero"
    );
    assert!(message("-5").contains("cannot be negative"));
    assert!(message("5u64").contains("suffix `u64`"));
    assert!(message("\"5x\"").contains("unknown unit"));
    assert!(message("\"\"").contains("empty duration"));
    assert!(message("'5'").contains("it is a number of calls"));
}
