//! Writes one attempt: the body of the function in a block, with the arguments of this attempt.
//!
//! The block is `async { … }.await`, or a closure that is called immediately, so `?` and `return`
//! end the attempt and not the function. The block borrows the arguments that the body only
//! borrows. Arguments that the body consumes are copied before the block or inside the block. The
//! block begins with a branch that is never taken. This branch makes the block capture the consumed
//! values by move, and fixes the type of the output.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::Signature;

use crate::item::AnnotatedFunction;
use crate::normalize::{
    ArgumentUses, AttemptArguments, FunctionShape, attempt_arguments, attempt_body, only_ends,
};
use crate::tokens::{block, first_span};

/// The code of an attempt, in parts.
pub(super) struct AttemptCode {
    /// The function's signature. The patterns of its parameters are changed if the attempts need
    /// it.
    pub(super) signature: Signature,
    /// Statements that prepare the arguments.
    pub(super) prepare: TokenStream,
    /// The expression whose value is the attempt's output, or a future of the output.
    pub(super) run: TokenStream,
    /// Statements that evaluate to the output without an `async` block, or `None` if the attempt
    /// must be an `async` block or a closure.
    pub(super) inline: Option<TokenStream>,
    /// Statements that the blocks around `prepare` repeat: see [`AttemptArguments`].
    pub(super) lent: Vec<TokenStream>,
    /// The inner attributes `#![…]` at the beginning of the body.
    pub(super) inner_attributes: TokenStream,
}

/// Writes the attempt of a function. `has_permit` is set if the attempt runs under a permit.
pub(super) fn write(
    function: &AnnotatedFunction,
    shape: &FunctionShape,
    output: &TokenStream,
    uses: ArgumentUses<'_>,
    has_permit: bool,
) -> AttemptCode {
    let span = function.body.span();
    let (inner_attributes, body) = attempt_body(function, shape);
    let (arguments, signature) = attempt_arguments(function, body, uses);
    let AttemptArguments {
        prepare, reborrow, copy, consumed, borrowed, lent, borrows, body, ..
    } = arguments;
    let owns_all = has_permit && !borrows && lent.is_empty();
    let needs_no_block = matches!(shape, FunctionShape::Async) && only_ends(&body);
    let inline = needs_no_block.then(|| {
        let borrows = lent.iter().chain(&borrowed);
        let inline = inline(&copy, &body, &quote!(#(#borrows)*), output, span);
        quote!(#reborrow #inline)
    });
    // A block drops captured variables in the order of their first use, but a function drops its
    // arguments from the last to the first. Reversed, the block uses the arguments from the last to
    // the first, and so it drops them like a function.
    let consumed = consumed.into_iter().rev();
    // With this span, the compiler points at the return type when it explains the expected type.
    let declared = first_span(output).resolved_at(Span::mixed_site());
    let pin = quote_spanned! {declared=>
        if let __r::Some(__output) = __r::never::<#output>() {
            #(#lent)*
            #(#consumed)*
            return __output;
        }
    };
    // The body keeps the user's braces, because the edition of the braces decides when temporaries
    // are dropped. The label stops the compiler from advising to remove the braces.
    let body = block(body, span);
    let body = quote_spanned!(span=> '__body: #body);
    let span = span.resolved_at(Span::mixed_site());
    let attempt = block(quote!(#pin #copy #body), span);
    let run = match shape {
        FunctionShape::Plain => emit!((|| -> #output #attempt)()),
        // If the block owns all arguments, the compiler keeps the call in registers.
        FunctionShape::Async | FunctionShape::Future(_) if owns_all => {
            emit!(async move #attempt)
        }
        FunctionShape::Async | FunctionShape::Future(_) => emit!(async #attempt),
    };
    let run = if reborrow.is_empty() { run } else { emit!({ #reborrow #run }) };
    AttemptCode { signature, prepare, run, inline, lent, inner_attributes }
}

/// Writes the attempt as `if false { … } else { body }`. The first branch fixes the type of the
/// output, and prevents a warning about unreachable code after a body that never returns. The end
/// of the body must be the only exit from the body.
fn inline(
    copy: &TokenStream,
    body: &TokenStream,
    borrows: &TokenStream,
    output: &TokenStream,
    span: Span,
) -> TokenStream {
    let declared = first_span(output).resolved_at(Span::mixed_site());
    let body = block(body.clone(), span);
    let body = quote_spanned!(span=> '__body: #body);
    let body = block(quote!(#copy #body), span.resolved_at(Span::mixed_site()));
    let other = quote_spanned!(declared=> __r::never_taken::<#output>());
    emit! {
        let __output: #output = if false {
            #borrows
            #other
        } else #body;
        __output
    }
}
