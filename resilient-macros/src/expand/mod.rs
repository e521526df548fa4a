//! Writes the expansion of a function from its parsed attributes and parts. Nothing here parses.
//!
//! `docs/ARCHITECTURE.md` shows an expansion and explains its form.

mod attempt;
mod call_site;
mod classify;
mod hand_down;
mod layers;
mod listed;
mod settings;

#[cfg(test)]
mod async_trait_tests;
#[cfg(test)]
mod refused_programs_tests;
#[cfg(test)]
mod syntax_tests;
#[cfg(test)]
mod tests;

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};

pub(crate) use self::hand_down::hand_down;
use self::layers::{LayerContext, StackPlan};
use crate::args::LayerStack;
use crate::item::AnnotatedFunction;
use crate::normalize::{
    ArgumentUses, FunctionShape, ReturnedFuture, may_wait, shape, span, take_moves, with_output,
    without_impl,
};
use crate::tokens::block;

/// Writes the whole function, with its layers around the attempt.
pub(crate) fn write(
    function: &AnnotatedFunction,
    stack: &LayerStack,
    is_listed: bool,
) -> TokenStream {
    let mut shape = shape(function);
    let declared = match &shape {
        FunctionShape::Future(future) => future.output.clone(),
        FunctionShape::Async | FunctionShape::Plain => {
            function.output().map_or_else(|| quote!(()), |output| quote!(#output))
        }
    };
    let waits = !matches!(shape, FunctionShape::Plain);
    let plan = StackPlan::new(stack, waits, may_wait(function, &shape));
    let span = span(function);
    let output = without_impl(&declared);
    let attempt_output = if plan.records {
        let span = span.resolved_at(proc_macro2::Span::mixed_site());
        quote_spanned!(span=> <#output as __r::LoggedOutput>::Attempt)
    } else {
        output.clone()
    };
    if let (true, FunctionShape::Future(future)) = (plan.records, &mut shape) {
        let block = future.block.take();
        future.block = block.map(|block| with_output(&block, &attempt_output));
    }
    let unused = match &mut shape {
        FunctionShape::Future(ReturnedFuture { block: Some(block), .. }) => {
            take_moves(function, block)
        }
        _ => TokenStream::new(),
    };
    let breaker = stack.breaker();
    let uses = ArgumentUses { retry: stack.retry(), fallback: stack.fallback(), breaker, waits };
    let attempt = attempt::write(function, &shape, &attempt_output, uses, breaker.is_some());
    let write_site =
        |args| call_site::write(function, args, is_listed, plan.calls_end_where_they_begin());
    let context = LayerContext {
        stack,
        attempt: &attempt,
        call_site: breaker.map(write_site),
        is_listed,
        plan,
        waits,
        output: &output,
        attempt_output: &attempt_output,
        span,
    };
    let written = layers::write(&context);
    let span = function.body.span();
    let inner = &attempt.inner_attributes;
    // All code of the expansion refers to the runtime by this alias. The alias is outside the block
    // of the user's body, so the body cannot use it.
    let runtime = &stack.runtime;
    let alias = emit!(use #runtime::__private as __r;);
    let body = match shape {
        FunctionShape::Async | FunctionShape::Plain => quote!(#inner #alias #written),
        FunctionShape::Future(future) => match (future.boxed, future.block) {
            // The body keeps the form `Box::pin(async move { … })`, because other attributes may
            // look for it.
            (true, _) => {
                let written = block(quote!(#unused #alias #written), span);
                emit!(#inner ::std::boxed::Box::pin(async move #written))
            }
            (false, Some(_)) => {
                let written = block(quote!(#unused #alias #written), span);
                emit!(#inner async move #written)
            }
            // If the block were the whole body, clippy would suggest an `async fn`. Therefore the
            // block is the argument of a call.
            (false, None) => {
                let written = block(written, span);
                emit!(#inner #alias __r::future(async move #written))
            }
        },
    };
    let body = block(body, span);
    function.with_body(&attempt.signature, &body.into())
}
