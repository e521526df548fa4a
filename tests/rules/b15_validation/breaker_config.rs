//! Rule B15: a build checks the settings of breakers.

use std::time::Duration;

use resilient::breaker::BreakerConfigBuilder;
use resilient::budget::BudgetConfig;
use resilient::{BreakerConfig, ConfigError};

use crate::support::budget::{builder, config};
use resilient_testkit::secs;

fn refusal(config: &BreakerConfigBuilder) -> ConfigError {
    config.build().expect_err("it must be refused")
}

/// Asserts that the build rejects these settings. The error must name the field and the value, and
/// its rule must contain the text `rule`.
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
fn b15_a_factor_below_one_is_refused_by_field_value_and_rule() {
    for (factor, value) in [
        (0.0, "0.0"),
        (0.5, "0.5"),
        (-2.0, "-2.0"),
        (f64::NAN, "NaN"),
        (f64::INFINITY, "inf"),
        (f64::NEG_INFINITY, "-inf"),
    ] {
        let config = BreakerConfig::builder().recovery_factor(factor);
        assert_refused(&config, "recovery_factor", value, "finite number of at least 1");
    }
}

#[test]
fn b15_a_maximum_below_the_recovery_time_is_refused_by_field_value_and_rule() {
    let config = BreakerConfig::builder().recovery_time(secs(60));
    let config = config.max_recovery_time(secs(59));
    assert_refused(&config, "max_recovery_time", "59s", "`recovery_time`");
    // If `recovery_time` is not set, its default is compared with the maximum.
    let config = BreakerConfig::builder().max_recovery_time(secs(29));
    assert_refused(&config, "max_recovery_time", "29s", "`recovery_time`");
}

#[test]
fn b15_a_jitter_outside_0_to_1_is_refused_by_field_value_and_rule() {
    for (jitter, value) in [(-0.1, "-0.1"), (1.1, "1.1"), (f64::NAN, "NaN"), (f64::INFINITY, "inf")]
    {
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
    let config = builder().half_open_max_calls(1_025).half_open_successes(9_999);
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
fn b15_the_bounds_of_every_range_are_allowed() {
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
        builder().half_open_successes(u32::MAX).half_open_failures(u32::MAX),
        builder().half_open_successes(1_024).half_open_max_calls(1_024),
        builder().probe_timeout(Duration::from_nanos(1)),
        builder().probe_timeout(Duration::MAX),
    ];
    for edge in edges {
        assert!(edge.build().is_ok(), "{edge:?}");
    }
}

#[test]
fn b15_zero_is_allowed_for_the_recovery_time() {
    let config =
        BreakerConfig::builder().recovery_time(Duration::ZERO).max_recovery_time(Duration::ZERO);
    assert!(config.build().is_ok());
}

#[test]
fn b15_the_defaults_are_valid_and_equal_in_default_and_builder() {
    assert_eq!(BreakerConfig::builder().build(), Ok(BreakerConfig::default()));
}

#[test]
fn b15_an_error_never_names_a_setting_that_was_not_set() {
    // If the recovery time is above the default maximum, the maximum rises to the recovery time.
    assert!(BreakerConfig::builder().recovery_time(secs(86_400)).build().is_ok());
    // Each tolerated failure takes one more slot, so the maximum of two calls is valid.
    let config = BreakerConfig::builder().half_open_failures(1);
    assert!(config.half_open_max_calls(2).build().is_ok());
}

#[test]
fn b15_the_defaults_are_those_of_the_documentation() {
    let defaults = BudgetConfig::default();
    assert_eq!(defaults, config(builder()));
    assert_eq!((defaults.capacity(), defaults.retry_cost()), (500, 5));
    assert_eq!((defaults.initial_tokens(), defaults.deposit()), (50, 1));
}

#[test]
fn b15_defaults_follow_the_capacity() {
    for (capacity, retry_cost, initial_tokens) in
        [(1, 1, 1), (4, 4, 4), (5, 5, 5), (49, 5, 5), (60, 5, 6), (u32::MAX, 5, u32::MAX / 10)]
    {
        let config = config(builder().capacity(capacity));
        assert_eq!((config.retry_cost(), config.initial_tokens()), (retry_cost, initial_tokens));
    }
    assert_eq!(config(builder().retry_cost(400)).initial_tokens(), 400);
}

#[test]
fn b15_a_setting_out_of_range_is_named_with_its_value_and_the_rule() {
    for (settings, text) in [
        (builder().capacity(0), "`capacity` is 0: must be at least 1"),
        (builder().retry_cost(0), "`retry_cost` is 0: must be at least 1"),
        (
            builder().retry_cost(501),
            "`retry_cost` is 501: must not be above `capacity`, which is 500 by default",
        ),
        (builder().capacity(10).retry_cost(11), "`retry_cost` is 11: must not be above `capacity`"),
        (
            builder().initial_tokens(501),
            "`initial_tokens` is 501: must not be above `capacity`, which is 500 by default",
        ),
        (
            builder().capacity(10).initial_tokens(11),
            "`initial_tokens` is 11: must not be above `capacity`",
        ),
    ] {
        let error = settings.build().unwrap_err();
        assert_eq!(error.to_string(), text);
    }
}

#[test]
fn b15_the_ends_of_the_ranges_are_in_them() {
    for settings in [
        builder().capacity(1).retry_cost(1).initial_tokens(1).deposit(0),
        builder().capacity(10).retry_cost(10).initial_tokens(10).deposit(u32::MAX),
        builder().capacity(u32::MAX).retry_cost(u32::MAX).initial_tokens(0),
    ] {
        settings.build().unwrap();
    }
}

#[test]
fn b15_settings_can_be_written_as_a_constant() {
    const SETTINGS: resilient::budget::BudgetConfigBuilder =
        BudgetConfig::builder().capacity(100).retry_cost(10).initial_tokens(20).deposit(2);
    assert_eq!(config(SETTINGS).initial_tokens(), 20);
}

#[test]
fn b15_equal_settings_are_equal_however_they_were_written() {
    let written_out = builder().capacity(500).retry_cost(5).initial_tokens(50).deposit(1);
    assert_eq!(config(written_out), BudgetConfig::default());
    assert_ne!(config(builder().deposit(2)), BudgetConfig::default());
}

#[test]
fn b15_a_builder_reads_the_text_that_attributes_and_files_accept() {
    let text =
        BreakerConfig::builder().window("1m 30s").failure_rate("12.5%").recovery_time("0.5s");
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
    // If a text cannot be parsed, the setting is invalid and does not keep its earlier value.
    let config = BreakerConfig::builder().recovery_time(secs(7)).recovery_time("7");
    assert_eq!(refusal(&config).field(), "recovery_time");
}
