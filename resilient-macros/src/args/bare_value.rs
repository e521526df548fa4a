//! Finds the key of a value that stands without a key.

use proc_macro2::TokenStream;
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::parse::discouraged::Speculative;
use syn::token::Paren;
use syn::{Expr, ExprLit, Ident, Lit, Token};

use super::keys::form;
use super::kind::AttributeKind::{self, CircuitBreaker, Fallback, Retry, Timeout};
use super::pairs::{is_whole, pass, tokens_until};
use super::pattern::{is_capital, is_pattern, is_predicate};
use super::words::lone_ident;
use crate::tokens::{name, source};

/// Moves past a value that stands without a key. Returns the value, and the pair that is probably
/// meant. Returns `None` if a key follows, or if the value could belong to any key.
pub(super) fn bare_value(
    input: ParseStream<'_>,
    kind: AttributeKind,
) -> Option<(TokenStream, String)> {
    let is_pair = input.peek2(Token![=]) || input.peek2(Paren);
    if input.peek(Ident::peek_any) && is_pair {
        return None;
    }
    let (ahead, copy) = (input.fork(), input.fork());
    pass(&ahead, false).ok().filter(|()| is_whole(&ahead))?;
    let value = tokens_until(&ahead, &copy).ok()?;
    // A word alone may be a key that lacks its value.
    let is_key =
        |word: Ident| form(&name(&word)).is_some() || kind != Fallback && !is_capital(&word);
    if lone_ident(&value).is_some_and(is_key) {
        return None;
    }
    let advice = with_key(kind, &value)?;
    input.advance_to(&ahead);
    Some((value, advice))
}

/// Returns `key = value` with the key that the value probably belongs to.
fn with_key(kind: AttributeKind, value: &TokenStream) -> Option<String> {
    let expression = syn::parse2::<Expr>(value.clone()).ok()?;
    let key = match (kind, &expression) {
        (Timeout, _) => return None,
        (Retry, Expr::Lit(ExprLit { lit: Lit::Int(_), .. })) => "max_retries",
        (CircuitBreaker, Expr::Lit(ExprLit { lit: Lit::Int(_), .. })) => "failure_threshold",
        (CircuitBreaker, Expr::Lit(ExprLit { lit: Lit::Str(_), .. })) => "name",
        (Retry | CircuitBreaker, Expr::Lit(_)) => return None,
        (Retry, Expr::Closure(_)) => "retry_if",
        (CircuitBreaker, Expr::Closure(_)) => "failure_if",
        (Retry, _) if is_pattern(value) => "on",
        (CircuitBreaker, _) if is_pattern(value) => "failure",
        (Retry, Expr::Path(_) | Expr::Field(_)) => "policy",
        (CircuitBreaker, Expr::Path(_) | Expr::Field(_)) => "breaker",
        (Retry | CircuitBreaker, _) => return None,
        (Fallback, Expr::Closure(_)) => "with",
        (Fallback, Expr::Path(_)) if is_predicate(value) => "with",
        (Fallback, _) => "value",
    };
    let shown = if let Expr::Closure(_) = expression { "…".to_owned() } else { source(value) };
    Some(format!("{key} = {shown}"))
}

#[cfg(test)]
mod tests {
    use quote::quote;

    use super::*;

    #[test]
    fn each_kind_of_value_has_its_key() {
        for (kind, value, expected) in [
            (Retry, quote!(3), Some("max_retries = 3")),
            (Retry, quote!(|e| e.a()), Some("retry_if = …")),
            (Retry, quote!(E::A), Some("on = E::A")),
            (Retry, quote!(POLICY), Some("policy = POLICY")),
            (Retry, quote!("2s"), None),
            (Retry, quote!(a + b), None),
            (CircuitBreaker, quote!(5), Some("failure_threshold = 5")),
            (CircuitBreaker, quote!("payments"), Some("name = \"payments\"")),
            (CircuitBreaker, quote!(|e| e.a()), Some("failure_if = …")),
            (CircuitBreaker, quote!(E::A), Some("failure = E::A")),
            (CircuitBreaker, quote!(BREAKER), Some("breaker = BREAKER")),
            (CircuitBreaker, quote!(0.5), None),
            (Fallback, quote!(7), Some("value = 7")),
            (Fallback, quote!(Page::EMPTY), Some("value = Page::EMPTY")),
            (Fallback, quote!(cached), Some("with = cached")),
            (Fallback, quote!(|_| Ok(1)), Some("with = …")),
            (Timeout, quote!(3), None),
        ] {
            assert_eq!(with_key(kind, &value).as_deref(), expected, "{value}");
        }
    }
}
