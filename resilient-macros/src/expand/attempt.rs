//! One attempt: the body of the function in its own block, with its own arguments.
//!
//! The block is `async { … }.await`, or a closure that is called at once, so `?` and `return` end
//! the attempt and not the function. The block borrows what the body borrows. What an attempt
//! consumes is prepared before the block, and moved into it by a branch that is never taken. That
//! branch also fixes the type of the output.

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::{quote, quote_spanned};
use syn::Signature;

use super::block::block;
use crate::item::AnnotatedFunction;
use crate::normalize::{
    ArgumentUses, AttemptArguments, FunctionShape, ReturnedFuture, attempt_arguments,
    without_lifetimes,
};
use crate::scan;
use crate::tokens::{first_span, is_punct};

/// The pieces of an attempt.
pub(super) struct AttemptCode {
    /// The function's signature, with patterns that fit.
    pub(super) signature: Signature,
    /// Statements that prepare the arguments.
    pub(super) prepare: TokenStream,
    /// The expression whose value is the attempt's output, or a future of it.
    pub(super) run: TokenStream,
    /// The attempt as a value and without a block, if the body needs no block.
    pub(super) inline: Option<TokenStream>,
    /// Statements for blocks around `prepare`, see [`AttemptArguments`].
    pub(super) lent: Vec<TokenStream>,
    /// `#![…]` at the beginning of the body.
    pub(super) inner_attributes: TokenStream,
}

/// Writes the attempt of a function.
pub(super) fn write(
    function: &AnnotatedFunction,
    shape: &FunctionShape,
    output: &TokenStream,
    uses: ArgumentUses<'_>,
    private: &TokenStream,
) -> AttemptCode {
    let span = function.body.span();
    let (inner_attributes, whole) = split_inner_attributes(function.body.stream());
    let body = match shape {
        FunctionShape::Async | FunctionShape::Plain => whole,
        FunctionShape::Future(ReturnedFuture {
            block: Some(block), ..
        }) => block.stream(),
        FunctionShape::Future(ReturnedFuture { boxed, .. }) => {
            awaited(function, whole, *boxed, span)
        }
    };
    let (arguments, signature) = attempt_arguments(function, body, uses, private);
    let AttemptArguments {
        prepare,
        consumed,
        borrowed,
        lent,
        body,
        ..
    } = arguments;
    let only_ends = matches!(shape, FunctionShape::Async) && scan::only_ends(&body);
    let inline = only_ends.then(|| inline(&body, &borrowed, output, span, private));
    // A block drops its captures in the order in which it names them first; a function drops its
    // arguments from the last to the first.
    let consumed = consumed.into_iter().rev();
    // If the compiler explains why it expects this type, it shows the return type.
    let declared = first_span(output).resolved_at(Span::mixed_site());
    let pin = quote_spanned! {declared=>
        if let ::core::option::Option::Some(output) = ::core::option::Option::None::<#output> {
            #(#consumed)*
            return output;
        }
    };
    // The body keeps its own braces, because their edition decides when temporaries are dropped.
    // The label keeps the compiler from advising to remove them.
    let body = block(body, span);
    let body = quote_spanned!(span=> '_body: #body);
    let span = span.resolved_at(Span::mixed_site());
    let attempt = block(quote!(#pin #body), span);
    let run = match shape {
        FunctionShape::Plain => emit!((|| -> #output #attempt)()),
        FunctionShape::Async | FunctionShape::Future(_) => emit!(async #attempt),
    };
    AttemptCode {
        signature,
        prepare,
        run,
        inline,
        lent,
        inner_attributes,
    }
}

/// A body of another form makes the future, which is awaited here. A boxed future may be made in
/// several places, each of which must be coerced to the declared type.
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
        // A closure keeps `return` from ending the attempt.
        let arrow = ty.map(|ty| emit!(-> #ty));
        emit!((|| #arrow #make)().await)
    } else {
        let colon = ty.map(|ty| emit!(: #ty));
        emit!(let future #colon = #make; future.await)
    }
}

/// A body whose end is its only exit, as the second branch of an `if false`. The first branch fixes
/// the type, and prevents a warning about unreachable code behind a body that never returns.
fn inline(
    body: &TokenStream,
    borrowed: &[TokenStream],
    output: &TokenStream,
    span: Span,
    private: &TokenStream,
) -> TokenStream {
    let declared = first_span(output).resolved_at(Span::mixed_site());
    let body = block(body.clone(), span);
    let body = quote_spanned!(span=> '_body: #body);
    let body = block(body, span.resolved_at(Span::mixed_site()));
    let other = quote_spanned!(declared=> #private::never_taken::<#output>());
    emit! {
        let output: #output = if false {
            #(#borrowed)*
            #other
        } else #body;
        output
    }
}

/// `#![…]` at the beginning of a body, and the rest.
fn split_inner_attributes(body: TokenStream) -> (TokenStream, TokenStream) {
    let tokens: Vec<TokenTree> = body.into_iter().collect();
    let count = tokens
        .chunks_exact(3)
        .take_while(|each| is_punct(each.first(), '#') && is_punct(each.get(1), '!'))
        .count();
    let (attributes, rest) = tokens.split_at(3 * count);
    (
        attributes.iter().cloned().collect(),
        rest.iter().cloned().collect(),
    )
}
