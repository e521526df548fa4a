//! The arguments of `#[retry]`, and the rules about combinations of these arguments.

use proc_macro2::{Ident, TokenStream};
use resilient_settings::{limits, retry};

use super::handed_down::CommonArgs;
use super::key_values::KeyValues;
use super::keys::RETRY;
use super::names;
use super::pairs::{Form, Pair};
use super::retry_values::{BudgetArgument, ERRORS, LimitArgument, NESTED, budget, limit};
use super::settings::{GivenSettings, check_rules};
use super::words::one_of;
use crate::error::CompileErrors;

#[derive(Debug, Default)]
pub(crate) struct RetryArgs {
    /// The name of the retry: a string literal or the path of a `const`.
    pub(crate) name: Option<TokenStream>,
    pub(crate) settings: GivenSettings,
    pub(crate) on: Option<TokenStream>,
    pub(crate) except: Option<TokenStream>,
    pub(crate) retry_if: Option<TokenStream>,
    pub(crate) retry_when: Option<TokenStream>,
    pub(crate) classify: Option<TokenStream>,
    pub(crate) retry_after: Option<TokenStream>,
    pub(crate) deadline: Option<LimitArgument>,
    pub(crate) attempt_timeout: Option<LimitArgument>,
    pub(crate) budget: Option<BudgetArgument>,
    /// The name of a variant of the runtime's `NestedMode`, or `None` for the default.
    pub(crate) nested: Option<&'static str>,
    pub(crate) returns_all_errors: bool,
    pub(crate) attempt: Option<Ident>,
    pub(crate) on_retry: Option<TokenStream>,
    pub(crate) on_wait: Option<TokenStream>,
    pub(crate) on_give_up: Option<TokenStream>,
    pub(crate) policy: Option<TokenStream>,
    pub(crate) borrow: Vec<Ident>,
    pub(crate) clone: Vec<Ident>,
    pub(crate) common: CommonArgs,
}

impl RetryArgs {
    pub(crate) fn parse(tokens: TokenStream) -> Result<Self, CompileErrors> {
        let mut errors = CompileErrors::default();
        let values = KeyValues::read(tokens, &RETRY, &mut errors);
        let mut args = Self::default();
        for pair in values.pairs() {
            if args.settings.read(&values, pair, &mut errors) {
                continue;
            }
            match (&pair.form, pair.name.as_str()) {
                (Form::Value(value), _) => args.set(pair, value, &mut errors),
                (Form::List(inside), "borrow") => {
                    args.borrow = names::arguments(&pair.key, inside, &mut errors);
                }
                (Form::List(inside), "clone") => {
                    args.clone = names::arguments(&pair.key, inside, &mut errors);
                }
                (Form::List(_), _) => {}
            }
        }
        check(&args, &values, &mut errors);
        args.common = values.common;
        errors.or(args)
    }

    fn set(&mut self, pair: &Pair, value: &TokenStream, errors: &mut CompileErrors) {
        let tokens = || Some(value.clone());
        match pair.name.as_str() {
            "name" => self.name = names::of_item("retry", value, errors),
            "on" => self.on = tokens(),
            "except" => self.except = tokens(),
            "retry_if" => self.retry_if = tokens(),
            "retry_when" => self.retry_when = tokens(),
            "classify" => self.classify = tokens(),
            "retry_after" => self.retry_after = tokens(),
            "deadline" => self.deadline = limit(pair, value, errors),
            "attempt_timeout" => self.attempt_timeout = limit(pair, value, errors),
            "budget" => self.budget = budget(value, errors),
            "nested" => self.nested = one_of("nested", NESTED, value, errors).flatten(),
            "errors" => {
                let all = one_of("errors", ERRORS, value, errors);
                self.returns_all_errors = all.unwrap_or(false);
            }
            "attempt" => self.attempt = names::variable(value, errors),
            "on_retry" => self.on_retry = tokens(),
            "on_wait" => self.on_wait = tokens(),
            "on_give_up" => self.on_give_up = tokens(),
            "policy" => self.policy = tokens(),
            _ => {}
        }
    }
}

fn check(args: &RetryArgs, values: &KeyValues, errors: &mut CompileErrors) {
    let sets: Vec<&str> = RETRY.settings().collect();
    values.exclude("policy", &sets, "a policy sets it already", errors);
    // Settings beside `policy` are already reported as errors above.
    if !values.has("policy") {
        let get = |name: &str| args.settings.get(name);
        check_rules(&retry::TABLE, get, values, errors);
    }
    let limit = |name: &str| match name {
        "deadline" => args.deadline.as_ref().map(|limit| &limit.after),
        "attempt_timeout" => args.attempt_timeout.as_ref().map(|limit| &limit.after),
        _ => None,
    };
    check_rules(&limits::TABLE, limit, values, errors);
    check_lists(args, values, errors);
}

fn check_lists(args: &RetryArgs, values: &KeyValues, errors: &mut CompileErrors) {
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
