//! The arguments of `#[circuit_breaker]`.

use std::time::Duration;

use proc_macro2::TokenStream;

use super::given::{Given, Keys};
use super::outer::{self, Kind, Outer};
use super::pairs::Form;
use super::setting::{self, Setting, Value};
use super::window::{self, Window};
use super::word::one_of;
use super::{breaker_rules, path};
use crate::error::Errors;
use crate::literal::{Content, constant};

#[derive(Debug, Default)]
pub(crate) struct BreakerArgs {
    /// A string literal or the path of a `const`.
    pub(crate) name: Option<TokenStream>,
    pub(crate) failure_threshold: Option<Setting<u32>>,
    pub(crate) window: Option<Setting<Window>>,
    pub(crate) window_buckets: Option<Setting<u32>>,
    pub(crate) min_calls: Option<Setting<u32>>,
    pub(crate) failure_rate: Option<Setting<f64>>,
    pub(crate) failure_count: Option<Setting<u32>>,
    pub(crate) slow_call: Option<Setting<Duration>>,
    pub(crate) slow_call_rate: Option<Setting<f64>>,
    pub(crate) recovery_time: Option<Setting<Duration>>,
    pub(crate) recovery_factor: Option<Setting<f64>>,
    pub(crate) max_recovery_time: Option<Setting<Duration>>,
    pub(crate) recovery_jitter: Option<Setting<f64>>,
    pub(crate) half_open_max_calls: Option<Setting<u32>>,
    pub(crate) half_open_successes: Option<Setting<u32>>,
    pub(crate) half_open_failures: Option<Setting<u32>>,
    pub(crate) probe_timeout: Option<Setting<Duration>>,
    pub(crate) abandoned: Option<Abandoned>,
    pub(crate) failure: Option<TokenStream>,
    pub(crate) ignore: Option<TokenStream>,
    pub(crate) failure_if: Option<TokenStream>,
    pub(crate) failure_when: Option<TokenStream>,
    pub(crate) ignore_if: Option<TokenStream>,
    pub(crate) retry_after: Option<TokenStream>,
    pub(crate) on_open: Option<TokenStream>,
    pub(crate) breaker: Option<TokenStream>,
    /// One breaker for each value of it.
    pub(crate) key: Option<TokenStream>,
    pub(crate) max_keys: Option<Setting<u32>>,
    pub(crate) krate: Option<TokenStream>,
    /// Attributes of ours that stood above this one, outermost first.
    pub(crate) outer: Vec<Outer>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Abandoned {
    Ignore,
    Failure,
}

pub(super) const BREAKER_KEYS: Keys = Keys {
    kind: Kind::CircuitBreaker,
    values: &[
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
        "failure",
        "ignore",
        "failure_if",
        "failure_when",
        "ignore_if",
        "retry_after",
        "on_open",
        "breaker",
        "key",
        "max_keys",
        "crate",
    ],
    lists: &[],
};

/// Probe slots are bits of a fixed number of words.
const MOST_PROBES: u32 = 1024;

/// Finer ones cost memory and tell nothing more.
const MOST_BUCKETS: u32 = 1_000;

/// Each key is a breaker in memory.
const MOST_KEYS: u32 = 1_000_000;

const ABANDONED: &[(&str, Abandoned)] = &[
    ("ignore", Abandoned::Ignore),
    ("failure", Abandoned::Failure),
];

impl BreakerArgs {
    pub(crate) fn parse(tokens: TokenStream) -> Result<Self, Errors> {
        let mut errors = Errors::default();
        let given = Given::read(tokens, &BREAKER_KEYS, &mut errors);
        let mut args = BreakerArgs::default();
        for pair in given.pairs() {
            match &pair.form {
                Form::Value(tokens) => args.set(
                    Value {
                        key: &pair.name,
                        tokens,
                    },
                    &mut errors,
                ),
                // The only list here is the hidden one.
                Form::List(inside) => args.outer = outer::parse(inside, &mut errors),
            }
        }
        breaker_rules::check(&args, &given, &mut errors);
        errors.or(args)
    }

    fn set(&mut self, value: Value<'_>, errors: &mut Errors) {
        let tokens = || Some(value.tokens.clone());
        match value.key {
            "window" | "window_buckets" | "min_calls" | "failure_rate" | "failure_count"
            | "slow_call" | "slow_call_rate" => self.set_window(value, errors),
            "name" => self.name = name(value.tokens, errors),
            "failure_threshold" => {
                self.failure_threshold =
                    setting::count(value, errors, "it takes a failure to open, so at least 1");
            }
            "recovery_time" => self.recovery_time = setting::any_duration(value, errors),
            "recovery_factor" => self.recovery_factor = setting::factor(value, errors),
            "max_recovery_time" => self.max_recovery_time = setting::any_duration(value, errors),
            "recovery_jitter" => self.recovery_jitter = setting::proportion(value, errors),
            "half_open_max_calls" => {
                let rule = "a half-open circuit lets calls through, from 1 to 1024 at a time";
                self.half_open_max_calls = setting::bounded_count(value, errors, MOST_PROBES, rule);
            }
            "half_open_successes" => {
                self.half_open_successes =
                    setting::count(value, errors, "it takes a success to close, so at least 1");
            }
            "half_open_failures" => self.half_open_failures = setting::any_count(value, errors),
            "probe_timeout" => {
                self.probe_timeout = setting::duration(
                    value,
                    errors,
                    "every probe would be given up at once, so above zero",
                );
            }
            "abandoned" => self.abandoned = one_of("`abandoned`", ABANDONED, value.tokens, errors),
            "failure" => self.failure = tokens(),
            "ignore" => self.ignore = tokens(),
            "failure_if" => self.failure_if = tokens(),
            "failure_when" => self.failure_when = tokens(),
            "ignore_if" => self.ignore_if = tokens(),
            "retry_after" => self.retry_after = tokens(),
            "on_open" => self.on_open = tokens(),
            "breaker" => self.breaker = tokens(),
            "key" => self.key = key(value.tokens, errors),
            "max_keys" => {
                let rule = "keys have breakers of their own, from 1 to 1000000 of them";
                self.max_keys = setting::bounded_count(value, errors, MOST_KEYS, rule);
            }
            "crate" => self.krate = path::krate(value.tokens, errors),
            _ => {}
        }
    }

    /// The window, and what is taken over it.
    fn set_window(&mut self, value: Value<'_>, errors: &mut Errors) {
        match value.key {
            "window" => self.window = window::window(value, errors),
            "window_buckets" => {
                let rule = "a window in time is divided into 1 to 1000 buckets";
                self.window_buckets = setting::bounded_count(value, errors, MOST_BUCKETS, rule);
            }
            "min_calls" => {
                self.min_calls =
                    setting::count(value, errors, "no calls have no rate, so at least 1");
            }
            "failure_rate" => self.failure_rate = setting::rate(value, errors),
            "failure_count" => {
                self.failure_count =
                    setting::count(value, errors, "it takes a failure to open, so at least 1");
            }
            "slow_call" => {
                self.slow_call =
                    setting::duration(value, errors, "every call would be slow, so above zero");
            }
            "slow_call_rate" => self.slow_call_rate = setting::rate(value, errors),
            _ => {}
        }
    }
}

fn key(value: &TokenStream, errors: &mut Errors) -> Option<TokenStream> {
    let Some(literal) = constant(value) else {
        return Some(value.clone());
    };
    let advice = match literal.content {
        Content::Text(text) if is_name(&text) => format!("write `key = {text}` without quotes"),
        _ => "name what tells one dependency from another, as in `key = host`".to_owned(),
    };
    let message = format!("`key` is the same for every call: {advice}");
    errors.push_spanned(value, message);
    None
}

fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_alphabetic() || c == '_')
        && text.chars().all(|c| c.is_alphanumeric() || c == '_')
}

fn name(value: &TokenStream, errors: &mut Errors) -> Option<TokenStream> {
    match constant(value) {
        Some(literal) if literal.negative || !matches!(literal.content, Content::Text(_)) => {
            errors.push_spanned(
                value,
                "a breaker's name is text, as in `name = \"payments\"`, or a `const`",
            );
            None
        }
        Some(literal) if literal.content == Content::Text(String::new()) => {
            errors.push_spanned(
                value,
                "`name` is empty: name what is called, as in `name = \"payments\"`",
            );
            None
        }
        _ => Some(value.clone()),
    }
}

#[cfg(test)]
#[path = "circuit_breaker_tests.rs"]
mod tests;
