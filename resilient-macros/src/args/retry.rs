//! The arguments of `#[retry]`, and rules about them taken together.

use proc_macro2::{Ident, TokenStream};

use super::handed_down::{self, OuterAttribute};
use super::key_values::KeyValues;
use super::keys::{DEFAULT_BASE_DELAY, DEFAULT_MAX_DELAY, HIDDEN, RETRY};
use super::names;
use super::pairs::{Form, Pair};
use super::retry_values::{
    Backoff, BudgetArgument, ERRORS, ErrorsKept, Jitter, LimitArgument, NESTED, NestedMode,
    backoff, budget, jitter, limit,
};
use super::setting::{Literal, Setting};
use super::settings::Settings;
use super::words::one_of;
use crate::error::Errors;

#[derive(Debug, Default)]
pub(crate) struct RetryArgs {
    pub(crate) settings: Settings,
    pub(crate) backoff: Option<Backoff>,
    pub(crate) jitter: Option<Jitter>,
    pub(crate) on: Option<TokenStream>,
    pub(crate) except: Option<TokenStream>,
    pub(crate) retry_if: Option<TokenStream>,
    pub(crate) retry_when: Option<TokenStream>,
    pub(crate) retry_after: Option<TokenStream>,
    pub(crate) deadline: Option<LimitArgument>,
    pub(crate) attempt_timeout: Option<LimitArgument>,
    pub(crate) budget: Option<BudgetArgument>,
    pub(crate) nested: Option<NestedMode>,
    pub(crate) errors: Option<ErrorsKept>,
    pub(crate) attempt: Option<Ident>,
    pub(crate) on_retry: Option<TokenStream>,
    pub(crate) on_give_up: Option<TokenStream>,
    pub(crate) policy: Option<TokenStream>,
    pub(crate) borrow: Vec<Ident>,
    pub(crate) clone: Vec<Ident>,
    pub(crate) krate: Option<TokenStream>,
    /// Attributes of this crate that stood above, outermost first.
    pub(crate) outer: Vec<OuterAttribute>,
}

impl RetryArgs {
    pub(crate) fn parse(tokens: TokenStream) -> Result<Self, Errors> {
        let mut errors = Errors::default();
        let values = KeyValues::read(tokens, &RETRY, &mut errors);
        let mut args = Self::default();
        for pair in values.pairs() {
            if args.settings.read(&values, pair, &mut errors) {
                continue;
            }
            match &pair.form {
                Form::Value(value) => args.set(pair, value, &mut errors),
                Form::List(inside) => args.set_list(pair, inside, &mut errors),
            }
        }
        check(&args, &values, &mut errors);
        errors.or(args)
    }

    fn set(&mut self, pair: &Pair, value: &TokenStream, errors: &mut Errors) {
        let tokens = || Some(value.clone());
        match pair.name.as_str() {
            "backoff" => self.backoff = backoff(value, errors),
            "jitter" => self.jitter = jitter(value, errors),
            "on" => self.on = tokens(),
            "except" => self.except = tokens(),
            "retry_if" => self.retry_if = tokens(),
            "retry_when" => self.retry_when = tokens(),
            "retry_after" => self.retry_after = tokens(),
            "deadline" => {
                let rule = "every call would be cut off at once, so above zero";
                self.deadline = limit(pair, value, rule, errors);
            }
            "attempt_timeout" => {
                let rule = "every attempt would be cut off at once, so above zero";
                self.attempt_timeout = limit(pair, value, rule, errors);
            }
            "budget" => self.budget = budget(value, errors),
            "nested" => self.nested = one_of("`nested`", NESTED, value, errors),
            "errors" => self.errors = one_of("`errors`", ERRORS, value, errors),
            "attempt" => self.attempt = names::variable(value, errors),
            "on_retry" => self.on_retry = tokens(),
            "on_give_up" => self.on_give_up = tokens(),
            "policy" => self.policy = tokens(),
            "crate" => self.krate = names::krate(value, errors),
            _ => {}
        }
    }

    fn set_list(&mut self, pair: &Pair, inside: &TokenStream, errors: &mut Errors) {
        match pair.name.as_str() {
            "borrow" => self.borrow = names::arguments(&pair.key, inside, errors),
            "clone" => self.clone = names::arguments(&pair.key, inside, errors),
            HIDDEN => self.outer = handed_down::parse(inside, errors),
            _ => {}
        }
    }
}

fn check(args: &RetryArgs, values: &KeyValues, errors: &mut Errors) {
    values.exclude(
        "max_attempts",
        &["max_retries"],
        "one is the other plus the first call, so give one of them",
        errors,
    );
    let sets: Vec<&str> = RETRY.settings().chain(["backoff", "jitter"]).collect();
    values.exclude("policy", &sets, "a policy sets it already", errors);
    check_delays(args, values, errors);
    check_backoff(args, values, errors);
    check_limits(args, values, errors);
    check_lists(args, values, errors);
}

fn check_delays(args: &RetryArgs, values: &KeyValues, errors: &mut Errors) {
    let (has_base, has_max) = (values.has("base_delay"), values.has("max_delay"));
    // The defaults do not apply to a custom schedule, nor beside a policy.
    let own = matches!(args.backoff, Some(Backoff::Custom(_))) || values.has("policy");
    if own && !(has_base && has_max) {
        return;
    }
    let base = args.settings.time(values, "base_delay", DEFAULT_BASE_DELAY);
    let max = args.settings.time(values, "max_delay", DEFAULT_MAX_DELAY);
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
    values.break_rule(&["base_delay", "max_delay"], message, errors);
}

fn check_backoff(args: &RetryArgs, values: &KeyValues, errors: &mut Errors) {
    // Without a value the default applies. A misspelt value has its error already.
    let exponential = matches!(args.backoff, None | Some(Backoff::Named("Exponential")));
    if !exponential && values.has("backoff_factor") {
        let message = "`backoff_factor` works with `backoff = exponential` only: the other schedules do not multiply";
        values.break_rule(&["backoff", "backoff_factor"], message, errors);
    }
    let jitter = match args.jitter {
        Some(Jitter::Named("Decorrelated")) => "decorrelated",
        Some(Jitter::Named("Smooth")) => "smooth",
        _ => return,
    };
    if !exponential {
        let message = format!(
            "`jitter = {jitter}` works with `backoff = exponential` only: it has a growth of its own"
        );
        values.break_rule(&["backoff", "jitter"], message, errors);
    } else if values.has("backoff_factor") {
        let message =
            format!("`jitter = {jitter}` takes no `backoff_factor`: it has a growth of its own");
        values.break_rule(&["backoff_factor", "jitter"], message, errors);
    }
}

fn check_limits(args: &RetryArgs, values: &KeyValues, errors: &mut Errors) {
    let literal = |limit: &Option<LimitArgument>| match limit.as_ref()?.after {
        Setting::Literal(Literal::Time(after)) => Some(after),
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
    values.break_rule(&["attempt_timeout", "deadline"], message, errors);
}

fn check_lists(args: &RetryArgs, values: &KeyValues, errors: &mut Errors) {
    let last = values.last_of(&["borrow", "clone"]);
    let (first, earlier, second, later) = if last.is_some_and(|last| last.name == "clone") {
        ("borrow", &args.borrow, "clone", &args.clone)
    } else {
        ("clone", &args.clone, "borrow", &args.borrow)
    };
    for argument in later.iter().filter(|argument| earlier.contains(argument)) {
        let message = format!(
            "`{argument}` is listed in `{first}` already: an argument stands in `{first}` or in \
             `{second}`"
        );
        errors.push(argument.span(), message);
    }
}

#[cfg(test)]
#[path = "retry_tests.rs"]
mod tests;
