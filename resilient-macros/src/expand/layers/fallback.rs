//! Writes `#[fallback]`, which replaces a failed output.

use proc_macro2::TokenStream;
use quote::quote_spanned;

use super::context::LayerContext;
use crate::args::{FallbackArgs, FallbackKind, FallbackReplacement};
use crate::expand::classify::matches;

// C5
pub(super) fn write(
    context: &LayerContext<'_>,
    at: usize,
    args: &FallbackArgs,
    below: &TokenStream,
) -> TokenStream {
    let ty = context.output_at(at);
    let replacement = replacement(context, at, &args.replacement);
    // The layers above must not treat the replaced output as the output of a call that was rejected
    // or that a time limit ended.
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

/// Writes the guard `if …` of the match arm for `__error`. The guard is true if the fallback
/// replaces the output with this error. Returns `None` if the fallback replaces every failed
/// output.
fn chosen(args: &FallbackArgs) -> Option<TokenStream> {
    let (on, except) = (args.on.as_ref().map(matches), args.except.as_ref().map(matches));
    let condition = match (on, except) {
        (None, None) => return None,
        (Some(on), None) => on,
        (None, Some(except)) => emit!(!#except),
        (Some(on), Some(except)) => emit!(#on && !#except),
    };
    Some(emit!(if __r::test(&__error, |__error| #condition)))
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
