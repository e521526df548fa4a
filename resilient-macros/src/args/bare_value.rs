//! Guesses the key of a value that the user wrote without a key, for the error message.

use proc_macro2::TokenStream;
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::parse::discouraged::Speculative;
use syn::token::Paren;
use syn::{Expr, ExprLit, Ident, Lit, Token};

use super::keys::form;
use super::kind::AttributeKind::{self, CircuitBreaker, Fallback, Retry, Timeout};
use super::pattern::{Role, role};
use super::value_tokens::{is_whole, tokens_until};
use super::words::lone_ident;
use crate::tokens::source;

/// Reads a value that the user wrote without a key. Returns the value, and the `key = value` text
/// that the user probably meant. Returns `None` and reads nothing if the next argument has a key,
/// or if the key cannot be guessed.
pub(super) fn bare_value(
    input: ParseStream<'_>,
    kind: AttributeKind,
) -> Option<(TokenStream, String)> {
    let is_pair = input.peek2(Token![=]) || input.peek2(Paren);
    if input.peek(Ident::peek_any) && is_pair {
        return None;
    }
    let (ahead, copy) = (input.fork(), input.fork());
    let expression = ahead.parse::<Expr>().ok().filter(|_| is_whole(&ahead))?;
    let value = tokens_until(&ahead, &copy).ok()?;
    // A single identifier may be a key whose value is missing.
    let is_word = lone_ident(&value).is_some() && role(&value) == Role::Predicate;
    if is_word && (kind != Fallback || form(&source(&value)).is_some()) {
        return None;
    }
    let shown = if let Expr::Closure(_) = expression { "…".to_owned() } else { source(&value) };
    let key = key_of(kind, &expression, role(&value))?;
    input.advance_to(&ahead);
    Some((value, format!("{key} = {shown}")))
}

/// Returns the key that takes a value of this form, or `None` if the key cannot be guessed.
fn key_of(kind: AttributeKind, value: &Expr, role: Role) -> Option<&'static str> {
    let (integer, text, pattern, predicate, other) = match kind {
        Retry => (Some("max_retries"), None, "on", "retry_if", "policy"),
        CircuitBreaker => {
            (Some("failure_threshold"), Some("name"), "failure", "failure_if", "breaker")
        }
        Fallback => (Some("value"), Some("value"), "value", "with", "value"),
        Timeout => return None,
    };
    match (value, role) {
        (Expr::Lit(ExprLit { lit: Lit::Int(_), .. }), _) => integer,
        (Expr::Lit(ExprLit { lit: Lit::Str(_), .. }), _) => text,
        (Expr::Lit(_), _) => None,
        (_, Role::Pattern) => Some(pattern),
        (Expr::Call(_), Role::Predicate) | (_, Role::Either) => Some(other),
        (_, Role::Predicate) => Some(predicate),
    }
}

#[cfg(test)]
mod tests {
    use quote::quote;
    use syn::parse::Parser;

    use super::*;

    fn meant(kind: AttributeKind, value: TokenStream) -> Option<String> {
        let read = |input: ParseStream<'_>| {
            let meant = bare_value(input, kind).map(|(_, meant)| meant);
            input.parse::<TokenStream>().map(|_| meant)
        };
        read.parse2(value).unwrap()
    }

    #[test]
    fn each_kind_of_value_has_its_key() {
        for (kind, value, expected) in [
            (Retry, quote!(3), Some("max_retries = 3")),
            (Retry, quote!(|a, b| f(a, b)), Some("retry_if = …")),
            (Retry, quote!(E::A), Some("on = E::A")),
            (Retry, quote!(POLICY), Some("policy = POLICY")),
            (Retry, quote!("2s"), None),
            (Retry, quote!(word), None),
            (Retry, quote!(max_retries = 3), None),
            (Retry, quote!(borrow(x)), None),
            (CircuitBreaker, quote!(5), Some("failure_threshold = 5")),
            (CircuitBreaker, quote!("payments"), Some("name = \"payments\"")),
            (CircuitBreaker, quote!(|e| e.a()), Some("failure_if = …")),
            (CircuitBreaker, quote!(E::A), Some("failure = E::A")),
            (CircuitBreaker, quote!(BREAKER), Some("breaker = BREAKER")),
            (CircuitBreaker, quote!(0.5), None),
            (Fallback, quote!(7), Some("value = 7")),
            (Fallback, quote!(Page::EMPTY), Some("value = Page::EMPTY")),
            (Fallback, quote!(cached), Some("with = cached")),
            (Fallback, quote!(Page::empty(7)), Some("value = Page::empty (7)")),
            (Fallback, quote!(on), None),
            (Fallback, quote!(|_| Ok(1)), Some("with = …")),
            (Timeout, quote!(3), None),
        ] {
            assert_eq!(meant(kind, value.clone()).as_deref(), expected, "{value}");
        }
    }
}
