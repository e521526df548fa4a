//! Writes the body of one attempt. The value of the body is the attempt's output.

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::quote;

use super::return_type::{FunctionShape, ReturnedFuture, without_lifetimes};
use crate::item::AnnotatedFunction;
use crate::scan;
use crate::tokens::{block, is_punct};

/// Returns the `#![…]` at the beginning of the function's body, and the body of an attempt.
pub(crate) fn attempt_body(
    function: &AnnotatedFunction,
    shape: &FunctionShape,
) -> (TokenStream, TokenStream) {
    let (attributes, whole) = split_inner_attributes(function.body.stream());
    let body = match shape {
        FunctionShape::Async | FunctionShape::Plain => whole,
        FunctionShape::Future(ReturnedFuture { block: Some(block), .. }) => block.stream(),
        FunctionShape::Future(ReturnedFuture { boxed, .. }) => {
            awaited(function, whole, *boxed, function.body.span())
        }
    };
    (attributes, body)
}

/// Returns whether an attempt may wait before the body ends.
pub(crate) fn may_wait(function: &AnnotatedFunction, shape: &FunctionShape) -> bool {
    let is_async = !matches!(shape, FunctionShape::Plain);
    is_async && scan::may_wait(&attempt_body(function, shape).1)
}

/// Writes a body that makes a future with other code than a single `async` block. The attempt
/// awaits this future. If the future is boxed, the declared type is repeated, so that the branches
/// of the body may make futures of different types.
fn awaited(
    function: &AnnotatedFunction,
    whole: TokenStream,
    boxed: bool,
    span: Span,
) -> TokenStream {
    let returns = scan::mentions(&whole, "return");
    let make = block(whole, span);
    let ty = function.output().filter(|_| boxed);
    let ty = ty.map(|ty| without_lifetimes(&quote!(#ty)));
    if returns {
        // The body becomes a closure, so that `return` ends only the closure. The attempt then
        // awaits the future that the closure returns.
        let arrow = ty.map(|ty| emit!(-> #ty));
        emit!((|| #arrow #make)().await)
    } else {
        let colon = ty.map(|ty| emit!(: #ty));
        emit!(let __future #colon = #make; __future.await)
    }
}

/// Splits a body into the `#![…]` at its beginning and the rest.
fn split_inner_attributes(body: TokenStream) -> (TokenStream, TokenStream) {
    let tokens: Vec<TokenTree> = body.into_iter().collect();
    let count = tokens
        .chunks_exact(3)
        .take_while(|each| is_punct(each.first(), '#') && is_punct(each.get(1), '!'))
        .count();
    let (attributes, rest) = tokens.split_at(3 * count);
    (attributes.iter().cloned().collect(), rest.iter().cloned().collect())
}
