//! Guesses from the syntax whether the closure or path of a fallback returns an output or a future.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::{Expr, Stmt};

use crate::scan;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FallbackKind {
    /// The closure returns an output. A closure that returns a future would not compile.
    Output,
    /// The closure returns a future of an output.
    Future,
    /// The syntax does not show whether the closure or function returns an output or a future.
    Either,
}

/// Guesses what `with` returns. A closure without the word `async` is assumed to return the output,
/// so that the compiler can infer the closure's types. The syntax of a path does not show what its
/// function returns.
pub(super) fn fallback_kind(with: &TokenStream) -> FallbackKind {
    let Ok(Expr::Closure(closure)) = syn::parse2(with.clone()) else {
        return FallbackKind::Either;
    };
    if closure.asyncness.is_some() || is_async_block(&closure.body) {
        FallbackKind::Future
    } else if scan::mentions(&closure.body.to_token_stream(), "async") {
        FallbackKind::Either
    } else {
        FallbackKind::Output
    }
}

/// Returns whether a closure's body is `async { … }`, with or without braces around it.
fn is_async_block(body: &Expr) -> bool {
    match body {
        Expr::Async(_) => true,
        Expr::Block(block) => match block.block.stmts.as_slice() {
            [Stmt::Expr(only, None)] => is_async_block(only),
            _ => false,
        },
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use quote::quote;

    use super::*;

    #[test]
    fn closures_are_seen_through() {
        for (with, expected) in [
            (quote!(|error| Ok(1)), FallbackKind::Output),
            (quote!(|_| default()), FallbackKind::Output),
            (quote!(move |_: E| -> R { R::new() }), FallbackKind::Output),
            (quote!(|| Ok(1)), FallbackKind::Output),
            (quote!(async |error| load(error).await), FallbackKind::Future),
            (quote!(async move |_| Ok(1)), FallbackKind::Future),
            (quote!(|error| async move { Ok(1) }), FallbackKind::Future),
            (quote!(|_| { async { Ok(1) } }), FallbackKind::Future),
            (quote!(|_| Box::pin(async { Ok(1) })), FallbackKind::Either),
            (
                quote!(|_| {
                    let a = 1;
                    async move { a }
                }),
                FallbackKind::Either,
            ),
            (quote!(cached), FallbackKind::Either),
            (quote!(self::cached::<u8>), FallbackKind::Either),
            (quote!(self.fallback), FallbackKind::Either),
        ] {
            assert_eq!(fallback_kind(&with), expected, "{with}");
        }
    }
}
