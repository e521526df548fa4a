//! `#[circuit_breaker]`: a permit for the layers below. A retry right above it writes both, in
//! `retry`.

use proc_macro2::TokenStream;
use quote::quote_spanned;

use super::context::LayerContext;
use crate::args::BreakerArgs;
use crate::expand::classify;

/// One call of the breaker around the code below.
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
    // A retry above declares the breaker, because it uses it, too.
    let in_loop = context.plan.retry_above(at);
    let declare = (!in_loop).then_some(&site.declare);
    let declare_cut = context.declare_cut(at);
    let rejected = rejected(context, at, args);
    // The outermost layer ends the function.
    let is_outermost = at == 0;
    let leave = if is_outermost {
        emit!(return #rejected)
    } else {
        emit!(break 'breaker #rejected)
    };
    let on_rejection = if in_loop {
        emit!({
            rejection = ::core::option::Option::Some(::core::clone::Clone::clone(&open));
            #leave
        })
    } else {
        emit!(#leave,)
    };
    let forget = in_loop.then(|| context.forget());
    let report = report(context, at, args);
    let written = emit! {
        #declare
        #declare_cut
        let permit = match #acquire {
            ::core::result::Result::Ok(permit) => permit,
            ::core::result::Result::Err(open) => #on_rejection
        };
        #forget
        let output = { #below };
        #report
        output
    };
    if is_outermost {
        written
    } else {
        emit!('breaker: { #written })
    }
}

/// Reports the output at hand by its class, or as cut off if a time limit made it.
fn report(context: &LayerContext<'_>, at: usize, args: &BreakerArgs) -> TokenStream {
    let private = context.private;
    let class = classify::for_breaker(args, private, context.span);
    if !context.plan.reads_cut(at) {
        return emit!(#private::report(permit, #class););
    }
    let cut = report_cut(context, at, args);
    emit! {
        match cut {
            ::core::option::Option::None => #private::report(permit, #class),
            ::core::option::Option::Some(limit) => #cut,
        }
    }
}

/// Reports an output that the time limit `limit` made.
pub(super) fn report_cut(context: &LayerContext<'_>, at: usize, args: &BreakerArgs) -> TokenStream {
    let private = context.private;
    let ignored = classify::is_ignored(args, private);
    let has_limit = if !context.plan.retry_limits_below(at) {
        emit!(false)
    } else if context.plan.attempts_time_out() {
        emit!(true)
    } else {
        emit!(#private::has_attempt_timeout(&retry))
    };
    emit!(#private::report_cut(permit, limit, #ignored, #has_limit))
}

/// The output of a rejected call, from the variable `open`.
pub(super) fn rejected(context: &LayerContext<'_>, at: usize, args: &BreakerArgs) -> TokenStream {
    let private = context.private;
    let output = context.output_at(at);
    if let Some(make) = &args.on_open {
        return emit!(#private::on_open::<#output>(open, #make));
    }
    quote_spanned!(context.expectation()=> #private::rejected::<#output>(open))
}
