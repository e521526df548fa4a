//! Durations as text: what is read exactly, and what is refused with which words.

use super::*;

fn accepted(text: &str) -> Duration {
    parse(text).unwrap_or_else(|message| panic!("{text}: {message}"))
}

fn refused(text: &str) -> String {
    parse(text).expect_err(text)
}

#[test]
fn every_unit_and_their_combinations_are_exact() {
    for (text, expected) in [
        ("250ms", Duration::from_millis(250)),
        ("1m30s", Duration::from_secs(90)),
        ("1.5s", Duration::from_millis(1500)),
        ("100us", Duration::from_micros(100)),
        ("100\u{b5}s", Duration::from_micros(100)),
        ("100\u{3bc}s", Duration::from_micros(100)),
        ("7ns", Duration::from_nanos(7)),
        ("0.000000001s", Duration::from_nanos(1)),
        ("1d2h3m4s5ms6us7ns", Duration::new(93_784, 5_006_007)),
        ("0s", Duration::ZERO),
        ("0ms", Duration::ZERO),
        ("2.50h", Duration::from_secs(9000)),
        ("18446744073709551615s999999999ns", Duration::MAX),
    ] {
        assert_eq!(accepted(text), expected, "{text}");
    }
}

#[test]
fn a_missing_unit_is_named_with_what_would_be_right() {
    assert_eq!(
        refused("100"),
        "a duration needs a unit, and \"100\" has none: write \"100ms\" or \"100s\""
    );
    assert_eq!(
        refused("0"),
        "a duration needs a unit, and \"0\" has none: write \"0s\""
    );
    assert!(refused("1m30").contains("`30` in \"1m30\" has none"));
}

#[test]
fn an_unknown_unit_is_answered_with_the_one_that_was_meant() {
    assert!(refused("5sec").ends_with("did you mean \"5s\"?"));
    assert!(refused("5MS").ends_with("did you mean \"5ms\"?"));
    assert!(refused("5weeks").ends_with("as in \"100ms\""));
    assert!(refused("5s!").contains("unknown unit `s!`"));
}

#[test]
fn units_go_from_large_to_small_and_each_once() {
    assert_eq!(
        refused("30s1m"),
        "the units in \"30s1m\" go from large to small: write \"1m30s\""
    );
    assert!(refused("1s2s").contains("the unit `s` stands twice"));
    assert!(refused("1s1ms1s").contains("the unit `s` stands twice"));
}

#[test]
fn empty_negative_and_spaced_texts_are_refused_with_an_example() {
    assert!(refused("").contains("\"100ms\""));
    assert!(refused("-5s").contains("cannot be negative"));
    assert_eq!(
        refused("1m 30s"),
        "a duration is written without spaces, as in \"1m30s\""
    );
    assert_eq!(
        refused("5 s"),
        "a duration is written without spaces, as in \"5s\""
    );
    assert_eq!(
        refused(" "),
        "a duration is written without spaces, as in \"1m30s\""
    );
}

#[test]
fn malformed_numbers_are_refused() {
    for text in [
        "ms", ".5s", "1.s", "1.2.3s", "1..s", ".", "1_000ms", "+1s", "1e3s",
    ] {
        assert!(parse(text).is_err(), "{text}");
    }
}

#[test]
fn what_a_duration_cannot_hold_is_refused() {
    assert!(refused("18446744073709551616s").contains("longer than"));
    assert!(refused(&format!("{}d", "9".repeat(50))).contains("longer than"));
    assert!(refused(&format!("{}d", u128::MAX)).contains("longer than"));
    assert!(refused("0.5ns").contains("finer than a nanosecond"));
    assert!(refused("1.0000000001s").contains("finer than a nanosecond"));
    assert!(refused(&format!("1.{}s", "3".repeat(60))).contains("finer than a nanosecond"));
}

#[test]
fn only_a_literal_is_judged_and_a_number_is_asked_for_its_unit() {
    let read = |source: &str| literal(&source.parse().expect("tokens"));
    assert!(read("Duration::from_secs(1)").is_none());
    assert!(read("DELAY").is_none());
    assert_eq!(
        read("100"),
        Some(Err("a duration needs a unit, as in \"100ms\"".to_owned()))
    );
    assert_eq!(
        read("0.5"),
        Some(Err("a duration needs a unit, as in \"100ms\"".to_owned()))
    );
    assert!(read("-5").is_some_and(|read| read.is_err_and(|message| message.contains("negative"))));
    assert!(read("'5'").is_some_and(|read| read.is_err()));
    assert_eq!(read("r\"5s\""), Some(Ok(Duration::from_secs(5))));
}
