//! The arguments of `#[retry]`.

use std::time::Duration;

use proc_macro2::{Ident, Span, TokenStream};

use super::given::{Given, Keys};
use super::outer::{self, Kind, Outer};
use super::pairs::Form;
use super::retry_rules;
use super::setting::{self, Setting, Value};
use super::word::{lone_ident, one_of, unknown};
use super::{path, suggest};
use crate::error::Errors;
use crate::literal::{Content, constant};
use crate::tokens::{self, is_keyword};

#[derive(Debug, Default)]
pub(crate) struct RetryArgs {
    pub(crate) max_retries: Option<Setting<u32>>,
    pub(crate) max_attempts: Option<Setting<u32>>,
    pub(crate) backoff: Option<Backoff>,
    pub(crate) base_delay: Option<Setting<Duration>>,
    pub(crate) max_delay: Option<Setting<Duration>>,
    pub(crate) backoff_factor: Option<Setting<f64>>,
    pub(crate) jitter: Option<Jitter>,
    pub(crate) on: Option<TokenStream>,
    pub(crate) except: Option<TokenStream>,
    pub(crate) retry_if: Option<TokenStream>,
    pub(crate) retry_when: Option<TokenStream>,
    pub(crate) retry_after: Option<TokenStream>,
    pub(crate) max_retry_after: Option<Setting<Duration>>,
    pub(crate) max_elapsed: Option<Setting<Duration>>,
    pub(crate) deadline: Option<TimeLimit>,
    pub(crate) attempt_timeout: Option<TimeLimit>,
    pub(crate) budget: Option<Budget>,
    pub(crate) when_open: Option<WhenOpen>,
    pub(crate) nested: Option<Nested>,
    pub(crate) errors: Option<Kept>,
    pub(crate) attempt: Option<Ident>,
    pub(crate) on_retry: Option<TokenStream>,
    pub(crate) on_give_up: Option<TokenStream>,
    pub(crate) policy: Option<TokenStream>,
    pub(crate) borrow: Vec<Ident>,
    pub(crate) clone: Vec<Ident>,
    pub(crate) krate: Option<TokenStream>,
    /// Attributes of ours that stood above this one, outermost first.
    pub(crate) outer: Vec<Outer>,
}

#[derive(Debug, Clone)]
pub(crate) enum Backoff {
    Exponential,
    Constant,
    Linear,
    Fibonacci,
    /// A path to a schedule, or another expression.
    Custom(TokenStream),
}

#[derive(Debug, Clone)]
pub(crate) enum Jitter {
    Full,
    Equal,
    Decorrelated,
    Smooth,
    None,
    Proportion(Setting<f64>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WhenOpen {
    Stop,
    Wait,
}

/// A limit of time that cuts attempts off, and where its key stands.
#[derive(Debug, Clone)]
pub(crate) struct TimeLimit {
    pub(crate) after: Setting<Duration>,
    pub(crate) key: Span,
}

/// What pays for retries.
#[derive(Debug, Clone)]
pub(crate) enum Budget {
    /// The name of a registered one.
    Name(String),
    Expr(TokenStream),
}

/// What a loop does that starts in a repeated attempt of another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Nested {
    Warn,
    Collapse,
    Allow,
}

/// The errors that a failed call returns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kept {
    Last,
    All,
}

pub(super) const RETRY_KEYS: Keys = Keys {
    kind: Kind::Retry,
    values: &[
        "max_retries",
        "max_attempts",
        "backoff",
        "base_delay",
        "max_delay",
        "backoff_factor",
        "jitter",
        "on",
        "except",
        "retry_if",
        "retry_when",
        "retry_after",
        "max_retry_after",
        "max_elapsed",
        "deadline",
        "attempt_timeout",
        "budget",
        "when_open",
        "nested",
        "errors",
        "attempt",
        "on_retry",
        "on_give_up",
        "policy",
        "crate",
    ],
    lists: &["borrow", "clone"],
};

const BACKOFFS: [&str; 4] = ["exponential", "constant", "linear", "fibonacci"];
const JITTERS: [&str; 5] = ["full", "equal", "decorrelated", "smooth", "none"];
const NESTED: &[(&str, Nested)] = &[
    ("warn", Nested::Warn),
    ("collapse", Nested::Collapse),
    ("allow", Nested::Allow),
];
const ERRORS: &[(&str, Kept)] = &[("last", Kept::Last), ("all", Kept::All)];
const WHEN_OPEN: &[(&str, WhenOpen)] = &[("stop", WhenOpen::Stop), ("wait", WhenOpen::Wait)];

impl RetryArgs {
    pub(crate) fn parse(tokens: TokenStream) -> Result<Self, Errors> {
        let mut errors = Errors::default();
        let given = Given::read(tokens, &RETRY_KEYS, &mut errors);
        let mut args = RetryArgs::default();
        for pair in given.pairs() {
            match &pair.form {
                Form::Value(tokens) => args.set(
                    Value {
                        key: &pair.name,
                        tokens,
                    },
                    pair.key.span(),
                    &mut errors,
                ),
                Form::List(inside) => args.set_list(&pair.key, inside, &mut errors),
            }
        }
        retry_rules::check(&args, &given, &mut errors);
        errors.or(args)
    }

    fn set(&mut self, value: Value<'_>, key: Span, errors: &mut Errors) {
        let tokens = || Some(value.tokens.clone());
        match value.key {
            "deadline" => {
                let after = setting::duration(
                    value,
                    errors,
                    "every call would be cut off at once, so above zero",
                );
                self.deadline = after.map(|after| TimeLimit { after, key });
            }
            "attempt_timeout" => {
                let after = setting::duration(
                    value,
                    errors,
                    "every attempt would be cut off at once, so above zero",
                );
                self.attempt_timeout = after.map(|after| TimeLimit { after, key });
            }
            "budget" => self.budget = budget(value.tokens, errors),
            "nested" => self.nested = one_of("`nested`", NESTED, value.tokens, errors),
            "errors" => self.errors = one_of("`errors`", ERRORS, value.tokens, errors),
            "max_retries" => self.max_retries = setting::any_count(value, errors),
            "max_attempts" => {
                self.max_attempts = setting::count(
                    value,
                    errors,
                    "the first call is an attempt too, so at least 1",
                );
            }
            "backoff" => self.backoff = backoff(value.tokens, errors),
            "base_delay" => self.base_delay = setting::any_duration(value, errors),
            "max_delay" => self.max_delay = setting::any_duration(value, errors),
            "backoff_factor" => self.backoff_factor = setting::factor(value, errors),
            "jitter" => self.jitter = jitter(value, errors),
            "on" => self.on = tokens(),
            "except" => self.except = tokens(),
            "retry_if" => self.retry_if = tokens(),
            "retry_when" => self.retry_when = tokens(),
            "retry_after" => self.retry_after = tokens(),
            "max_retry_after" => self.max_retry_after = setting::any_duration(value, errors),
            "max_elapsed" => {
                self.max_elapsed = setting::duration(
                    value,
                    errors,
                    "there would be no time for a retry, so above zero",
                );
            }
            "when_open" => self.when_open = one_of("`when_open`", WHEN_OPEN, value.tokens, errors),
            "attempt" => self.attempt = path::binding(value.tokens, errors),
            "on_retry" => self.on_retry = tokens(),
            "on_give_up" => self.on_give_up = tokens(),
            "policy" => self.policy = tokens(),
            "crate" => self.krate = path::krate(value.tokens, errors),
            _ => {}
        }
    }

    fn set_list(&mut self, key: &Ident, inside: &TokenStream, errors: &mut Errors) {
        match tokens::name(key).as_str() {
            "borrow" => self.borrow = path::arguments(key, inside, errors),
            "clone" => self.clone = path::arguments(key, inside, errors),
            "__outer" => self.outer = outer::parse(inside, errors),
            _ => {}
        }
    }
}

fn budget(value: &TokenStream, errors: &mut Errors) -> Option<Budget> {
    let Some(literal) = constant(value) else {
        return Some(Budget::Expr(value.clone()));
    };
    let message = match literal.content {
        Content::Text(name) if !literal.negative && !name.is_empty() => {
            return Some(Budget::Name(name));
        }
        Content::Text(name) if name.is_empty() => {
            "`budget` is empty: name the budget, as in `budget = \"payments\"`"
        }
        _ => {
            "`budget` is the name of a budget, as in `budget = \"payments\"`, or an expression of type `RetryBudget`"
        }
    };
    errors.push_spanned(value, message);
    None
}

fn backoff(value: &TokenStream, errors: &mut Errors) -> Option<Backoff> {
    let word = lone_ident(value).map(|ident| ident.to_string());
    match word.as_deref() {
        Some("exponential") => return Some(Backoff::Exponential),
        Some("constant") => return Some(Backoff::Constant),
        Some("linear") => return Some(Backoff::Linear),
        Some("fibonacci") => return Some(Backoff::Fibonacci),
        _ => {}
    }
    // A schedule of the user's own may have any name that is not nearly one of ours.
    let misspelt = word.is_some_and(|word| {
        is_keyword(&word)
            || is_lower_case(&word)
                && BACKOFFS
                    .iter()
                    .any(|known| suggest::distance(&word, known) <= 2)
    });
    if misspelt || constant(value).is_some() {
        errors.push_spanned(value, unknown("backoff", &BACKOFFS, value));
        return None;
    }
    Some(Backoff::Custom(value.clone()))
}

fn jitter(value: Value<'_>, errors: &mut Errors) -> Option<Jitter> {
    let word = lone_ident(value.tokens)
        .map(|ident| ident.to_string())
        .filter(|word| is_lower_case(word));
    match word.as_deref() {
        Some("full") => Some(Jitter::Full),
        Some("equal") => Some(Jitter::Equal),
        Some("decorrelated") => Some(Jitter::Decorrelated),
        Some("smooth") => Some(Jitter::Smooth),
        Some("none") => Some(Jitter::None),
        Some(_) => {
            errors.push_spanned(value.tokens, unknown("jitter", &JITTERS, value.tokens));
            None
        }
        None => {
            let text = constant(value.tokens).map(|constant| constant.content);
            if matches!(&text, Some(Content::Text(text)) if JITTERS.contains(&text.as_str())) {
                errors.push_spanned(value.tokens, unknown("jitter", &JITTERS, value.tokens));
                return None;
            }
            setting::proportion(value, errors).map(Jitter::Proportion)
        }
    }
}

fn is_lower_case(word: &str) -> bool {
    !word.chars().any(char::is_uppercase)
}

#[cfg(test)]
#[path = "retry_tests.rs"]
mod tests;
