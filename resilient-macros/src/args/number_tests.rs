//! Numbers: what counts, proportions and factors may be.

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
fn what_is_no_count_is_refused_with_the_rule() {
    assert_eq!(
        message(count(&tokens("4294967296"))),
        "is 4294967296: a count is at most 4294967295"
    );
    assert!(message(count(&tokens(&"9".repeat(50)))).contains("at most"));
    assert_eq!(
        message(count(&tokens("-1"))),
        "is -1: a count cannot be negative"
    );
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
fn proportions_are_numbers_or_percentages() {
    for (source, expected) in [
        ("0.5", 0.5),
        ("1", 1.0),
        ("0", 0.0),
        ("\"20%\"", 0.2),
        ("\"12.5%\"", 0.125),
        ("\"12.3%\"", 0.123),
        ("0.5f64", 0.5),
        ("\"100%\"", 1.0),
    ] {
        assert_eq!(proportion(&tokens(source)), Some(Ok(expected)), "{source}");
    }
    assert_eq!(proportion(&tokens("share()")), None);
}

#[test]
fn what_is_no_proportion_is_refused_with_the_rule() {
    assert!(
        message(proportion(&tokens("\"150%\"")))
            .starts_with("is \"150%\": a proportion is from 0 to 1")
    );
    assert!(message(proportion(&tokens("1.5"))).starts_with("is 1.5: a proportion"));
    assert!(message(proportion(&tokens("-0.5"))).contains("a proportion is from 0 to 1"));
    assert!(message(proportion(&tokens("\"-5%\""))).contains("a proportion is from 0 to 1"));
    assert_eq!(
        message(proportion(&tokens("\"0.2\""))),
        "a proportion in quotes is a percentage: write \"0.2%\", or 0.2 without quotes"
    );
    assert!(message(proportion(&tokens("\"20 %\""))).contains("\"20%\""));
    assert!(message(proportion(&tokens("0.5f32"))).contains("suffix `f32`"));
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
        assert!(
            message(proportion(&tokens(source))).contains("\"20%\""),
            "{source}"
        );
    }
}

#[test]
fn rates_are_proportions_above_zero() {
    for (source, expected) in [
        ("0.5", 0.5),
        ("1", 1.0),
        ("\"50%\"", 0.5),
        ("\"100%\"", 1.0),
    ] {
        assert_eq!(rate(&tokens(source)), Some(Ok(expected)), "{source}");
    }
    assert_eq!(rate(&tokens("RATE")), None);
}

#[test]
fn who_writes_a_rate_in_percent_is_shown_how() {
    let rule = "a rate is above 0 and up to 1, or a percentage up to \"100%\"";
    for (source, advice) in [
        ("50", "write \"50%\""),
        ("99.5", "write \"99.5%\""),
        ("1.5", "as in \"50%\""),
        ("150", "as in \"50%\""),
        ("0", "as in \"50%\""),
        ("-0.5", "as in \"50%\""),
        ("\"150%\"", "as in \"50%\""),
        ("\"0%\"", "as in \"50%\""),
    ] {
        assert_eq!(
            message(rate(&tokens(source))),
            format!("is {source}: {rule}: {advice}")
        );
    }
    assert_eq!(
        message(rate(&tokens("\"50\""))),
        "a rate in quotes is a percentage: write \"50%\""
    );
    assert_eq!(
        message(rate(&tokens("\"half\""))),
        "\"half\" is no percentage: a rate is written as in `0.5` or \"50%\""
    );
    assert!(message(rate(&tokens("0.5f32"))).contains("suffix `f32`"));
}

#[test]
fn factors_are_finite_and_at_least_one() {
    assert_eq!(factor(&tokens("2")), Some(Ok(2.0)));
    assert_eq!(factor(&tokens("1.5")), Some(Ok(1.5)));
    assert_eq!(factor(&tokens("FACTOR")), None);
    for source in ["0.5", "0", "-2", "1e999"] {
        assert!(
            message(factor(&tokens(source))).contains("finite and at least 1"),
            "{source}"
        );
    }
    assert!(message(factor(&tokens(&"9".repeat(50)))).contains("finite"));
    assert!(message(factor(&tokens("\"2\""))).contains("a factor is a number"));
}
