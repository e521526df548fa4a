//! Tests literals outside a setting's range, and the advice in the errors about them.

use resilient_settings::{breaker, retry};

use super::*;

fn entry(name: &str) -> &'static Entry {
    let mut tables = [&breaker::TABLE, &retry::TABLE].into_iter();
    let entry = tables.find_map(|table| table.get(name));
    entry.expect("a setting")
}

fn read_as(name: &str, source: &str) -> (Option<SettingValue>, Vec<String>) {
    let mut errors = CompileErrors::default();
    let value = source.parse().expect("tokens");
    (read(entry(name), &value, &mut errors), errors.messages())
}

fn refused(name: &str, source: &str) -> String {
    let (setting, messages) = read_as(name, source);
    assert!(setting.is_none() && messages.len() == 1, "{source}: {messages:?}");
    messages.concat()
}

fn accepted(name: &str, source: &str) -> Value {
    match read_as(name, source) {
        (Some(SettingValue::Literal(value)), messages) if messages.is_empty() => value,
        other => panic!("{source}: {other:?}"),
    }
}

#[test]
fn rates_are_shares_above_zero() {
    for (source, expected) in [("0.5", 0.5), ("1", 1.0), ("\"50%\"", 0.5), ("\"100%\"", 1.0)] {
        let rate = accepted("failure_rate", source);
        assert_eq!(rate, Value::Number(expected), "{source}");
    }
    let (rate, messages) = read_as("failure_rate", "RATE");
    assert!(matches!(rate, Some(SettingValue::Expr(_))) && messages.is_empty());
}

#[test]
fn the_error_about_a_rate_above_one_shows_it_as_a_percentage() {
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
            refused("failure_rate", source),
            format!("`failure_rate` is {source}: {rule}: {advice}")
        );
    }
    assert!(refused("failure_rate", "\"half\"").contains("or \"20%\""));
    assert!(refused("failure_rate", "0.5f32").contains("suffix `f32`"));
}

#[test]
fn proportions_are_from_zero_to_one() {
    for name in ["recovery_jitter", "jitter"] {
        assert_eq!(accepted(name, "0"), Value::Number(0.0));
        assert_eq!(accepted(name, "\"100%\""), Value::Number(1.0));
        for source in ["1.5", "-0.5", "\"150%\"", "\"-5%\""] {
            assert_eq!(
                refused(name, source),
                format!(
                    "`{name}` is {source}: a proportion is from 0 to 1, or from \"0%\" to \"100%\""
                )
            );
        }
    }
}

#[test]
fn factors_are_finite_and_at_least_one() {
    assert_eq!(accepted("recovery_factor", "2"), Value::Number(2.0));
    for source in ["0.5", "0", "-2", "1e999", &"9".repeat(50)] {
        assert_eq!(
            refused("recovery_factor", source),
            format!("`recovery_factor` is {source}: a factor is finite and at least 1")
        );
    }
}

#[test]
fn a_window_of_nothing_or_too_much_is_refused() {
    for source in ["0", "1_000_001"] {
        assert_eq!(
            refused("window", source),
            format!(
                "`window` is {source}: the last 1 to 1000000 calls, or a time, as in `window = \
                 \"60s\"`"
            )
        );
    }
    assert_eq!(
        refused("window", "\"0s\""),
        "`window` is zero: it would hold no call, so above zero"
    );
}
