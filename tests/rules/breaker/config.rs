//! B15: settings are checked where they are built.

use std::time::Duration;

use resilient::breaker::BreakerConfigBuilder;
use resilient::{BreakerConfig, ConfigError};

use crate::support::secs;

fn refusal(config: &BreakerConfigBuilder) -> ConfigError {
    config.build().expect_err("it must be refused")
}

/// A setting is refused in these words: field, value, and what the rule says at least.
#[track_caller]
pub(super) fn assert_refused(config: &BreakerConfigBuilder, field: &str, value: &str, rule: &str) {
    let error = refusal(config);
    assert_eq!((error.field(), error.value()), (field, value));
    assert!(error.rule().contains(rule), "{error}");
    let words = error.to_string();
    for part in [field, value, error.rule()] {
        assert!(words.contains(part), "{words}");
    }
}

#[test]
fn b15_a_threshold_of_zero_is_refused_by_field_value_and_rule() {
    let config = BreakerConfig::builder().failure_threshold(0);
    assert_refused(&config, "failure_threshold", "0", "at least 1");
}

#[test]
fn b15_a_factor_that_is_no_growth_is_refused_by_field_value_and_rule() {
    for (factor, value) in [
        (0.0, "0.0"),
        (0.5, "0.5"),
        (-2.0, "-2.0"),
        (f64::NAN, "NaN"),
        (f64::INFINITY, "inf"),
        (f64::NEG_INFINITY, "-inf"),
    ] {
        let config = BreakerConfig::builder().recovery_factor(factor);
        assert_refused(
            &config,
            "recovery_factor",
            value,
            "finite number of at least 1",
        );
    }
}

#[test]
fn b15_a_maximum_below_the_recovery_time_is_refused_by_field_value_and_rule() {
    let config = BreakerConfig::builder().recovery_time(secs(60));
    let config = config.max_recovery_time(secs(59));
    assert_refused(&config, "max_recovery_time", "59s", "`recovery_time`");
    // The default recovery time is one as well.
    let config = BreakerConfig::builder().max_recovery_time(secs(29));
    assert_refused(&config, "max_recovery_time", "29s", "`recovery_time`");
}

#[test]
fn b15_a_jitter_that_is_no_share_is_refused_by_field_value_and_rule() {
    for (jitter, value) in [
        (-0.1, "-0.1"),
        (1.1, "1.1"),
        (f64::NAN, "NaN"),
        (f64::INFINITY, "inf"),
    ] {
        let config = BreakerConfig::builder().recovery_jitter(jitter);
        assert_refused(&config, "recovery_jitter", value, "between 0 and 1");
    }
}

#[test]
fn b15_half_open_settings_out_of_range_are_refused_by_field_value_and_rule() {
    let builder = BreakerConfig::builder;
    let config = builder().half_open_successes(0);
    assert_refused(&config, "half_open_successes", "0", "at least 1");
    let config = builder().half_open_max_calls(0);
    assert_refused(&config, "half_open_max_calls", "0", "between 1 and 1024");
    let config = builder()
        .half_open_max_calls(1_025)
        .half_open_successes(9_999);
    assert_refused(&config, "half_open_max_calls", "1025", "between 1 and 1024");
    let config = builder().half_open_successes(3).half_open_failures(1);
    let config = config.half_open_max_calls(5);
    let rule = "`half_open_successes` and `half_open_failures`";
    assert_refused(&config, "half_open_max_calls", "5", rule);
}

#[test]
fn b15_a_probe_timeout_of_zero_is_refused_by_field_value_and_rule() {
    let config = BreakerConfig::builder().probe_timeout(Duration::ZERO);
    assert_refused(&config, "probe_timeout", "0ns", "longer than zero");
}

#[test]
fn b15_a_refusal_is_an_error_that_crosses_threads() {
    fn assert_is_error<E: std::error::Error + Send + Sync + 'static>(_: &E) {}
    assert_is_error(&refusal(&BreakerConfig::builder().failure_threshold(0)));
}

#[test]
fn b15_the_edges_of_every_range_are_allowed() {
    let builder = BreakerConfig::builder;
    let edges = [
        builder().failure_threshold(1),
        builder().failure_threshold(u32::MAX),
        builder().recovery_time(Duration::ZERO),
        builder().recovery_time(Duration::MAX),
        builder().recovery_factor(1.0),
        builder().recovery_factor(f64::MAX),
        builder().recovery_jitter(0.0),
        builder().recovery_jitter(1.0),
        builder().max_recovery_time(secs(30)),
        builder().max_recovery_time(Duration::MAX),
        builder()
            .half_open_successes(u32::MAX)
            .half_open_failures(u32::MAX),
        builder()
            .half_open_successes(1_024)
            .half_open_max_calls(1_024),
        builder().probe_timeout(Duration::from_nanos(1)),
        builder().probe_timeout(Duration::MAX),
    ];
    for edge in edges {
        assert!(edge.build().is_ok(), "{edge:?}");
    }
}

#[test]
fn b15_zero_is_allowed_for_the_recovery_time() {
    let config = BreakerConfig::builder()
        .recovery_time(Duration::ZERO)
        .max_recovery_time(Duration::ZERO);
    assert!(config.build().is_ok());
}

#[test]
fn b15_the_defaults_are_valid_and_the_same_by_both_ways() {
    assert_eq!(
        BreakerConfig::builder().build(),
        Ok(BreakerConfig::default())
    );
}

#[test]
fn b15_a_refusal_never_names_a_setting_that_was_not_given() {
    // A recovery time above the default maximum moves that maximum.
    assert!(
        BreakerConfig::builder()
            .recovery_time(secs(86_400))
            .build()
            .is_ok()
    );
    // A tolerated failure more is a place more.
    let config = BreakerConfig::builder().half_open_failures(1);
    assert!(config.half_open_max_calls(2).build().is_ok());
}

#[test]
fn b15_a_builder_reads_the_text_that_attributes_and_files_accept() {
    let text = BreakerConfig::builder()
        .window("1m 30s")
        .failure_rate("12.5%")
        .recovery_time("0.5s");
    let values = BreakerConfig::builder()
        .window(secs(90))
        .failure_rate(0.125)
        .recovery_time(Duration::from_millis(500));
    assert_eq!(text.build(), values.build());
    assert!(text.build().is_ok());
}

#[test]
fn b15_text_that_cannot_be_read_is_refused_by_field_value_and_rule() {
    let config = BreakerConfig::builder().recovery_time("30");
    assert_refused(&config, "recovery_time", "\"30\"", "needs a unit");
    let config = BreakerConfig::builder().window(10).failure_rate("half");
    assert_refused(&config, "failure_rate", "\"half\"", "not a percentage");
}

#[test]
fn b15_the_last_value_of_a_setting_counts_also_after_text_that_cannot_be_read() {
    let config = BreakerConfig::builder().recovery_time("30").slow_call("x");
    let config = config.recovery_time(secs(7));
    assert_eq!(refusal(&config).field(), "slow_call");
    let config = config.slow_call("1s").slow_call_rate("50%").window(9);
    assert_eq!(config.build().map(|config| config.to_builder()), Ok(config));
    // Text that cannot be read does not leave the earlier value in place.
    let config = BreakerConfig::builder()
        .recovery_time(secs(7))
        .recovery_time("7");
    assert_eq!(refusal(&config).field(), "recovery_time");
}
