//! Rule G2: an invalid document changes nothing, and its error names the line and the key.

use std::error::Error;

use resilient::registry::{LoadError, Overrides};
use resilient::{BreakerConfig, Registry};

use crate::support::documents::builder;
use resilient_testkit::secs;

/// Asserts that the registry rejects the document and changes no breaker. Returns the error.
#[track_caller]
fn refusal(registry: &Registry, document: &str) -> LoadError {
    let before = (registry.overrides(), registry.snapshot().len());
    let configs = || {
        let breakers = registry.breakers();
        breakers.iter().map(resilient::CircuitBreaker::config).collect::<Vec<_>>()
    };
    let held = configs();
    let error = registry.apply_toml(document).expect_err(document);
    assert_eq!((registry.overrides(), registry.snapshot().len()), before);
    assert_eq!(configs(), held);
    assert_eq!(error.path(), None);
    error
}

/// Asserts that the message names this line and contains these words.
#[track_caller]
fn assert_message(error: &LoadError, line: usize, words: &[&str]) {
    let text = error.to_string();
    assert!(text.starts_with(&format!("overrides, line {line}: ")), "line {line}: {text}");
    assert_eq!(text.lines().count(), 1, "{text}");
    assert_eq!(error.line(), Some(line), "{text}");
    for word in words {
        assert!(text.contains(word), "`{word}`: {text}");
    }
}

/// Returns a document whose second line is valid and whose third line is `line`.
fn with_third_line(line: &str) -> String {
    format!("[breakers.payments]\nfailure_threshold = 2\n{line}\n")
}

#[test]
fn an_unknown_key_is_reported_with_its_line() {
    let registry = Registry::new();
    for (document, line, key) in [
        (with_third_line("failure_treshold = 3"), 3, "failure_treshold"),
        (with_third_line("name = \"other\""), 3, "name"),
        ("[defaults]\n\nrecovery = \"10s\"".to_owned(), 3, "recovery"),
        // A mode in `[defaults]` would affect every circuit, so it is rejected.
        ("[defaults]\nmode = \"disabled\"".to_owned(), 2, "mode"),
        ("\n[breaker.payments]\nwindow = 3".to_owned(), 2, "breaker"),
        ("failure_threshold = 3".to_owned(), 1, "failure_threshold"),
    ] {
        let error = refusal(&registry, &document);
        assert_message(&error, line, &["unknown", &format!("`{key}`")]);
    }
}

#[test]
fn a_value_of_the_wrong_form_is_reported_with_its_line_and_the_form() {
    let duration = "a duration";
    let share = "a share";
    for (line, form) in [
        ("failure_threshold = \"3\"", "a whole number"),
        ("failure_threshold = 3.0", "a whole number"),
        ("failure_threshold = -3", "a whole number"),
        ("failure_threshold = 4294967296", "a whole number"),
        ("window = \"100\"", duration),
        ("window = -1", "a number of calls"),
        ("window = 4294967296", "a number of calls"),
        ("window = 1.5", "a number of calls"),
        ("window = true", "a number of calls"),
        ("window_buckets = \"10\"", "a whole number"),
        ("min_calls = []", "a whole number"),
        ("failure_rate = \"half\"", share),
        ("failure_rate = \"0.5\"", share),
        ("failure_rate = \"%\"", share),
        ("failure_rate = \"1e1%\"", share),
        ("failure_rate = 50000000000", share),
        ("failure_rate = true", share),
        ("failure_count = {}", "a whole number"),
        ("slow_call = 2", duration),
        ("slow_call = \"2\"", duration),
        ("slow_call = \"-2s\"", duration),
        ("slow_call = \"2 lightyears\"", duration),
        ("slow_call_rate = 1979-05-27", share),
        ("recovery_time = 10", duration),
        ("recovery_time = \"\"", duration),
        ("recovery_factor = \"2\"", "a number"),
        ("max_recovery_time = 1.5", duration),
        ("recovery_jitter = \"a little\"", share),
        ("half_open_max_calls = true", "a whole number"),
        ("half_open_successes = \"1\"", "a whole number"),
        ("half_open_failures = -1", "a whole number"),
        ("probe_timeout = 5", duration),
        ("abandoned = true", "`failure`"),
        ("abandoned = \"success\"", "`failure`"),
        ("max_keys = \"all\"", "a whole number"),
        ("mode = \"closed\"", "`forced_open`"),
        ("mode = \"Disabled\"", "`disabled`"),
    ] {
        let (key, _) = line.split_once(' ').unwrap();
        let line = if key == "failure_threshold" {
            format!("[breakers.payments]\n\n{line}\n")
        } else {
            with_third_line(line)
        };
        let error = refusal(&Registry::new(), &line);
        assert_message(&error, 3, &[key, form]);
    }
}

#[test]
fn invalid_toml_is_reported_with_its_line() {
    let registry = Registry::new();
    for (document, line) in [
        ("[breakers.payments\nwindow = 3", 1),
        ("[breakers.payments]\nwindow = ", 2),
        ("[breakers.payments]\nwindow = 3\nwindow = 4", 3),
        ("[breakers.payments]\n[breakers.payments]", 2),
    ] {
        assert_message(&refusal(&registry, document), line, &[]);
    }
}

#[test]
fn the_source_of_a_refused_document_is_the_error_of_the_parser_or_of_the_setting() {
    let registry = Registry::new();
    let source = |document| refusal(&registry, document).source().map(ToString::to_string);
    assert!(source("[breakers.payments").unwrap().contains("table"));
    let range = source("[breakers.payments]\nfailure_threshold = 0").unwrap();
    assert!(range.contains("`failure_threshold`"), "{range}");
}

#[test]
fn a_value_out_of_range_is_reported_with_its_line_its_key_and_the_rule() {
    let share = "above 0 and at most 1";
    for (line, value, rule) in [
        ("window = 0", "0", "between 1 and 1000000"),
        ("window = 1_000_001", "1000001", "between 1 and 1000000"),
        ("window = \"0s\"", "0ns", "longer than zero"),
        ("window_buckets = 0", "0", "between 1 and 1000"),
        ("min_calls = 0", "0", "at least 1"),
        ("failure_rate = 0", "0.0", share),
        ("failure_rate = 1.5", "1.5", share),
        ("failure_rate = \"150%\"", "1.5", share),
        ("failure_rate = -1", "-1.0", share),
        ("failure_rate = \"-5%\"", "-0.05", share),
        ("failure_rate = nan", "NaN", share),
        ("failure_count = 0", "0", "at least 1"),
        ("slow_call = \"0s\"", "0ns", "longer than zero"),
        ("slow_call_rate = 2", "2.0", share),
        ("recovery_factor = 0.5", "0.5", "finite number of at least 1"),
        ("recovery_factor = inf", "inf", "finite number of at least 1"),
        ("recovery_jitter = 1.5", "1.5", "between 0 and 1"),
        ("half_open_max_calls = 1025", "1025", "between 1 and 1024"),
        ("half_open_successes = 0", "0", "at least 1"),
        ("probe_timeout = \"0s\"", "0ns", "longer than zero"),
        ("max_keys = 0", "0", "between 1 and 1000000"),
    ] {
        let (key, _) = line.split_once(' ').unwrap();
        let key = format!("`{key}`");
        let registry = Registry::new();
        let error = refusal(&registry, &with_third_line(line));
        assert_message(&error, 3, &["[breakers.payments]", &key, value, rule]);
        let error = refusal(&registry, &format!("[defaults]\n\n\n{line}"));
        assert_message(&error, 4, &["[defaults]", &key, value, rule]);
    }
}

#[test]
fn a_conflict_with_the_code_of_a_live_breaker_is_reported_with_its_line() {
    let registry = Registry::new();
    let code = |settings: resilient::breaker::BreakerConfigBuilder| settings.build().unwrap();
    let _ = registry.get_or_register("mail", BreakerConfig::default());
    let strict = builder().max_recovery_time(secs(60));
    let _ = registry.get_or_register("stock", code(strict));
    let windowed = builder().window(10).failure_count(5);
    let _ = registry.get_or_register("payments", code(windowed));
    let standing = Overrides::new().with("mail", builder().failure_threshold(3));
    registry.set_overrides(standing).unwrap();
    for (document, line, words) in [
        // The document contains the key, so the error names the line of the key.
        (
            "[breakers.mail]\nfailure_threshold = 4\n\nfailure_rate = 0.5",
            4,
            ["[breakers.mail]", "`failure_rate`", "needs a `window`"],
        ),
        (
            "[breakers.mail]\nmin_calls = 3\nwindow = 9",
            2,
            ["[breakers.mail]", "`min_calls`", "needs a `failure_rate`"],
        ),
        // The key is only in the code, so the error names the line of the section.
        (
            "[defaults]\n\n[breakers.stock]\nrecovery_time = \"61s\"",
            3,
            ["[breakers.stock]", "`max_recovery_time`", "below `recovery_time`"],
        ),
        (
            "\n[breakers.payments]\nwindow = 4",
            2,
            ["[breakers.payments]", "`failure_count`", "calls that `window` holds"],
        ),
        // The defaults cause the conflict, so the error names a line of `[defaults]`.
        (
            "[breakers.stock]\nmin_calls = 1\n[defaults]\nwindow_buckets = 5",
            4,
            ["`mail`", "`window_buckets`", "needs a `window` of time"],
        ),
        (
            "[defaults]\nrecovery_time = \"61s\"",
            1,
            ["`stock`", "`max_recovery_time`", "below `recovery_time`"],
        ),
    ] {
        let error = refusal(&registry, document);
        assert_message(&error, line, &words);
    }
}
