//! Writes `#[circuit_breaker]`: the layers below run under a permit. If a retry is directly above
//! the breaker, `retry` writes both layers.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use resilient_settings::Value;

use super::context::LayerContext;
use crate::args::{AttributeKind, BreakerArgs};
use crate::expand::classify::{self, Classifier};

/// Writes code that requests a permit, runs the layers below, and reports the output.
pub(super) fn write(
    context: &LayerContext<'_>,
    at: usize,
    args: &BreakerArgs,
    below: &TokenStream,
) -> TokenStream {
    let Some(site) = &context.call_site else {
        return TokenStream::new();
    };
    let acquire = &site.acquire;
    // If there is a retry above, the code of the retry declares the breaker, because the loop also
    // uses the breaker.
    let in_loop = context.plan.retry_above(at);
    let declare = (!in_loop).then_some(&site.declare);
    let declare_cut = context.declare_cut(at);
    let rejected = rejected(context, at, args);
    // If the breaker is the outermost layer, a rejected call returns from the function.
    let is_outermost = at == 0;
    let leave =
        if is_outermost { emit!(return #rejected) } else { emit!(break 'breaker #rejected) };
    let on_rejection = if in_loop {
        emit!({
            __rejection = __r::Some(__r::Clone::clone(&__open));
            #leave
        })
    } else {
        emit!(#leave,)
    };
    let forget = in_loop.then(|| context.forget());
    let report = report(context, at, args);
    let order = order_warning(context, at, args);
    let written = emit! {
        #order
        #declare
        #declare_cut
        let __permit = match #acquire {
            __r::Ok(__permit) => __permit,
            __r::Err(__open) => #on_rejection
        };
        #forget
        let __output = { #below };
        #report
        __output
    };
    if is_outermost { written } else { emit!('breaker: { #written }) }
}

// C1
/// If the breaker at `at` is above a retry or below a timeout, writes calls of deprecated
/// functions. The compiler then warns about the order of the attributes.
fn order_warning(context: &LayerContext<'_>, at: usize, args: &BreakerArgs) -> Option<TokenStream> {
    if args.order_is_explicit {
        return None;
    }
    let layers = context.stack.layers();
    let span = |at: usize| layers[at].span.resolved_at(Span::mixed_site());
    let retry = context.stack.place(AttributeKind::Retry);
    let above = retry.filter(|retry| *retry > at).map(|_| {
        let span = span(at);
        quote_spanned!(span=> __r::breaker_above_retry();)
    });
    // A timeout above a retry limits all attempts. Otherwise, it hides a call that hangs.
    let timeout = context.stack.place(AttributeKind::Timeout).filter(|timeout| {
        let is_between = |retry: usize| *timeout < retry && retry < at;
        let counts = args.settings.literal("abandoned") == Some(Value::Word("failure"));
        *timeout < at && !retry.is_some_and(is_between) && !counts
    });
    let below = timeout.map(|timeout| {
        let span = span(timeout);
        quote_spanned!(span=> __r::timeout_above_breaker();)
    });
    Some(quote!(#above #below))
}

/// Writes statements that report the class of the current output. If a time limit ended the call,
/// they report that the call was cut short.
fn report(context: &LayerContext<'_>, at: usize, args: &BreakerArgs) -> TokenStream {
    let classifier = Classifier::of_breaker(args, context.class_by_function(at));
    let declare = classifier.declare(context.span, AttributeKind::CircuitBreaker);
    let report = classifier.report();
    let text = classify::text();
    let report = emit!(#text #declare #report);
    if !context.plan.reads_cut(at) {
        return report;
    }
    let cut = report_cut(context, at, args);
    emit! {
        let __output = match __cut {
            __r::None => { #report __output }
            __r::Some(__cause) => { #cut __output }
        };
    }
}

/// Writes statements that report a call that a time limit ended. The variable `__cause` is the
/// cause.
pub(super) fn report_cut(context: &LayerContext<'_>, at: usize, args: &BreakerArgs) -> TokenStream {
    let ignored = classify::is_ignored(args);
    // A breaker above the loop counts the whole loop as one call.
    let cause = if context.plan.retry_limits_below(at) && !context.plan.retry_above(at) {
        emit!(__r::CutCause::of_call(__cause))
    } else {
        emit!(__cause)
    };
    emit! {
        let __ignored = #ignored;
        __r::report_cut(__permit, #cause, __ignored);
    }
}

/// Writes an expression whose value is the output of a rejected call. The rejection is the variable
/// `__open`.
pub(super) fn rejected(context: &LayerContext<'_>, at: usize, args: &BreakerArgs) -> TokenStream {
    let output = context.output_at(at);
    if let Some(make) = &args.on_open {
        return emit!(__r::on_open::<#output>(__open, #make));
    }
    quote_spanned!(context.expectation()=> __r::rejected::<#output>(__open))
}
