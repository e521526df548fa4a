//! Expressions of type `Option<Classification>` for the variable `output`; a success has none.

use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;

use crate::args::{BreakerArgs, RetryArgs};

/// Whether no key of the breaker classifies outputs, so that their type decides.
pub(super) fn breaker_is_plain(args: &BreakerArgs) -> bool {
    args.failure_when.is_none() && !breaker_reads_errors(args)
}

fn breaker_reads_errors(args: &BreakerArgs) -> bool {
    let keys = [
        &args.failure,
        &args.ignore,
        &args.failure_if,
        &args.ignore_if,
        &args.retry_after,
    ];
    keys.iter().any(|key| key.is_some())
}

/// Whether no key of the retry classifies outputs, so that their type decides.
pub(super) fn retry_is_plain(args: &RetryArgs) -> bool {
    args.retry_when.is_none() && !retry_reads_errors(args)
}

fn retry_reads_errors(args: &RetryArgs) -> bool {
    let keys = [&args.on, &args.except, &args.retry_if, &args.retry_after];
    keys.iter().any(|key| key.is_some())
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
    let failed = any([
        args.failure.as_ref().map(matches),
        args.failure_if.as_ref().map(|test| holds(private, test)),
        args.failure_when.as_ref().map(|_| emit!(chosen)),
    ]);
    let class = failed.map_or_else(|| emit!(class), |failed| emit!(#private::only_if(#failed)));
    let class = match ignored(args, private) {
        Some(ignored) => emit!(#private::unless(#ignored, #class)),
        None => class,
    };
    Classifier {
        when: args.failure_when.as_ref(),
        retry_after: args.retry_after.as_ref(),
        chosen: emit!(#private::chosen_failure),
        class: breaker_reads_errors(args).then_some(class),
    }
    .write(private, span)
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
    let selected = selected.unwrap_or_else(|| emit!(class.retry));
    let retry = match args.except.as_ref().map(matches) {
        Some(excepted) => emit!(!(#excepted) && (#selected)),
        None => selected,
    };
    let class = emit!(#private::with_retry(class, #retry));
    Classifier {
        when: args.retry_when.as_ref(),
        retry_after: args.retry_after.as_ref(),
        chosen: emit!(#private::chosen_retry),
        class: retry_reads_errors(args).then_some(class),
    }
    .write(private, span)
}

/// The parts of a classification by keys.
struct Classifier<'a> {
    /// The predicate on the whole output.
    when: Option<&'a TokenStream>,
    retry_after: Option<&'a TokenStream>,
    /// The function that classifies what the predicate chose.
    chosen: TokenStream,
    /// The classification of `error`, if a key reads it.
    class: Option<TokenStream>,
}

impl Classifier<'_> {
    fn write(self, private: &TokenStream, span: Span) -> TokenStream {
        let chosen = &self.chosen;
        let by_type = |class: TokenStream| emit!(let class = #class;);
        let judged = self.when.map_or_else(
            || by_type(plain(private, span)),
            |when| {
                let class =
                    by_type(emit!(#private::Judge::new(&output).resilient_class_if_known()));
                emit!(#class let chosen = #private::test(&output, #when);)
            },
        );
        let Some(class) = self.class else {
            return emit!({ #judged #chosen(class, chosen) });
        };
        let hint = self.retry_after.map_or_else(
            || emit!(class.retry_after),
            |ask| emit!(#private::hint(error, #ask)),
        );
        let none = emit!(::core::option::Option::None);
        let without_error = if self.when.is_some() {
            emit!(#chosen(#none, chosen))
        } else {
            none
        };
        emit!({
            #judged
            match (class, #private::error_of(&output)) {
                (::core::option::Option::Some(class), ::core::option::Option::Some(error)) => {
                    ::core::option::Option::Some(#private::with_hint(#class, #hint))
                }
                _ => #without_error,
            }
        })
    }
}

/// Whether `error` is one that the breaker ignores.
fn ignored(args: &BreakerArgs, private: &TokenStream) -> Option<TokenStream> {
    any([
        args.ignore.as_ref().map(matches),
        args.ignore_if.as_ref().map(|test| holds(private, test)),
    ])
}

/// Whether the breaker ignores the error of the output, also of one that was cut off.
pub(super) fn is_ignored(args: &BreakerArgs, private: &TokenStream) -> TokenStream {
    of_error(ignored(args, private), private)
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

fn matches(pattern: &TokenStream) -> TokenStream {
    emit!(::core::matches!(error, #pattern))
}

fn holds(private: &TokenStream, predicate: &TokenStream) -> TokenStream {
    emit!(#private::test(error, #predicate))
}

fn any<const N: usize>(conditions: [Option<TokenStream>; N]) -> Option<TokenStream> {
    let conditions: Vec<_> = conditions.into_iter().flatten().collect();
    let (first, rest) = conditions.split_first()?;
    Some(emit!(#first #(|| #rest)*))
}
