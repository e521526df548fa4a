//! Rules about the arguments of `#[circuit_breaker]` taken together.

use std::time::Duration;

use super::key_values::KeyValues;
use super::keys::{
    CIRCUIT_BREAKER, DEFAULT_HALF_OPEN_CALLS, DEFAULT_HALF_OPEN_FAILURES,
    DEFAULT_HALF_OPEN_SUCCESSES, DEFAULT_RECOVERY_TIME,
};
use super::settings::Settings;
use super::window_rules;
use crate::error::Errors;

pub(super) fn check(settings: &Settings, values: &KeyValues, errors: &mut Errors) {
    let sets = CIRCUIT_BREAKER
        .settings()
        .filter(|name| *name != "max_keys");
    let sets: Vec<&str> = sets.chain(["name"]).collect();
    values.exclude(
        "breaker",
        &sets,
        "a breaker has its settings already",
        errors,
    );
    values.exclude(
        "breaker",
        &["key", "max_keys"],
        "a breaker of one's own is there already, and `key` finds one",
        errors,
    );
    check_recovery(settings, values, errors);
    check_probes(settings, values, errors);
    // With `breaker`, the errors above say all that is wrong.
    if !values.has("breaker") {
        window_rules::check(settings, values, errors);
        check_keys(values, errors);
    }
}

fn check_keys(values: &KeyValues, errors: &mut Errors) {
    if !values.has("key") {
        let message =
            "`max_keys` bounds the breakers that `key` makes: give one, as in `key = host`";
        values.break_rule(&["max_keys"], message, errors);
    }
}

fn check_recovery(settings: &Settings, values: &KeyValues, errors: &mut Errors) {
    if !values.has("max_recovery_time") {
        return;
    }
    let time = settings.time(values, "recovery_time", DEFAULT_RECOVERY_TIME);
    let max = settings.time(values, "max_recovery_time", Duration::MAX);
    let Some((time, max)) = time.zip(max).filter(|(time, max)| time > max) else {
        return;
    };
    let message = if values.has("recovery_time") {
        format!(
            "`max_recovery_time` is {max:?} and `recovery_time` is {time:?}: `max_recovery_time` is at least `recovery_time`"
        )
    } else {
        format!(
            "`max_recovery_time` is {max:?}, below `recovery_time`, whose default is {time:?}: lower `recovery_time` too"
        )
    };
    values.break_rule(&["recovery_time", "max_recovery_time"], message, errors);
}

/// Further probes in flight could not change the decision.
fn check_probes(settings: &Settings, values: &KeyValues, errors: &mut Errors) {
    const KEYS: [&str; 3] = [
        "half_open_max_calls",
        "half_open_successes",
        "half_open_failures",
    ];
    let count = |at: usize, default| settings.count(values, KEYS[at], default);
    let (Some(calls), Some(successes), Some(failures)) = (
        count(0, DEFAULT_HALF_OPEN_CALLS),
        count(1, DEFAULT_HALF_OPEN_SUCCESSES),
        count(2, DEFAULT_HALF_OPEN_FAILURES),
    ) else {
        return;
    };
    let needed = successes.saturating_add(failures);
    if calls > needed {
        let message = format!(
            "`half_open_max_calls` is {calls}: at most `half_open_successes` + `half_open_failures`, \
             which is {successes} + {failures}, because more calls at a time decide nothing"
        );
        values.break_rule(&KEYS, message, errors);
    }
}
