//! The values of `#[retry]` that have a grammar of their own.

use proc_macro2::{Ident, Span, TokenStream};

use super::keys::ValueForm;
use super::pairs::Pair;
use super::setting::Setting;
use super::words::{lone_ident, unknown};
use super::{suggest, value_form};
use crate::error::Errors;
use crate::literal::{Content, constant};

#[derive(Debug, Clone)]
pub(crate) enum Backoff {
    /// A variant of the runtime's enum.
    Named(&'static str),
    /// A path to a schedule, or another expression.
    Custom(TokenStream),
}

#[derive(Debug, Clone)]
pub(crate) enum Jitter {
    /// A variant of the runtime's enum.
    Named(&'static str),
    Proportion(Setting),
}

/// A time limit that cuts attempts off, and where its key stands.
#[derive(Debug, Clone)]
pub(crate) struct LimitArgument {
    pub(crate) after: Setting,
    pub(crate) key: Span,
}

#[derive(Debug, Clone)]
pub(crate) enum BudgetArgument {
    /// The name of a registered budget.
    Name(String),
    Expr(TokenStream),
}

/// What a loop does that starts in a repeated attempt of another loop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NestedMode {
    Warn,
    Collapse,
    Allow,
}

/// The errors that a failed call returns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ErrorsKept {
    Last,
    All,
}

const BACKOFFS: [(&str, &str); 4] = [
    ("exponential", "Exponential"),
    ("constant", "Constant"),
    ("linear", "Linear"),
    ("fibonacci", "Fibonacci"),
];
const JITTERS: [(&str, &str); 5] = [
    ("full", "Full"),
    ("equal", "Equal"),
    ("decorrelated", "Decorrelated"),
    ("smooth", "Smooth"),
    ("none", "None"),
];
pub(super) const NESTED: &[(&str, NestedMode)] = &[
    ("warn", NestedMode::Warn),
    ("collapse", NestedMode::Collapse),
    ("allow", NestedMode::Allow),
];
pub(super) const ERRORS: &[(&str, ErrorsKept)] =
    &[("last", ErrorsKept::Last), ("all", ErrorsKept::All)];

pub(super) fn limit(
    pair: &Pair,
    value: &TokenStream,
    rule: &'static str,
    errors: &mut Errors,
) -> Option<LimitArgument> {
    let above_zero = Some(rule);
    let after = value_form::read(&pair.name, value, ValueForm::Time { above_zero }, errors)?;
    let key = pair.key.span();
    Some(LimitArgument { after, key })
}

pub(super) fn budget(value: &TokenStream, errors: &mut Errors) -> Option<BudgetArgument> {
    let Some(literal) = constant(value) else {
        return Some(BudgetArgument::Expr(value.clone()));
    };
    let message = match literal.content {
        Content::Text(name) if !literal.negative && !name.is_empty() => {
            return Some(BudgetArgument::Name(name));
        }
        Content::Text(name) if name.is_empty() => {
            "`budget` is empty: name the budget, as in `budget = \"payments\"`"
        }
        _ => {
            "`budget` is the name of a budget, as in `budget = \"payments\"`, or an expression of \
             type `RetryBudget`"
        }
    };
    errors.push_spanned(value, message);
    None
}

/// The variant for a word of the list.
fn named(value: &TokenStream, words: &[(&'static str, &'static str)]) -> Option<&'static str> {
    let word = lone_ident(value)?.to_string();
    let found = words.iter().find(|(name, _)| *name == word)?;
    Some(found.1)
}

fn unknown_word(what: &str, words: &[(&str, &str)], value: &TokenStream, errors: &mut Errors) {
    let names: Vec<&str> = words.iter().map(|(name, _)| *name).collect();
    errors.push_spanned(value, unknown(what, &names, value));
}

pub(super) fn backoff(value: &TokenStream, errors: &mut Errors) -> Option<Backoff> {
    if let Some(variant) = named(value, &BACKOFFS) {
        return Some(Backoff::Named(variant));
    }
    // A schedule of the user's may have any name that is not nearly one of the words.
    let misspelt = lone_ident(value).is_some_and(|ident| {
        let word = ident.to_string();
        let is_near = |(known, _): &(&str, &str)| suggest::distance(&word, known) <= 2;
        is_keyword(value) || is_lower_case(&word) && BACKOFFS.iter().any(is_near)
    });
    if misspelt || constant(value).is_some() {
        unknown_word("backoff", &BACKOFFS, value, errors);
        return None;
    }
    Some(Backoff::Custom(value.clone()))
}

pub(super) fn jitter(value: &TokenStream, errors: &mut Errors) -> Option<Jitter> {
    if let Some(variant) = named(value, &JITTERS) {
        return Some(Jitter::Named(variant));
    }
    let is_word = lone_ident(value).is_some_and(|ident| is_lower_case(&ident.to_string()));
    let is_quoted = match constant(value).map(|constant| constant.content) {
        Some(Content::Text(text)) => JITTERS.iter().any(|(word, _)| *word == text),
        _ => false,
    };
    if is_word || is_quoted {
        unknown_word("jitter", &JITTERS, value, errors);
        return None;
    }
    value_form::read("jitter", value, ValueForm::Share, errors).map(Jitter::Proportion)
}

fn is_keyword(value: &TokenStream) -> bool {
    syn::parse2::<Ident>(value.clone()).is_err()
}

fn is_lower_case(word: &str) -> bool {
    !word.chars().any(char::is_uppercase)
}
