//! Splits arguments into `key = value` and `key(list)`. `syn` finds the end of a value; the tokens
//! of the value are not changed.

use proc_macro2::{TokenStream, TokenTree};
use syn::ext::IdentExt;
use syn::parse::discouraged::Speculative;
use syn::parse::{End, ParseStream, Parser};
use syn::token::Paren;
use syn::{Expr, Ident, Lit, Pat, Token};

use super::bare_value::bare_value;
use super::keys::{KeyForm, form};
use super::kind::AttributeKind;
use super::pattern::pass_guard;
use crate::error::CompileErrors;
use crate::tokens::{name, next_shown};

/// One argument.
#[derive(Debug, Clone)]
pub(super) struct Pair {
    pub(super) key: Ident,
    /// The text of the key, without `r#`.
    pub(super) name: String,
    pub(super) form: Form,
}

#[derive(Debug, Clone)]
pub(super) enum Form {
    /// `key = value`; the value is not empty.
    Value(TokenStream),
    /// `key(inside)`
    List(TokenStream),
}

impl Pair {
    /// Returns the tokens at which an error about the pair points: the value, or the key of a list.
    pub(super) fn place(&self) -> TokenStream {
        match &self.form {
            Form::Value(value) => value.clone(),
            Form::List(_) => TokenTree::from(self.key.clone()).into(),
        }
    }
}

/// Reads all pairs. Reports and leaves out malformed pairs.
pub(super) fn split(
    tokens: TokenStream,
    kind: AttributeKind,
    errors: &mut CompileErrors,
) -> Vec<Pair> {
    let mut pairs = Vec::new();
    let all = |input: ParseStream<'_>| {
        while !input.is_empty() {
            if let Some((value, advice)) = bare_value(input, kind) {
                let message = format!("every value has its key: write `{advice}`");
                errors.push_spanned(&value, message);
                skip(input)?;
                continue;
            }
            let result = pair(input).and_then(|pair| {
                let ended = end(input, &pair, errors);
                if ended.is_ok() || matches!(pair.form, Form::List(_)) {
                    pairs.push(pair);
                }
                ended
            });
            if let Err(error) = result {
                errors.push(error.span(), error.to_string());
                skip(input)?;
            }
        }
        Ok(())
    };
    if let Err(error) = all.parse2(tokens) {
        errors.push(error.span(), error.to_string());
    }
    pairs
}

fn pair(input: ParseStream<'_>) -> syn::Result<Pair> {
    let Ok(key) = input.call(Ident::parse_any) else {
        let message = match next_shown(input).as_str() {
            "," => "expected `key = value` before this `,`".to_owned(),
            other if input.peek(Lit) => {
                format!("expected `key = value`, and `{other}` is no key: every value has its key")
            }
            other => format!("expected `key = value`, and `{other}` is no key"),
        };
        return Err(input.error(message));
    };
    let name = name(&key);
    let write = format!("write `{name} = …`");
    let no_value = || syn::Error::new(key.span(), format!("`{name}` has no value: {write}"));
    if input.peek(Paren) {
        let inside;
        syn::parenthesized!(inside in input);
        let form = Form::List(inside.parse()?);
        return Ok(Pair { key, name, form });
    }
    if input.is_empty() || input.peek(Token![,]) {
        return Err(no_value());
    }
    if input.peek(Token![==]) || input.peek(Token![=>]) {
        let message = format!("a single `=` stands between a key and its value: {write}");
        return Err(syn::Error::new(key.span(), message));
    }
    if !input.peek(Token![=]) {
        let shown = next_shown(input);
        return Err(
            input.error(format!("expected `=` after `{name}`, and `{shown}` follows: {write}"))
        );
    }
    input.parse::<Token![=]>()?;
    if input.is_empty() || input.peek(Token![,]) {
        return Err(no_value());
    }
    let form = Form::Value(value(&name, input)?);
    Ok(Pair { key, name, form })
}

/// Returns the tokens of a value as the user wrote them.
pub(super) fn value(key: &str, input: ParseStream<'_>) -> syn::Result<TokenStream> {
    let ahead = input.fork();
    if let Some(own @ (KeyForm::Pattern | KeyForm::Predicate)) = form(key) {
        // A pattern where a predicate belongs is also accepted here, and the other way round,
        // because the code that reads the value reports a better error.
        let read = pass(&ahead, matches!(own, KeyForm::Pattern));
        if read.is_err() || !is_whole(&ahead) {
            let other = input.fork();
            if pass(&other, matches!(own, KeyForm::Predicate)).is_ok() && is_whole(&other) {
                ahead.advance_to(&other);
            } else {
                read?;
            }
        }
    } else if input.peek(Ident::peek_any) && (input.peek2(Token![,]) || input.peek2(End)) {
        // A lone keyword is also accepted, because the code that reads the value reports an error
        // that lists the possible words.
        ahead.call(Ident::parse_any)?;
    } else if is_unquoted(input) {
        // The code that reads the value says that it needs quotes.
        ahead.parse::<Lit>()?;
        ahead.parse::<TokenTree>()?;
    } else {
        ahead.parse::<Expr>()?;
    }
    tokens_until(&ahead, input)
}

/// Returns the tokens before the position of `ahead`, and moves past them.
pub(super) fn tokens_until(
    ahead: ParseStream<'_>,
    input: ParseStream<'_>,
) -> syn::Result<TokenStream> {
    let mut tokens = TokenStream::new();
    while input.cursor() != ahead.cursor() {
        tokens.extend([input.parse::<TokenTree>()?]);
    }
    Ok(tokens)
}

/// Returns whether two tokens follow that are one value without its quotes: `50%` or `5 s`.
fn is_unquoted(input: ParseStream<'_>) -> bool {
    input.peek(Lit)
        && (input.peek2(Token![%]) || input.peek2(Ident))
        && (input.peek3(Token![,]) || input.peek3(End))
}

/// Moves past a pattern with its guard, or past an expression.
fn pass(input: ParseStream<'_>, is_pattern: bool) -> syn::Result<()> {
    if is_pattern {
        Pat::parse_multi_with_leading_vert(input)?;
        return pass_guard(input);
    }
    input.parse::<Expr>().map(drop)
}

/// Returns whether the value ends here. If the comma is missing, a key follows.
pub(super) fn is_whole(input: ParseStream<'_>) -> bool {
    let is_key = input.peek(Ident::peek_any) && !input.peek(Token![if]);
    input.is_empty() || input.peek(Token![,]) || is_key
}

/// Reads the comma after a pair.
fn end(input: ParseStream<'_>, pair: &Pair, errors: &mut CompileErrors) -> syn::Result<()> {
    if input.is_empty() || input.parse::<Option<Token![,]>>()?.is_some() {
        return Ok(());
    }
    if let Some(semicolon) = input.parse::<Option<Token![;]>>()? {
        errors.push(semicolon.span, "arguments are separated by `,`, not by `;`");
        return Ok(());
    }
    if input.peek(Ident::peek_any) {
        let key = input.fork().call(Ident::parse_any)?;
        errors.push(key.span(), format!("missing `,` before `{}`", name(&key)));
        return Ok(());
    }
    let (name, shown) = (&pair.name, next_shown(input));
    Err(input.error(match pair.form {
        Form::Value(_) => {
            format!("expected `,` after the value of `{name}`, and `{shown}` follows")
        }
        Form::List(_) => format!("expected `,` after `{name}(…)`, and `{shown}` follows"),
    }))
}

/// Skips the rest of a malformed pair, and the comma after it.
fn skip(input: ParseStream<'_>) -> syn::Result<()> {
    while !input.is_empty() && input.parse::<Option<Token![,]>>()?.is_none() {
        input.parse::<TokenTree>()?;
    }
    Ok(())
}

#[cfg(test)]
#[path = "pairs_tests.rs"]
mod tests;
