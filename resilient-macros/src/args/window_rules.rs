//! Rules about the window of a breaker and the conditions over it.

use super::key_values::KeyValues;
use super::setting::Literal;
use super::settings::Settings;
use crate::error::Errors;

const RATES: &[&str] = &["failure_rate", "slow_call_rate"];

pub(super) fn check(settings: &Settings, values: &KeyValues, errors: &mut Errors) {
    check_window_is_there(values, errors);
    check_slow_calls(values, errors);
    check_buckets(settings, values, errors);
    check_counts(settings, values, errors);
}

fn check_window_is_there(values: &KeyValues, errors: &mut Errors) {
    if values.has("min_calls") && !RATES.iter().any(|rate| values.has(rate)) {
        let message = "`min_calls` is for rates only: it needs a `failure_rate`, as in `failure_rate = \"50%\"`, or a \
                       `slow_call_rate`";
        values.break_rule(&["min_calls"], message, errors);
    }
    if values.has("window") {
        return;
    }
    for condition in ["failure_rate", "failure_count", "slow_call_rate"] {
        let message = format!(
            "`{condition}` is taken over a window: give one, as in `window = 100` calls or `window = \"60s\"`"
        );
        values.break_rule(&[condition], message, errors);
    }
    let message = "`window_buckets` divides a window in time: give one, as in `window = \"60s\"`";
    values.break_rule(&["window_buckets"], message, errors);
}

/// What is slow, and how much of it opens.
fn check_slow_calls(values: &KeyValues, errors: &mut Errors) {
    match (values.has("slow_call"), values.has("slow_call_rate")) {
        (true, false) => {
            let message = "`slow_call` alone opens nothing: give the share of slow calls that does, as in \
                           `slow_call_rate = \"50%\"`";
            values.break_rule(&["slow_call"], message, errors);
        }
        (false, true) => {
            let message = "`slow_call_rate` does not say what is slow: give the time from which on a call is, as in \
                           `slow_call = \"2s\"`";
            values.break_rule(&["slow_call_rate"], message, errors);
        }
        _ => {}
    }
}

fn check_buckets(settings: &Settings, values: &KeyValues, errors: &mut Errors) {
    if let Some(Literal::Count(calls)) = settings.literal("window") {
        let message = format!(
            "`window_buckets` divides a window in time, and `window` is {calls} calls: leave it away, or give a time, \
             as in `window = \"60s\"`"
        );
        if values.has("window_buckets") {
            values.break_rule(&["window", "window_buckets"], message, errors);
        }
    }
}

/// A window never holds more calls than it is long.
fn check_counts(settings: &Settings, values: &KeyValues, errors: &mut Errors) {
    let Some(Literal::Count(calls)) = settings.literal("window") else {
        return;
    };
    for name in ["min_calls", "failure_count"] {
        let Some(Literal::Count(count)) = settings.literal(name) else {
            continue;
        };
        if count > calls {
            let message = format!(
                "`{name}` is {count} and `window` is {calls} calls: a window of {calls} never holds \
                 as many, so at most {calls}"
            );
            values.break_rule(&["window", name], message, errors);
        }
    }
}

#[cfg(test)]
#[path = "window_rules_tests.rs"]
mod tests;
