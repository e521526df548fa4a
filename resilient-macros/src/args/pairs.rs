//! Splits arguments into `key = value` and `key(list)`.

use proc_macro2::{TokenStream, TokenTree};
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::token::Paren;
use syn::{Ident, Token};

use super::bare_value::bare_value;
use super::keys::setting_of_word;
use super::kind::AttributeKind;
use super::value_tokens::value;
use crate::error::CompileErrors;
use crate::tokens::{name, next_shown};

/// One argument of an attribute.
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

/// Reads all arguments. Malformed arguments are reported and left out.
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
            let result = pair(input, kind).and_then(|pair| {
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

fn pair(input: ParseStream<'_>, kind: AttributeKind) -> syn::Result<Pair> {
    let Ok(key) = input.call(Ident::parse_any) else {
        let message = match next_shown(input).as_str() {
            "," => "expected `key = value` before this `,`".to_owned(),
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
        let Some(setting) = setting_of_word(kind, &name) else {
            return Err(no_value());
        };
        let message = format!("every value has its key: write `{setting} = {name}`");
        return Err(syn::Error::new(key.span(), message));
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
