//! Rule G2: a document may contain every key in every form.

use std::time::Duration;

use resilient::breaker::{AbandonedOutcome, BreakerConfigBuilder, CircuitState, OperatorMode};
use resilient::registry::{BreakerOverride, Overrides};
use resilient::{BreakerConfig, Registry};

use crate::support::documents::builder;
use resilient_testkit::secs;

/// Returns lines of a document, with each key in each form, and the settings that each line must
/// give.
fn every_key_in_every_form() -> Vec<(&'static str, BreakerConfigBuilder)> {
    vec![
        ("failure_threshold = 3", builder().failure_threshold(3)),
        ("window = 100", builder().window(100)),
        ("window = 1_000_000", builder().window(1_000_000)),
        ("window = \"60s\"", builder().window(secs(60))),
        ("window = \"1h 30m\"", builder().window(secs(5_400))),
        ("window_buckets = 20", builder().window_buckets(20)),
        ("min_calls = 7", builder().min_calls(7)),
        ("failure_rate = 0.5", builder().failure_rate(0.5)),
        ("failure_rate = 1", builder().failure_rate(1.0)),
        ("failure_rate = \"50%\"", builder().failure_rate(0.5)),
        ("failure_rate = \"12.5 %\"", builder().failure_rate(0.125)),
        ("failure_rate = \"7%\"", builder().failure_rate(0.07)),
        ("failure_rate = \"100%\"", builder().failure_rate(1.0)),
        ("failure_count = 9", builder().failure_count(9)),
        ("slow_call = \"250ms\"", builder().slow_call(Duration::from_millis(250))),
        ("slow_call_rate = 0.25", builder().slow_call_rate(0.25)),
        ("slow_call_rate = \"25%\"", builder().slow_call_rate(0.25)),
        ("recovery_time = \"0s\"", builder().recovery_time(secs(0))),
        ("recovery_time = \"1m 30s\"", builder().recovery_time(secs(90))),
        ("recovery_factor = 2", builder().recovery_factor(2.0)),
        ("recovery_factor = 1.5", builder().recovery_factor(1.5)),
        ("max_recovery_time = \"2h\"", builder().max_recovery_time(secs(7_200))),
        ("recovery_jitter = 0", builder().recovery_jitter(0.0)),
        ("recovery_jitter = 0.1", builder().recovery_jitter(0.1)),
        ("recovery_jitter = \"10%\"", builder().recovery_jitter(0.1)),
        ("half_open_max_calls = 2", builder().half_open_max_calls(2)),
        ("half_open_successes = 3", builder().half_open_successes(3)),
        ("half_open_failures = 0", builder().half_open_failures(0)),
        ("probe_timeout = \"5s\"", builder().probe_timeout(secs(5))),
        ("abandoned = \"failure\"", builder().abandoned(AbandonedOutcome::Failure)),
        ("abandoned = \"ignore\"", builder().abandoned(AbandonedOutcome::Ignore)),
        ("failure_span = \"3s\"", builder().failure_span(secs(3))),
        ("remember_errors = false", builder().remember_errors(false)),
        ("remember_errors = true", builder().remember_errors(true)),
        ("max_keys = 500", builder().max_keys(500)),
    ]
}

#[test]
fn g02_every_key_in_every_form_means_the_setting_of_the_builder() {
    for (line, settings) in every_key_in_every_form() {
        let registry = Registry::new();
        let document = format!("[breakers.payments]\n{line}\n");
        let applied = registry.apply_toml(&document).expect(line);
        assert_eq!(applied.waiting, ["payments"]);
        let expected = Overrides::new().with("payments", settings.clone());
        assert_eq!(registry.overrides(), expected, "{line}");

        registry.apply_toml(&format!("[defaults]\n{line}\n")).expect(line);
        let expected = Overrides::new().with_defaults(settings);
        assert_eq!(registry.overrides(), expected, "{line}");
    }
}

#[test]
fn g02_every_setting_of_the_builder_has_a_key() {
    let shown = format!("{:?}", builder());
    let fields = shown.split(['{', ',', '}']).filter_map(|part| {
        let (field, _) = part.split_once(':')?;
        Some(field.trim().to_owned())
    });
    let known = every_key_in_every_form();
    for field in fields {
        let is_key = |(line, _): &(&str, _)| line.starts_with(&format!("{field} ="));
        assert!(known.iter().any(is_key), "no test writes `{field}`");
    }
}

#[test]
fn g02_every_mode_has_a_word() {
    for (word, mode) in [
        ("forced_open", OperatorMode::ForcedOpen),
        ("disabled", OperatorMode::Disabled),
        ("observe_only", OperatorMode::ObserveOnly),
    ] {
        let registry = Registry::new();
        let breaker = registry.get_or_register("payments", BreakerConfig::default());
        let document = format!("[breakers.payments]\nmode = \"{word}\"");
        registry.apply_toml(&document).unwrap();
        assert_eq!(registry.overrides(), Overrides::new().with("payments", mode));
        assert_eq!(breaker.state(), mode.state());
        registry.apply_toml("").unwrap();
        assert_eq!(breaker.state(), CircuitState::Closed);
    }
}

#[test]
fn g02_a_whole_document_holds_at_once() {
    let registry = Registry::new();
    let code = builder().failure_threshold(9).build().unwrap();
    let payments = registry.get_or_register("payments", code.clone());
    let other = registry.get_or_register("other", code);
    let applied = registry
        .apply_toml(
            r#"
                # What holds unless the code or a section says otherwise.
                [defaults]
                recovery_time = "10s"

                [breakers.payments]
                failure_threshold = 2
                half_open_successes = 2

                [breakers."inventory/reserve: a name with anything in it"]
                mode = "forced_open"
                max_keys = 10
            "#,
        )
        .unwrap();
    assert_eq!(applied.live, ["payments"]);
    let waiting = "inventory/reserve: a name with anything in it";
    assert_eq!(applied.waiting, [waiting]);
    let settings = builder().recovery_time(secs(10));
    let expected = settings.clone().failure_threshold(2).half_open_successes(2);
    assert_eq!(payments.config(), expected.build().unwrap());
    let expected = settings.failure_threshold(9).build().unwrap();
    assert_eq!(other.config(), expected);
    let own = BreakerOverride::from(builder().max_keys(10)).with_mode(OperatorMode::ForcedOpen);
    assert_eq!(registry.overrides().breakers[waiting], own);
    let later = registry.get_or_register(waiting, BreakerConfig::default());
    assert_eq!(later.state(), CircuitState::ForcedOpen);
}

#[test]
fn g02_a_document_replaces_all_earlier_overrides() {
    let registry = Registry::new();
    let code = builder().failure_threshold(9).build().unwrap();
    let breaker = registry.get_or_register("payments", code.clone());
    registry.apply_toml("[breakers.payments]\nfailure_threshold = 2").unwrap();
    registry.apply_toml("[breakers.another]\nfailure_threshold = 2").unwrap();
    assert_eq!(breaker.config(), code);
    assert_eq!(registry.overrides().breakers.len(), 1);
}

#[test]
fn g02_an_empty_document_overrides_nothing() {
    for document in ["", "# a comment\n", "[defaults]\n", "[breakers]\n", "[breakers.x]\n"] {
        let registry = Registry::new();
        registry.apply_toml(document).unwrap();
        let breaker = registry.get_or_register("x", BreakerConfig::default());
        assert_eq!(breaker.config(), BreakerConfig::default());
    }
}

#[test]
fn g02_dotted_and_inline_tables_are_tables_as_well() {
    let registry = Registry::new();
    let inline = "breakers = { payments = { failure_threshold = 2 } }";
    registry.apply_toml(inline).unwrap();
    let same = registry.overrides();
    registry.apply_toml("breakers.payments.failure_threshold = 2").unwrap();
    assert_eq!(registry.overrides(), same);
    assert_eq!(same, Overrides::new().with("payments", builder().failure_threshold(2)));
}
