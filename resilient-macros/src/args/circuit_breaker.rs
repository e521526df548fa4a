//! The arguments of `#[circuit_breaker]`.

use proc_macro2::{Ident, TokenStream};
use resilient_settings::breaker;

use super::handed_down::CommonArgs;
use super::key_values::KeyValues;
use super::keys::CIRCUIT_BREAKER;
use super::names;
use super::pairs::Form;
use super::setting::SettingValue;
use super::settings::{GivenSettings, check_rules};
use super::words::order_is_explicit;
use crate::error::CompileErrors;
use crate::literal::{LiteralContent, constant};

#[derive(Debug, Default)]
pub(crate) struct BreakerArgs {
    /// The name of the breaker: a string literal or the path of a `const`.
    pub(crate) name: Option<TokenStream>,
    pub(crate) settings: GivenSettings,
    pub(crate) failure: Option<TokenStream>,
    pub(crate) ignore: Option<TokenStream>,
    pub(crate) failure_if: Option<TokenStream>,
    pub(crate) failure_when: Option<TokenStream>,
    pub(crate) ignore_if: Option<TokenStream>,
    pub(crate) classify: Option<TokenStream>,
    pub(crate) retry_after: Option<TokenStream>,
    pub(crate) on_open: Option<TokenStream>,
    pub(crate) breaker: Option<TokenStream>,
    /// An expression that each call evaluates. Each value of the expression has a separate breaker.
    pub(crate) key: Option<TokenStream>,
    /// Whether `order = explicit` is given. The user then accepts that one call of the breaker
    /// covers a whole retry loop.
    pub(crate) order_is_explicit: bool,
    pub(crate) common: CommonArgs,
}

impl BreakerArgs {
    pub(crate) fn parse(tokens: TokenStream) -> Result<Self, CompileErrors> {
        let mut errors = CompileErrors::default();
        let values = KeyValues::read(tokens, &CIRCUIT_BREAKER, &mut errors);
        let mut args = Self::default();
        for pair in values.pairs() {
            if args.settings.read(&values, pair, &mut errors) {
                continue;
            }
            if let Form::Value(value) = &pair.form {
                args.set(&pair.name, value, &mut errors);
            }
        }
        check(&args.settings, &values, &mut errors);
        args.common = values.common;
        errors.or(args)
    }

    /// Returns the expressions that the expansion evaluates once for all calls, outside the
    /// function.
    pub(crate) fn evaluated_once(&self) -> impl Iterator<Item = &TokenStream> {
        let expressions = self.settings.iter().filter_map(SettingValue::expression);
        self.name.iter().chain(expressions)
    }

    /// Returns the expressions and patterns that are evaluated after each call, to classify its
    /// output.
    pub(crate) fn evaluated_after(&self) -> impl Iterator<Item = &TokenStream> {
        let patterns = [&self.failure, &self.ignore];
        let functions = [&self.failure_if, &self.failure_when, &self.ignore_if, &self.classify];
        patterns.into_iter().chain(functions).chain([&self.retry_after]).flatten()
    }

    fn set(&mut self, key: &str, value: &TokenStream, errors: &mut CompileErrors) {
        let tokens = || Some(value.clone());
        match key {
            "name" => self.name = names::of_item("breaker", value, errors),
            "failure" => self.failure = tokens(),
            "ignore" => self.ignore = tokens(),
            "failure_if" => self.failure_if = tokens(),
            "failure_when" => self.failure_when = tokens(),
            "ignore_if" => self.ignore_if = tokens(),
            "classify" => self.classify = tokens(),
            "retry_after" => self.retry_after = tokens(),
            "on_open" => self.on_open = tokens(),
            "breaker" => self.breaker = tokens(),
            "key" => self.key = key_expression(value, errors),
            "order" => self.order_is_explicit = order_is_explicit(value, errors),
            _ => {}
        }
    }
}

fn check(settings: &GivenSettings, values: &KeyValues, errors: &mut CompileErrors) {
    let sets = CIRCUIT_BREAKER.settings().filter(|name| *name != "max_keys");
    let sets: Vec<&str> = sets.chain(["name"]).collect();
    values.exclude("breaker", &sets, "a breaker has its settings already", errors);
    values.exclude(
        "breaker",
        &["key", "max_keys"],
        "a breaker of one's own is there already, and `key` finds one",
        errors,
    );
    // Settings beside `breaker` are already reported as errors above.
    if values.has("breaker") {
        return;
    }
    let get = |name: &str| settings.get(name);
    check_rules(&breaker::TABLE, get, values, errors);
    if !values.has("key") {
        let message =
            "`max_keys` bounds the breakers that `key` makes: give one, as in `key = host`";
        values.break_rule(&["max_keys"], message, errors);
    }
}

fn key_expression(value: &TokenStream, errors: &mut CompileErrors) -> Option<TokenStream> {
    let Some(literal) = constant(value) else {
        return Some(value.clone());
    };
    let advice = match literal.content {
        LiteralContent::Text(text) if syn::parse_str::<Ident>(&text).is_ok() => {
            format!("write `key = {text}` without quotes")
        }
        _ => "name what tells one dependency from another, as in `key = host`".to_owned(),
    };
    let message = format!("`key` is the same for every call: {advice}");
    errors.push_spanned(value, message);
    None
}

#[cfg(test)]
#[path = "circuit_breaker_tests.rs"]
mod tests;
#[cfg(test)]
#[path = "window_rules_tests.rs"]
mod window_rules_tests;
