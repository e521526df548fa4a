//! Rule B15: a build checks the settings of windows, rates, slow calls and keys.

use std::time::Duration;

use resilient::BreakerConfig;
use resilient::breaker::{BreakerConfigBuilder, Window};

use super::breaker_config::assert_refused;
use resilient_testkit::secs;

fn builder() -> BreakerConfigBuilder {
    BreakerConfig::builder()
}

/// Returns settings with this window and a failure rate.
fn windowed(window: impl Into<Window>) -> BreakerConfigBuilder {
    builder().window(window).failure_rate(0.5)
}

#[track_caller]
fn assert_allowed(configs: impl IntoIterator<Item = BreakerConfigBuilder>) {
    for config in configs {
        assert!(config.build().is_ok(), "{config:?}");
    }
}

#[test]
fn b15_a_window_of_calls_has_1_to_1_000_000() {
    let rule = "between 1 and 1000000 calls";
    assert_refused(&builder().window(0), "window", "0", rule);
    assert_refused(&windowed(1_000_001), "window", "1000001", rule);
    assert_refused(&windowed(u32::MAX), "window", "4294967295", rule);
    assert_allowed([windowed(1), windowed(1_000_000), builder().window(1)]);
}

#[test]
fn b15_a_window_of_time_is_longer_than_zero() {
    let config = windowed(Duration::ZERO);
    assert_refused(&config, "window", "0ns", "longer than zero");
    assert_allowed([
        windowed(Duration::from_nanos(1)),
        windowed(Duration::MAX),
        windowed(Window::Time(secs(60))),
    ]);
}

#[test]
fn b15_window_buckets_are_1_to_1000_and_need_a_window_of_time() {
    let rule = "between 1 and 1000";
    let timed = || windowed(secs(60));
    assert_refused(&timed().window_buckets(0), "window_buckets", "0", rule);
    let config = timed().window_buckets(1_001);
    assert_refused(&config, "window_buckets", "1001", rule);
    assert_allowed([timed().window_buckets(1), timed().window_buckets(1_000)]);
    let rule = "needs a `window` of time";
    for config in [builder(), windowed(10)] {
        let config = config.window_buckets(10);
        assert_refused(&config, "window_buckets", "10", rule);
    }
}

#[test]
fn b15_rates_are_above_0_and_up_to_1() {
    for (rate, value) in [
        (0.0, "0.0"),
        (-0.0, "-0.0"),
        (-0.5, "-0.5"),
        (1.000_000_1, "1.0000001"),
        (50.0, "50.0"),
        (f64::NAN, "NaN"),
        (f64::INFINITY, "inf"),
        (f64::NEG_INFINITY, "-inf"),
    ] {
        let rule = "above 0 and at most 1";
        let config = windowed(10).failure_rate(rate);
        assert_refused(&config, "failure_rate", value, rule);
        let config = builder().window(10).slow_call(secs(1)).slow_call_rate(rate);
        assert_refused(&config, "slow_call_rate", value, rule);
    }
    for rate in [f64::MIN_POSITIVE, 0.5, 1.0] {
        assert_allowed([
            windowed(10).failure_rate(rate),
            builder().window(10).slow_call(secs(1)).slow_call_rate(rate),
        ]);
    }
}

#[test]
fn b15_slow_call_is_longer_than_zero_and_slow_call_and_its_rate_need_each_other() {
    let config = windowed(10).slow_call(Duration::ZERO).slow_call_rate(0.5);
    assert_refused(&config, "slow_call", "0ns", "longer than zero");
    let config = windowed(10).slow_call(secs(2));
    assert_refused(&config, "slow_call", "2s", "needs a `slow_call_rate`");
    let config = builder().window(10).slow_call_rate(0.5);
    assert_refused(&config, "slow_call_rate", "0.5", "needs a `slow_call`");
    assert_allowed([
        windowed(10).slow_call(Duration::from_nanos(1)).slow_call_rate(0.5),
        windowed(10).slow_call(Duration::MAX).slow_call_rate(0.5),
    ]);
}

#[test]
fn b15_rates_counts_and_min_calls_need_a_window() {
    let rule = "needs a `window`";
    let config = builder().failure_rate(0.5);
    assert_refused(&config, "failure_rate", "0.5", rule);
    let config = builder().failure_count(5);
    assert_refused(&config, "failure_count", "5", rule);
    let config = builder().slow_call(secs(1)).slow_call_rate(0.5);
    assert_refused(&config, "slow_call_rate", "0.5", rule);
    assert_refused(&builder().min_calls(5), "min_calls", "5", rule);
}

#[test]
fn b15_min_calls_is_at_least_1_needs_a_rate_and_fits_into_a_window_of_calls() {
    assert_refused(&windowed(10).min_calls(0), "min_calls", "0", "at least 1");
    let config = windowed(10).min_calls(11);
    assert_refused(&config, "min_calls", "11", "calls that `window` holds");
    let rule = "needs a `failure_rate` or `slow_call_rate`";
    let config = builder().window(10).failure_count(3).min_calls(5);
    assert_refused(&config, "min_calls", "5", rule);
    assert_allowed([
        windowed(10).min_calls(1),
        windowed(10).min_calls(10),
        windowed(secs(1)).min_calls(u32::MAX),
        builder().window(10).slow_call(secs(1)).slow_call_rate(0.5).min_calls(10),
    ]);
}

#[test]
fn b15_failure_count_is_at_least_1_and_fits_into_a_window_of_calls() {
    let config = builder().window(10).failure_count(0);
    assert_refused(&config, "failure_count", "0", "at least 1");
    let config = builder().window(10).failure_count(11);
    assert_refused(&config, "failure_count", "11", "calls that `window` holds");
    assert_allowed([
        builder().window(10).failure_count(1),
        builder().window(10).failure_count(10),
        builder().window(secs(1)).failure_count(u32::MAX),
    ]);
}

#[test]
fn b15_max_keys_is_1_to_1_000_000() {
    let rule = "between 1 and 1000000";
    assert_refused(&builder().max_keys(0), "max_keys", "0", rule);
    let config = builder().max_keys(1_000_001);
    assert_refused(&config, "max_keys", "1000001", rule);
    assert_allowed([builder().max_keys(1), builder().max_keys(1_000_000)]);
}

#[test]
fn b15_every_setting_has_the_default_that_the_table_says() {
    let written_out = [
        (windowed(100), windowed(100).min_calls(10)),
        (windowed(5), windowed(5).min_calls(5)),
        (windowed(secs(60)), windowed(secs(60)).min_calls(10).window_buckets(10)),
        (builder(), builder().failure_threshold(5).max_keys(10_000)),
    ];
    for (left_open, written_out) in written_out {
        assert_eq!(left_open.build().unwrap(), written_out.build().unwrap());
    }
    // Settings with different values are not equal.
    for (one, other) in [
        (windowed(100), windowed(100).min_calls(11)),
        (windowed(100), windowed(101)),
        (windowed(100), windowed(100).failure_threshold(5)),
        (windowed(secs(60)), windowed(secs(60)).window_buckets(11)),
        (builder(), builder().max_keys(9_999)),
        (builder(), builder().window(100)),
    ] {
        assert_ne!(one.build().unwrap(), other.build().unwrap());
    }
}

#[test]
fn b15_a_number_is_calls_and_a_duration_is_time() {
    assert_eq!(Window::from(100), Window::Calls(100));
    assert_eq!(Window::from(secs(60)), Window::Time(secs(60)));
    assert_eq!(builder().window(100).build(), builder().window(Window::Calls(100)).build());
}

#[test]
fn b15_a_config_can_be_turned_into_a_builder_and_changed() {
    let config = windowed(100).build().unwrap();
    let changed = config.to_builder().failure_rate(0.25).build().unwrap();
    assert_eq!(changed, windowed(100).failure_rate(0.25).build().unwrap());
    assert_eq!(config.to_builder().build().unwrap(), config);
}
