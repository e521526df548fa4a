//! Proves which text is accepted for durations and shares, and what the errors advise.

use std::time::Duration;

use resilient_settings::{IntoSetting, Window, duration_text, parse_duration, parse_share};

fn duration(text: &str) -> Duration {
    parse_duration(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn duration_error(text: &str) -> String {
    parse_duration(text).expect_err(text).to_string()
}

fn share_error(text: &str) -> String {
    parse_share(text).expect_err(text).to_string()
}

/// A generator of numbers that look random and repeat in each run (`SplitMix64`).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end as u64).expect("below `end`")
    }
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
        ("1w", Duration::from_secs(604_800)),
        ("1d2h3m4s5ms6us7ns", Duration::new(93_784, 5_006_007)),
        ("0s", Duration::ZERO),
        ("0ms", Duration::ZERO),
        ("2.50h", Duration::from_secs(9000)),
        ("18446744073709551615s999999999ns", Duration::MAX),
    ] {
        assert_eq!(duration(text), expected, "{text}");
    }
}

#[test]
fn spaces_and_english_names_are_accepted() {
    for (text, expected) in [
        ("1m 30s", 90),
        (" 1 m  30 s ", 90),
        ("5 sec", 5),
        ("5secs", 5),
        ("1 hour 1minute", 3_660),
        ("2 days", 172_800),
        ("1.5 weeks", 907_200),
    ] {
        assert_eq!(duration(text), Duration::from_secs(expected), "{text}");
    }
}

#[test]
fn a_missing_unit_is_named_with_what_would_be_right() {
    assert_eq!(
        duration_error("100"),
        "a duration needs a unit, and \"100\" has none: write \"100ms\" or \"100s\""
    );
    assert_eq!(duration_error("0"), "a duration needs a unit, and \"0\" has none: write \"0s\"");
    assert!(duration_error("1m30").contains("`30` in \"1m30\" has none"));
    assert!(duration_error("1 000s").contains("`1` in \"1 000s\" has none"));
}

#[test]
fn an_unknown_unit_is_answered_with_the_one_that_was_meant() {
    assert!(duration_error("5MS").ends_with("did you mean \"5ms\"?"));
    assert!(duration_error("1M").ends_with("did you mean \"1m\"?"));
    assert!(duration_error("5 Seconds").ends_with("did you mean \"5s\"?"));
    assert!(duration_error("5months").ends_with("as in \"100ms\""));
    assert!(duration_error("5s!").contains("unknown unit `s!`"));
    assert!(duration_error("5x").contains("one of `w`, `d`, `h`, `m`, `s`, `ms`, `us`, `ns`"));
}

#[test]
fn units_go_from_large_to_small_and_each_once() {
    assert_eq!(
        duration_error("30s1m"),
        "the units in \"30s1m\" go from large to small: write \"1m30s\""
    );
    assert!(duration_error("30sec 1min").ends_with("write \"1m30s\""));
    assert!(duration_error("1s2s").contains("the unit `s` stands twice"));
    assert!(duration_error("1s1ms1s").contains("the unit `s` stands twice"));
    assert!(duration_error("1s 1sec").contains("the unit `s` stands twice"));
}

#[test]
fn empty_and_negative_texts_are_refused_with_an_example() {
    assert!(duration_error("").contains("\"100ms\""));
    assert!(duration_error("  ").contains("\"100ms\""));
    assert!(duration_error("-5s").contains("cannot be negative"));
}

#[test]
fn malformed_numbers_are_refused() {
    for text in
        ["ms", ".5s", "1.s", "1.2.3s", "1..s", ".", "1_000ms", "+1s", "1e3s", "1. 5s", "\u{661}s"]
    {
        assert!(parse_duration(text).is_err(), "{text}");
    }
}

#[test]
fn what_a_duration_cannot_hold_is_refused() {
    assert!(duration_error("18446744073709551616s").contains("longer than"));
    assert!(duration_error(&format!("{}d", "9".repeat(50))).contains("longer than"));
    assert!(duration_error(&format!("{}w", u128::MAX)).contains("longer than"));
    assert!(duration_error("0.5ns").contains("finer than a nanosecond"));
    assert!(duration_error("1.0000000001s").contains("finer than a nanosecond"));
    let long = format!("1.{}s", "3".repeat(60));
    assert!(duration_error(&long).contains("finer than a nanosecond"));
}

#[test]
fn the_text_of_a_duration_is_read_back() {
    assert_eq!(duration_text(Duration::ZERO), "0s");
    assert_eq!(duration_text(Duration::from_secs(90)), "1m30s");
    assert_eq!(duration_text(Duration::from_millis(1_500)), "1s500ms");
    assert_eq!(duration(&duration_text(Duration::MAX)), Duration::MAX);
    let mut numbers = Numbers(1);
    for round in 0..20_000 {
        let secs = numbers.next() >> (round % 64);
        let nanos = u32::try_from(numbers.next() % 1_000_000_000).expect("small");
        let time = Duration::new(secs, nanos);
        let text = duration_text(time);
        assert_eq!(duration(&text), time, "{text}");
    }
}

#[test]
fn shares_are_percentages() {
    for (text, expected) in [
        ("20%", 0.2),
        ("20 %", 0.2),
        ("12.5%", 0.125),
        ("12.3%", 0.123),
        ("100%", 1.0),
        ("0%", 0.0),
        ("150%", 1.5),
        ("-5%", -0.05),
    ] {
        assert_eq!(parse_share(text), Ok(expected), "{text}");
    }
    assert!(parse_share("-0%").is_ok_and(f64::is_sign_positive));
}

#[test]
fn what_is_no_percentage_is_refused_with_what_would_be_right() {
    assert_eq!(
        share_error("0.2"),
        "a share in quotes is a percentage: write \"0.2%\", or 0.2 without quotes"
    );
    assert_eq!(share_error("50"), "a share in quotes is a percentage: write \"50%\"");
    for text in
        ["", "%", " %", "1.2.3%", "half", "1e1%", "inf%", "NaN%", ".5%", "5.%", "--5%", "+5%"]
    {
        assert!(share_error(text).contains("\"20%\""), "{text}");
    }
}

#[test]
fn every_percentage_is_the_nearest_number() {
    for hundredths in 0..=10_000_u32 {
        let text = format!("{}.{:02}%", hundredths / 100, hundredths % 100);
        let expected: f64 = format!("{hundredths}e-4").parse().expect("a number");
        assert_eq!(parse_share(&text), Ok(expected), "{text}");
    }
}

#[test]
fn no_text_makes_the_grammars_panic() {
    const PIECES: [&str; 24] = [
        "1",
        "0",
        "9",
        "99999999999999999999",
        ".",
        " ",
        "\t",
        "s",
        "m",
        "ms",
        "us",
        "\u{b5}s",
        "h",
        "d",
        "w",
        "sec",
        "%",
        "-",
        "+",
        "e",
        "_",
        "\u{e9}",
        "\u{1f600}",
        "\u{661}",
    ];
    let mut numbers = Numbers(2);
    let mut accepted = 0;
    for _ in 0..200_000 {
        let length = numbers.below(8);
        let text: String = (0..length).map(|_| PIECES[numbers.below(24)]).collect();
        if let Ok(time) = parse_duration(&text) {
            accepted += 1;
            assert_eq!(duration(&duration_text(time)), time, "{text}");
        }
        let _ = parse_share(&text);
    }
    assert!(accepted > 1_000, "{accepted}");
}

#[test]
fn settings_are_values_or_text() {
    fn window(value: impl IntoSetting<Window>) -> Option<Window> {
        value.into_setting().ok()
    }
    let minute = Some(Window::Time(Duration::from_secs(60)));
    assert_eq!(window(100), Some(Window::Calls(100)));
    assert_eq!(window("60s"), minute);
    assert_eq!(window(Duration::from_secs(60)), minute);
    assert_eq!(window("100"), None);
    let share: Result<f64, _> = "50%".into_setting();
    assert_eq!(share, Ok(0.5));
    let time: Result<Duration, _> = "1m 30s".into_setting();
    assert_eq!(time, Ok(Duration::from_secs(90)));
}
