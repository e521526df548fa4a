//! What the arguments of `#[retry]` must keep among each other.

use std::time::Duration;

use super::given::Given;
use super::retry::{Backoff, Jitter, RetryArgs, TimeLimit};
use super::setting::{Setting, known};
use crate::error::Errors;

const DEFAULT_BASE_DELAY: Duration = Duration::from_millis(100);
const DEFAULT_MAX_DELAY: Duration = Duration::from_secs(10);

/// The keys that a policy sets.
const POLICY_SETS: &[&str] = &[
    "max_retries",
    "max_attempts",
    "backoff",
    "base_delay",
    "max_delay",
    "backoff_factor",
    "jitter",
    "max_retry_after",
    "max_elapsed",
    "when_open",
];

pub(super) fn check(args: &RetryArgs, given: &Given, errors: &mut Errors) {
    given.exclude(
        "max_attempts",
        &["max_retries"],
        "one is the other plus the first call, so give one of them",
        errors,
    );
    given.exclude("policy", POLICY_SETS, "a policy sets it already", errors);
    check_delays(args, given, errors);
    check_backoff(args, given, errors);
    check_limits(args, given, errors);
    check_lists(args, given, errors);
}

fn check_delays(args: &RetryArgs, given: &Given, errors: &mut Errors) {
    let (has_base, has_max) = (given.has("base_delay"), given.has("max_delay"));
    // A schedule of one's own does not begin with the default, and a policy has its own.
    let own = matches!(args.backoff, Some(Backoff::Custom(_))) || given.has("policy");
    if own && !(has_base && has_max) {
        return;
    }
    let base = known(args.base_delay.as_ref(), has_base, DEFAULT_BASE_DELAY);
    let max = known(args.max_delay.as_ref(), has_max, DEFAULT_MAX_DELAY);
    let Some((base, max)) = base.zip(max).filter(|(base, max)| base > max) else {
        return;
    };
    let message = if !has_max {
        format!(
            "`base_delay` is {base:?}, above `max_delay`, whose default is {max:?}: raise `max_delay` too"
        )
    } else if !has_base {
        format!(
            "`max_delay` is {max:?}, below `base_delay`, whose default is {base:?}: lower `base_delay` too"
        )
    } else {
        format!(
            "`max_delay` is {max:?} and `base_delay` is {base:?}: `max_delay` is at least `base_delay`"
        )
    };
    given.break_rule(&["base_delay", "max_delay"], message, errors);
}

fn check_backoff(args: &RetryArgs, given: &Given, errors: &mut Errors) {
    // Without a backoff the default counts; a misspelt one has its error already.
    let exponential = matches!(args.backoff, None | Some(Backoff::Exponential));
    if !exponential && given.has("backoff_factor") {
        let message = "`backoff_factor` works with `backoff = exponential` only: the other schedules do not multiply";
        given.break_rule(&["backoff", "backoff_factor"], message, errors);
    }
    let jitter = match args.jitter {
        Some(Jitter::Decorrelated) => "decorrelated",
        Some(Jitter::Smooth) => "smooth",
        _ => return,
    };
    if !exponential {
        let message = format!(
            "`jitter = {jitter}` works with `backoff = exponential` only: it has a growth of its own"
        );
        given.break_rule(&["backoff", "jitter"], message, errors);
    } else if given.has("backoff_factor") {
        let message =
            format!("`jitter = {jitter}` takes no `backoff_factor`: it has a growth of its own");
        given.break_rule(&["backoff_factor", "jitter"], message, errors);
    }
}

fn check_limits(args: &RetryArgs, given: &Given, errors: &mut Errors) {
    let literal = |limit: &Option<TimeLimit>| match limit {
        Some(TimeLimit {
            after: Setting::Literal(after),
            ..
        }) => Some(*after),
        _ => None,
    };
    let limits = literal(&args.attempt_timeout).zip(literal(&args.deadline));
    let Some((attempt, call)) = limits.filter(|(attempt, call)| attempt > call) else {
        return;
    };
    let message = format!(
        "`attempt_timeout` is {attempt:?} and `deadline` is {call:?}: the deadline is for all attempts, so \
         `attempt_timeout` is at most that"
    );
    given.break_rule(&["attempt_timeout", "deadline"], message, errors);
}

fn check_lists(args: &RetryArgs, given: &Given, errors: &mut Errors) {
    let clone_is_second = given
        .last_of(&["borrow", "clone"])
        .is_some_and(|last| last.name == "clone");
    let (first, second) = if clone_is_second {
        ("borrow", "clone")
    } else {
        ("clone", "borrow")
    };
    let (earlier, later) = if clone_is_second {
        (&args.borrow, &args.clone)
    } else {
        (&args.clone, &args.borrow)
    };
    for argument in later.iter().filter(|argument| earlier.contains(argument)) {
        let message = format!(
            "`{argument}` is listed in `{first}` already: an argument stands in `{first}` or in `{second}`"
        );
        errors.push(argument.span(), message);
    }
}
