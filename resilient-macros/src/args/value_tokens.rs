//! Finds the end of a value. `syn` parses the value only for this purpose; the tokens stay
//! unchanged.

use proc_macro2::{TokenStream, TokenTree};
use syn::ext::IdentExt;
use syn::parse::discouraged::Speculative;
use syn::parse::{End, ParseStream};
use syn::{Expr, Ident, Lit, Pat, Token};

use super::keys::{KeyForm, form};
use super::pattern::pass_guard;

/// Reads the value of `key`, and returns its tokens as the user wrote them.
pub(super) fn value(key: &str, input: ParseStream<'_>) -> syn::Result<TokenStream> {
    let ahead = input.fork();
    if let Some(own @ (KeyForm::Pattern | KeyForm::Predicate)) = form(key) {
        // A pattern is accepted even if the key takes a predicate, and a predicate is accepted even
        // if the key takes a pattern. The code that reads the value later reports a better error.
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
        // A lone keyword is accepted. The code that reads the value later reports an error that
        // lists the possible words.
        ahead.call(Ident::parse_any)?;
    } else if is_unquoted(input) {
        // A value without its quotes is accepted. The code that reads the value later reports that
        // the value needs quotes.
        ahead.parse::<Lit>()?;
        ahead.parse::<TokenTree>()?;
    } else {
        ahead.parse::<Expr>()?;
    }
    tokens_until(&ahead, input)
}

/// Reads and returns the tokens of `input` up to the position of `ahead`.
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

/// Returns whether the next argument is two tokens that need quotes around them: `50%` or `5 s`.
fn is_unquoted(input: ParseStream<'_>) -> bool {
    input.peek(Lit)
        && (input.peek2(Token![%]) || input.peek2(Ident))
        && (input.peek3(Token![,]) || input.peek3(End))
}

/// Skips a pattern with its guard, or an expression.
fn pass(input: ParseStream<'_>, is_pattern: bool) -> syn::Result<()> {
    if is_pattern {
        Pat::parse_multi_with_leading_vert(input)?;
        return pass_guard(input);
    }
    input.parse::<Expr>().map(drop)
}

/// Returns whether the value ends here: at the end, at a comma, or, if the comma is missing, at a
/// key.
pub(super) fn is_whole(input: ParseStream<'_>) -> bool {
    let is_key = input.peek(Ident::peek_any) && !input.peek(Token![if]);
    input.is_empty() || input.peek(Token![,]) || is_key
}
