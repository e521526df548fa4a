//! What the window of a breaker, and the conditions taken over it, must keep among each other.

use super::circuit_breaker::BreakerArgs;
use super::given::Given;
use super::setting::Setting;
use super::window::Window;
use crate::error::Errors;

const RATES: &[&str] = &["failure_rate", "slow_call_rate"];

pub(super) fn check(args: &BreakerArgs, given: &Given, errors: &mut Errors) {
    check_window_is_there(given, errors);
    check_slow_calls(given, errors);
    check_buckets(args, given, errors);
    check_counts(args, given, errors);
}

fn check_window_is_there(given: &Given, errors: &mut Errors) {
    if given.has("min_calls") && !RATES.iter().any(|rate| given.has(rate)) {
        let message = "`min_calls` is for rates only: it needs a `failure_rate`, as in `failure_rate = \"50%\"`, or a \
                       `slow_call_rate`";
        given.break_rule(&["min_calls"], message, errors);
    }
    if given.has("window") {
        return;
    }
    for condition in ["failure_rate", "failure_count", "slow_call_rate"] {
        let message = format!(
            "`{condition}` is taken over a window: give one, as in `window = 100` calls or `window = \"60s\"`"
        );
        given.break_rule(&[condition], message, errors);
    }
    let message = "`window_buckets` divides a window in time: give one, as in `window = \"60s\"`";
    given.break_rule(&["window_buckets"], message, errors);
}

/// What is slow, and how much of it opens.
fn check_slow_calls(given: &Given, errors: &mut Errors) {
    match (given.has("slow_call"), given.has("slow_call_rate")) {
        (true, false) => {
            let message = "`slow_call` alone opens nothing: give the share of slow calls that does, as in \
                           `slow_call_rate = \"50%\"`";
            given.break_rule(&["slow_call"], message, errors);
        }
        (false, true) => {
            let message = "`slow_call_rate` does not say what is slow: give the time from which on a call is, as in \
                           `slow_call = \"2s\"`";
            given.break_rule(&["slow_call_rate"], message, errors);
        }
        _ => {}
    }
}

fn check_buckets(args: &BreakerArgs, given: &Given, errors: &mut Errors) {
    if let Some(Setting::Literal(Window::Calls(calls))) = args.window {
        let message = format!(
            "`window_buckets` divides a window in time, and `window` is {calls} calls: leave it away, or give a time, \
             as in `window = \"60s\"`"
        );
        if given.has("window_buckets") {
            given.break_rule(&["window", "window_buckets"], message, errors);
        }
    }
}

/// A window never holds more calls than it is long.
fn check_counts(args: &BreakerArgs, given: &Given, errors: &mut Errors) {
    let Some(Setting::Literal(Window::Calls(calls))) = args.window else {
        return;
    };
    for (name, setting) in [
        ("min_calls", &args.min_calls),
        ("failure_count", &args.failure_count),
    ] {
        if let Some(Setting::Literal(count)) = setting {
            if *count > calls {
                let message = format!(
                    "`{name}` is {count} and `window` is {calls} calls: a window of {calls} never holds as many, so at \
                     most {calls}"
                );
                given.break_rule(&["window", name], message, errors);
            }
        }
    }
}

#[cfg(test)]
#[path = "window_rules_tests.rs"]
mod tests;
