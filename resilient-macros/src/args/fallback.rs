//! The arguments of `#[fallback]`.

use proc_macro2::{Span, TokenStream};

use super::fallback_kind::{FallbackKind, fallback_kind};
use super::handed_down::CommonArgs;
use super::key_values::KeyValues;
use super::keys::FALLBACK;
use super::pairs::Form;
use super::words;
use crate::error::CompileErrors;
use crate::literal::constant;
use crate::tokens::source;

#[derive(Debug)]
pub(crate) struct FallbackArgs {
    pub(crate) replacement: FallbackReplacement,
    pub(crate) on: Option<TokenStream>,
    pub(crate) except: Option<TokenStream>,
    /// Whether `order = explicit` is given. The user then accepts that the fallback hides failures
    /// from the attributes above it.
    pub(crate) order_is_explicit: bool,
    pub(crate) common: CommonArgs,
}

/// The replacement of a failed output.
#[derive(Debug, Clone)]
pub(crate) enum FallbackReplacement {
    /// `value = …`: a successful output contains this value.
    Value(TokenStream),
    /// `with = …`: a closure or a function that turns the error into an output.
    With(TokenStream, FallbackKind),
}

impl FallbackReplacement {
    pub(crate) fn tokens(&self) -> &TokenStream {
        match self {
            FallbackReplacement::Value(tokens) | FallbackReplacement::With(tokens, _) => tokens,
        }
    }
}

impl FallbackArgs {
    pub(crate) fn parse(tokens: TokenStream) -> Result<Self, CompileErrors> {
        let mut errors = CompileErrors::default();
        let values = KeyValues::read(tokens, &FALLBACK, &mut errors);
        let mut replacement = None;
        let (mut on, mut except, mut order_is_explicit) = (None, None, false);
        for pair in values.pairs() {
            let Form::Value(value) = &pair.form else {
                continue;
            };
            match pair.name.as_str() {
                "value" => replacement = Some(FallbackReplacement::Value(value.clone())),
                "with" => replacement = with(value, &mut errors),
                "on" => on = Some(value.clone()),
                "except" => except = Some(value.clone()),
                "order" => order_is_explicit = words::order_is_explicit(value, &mut errors),
                _ => {}
            }
        }
        let reason = "one of them makes the output, so give one";
        values.exclude("with", &["value"], reason, &mut errors);
        if !values.has("value") && !values.has("with") && errors.is_empty() {
            errors.push(
                Span::call_site(),
                "`#[fallback]` needs what takes the place of a failure: write `value = …`, or \
                 `with = |error| …`",
            );
        }
        match replacement {
            Some(replacement) => errors.or(Self {
                replacement,
                on,
                except,
                order_is_explicit,
                common: values.common,
            }),
            None => Err(errors),
        }
    }
}

fn with(value: &TokenStream, errors: &mut CompileErrors) -> Option<FallbackReplacement> {
    if constant(value).is_none() {
        return Some(FallbackReplacement::With(value.clone(), fallback_kind(value)));
    }
    let given = source(value);
    errors.push_spanned(
        value,
        format!(
            "`with` is a closure or a path, which is given the error: for a value, write \
             `value = {given}`"
        ),
    );
    None
}

#[cfg(test)]
#[path = "fallback_tests.rs"]
mod tests;
