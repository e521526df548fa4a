//! The arguments of `#[timeout]`: a time without a key, and optionally the path to the runtime.

use proc_macro2::{Ident, Span, TokenStream};
use resilient_settings::limits;
use syn::Token;
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};

use super::handed_down::CommonArgs;
use super::key_values::KeyValues;
use super::keys::{HIDDEN, TIMEOUT};
use super::setting::SettingValue;
use super::value_form;
use super::value_tokens::value;
use crate::error::CompileErrors;
use crate::tokens::first_span;

#[derive(Debug)]
pub(crate) struct TimeoutArgs {
    pub(crate) after: SettingValue,
    /// The location of the time in the source.
    pub(super) place: Span,
    pub(crate) common: CommonArgs,
}

impl TimeoutArgs {
    pub(crate) fn parse(tokens: TokenStream) -> Result<Self, CompileErrors> {
        let mut errors = CompileErrors::default();
        let (time, rest) = split_time(tokens);
        let entry = limits::TABLE.get("timeout");
        let after = entry.zip(time.as_ref()).and_then(|(entry, time)| {
            Some((value_form::read(entry, time, &mut errors)?, first_span(time)))
        });
        let values = KeyValues::read(rest, &TIMEOUT, &mut errors);
        if time.is_none() && errors.is_empty() {
            errors.push(Span::call_site(), "`#[timeout]` needs a time: write `#[timeout(\"2s\")]`");
        }
        match after {
            Some((after, place)) => errors.or(Self { after, place, common: values.common }),
            None => Err(errors),
        }
    }
}

/// Separates the time, which comes first and has no key, from the `key = value` pairs after it.
fn split_time(tokens: TokenStream) -> (Option<TokenStream>, TokenStream) {
    let split = |input: ParseStream<'_>| {
        let is_pair = input.is_empty()
            || input.peek(Token![,])
            || input.peek(Ident::peek_any) && (input.peek2(Token![=]) && !input.peek2(Token![==]))
            || input.fork().parse::<Ident>().is_ok_and(|word| word == HIDDEN);
        let time = if is_pair { None } else { Some(value("", input)?) };
        input.parse::<Option<Token![,]>>()?;
        Ok((time, input.parse()?))
    };
    split.parse2(tokens.clone()).unwrap_or((Some(tokens), TokenStream::new()))
}

#[cfg(test)]
#[path = "timeout_tests.rs"]
mod tests;
