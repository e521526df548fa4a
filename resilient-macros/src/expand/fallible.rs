//! What the closure or path of a fallback returns, as far as its tokens tell.

use proc_macro2::{Delimiter, TokenStream, TokenTree};

use crate::scan;
use crate::tokens::{flatten, group, is_operator, is_punct, is_word};

/// What a fallback makes of the error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Returns {
    /// An output, or nothing that compiles.
    Output,
    /// A future of one.
    Future,
    /// Only the types know.
    Either,
}

/// Closures are seen through: without the word `async` they make the output itself, so that the compiler can expect its
/// type of them. Only the type of a path knows.
pub(super) fn returns(with: &TokenStream) -> Returns {
    let tokens = flatten(with.clone());
    if is_word(tokens.first(), "async") {
        return Returns::Future;
    }
    let head = usize::from(is_word(tokens.first(), "move"));
    let Some(body) = closure_body(&tokens[head..]) else {
        return Returns::Either;
    };
    if is_async_block(body) {
        Returns::Future
    } else if scan::mentions(&body.iter().cloned().collect(), "async") {
        Returns::Either
    } else {
        Returns::Output
    }
}

/// What follows the head `|…|` of a closure.
fn closure_body(tokens: &[TokenTree]) -> Option<&[TokenTree]> {
    if is_operator(tokens, 0, '|', '|') {
        return tokens.get(2..);
    }
    if !is_punct(tokens.first(), '|') {
        return None;
    }
    let end = (1..tokens.len()).find(|at| is_punct(tokens.get(*at), '|'))?;
    tokens.get(end + 1..)
}

/// `async { … }` or `async move { … }`, perhaps in braces of its own.
fn is_async_block(body: &[TokenTree]) -> bool {
    if let [block] = body {
        return group(Some(block), Delimiter::Brace)
            .is_some_and(|block| is_async_block(&flatten(block.stream())));
    }
    let moved = usize::from(is_word(body.get(1), "move"));
    is_word(body.first(), "async")
        && body.len() == 2 + moved
        && group(body.get(1 + moved), Delimiter::Brace).is_some()
}

#[cfg(test)]
mod tests {
    use quote::quote;

    use super::*;

    #[test]
    fn closures_are_seen_through() {
        for (with, expected) in [
            (quote!(|error| Ok(1)), Returns::Output),
            (quote!(|_| default()), Returns::Output),
            (quote!(move |_: E| -> R { R::new() }), Returns::Output),
            (quote!(|| Ok(1)), Returns::Output),
            (quote!(async |error| load(error).await), Returns::Future),
            (quote!(async move |_| Ok(1)), Returns::Future),
            (quote!(|error| async move { Ok(1) }), Returns::Future),
            (quote!(|_| { async { Ok(1) } }), Returns::Future),
            (quote!(|_| Box::pin(async { Ok(1) })), Returns::Either),
            (
                quote!(|_| {
                    let a = 1;
                    async move { a }
                }),
                Returns::Either,
            ),
            (quote!(cached), Returns::Either),
            (quote!(self::cached::<u8>), Returns::Either),
            (quote!(self.fallback), Returns::Either),
        ] {
            assert_eq!(returns(&with), expected, "{with}");
        }
    }
}
