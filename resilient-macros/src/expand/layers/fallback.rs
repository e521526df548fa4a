//! Writes `#[fallback]`, which replaces a failed output.

use proc_macro2::TokenStream;
use quote::quote_spanned;

use super::context::LayerContext;
use crate::args::{FallbackArgs, FallbackKind, FallbackReplacement};

// C5
pub(super) fn write(
    context: &LayerContext<'_>,
    at: usize,
    args: &FallbackArgs,
    below: &TokenStream,
) -> TokenStream {
    let ty = context.output_at(at);
    let replacement = replacement(context, at, &args.replacement);
    // After the fallback has replaced an output, the layers above must treat the output as neither
    // cut off nor rejected.
    let is_cut_told = context.plan.tells_cut(at) && context.plan.is_cut_below(at);
    let uncut = is_cut_told.then(|| emit!(__cut = __r::None;));
    let admitted =
        context.plan.tells_rejection_through(at).then(|| emit!(__rejection = __r::None;));
    let failed = quote_spanned!(context.expectation()=> __r::unless_failed::<#ty>(__output));
    let chosen = chosen(args);
    let left =
        chosen.is_some().then(|| emit!(__r::Err(__error) => __r::not_replaced::<#ty>(__error),));
    emit! {
        let __output = { #below };
        match #failed {
            __r::Ok(__output) => __output,
            __r::Err(__error) #chosen => {
                #uncut
                #admitted
                __r::fell_back();
                #replacement
            }
            #left
        }
    }
}

/// Writes the guard `if …` of the match arm: the guard is true if the fallback replaces the output
/// that has this `__error`. Returns `None` if the fallback replaces every failed output.
fn chosen(args: &FallbackArgs) -> Option<TokenStream> {
    let matches = |pattern: &TokenStream| emit!(__r::matches!(&__error, #pattern));
    match (args.on.as_ref(), args.except.as_ref()) {
        (None, None) => None,
        (Some(on), None) => {
            let on = matches(on);
            Some(emit!(if #on))
        }
        (None, Some(except)) => {
            let except = matches(except);
            Some(emit!(if !#except))
        }
        (Some(on), Some(except)) => {
            let (on, except) = (matches(on), matches(except));
            Some(emit!(if #on && !#except))
        }
    }
}

fn replacement(
    context: &LayerContext<'_>,
    at: usize,
    replacement: &FallbackReplacement,
) -> TokenStream {
    let ty = context.output_at(at);
    let (with, kind) = match replacement {
        FallbackReplacement::Value(value) => return emit!(__r::fallback_value::<#ty>(#value)),
        FallbackReplacement::With(with, kind) => (with, kind),
    };
    match kind {
        _ if !context.waits => emit!(__r::fallback::<#ty>(__error, #with)),
        FallbackKind::Output => emit!(__r::fallback::<#ty>(__error, #with)),
        FallbackKind::Future => emit!(__r::fallback_async::<#ty, _>(__error, #with).await),
        FallbackKind::Either => emit!(__r::fallback_by::<#ty, _, _>(__error, #with).await),
    }
}
