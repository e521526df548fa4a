//! Expressions of type `Option<Classification>` for the variable `output`; a success has none.

use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;

use crate::args::{BreakerArgs, RetryArgs};

/// Whether no key of the breaker classifies outputs, so that their type decides.
pub(super) fn breaker_is_plain(args: &BreakerArgs) -> bool {
    let keys = [
        &args.failure,
        &args.ignore,
        &args.failure_if,
        &args.failure_when,
        &args.ignore_if,
        &args.retry_after,
    ];
    keys.iter().all(|key| key.is_none())
}

/// Whether no key of the retry classifies outputs, so that their type decides.
pub(super) fn retry_is_plain(args: &RetryArgs) -> bool {
    let keys = [
        &args.on,
        &args.except,
        &args.retry_if,
        &args.retry_when,
        &args.retry_after,
    ];
    keys.iter().all(|key| key.is_none())
}

/// The classification by the type: `Classify`, or every failure. If the type has neither, the error
/// is at `span`.
pub(super) fn plain(private: &TokenStream, span: Span) -> TokenStream {
    let span = span.resolved_at(Span::mixed_site());
    quote_spanned!(span=> #private::Judge::new(&output).resilient_class())
}

/// The classification for the breaker. `ignore*` beat `failure*`, which beat the type.
pub(super) fn for_breaker(args: &BreakerArgs, private: &TokenStream, span: Span) -> TokenStream {
    if breaker_is_plain(args) {
        return plain(private, span);
    }
    let ignored = any([
        args.ignore.as_ref().map(matches),
        args.ignore_if.as_ref().map(|test| holds(private, test)),
    ]);
    let failed = any([
        args.failure.as_ref().map(matches),
        args.failure_if.as_ref().map(|test| holds(private, test)),
        args.failure_when.as_ref().map(|_| emit!(chosen)),
    ]);
    let error_keys = [
        &args.failure,
        &args.ignore,
        &args.failure_if,
        &args.ignore_if,
        &args.retry_after,
    ];
    let judged = judged(args.failure_when.as_ref(), private, span);
    if error_keys.iter().all(|key| key.is_none()) {
        // `failure_when` alone decides for outputs of any type.
        return emit!({ #judged #private::chosen_failure(class, chosen) });
    }
    let class = match (ignored, failed) {
        (None, None) => emit!(class),
        (Some(ignored), None) => emit!(#private::unless(#ignored, class)),
        (None, Some(failed)) => emit!(#private::only_if(#failed)),
        (Some(ignored), Some(failed)) => {
            emit!(#private::unless(#ignored, #private::only_if(#failed)))
        }
    };
    let hint = hint(args.retry_after.as_ref(), private);
    let else_chosen = args.failure_when.as_ref().map_or_else(
        || emit!(::core::option::Option::None),
        |_| emit!(#private::chosen_failure(::core::option::Option::None, chosen)),
    );
    emit!({
        #judged
        match (class, #private::error_of(&output)) {
            (::core::option::Option::Some(class), ::core::option::Option::Some(error)) => {
                ::core::option::Option::Some(#private::with_hint(#class, #hint))
            }
            _ => #else_chosen,
        }
    })
}

/// Whether the breaker ignores the error of the output, also of one that was cut off.
pub(super) fn is_ignored(args: &BreakerArgs, private: &TokenStream) -> TokenStream {
    let ignored = any([
        args.ignore.as_ref().map(matches),
        args.ignore_if.as_ref().map(|test| holds(private, test)),
    ]);
    of_error(ignored, private)
}

/// Whether `except` matches the error of the output.
pub(super) fn is_excepted(args: &RetryArgs, private: &TokenStream) -> TokenStream {
    of_error(args.except.as_ref().map(matches), private)
}

/// A condition on `error`, for outputs that have one.
fn of_error(condition: Option<TokenStream>, private: &TokenStream) -> TokenStream {
    condition.map_or_else(
        || emit!(false),
        |condition| {
            emit! {
                match #private::error_of(&output) {
                    ::core::option::Option::Some(error) => #condition,
                    ::core::option::Option::None => false,
                }
            }
        },
    )
}

/// The classification for the retry. `except` beats all; `on`, `retry_if` and `retry_when` beat the
/// type.
pub(super) fn for_retry(args: &RetryArgs, private: &TokenStream, span: Span) -> TokenStream {
    if retry_is_plain(args) {
        return plain(private, span);
    }
    let selected = any([
        args.on.as_ref().map(matches),
        args.retry_if.as_ref().map(|test| holds(private, test)),
        args.retry_when.as_ref().map(|_| emit!(chosen)),
    ]);
    let judged = judged(args.retry_when.as_ref(), private, span);
    let error_keys = [&args.on, &args.except, &args.retry_if, &args.retry_after];
    if error_keys.iter().all(|key| key.is_none()) {
        return emit!({ #judged #private::chosen_retry(class, chosen) });
    }
    let selected = selected.unwrap_or_else(|| emit!(class.retry));
    let retry = match args.except.as_ref().map(matches) {
        Some(excepted) => emit!(!(#excepted) && (#selected)),
        None => selected,
    };
    let hint = hint(args.retry_after.as_ref(), private);
    let else_chosen = args.retry_when.as_ref().map_or_else(
        || emit!(::core::option::Option::None),
        |_| emit!(#private::chosen_retry(::core::option::Option::None, chosen)),
    );
    emit!({
        #judged
        match (class, #private::error_of(&output)) {
            (::core::option::Option::Some(class), ::core::option::Option::Some(error)) => {
                ::core::option::Option::Some(
                    #private::with_hint(#private::with_retry(class, #retry), #hint)
                )
            }
            _ => #else_chosen,
        }
    })
}

/// Declares `class`, the classification by the type, and `chosen`, the result of the predicate.
fn judged(when: Option<&TokenStream>, private: &TokenStream, span: Span) -> TokenStream {
    if let Some(when) = when {
        emit! {
            let class = #private::Judge::new(&output).resilient_class_if_known();
            let chosen = #private::test(&output, #when);
        }
    } else {
        let class = plain(private, span);
        emit!(let class = #class;)
    }
}

fn matches(pattern: &TokenStream) -> TokenStream {
    emit!(::core::matches!(error, #pattern))
}

fn holds(private: &TokenStream, predicate: &TokenStream) -> TokenStream {
    emit!(#private::test(error, #predicate))
}

fn hint(ask: Option<&TokenStream>, private: &TokenStream) -> TokenStream {
    ask.map_or_else(
        || emit!(class.retry_after),
        |ask| emit!(#private::hint(error, #ask)),
    )
}

fn any<const N: usize>(conditions: [Option<TokenStream>; N]) -> Option<TokenStream> {
    let conditions: Vec<_> = conditions.into_iter().flatten().collect();
    let (first, rest) = conditions.split_first()?;
    Some(emit!(#first #(|| #rest)*))
}
