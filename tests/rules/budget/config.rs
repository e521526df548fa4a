//! B15 for budgets: every wrong setting is named with its value and the rule.

use resilient::budget::BudgetConfig;

use super::{builder, config};

#[test]
fn b15_the_defaults_are_those_of_the_documentation() {
    let defaults = BudgetConfig::default();
    assert_eq!(defaults, config(builder()));
    assert_eq!((defaults.capacity(), defaults.retry_cost()), (500, 5));
    assert_eq!((defaults.initial_tokens(), defaults.deposit()), (50, 1));
}

#[test]
fn b15_defaults_follow_the_capacity() {
    for (capacity, retry_cost, initial_tokens) in [
        (1, 1, 1),
        (4, 4, 4),
        (5, 5, 5),
        (49, 5, 5),
        (60, 5, 6),
        (u32::MAX, 5, u32::MAX / 10),
    ] {
        let config = config(builder().capacity(capacity));
        assert_eq!(
            (config.retry_cost(), config.initial_tokens()),
            (retry_cost, initial_tokens)
        );
    }
    assert_eq!(config(builder().retry_cost(400)).initial_tokens(), 400);
}

#[test]
fn b15_a_setting_out_of_range_is_named_with_its_value_and_the_rule() {
    for (settings, text) in [
        (builder().capacity(0), "`capacity` is 0: must be at least 1"),
        (
            builder().retry_cost(0),
            "`retry_cost` is 0: must be at least 1",
        ),
        (
            builder().retry_cost(501),
            "`retry_cost` is 501: must not be above `capacity`, which is 500 by default",
        ),
        (
            builder().capacity(10).retry_cost(11),
            "`retry_cost` is 11: must not be above `capacity`",
        ),
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
        builder()
            .capacity(1)
            .retry_cost(1)
            .initial_tokens(1)
            .deposit(0),
        builder()
            .capacity(10)
            .retry_cost(10)
            .initial_tokens(10)
            .deposit(u32::MAX),
        builder()
            .capacity(u32::MAX)
            .retry_cost(u32::MAX)
            .initial_tokens(0),
    ] {
        settings.build().unwrap();
    }
}

#[test]
fn b15_settings_can_be_written_as_a_constant() {
    const SETTINGS: resilient::budget::BudgetConfigBuilder = BudgetConfig::builder()
        .capacity(100)
        .retry_cost(10)
        .initial_tokens(20)
        .deposit(2);
    assert_eq!(config(SETTINGS).initial_tokens(), 20);
}

#[test]
fn b15_equal_settings_are_equal_however_they_were_written() {
    let written_out = builder()
        .capacity(500)
        .retry_cost(5)
        .initial_tokens(50)
        .deposit(1);
    assert_eq!(config(written_out), BudgetConfig::default());
    assert_ne!(config(builder().deposit(2)), BudgetConfig::default());
}
