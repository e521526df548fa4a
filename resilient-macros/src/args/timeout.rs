//! The arguments of `#[timeout]`: a time without a key, and perhaps the path of the runtime.

use std::time::Duration;

use proc_macro2::{Ident, Span, TokenStream};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{Expr, Token};

use super::given::{Given, HIDDEN, Keys};
use super::outer::{self, Kind, Outer};
use super::pairs::Form;
use super::path;
use super::setting::{self, Setting, Value};
use crate::error::Errors;

#[derive(Debug)]
pub(crate) struct TimeoutArgs {
    pub(crate) after: Setting<Duration>,
    pub(crate) krate: Option<TokenStream>,
    /// Attributes of ours that stood above this one, outermost first.
    pub(crate) outer: Vec<Outer>,
}

pub(super) const TIMEOUT_KEYS: Keys = Keys {
    kind: Kind::Timeout,
    values: &["crate"],
    lists: &[],
};

impl TimeoutArgs {
    pub(crate) fn parse(tokens: TokenStream) -> Result<Self, Errors> {
        let mut errors = Errors::default();
        let (time, rest) = split_time(tokens);
        let after = time.as_ref().and_then(|tokens| after(tokens, &mut errors));
        let given = Given::read(rest, &TIMEOUT_KEYS, &mut errors);
        let (mut krate, mut outer) = (None, Vec::new());
        for pair in given.pairs() {
            match &pair.form {
                Form::Value(path) => krate = path::krate(path, &mut errors),
                // The only list here is the hidden one.
                Form::List(inside) => outer = outer::parse(inside, &mut errors),
            }
        }
        if time.is_none() && errors.is_empty() {
            errors.push(
                Span::call_site(),
                "`#[timeout]` needs a time: write `#[timeout(\"2s\")]`",
            );
        }
        match after {
            Some(after) => errors.or(Self {
                after,
                krate,
                outer,
            }),
            None => Err(errors),
        }
    }
}

fn after(tokens: &TokenStream, errors: &mut Errors) -> Option<Setting<Duration>> {
    let value = Value {
        key: "timeout",
        tokens,
    };
    let rule = "every call would be cut off at once, so above zero";
    setting::duration(value, errors, rule)
}

/// The time, which comes first and has no key, and the pairs behind it.
fn split_time(tokens: TokenStream) -> (Option<TokenStream>, TokenStream) {
    let split = |input: ParseStream<'_>| {
        let is_pair = input.is_empty()
            || input.peek(Token![,])
            || input.peek(Ident::peek_any) && (input.peek2(Token![=]) && !input.peek2(Token![==]))
            || input
                .fork()
                .parse::<Ident>()
                .is_ok_and(|word| word == HIDDEN);
        let time = if is_pair {
            None
        } else {
            Some(input.parse::<Expr>()?.into_token_stream())
        };
        input.parse::<Option<Token![,]>>()?;
        Ok((time, input.parse()?))
    };
    split
        .parse2(tokens.clone())
        .unwrap_or((Some(tokens), TokenStream::new()))
}

#[cfg(test)]
#[path = "timeout_tests.rs"]
mod tests;
