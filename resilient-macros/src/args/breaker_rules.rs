//! What the arguments of `#[circuit_breaker]` must keep among each other.

use std::time::Duration;

use super::circuit_breaker::BreakerArgs;
use super::given::Given;
use super::setting::known;
use super::window_rules;
use crate::error::Errors;

const DEFAULT_RECOVERY_TIME: Duration = Duration::from_secs(30);

/// The keys that a breaker of one's own has set already.
const BREAKER_SETS: &[&str] = &[
    "name",
    "failure_threshold",
    "window",
    "window_buckets",
    "min_calls",
    "failure_rate",
    "failure_count",
    "slow_call",
    "slow_call_rate",
    "recovery_time",
    "recovery_factor",
    "max_recovery_time",
    "recovery_jitter",
    "half_open_max_calls",
    "half_open_successes",
    "half_open_failures",
    "probe_timeout",
    "abandoned",
];

pub(super) fn check(args: &BreakerArgs, given: &Given, errors: &mut Errors) {
    given.exclude(
        "breaker",
        BREAKER_SETS,
        "a breaker has its settings already",
        errors,
    );
    given.exclude(
        "breaker",
        &["key", "max_keys"],
        "a breaker of one's own is there already, and `key` finds one",
        errors,
    );
    check_recovery(args, given, errors);
    check_probes(args, given, errors);
    // What excludes each other needs nothing else.
    if !given.has("breaker") {
        window_rules::check(args, given, errors);
        check_keys(given, errors);
    }
}

fn check_keys(given: &Given, errors: &mut Errors) {
    if !given.has("key") {
        let message =
            "`max_keys` bounds the breakers that `key` makes: give one, as in `key = host`";
        given.break_rule(&["max_keys"], message, errors);
    }
}

fn check_recovery(args: &BreakerArgs, given: &Given, errors: &mut Errors) {
    let has_time = given.has("recovery_time");
    if !given.has("max_recovery_time") {
        return;
    }
    let max = known(args.max_recovery_time.as_ref(), true, Duration::MAX);
    let time = known(args.recovery_time.as_ref(), has_time, DEFAULT_RECOVERY_TIME);
    let Some((time, max)) = time.zip(max).filter(|(time, max)| time > max) else {
        return;
    };
    let message = if has_time {
        format!(
            "`max_recovery_time` is {max:?} and `recovery_time` is {time:?}: `max_recovery_time` is at least `recovery_time`"
        )
    } else {
        format!(
            "`max_recovery_time` is {max:?}, below `recovery_time`, whose default is {time:?}: lower `recovery_time` too"
        )
    };
    given.break_rule(&["recovery_time", "max_recovery_time"], message, errors);
}

/// More calls at a time than results that decide would be probes for nothing.
fn check_probes(args: &BreakerArgs, given: &Given, errors: &mut Errors) {
    let of = |name, setting, default| known(setting, given.has(name), default);
    let calls = of("half_open_max_calls", args.half_open_max_calls.as_ref(), 1);
    let successes = of("half_open_successes", args.half_open_successes.as_ref(), 1);
    let failures = of("half_open_failures", args.half_open_failures.as_ref(), 0);
    let (Some(calls), Some(successes), Some(failures)) = (calls, successes, failures) else {
        return;
    };
    let needed = successes.saturating_add(failures);
    if calls > needed {
        let message = format!(
            "`half_open_max_calls` is {calls}: at most `half_open_successes` + `half_open_failures`, \
             which is {successes} + {failures}, because more calls at a time decide nothing"
        );
        given.break_rule(
            &[
                "half_open_max_calls",
                "half_open_successes",
                "half_open_failures",
            ],
            message,
            errors,
        );
    }
}
