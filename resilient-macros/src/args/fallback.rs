//! The arguments of `#[fallback]`.

use proc_macro2::{Span, TokenStream};

use super::given::{Given, Keys};
use super::outer::{self, Kind, Outer};
use super::pairs::Form;
use super::path;
use super::word::one_of;
use crate::error::Errors;
use crate::literal::constant;
use crate::tokens::source;

#[derive(Debug)]
pub(crate) struct FallbackArgs {
    pub(crate) replacement: Replacement,
    pub(crate) on: Option<TokenStream>,
    pub(crate) except: Option<TokenStream>,
    /// It may stand where it hides failures from what is above it.
    pub(crate) order_is_explicit: bool,
    pub(crate) krate: Option<TokenStream>,
    /// Attributes of ours that stood above this one, outermost first.
    pub(crate) outer: Vec<Outer>,
}

/// What takes the place of a failed output.
#[derive(Debug, Clone)]
pub(crate) enum Replacement {
    /// A successful output of this value.
    Value(TokenStream),
    /// What a closure or a function makes of the error.
    With(TokenStream),
}

impl Replacement {
    pub(crate) fn tokens(&self) -> &TokenStream {
        match self {
            Replacement::Value(tokens) | Replacement::With(tokens) => tokens,
        }
    }
}

pub(super) const FALLBACK_KEYS: Keys = Keys {
    kind: Kind::Fallback,
    values: &["value", "with", "on", "except", "order", "crate"],
    lists: &[],
};

const ORDER: &[(&str, bool)] = &[("explicit", true)];

impl FallbackArgs {
    pub(crate) fn parse(tokens: TokenStream) -> Result<Self, Errors> {
        let mut errors = Errors::default();
        let given = Given::read(tokens, &FALLBACK_KEYS, &mut errors);
        let mut replacement = None;
        let (mut on, mut except, mut krate) = (None, None, None);
        let (mut order_is_explicit, mut outer) = (false, Vec::new());
        for pair in given.pairs() {
            let value = match &pair.form {
                Form::Value(value) => value,
                // The only list here is the hidden one.
                Form::List(inside) => {
                    outer = outer::parse(inside, &mut errors);
                    continue;
                }
            };
            match pair.name.as_str() {
                "value" => replacement = Some(Replacement::Value(value.clone())),
                "with" => replacement = with(value, &mut errors),
                "on" => on = Some(value.clone()),
                "except" => except = Some(value.clone()),
                "order" => {
                    order_is_explicit =
                        one_of("`order`", ORDER, value, &mut errors).unwrap_or(false);
                }
                "crate" => krate = path::krate(value, &mut errors),
                _ => {}
            }
        }
        given.exclude(
            "with",
            &["value"],
            "one of them makes the output, so give one",
            &mut errors,
        );
        if !given.has("value") && !given.has("with") && errors.is_empty() {
            errors.push(
                Span::call_site(),
                "`#[fallback]` needs what takes the place of a failure: write `value = …`, or `with = |error| …`",
            );
        }
        match replacement {
            Some(replacement) => errors.or(Self {
                replacement,
                on,
                except,
                order_is_explicit,
                krate,
                outer,
            }),
            None => Err(errors),
        }
    }
}

fn with(value: &TokenStream, errors: &mut Errors) -> Option<Replacement> {
    if constant(value).is_none() {
        return Some(Replacement::With(value.clone()));
    }
    let given = source(value);
    errors.push_spanned(
        value,
        format!(
            "`with` is a closure or a path, which is given the error: for a value, write `value = {given}`"
        ),
    );
    None
}

#[cfg(test)]
#[path = "fallback_tests.rs"]
mod tests;
