//! Tests which literals are read, and the errors about all other literals.

use super::*;

fn tokens(source: &str) -> TokenStream {
    source.parse().expect("tokens")
}

fn message<T: std::fmt::Debug>(read: Option<Result<T, String>>) -> String {
    read.expect("a literal").expect_err("refused")
}

#[test]
fn counts_are_whole_numbers_in_any_radix() {
    for (source, expected) in [
        ("3", 3),
        ("1_000", 1000),
        ("0x10", 16),
        ("0b11u32", 3),
        ("0o10_u32", 8),
        ("4294967295", u32::MAX),
    ] {
        assert_eq!(count(&tokens(source)), Some(Ok(expected)), "{source}");
    }
    assert_eq!(count(&tokens("N")), None);
}

#[test]
fn a_value_that_is_no_count_is_refused_with_the_rule() {
    assert_eq!(
        message(count(&tokens("4294967296"))),
        "is 4294967296: a count is at most 4294967295"
    );
    assert!(message(count(&tokens(&"9".repeat(50)))).contains("at most"));
    assert_eq!(message(count(&tokens("-1"))), "is -1: a count cannot be negative");
    assert!(message(count(&tokens("1.5"))).contains("whole number"));
    assert!(message(count(&tokens("1f64"))).contains("whole number"));
    assert!(message(count(&tokens("3i64"))).contains("suffix `i64`"));
    assert_eq!(
        message(count(&tokens("\"3\""))),
        "a count is a number, not a string: write 3 without quotes"
    );
    assert!(message(count(&tokens("\"three\""))).contains("whole number"));
    assert!(message(count(&tokens("'3'"))).contains("whole number"));
}

#[test]
fn shares_are_numbers_or_percentages() {
    for (source, expected) in [
        ("0.5", 0.5),
        ("1", 1.0),
        ("0", 0.0),
        ("\"20%\"", 0.2),
        ("\"12.5%\"", 0.125),
        ("\"12.3%\"", 0.123),
        ("0.5f64", 0.5),
        ("\"100%\"", 1.0),
        ("1.5", 1.5),
        ("\"-5%\"", -0.05),
    ] {
        let read = share(&tokens(source), "a proportion");
        assert_eq!(read, Some(Ok(expected)), "{source}");
    }
    assert_eq!(share(&tokens("share()"), "a proportion"), None);
}

#[test]
fn a_value_that_is_no_share_is_refused_with_an_example() {
    let refused = |source: &str| message(share(&tokens(source), "a proportion"));
    assert_eq!(
        refused("\"0.2\""),
        "a share in quotes is a percentage: write \"0.2%\", or 0.2 without quotes"
    );
    assert!(refused("0.5f32").contains("suffix `f32`"));
    for source in [
        "\"\"",
        "\"%\"",
        "\"1.2.3%\"",
        "\"half\"",
        "\"1e1%\"",
        "\"inf%\"",
        "\"NaN%\"",
        "\".5%\"",
        "'a'",
    ] {
        assert!(refused(source).contains("\"20%\""), "{source}");
    }
}

#[test]
fn factors_are_numbers() {
    assert_eq!(factor(&tokens("2")), Some(Ok(2.0)));
    assert_eq!(factor(&tokens("1.5")), Some(Ok(1.5)));
    assert_eq!(factor(&tokens("FACTOR")), None);
    assert!(message(factor(&tokens("\"2\""))).contains("a factor is a number"));
}

#[test]
fn only_a_literal_is_a_duration_and_a_number_lacks_its_unit() {
    assert!(time(&tokens("Duration::from_secs(1)")).is_none());
    assert!(time(&tokens("DELAY")).is_none());
    assert!(message(time(&tokens("100"))).ends_with("write \"100ms\" or \"100s\""));
    assert!(message(time(&tokens("0.5"))).ends_with("write \"0.5ms\" or \"0.5s\""));
    assert!(message(time(&tokens("5u64"))).ends_with("a unit, as in \"100ms\""));
    assert!(message(time(&tokens("-5"))).contains("negative"));
    assert!(message(time(&tokens("'5'"))).contains("\"100ms\""));
    assert_eq!(time(&tokens("r\"5s\"")), Some(Ok(Duration::from_secs(5))));
    assert_eq!(time(&tokens("\"1m 30s\"")), Some(Ok(Duration::from_secs(90))));
}

fn message_of(source: &str) -> String {
    message(window(&tokens(source)))
}

#[test]
fn a_window_is_a_number_of_calls_or_a_time() {
    for (source, expected) in [
        ("100", Value::Count(100)),
        ("1_000_000u32", Value::Count(1_000_000)),
        ("1", Value::Count(1)),
        ("\"60s\"", Value::Time(Duration::from_secs(60))),
        ("\"1ns\"", Value::Time(Duration::from_nanos(1))),
        ("r\"1m30s\"", Value::Time(Duration::from_secs(90))),
    ] {
        assert_eq!(window(&tokens(source)), Some(Ok(expected)), "{source}");
    }
    for source in ["WINDOW", "10 * 10", "Window::Calls(3)", "size()"] {
        assert_eq!(window(&tokens(source)), None, "{source}");
    }
}

#[test]
fn the_error_about_calls_in_quotes_or_a_time_without_quotes_corrects_the_value() {
    assert_eq!(
        message_of("\"100\""),
        "is \"100\": calls are counted without quotes, as in `window = 100`, and a time has a \
         unit, as in `window = \"100s\"`"
    );
    for (source, message) in [
        ("60s", Some("a time stands in quotes: write \"60s\"")),
        ("1.5s", Some("a time stands in quotes: write \"1.5s\"")),
        ("1m30s", Some("a time stands in quotes: write \"1m30s\"")),
        ("1_000 ms", Some("a time stands in quotes: write \"1000ms\"")),
        ("50%", Some("a percentage stands in quotes: write \"50%\"")),
        ("\"60s\"", None),
        ("60", None),
        ("60u32", None),
        ("s", None),
        ("LIMIT", None),
    ] {
        assert_eq!(unquoted(&tokens(source)).as_deref(), message, "{source}");
    }
    assert_eq!(
        message_of("60.0"),
        "is 60.0: it is a whole number of calls, as in `window = 100`, or a time with its unit in \
         quotes, as in \
         `window = \"60s\"`"
    );
}

#[test]
fn a_value_that_is_no_window_is_refused() {
    assert!(message_of("-5").contains("cannot be negative"));
    assert!(message_of("5u64").contains("suffix `u64`"));
    assert!(message_of("\"5x\"").contains("unknown unit"));
    assert!(message_of("\"\"").contains("empty duration"));
    assert!(message_of("'5'").contains("it is a number of calls"));
}
