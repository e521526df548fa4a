//! Writes the code that classifies the variable `__output`. The class is an
//! `Option<Classification>`: `None` means a success.

use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;

use super::settings;
use crate::args::{
    AttributeKind, BreakerArgs, MatchedWith, RetryArgs, bound_by_reference, matched_with,
};

/// Classifies an output by the keys of one attribute.
pub(super) struct Classifier<'a> {
    /// An expression whose value is the class of the output, by the key `classify` of the stack.
    by_function: Option<TokenStream>,
    /// The predicate on the whole output. Its result is the variable `__chosen`.
    when: Option<&'a TokenStream>,
    /// If no key examines the error, the function of the runtime that classifies an output by
    /// `__chosen`.
    by_choice: TokenStream,
    /// If a key examines the error, an expression whose value is the class of `__error`. It uses
    /// the variable `__class`, which is the class by the type of the error.
    by_error: Option<TokenStream>,
}

impl<'a> Classifier<'a> {
    /// Returns the classifier of a breaker. `ignore*` has precedence over `failure*`, and
    /// `failure*` over the type.
    pub(super) fn of_breaker(args: &'a BreakerArgs, by_function: Option<TokenStream>) -> Self {
        let failed = any([
            args.failure.as_ref().map(matches),
            args.failure_if.as_ref().map(holds),
            args.failure_when.as_ref().map(|_| emit!(__chosen)),
        ]);
        let ignored = ignored(args);
        let has_keys = ignored.is_some() || args.failure.is_some() || args.failure_if.is_some();
        let class =
            failed.map_or_else(|| emit!(__class), |failed| emit!(__r::only_if(#failed, __class)));
        let class =
            ignored.map_or_else(|| class.clone(), |ignored| emit!(__r::unless(#ignored, #class)));
        Self {
            by_function,
            when: args.failure_when.as_ref(),
            by_choice: emit!(__r::chosen_failure),
            by_error: by_error(class, has_keys, args.retry_after.as_ref()),
        }
    }

    /// Returns the classifier of a retry. `except` has precedence over all other keys; `on`,
    /// `retry_if` and `retry_when` have precedence over the type.
    pub(super) fn of_retry(args: &'a RetryArgs, by_function: Option<TokenStream>) -> Self {
        let selected = any([
            args.on.as_ref().map(matches),
            args.retry_if.as_ref().map(holds),
            args.retry_when.as_ref().map(|_| emit!(__chosen)),
        ]);
        let has_keys = args.except.is_some() || args.on.is_some() || args.retry_if.is_some();
        let excepted = args.except.as_ref().map(matches);
        let retry = match (excepted, selected) {
            (None, None) => None,
            (None, selected) => selected,
            (Some(excepted), None) => Some(emit!(!#excepted && __class.retry)),
            (Some(excepted), Some(selected)) => Some(emit!(!#excepted && (#selected))),
        };
        let class =
            retry.map_or_else(|| emit!(__class), |retry| emit!(__r::with_retry(__class, #retry)));
        Self {
            by_function,
            when: args.retry_when.as_ref(),
            by_choice: emit!(__r::chosen_retry),
            by_error: by_error(class, has_keys, args.retry_after.as_ref()),
        }
    }

    /// Returns whether no predicate and no pattern changes the class.
    pub(super) fn is_plain(&self) -> bool {
        self.when.is_none() && self.by_error.is_none()
    }

    /// Returns whether one declaration of `__class` serves both classifiers: both use the key
    /// `classify` of the stack, or neither has a predicate.
    pub(super) fn declares_like(&self, other: &Self) -> bool {
        self.by_function.is_some() || (self.when.is_none() && other.when.is_none())
    }

    /// Writes a statement that declares the variable `__class`, which is the class by the key
    /// `classify` or by the type of the output. If there is neither this key nor a predicate, an
    /// output type that has no class causes a compile error at `span`. The error suggests keys of
    /// the attribute `by`.
    pub(super) fn declare(&self, span: Span, by: AttributeKind) -> TokenStream {
        let span = span.resolved_at(Span::mixed_site());
        let class = match (&self.by_function, self.when) {
            (Some(class), _) => class.clone(),
            (None, Some(_)) => emit!(__r::Judge::new(&__output).resilient_class_if_known()),
            (None, None) if by == AttributeKind::CircuitBreaker => {
                quote_spanned!(span=> __r::Judge::new(&__output).resilient_health())
            }
            (None, None) => quote_spanned!(span=> __r::Judge::new(&__output).resilient_class()),
        };
        emit!(let __class = #class;)
    }

    /// Writes a statement that declares `__chosen`, the result of the predicate that examines the
    /// output. Returns `None` if there is no such predicate.
    pub(super) fn choose(&self) -> Option<TokenStream> {
        self.when.map(|when| emit!(let __chosen = __r::test(&__output, #when);))
    }

    /// Writes statements that report the class of the output to the breaker. They move the output,
    /// and declare it again.
    pub(super) fn report(&self) -> TokenStream {
        if self.is_plain() {
            return emit!(let __output = __text.report(__permit, __class, __output););
        }
        let (chosen, class) = (self.choose(), self.refined());
        emit! {
            #chosen
            let __health = #class;
            let __output = __text.report(__permit, __health, __output);
        }
    }

    /// Writes an expression whose value is the class after all keys. The expression uses the
    /// variables that [`declare`](Self::declare) and [`choose`](Self::choose) declare.
    pub(super) fn refined(&self) -> TokenStream {
        let by_choice = &self.by_choice;
        match (self.when, &self.by_error) {
            (None, None) => emit!(__class),
            (Some(_), None) => emit!(#by_choice(__class, __chosen)),
            (None, Some(class)) => {
                emit!(__r::failure_of(&__output, __class).map(|(__error, __class)| #class))
            }
            (Some(_), Some(refined)) => emit! {
                __r::or_chosen(
                    __r::failure_of(&__output, __class).map(|(__error, __class)| #refined),
                    __chosen,
                )
            },
        }
    }
}

/// Writes an expression whose value is the class that the function of the key `classify` gives.
/// `of_last` is set if the output has the errors of all attempts: the function reads the last.
pub(super) fn by_function(function: &TokenStream, of_last: bool) -> TokenStream {
    // With this span, the error about an output that has no error points at the function.
    let span = settings::span(function);
    if of_last {
        quote_spanned!(span=> __r::classified_last(&__output, #function))
    } else {
        quote_spanned!(span=> __r::classified(&__output, #function))
    }
}

// B20
/// Writes a statement that declares `__text`, which finds the `Display` of an output's error.
pub(super) fn text() -> TokenStream {
    emit!(let __text = __r::Text::new(&__output).resilient_text();)
}

/// Adds the hint of the key `retry_after` to the expression `class`. Returns `None` if no key
/// examines the error.
fn by_error(
    class: TokenStream,
    has_keys: bool,
    retry_after: Option<&TokenStream>,
) -> Option<TokenStream> {
    match retry_after {
        Some(ask) => Some(emit!(__r::with_hint(#class, __r::hint(__error, #ask)))),
        None => has_keys.then_some(class),
    }
}

/// Writes an expression that is true if the breaker ignores `__error`. Returns `None` if neither
/// `ignore` nor `ignore_if` is given.
fn ignored(args: &BreakerArgs) -> Option<TokenStream> {
    any([args.ignore.as_ref().map(matches), args.ignore_if.as_ref().map(holds)])
}

/// Writes an expression that is true if the breaker ignores the error of the output.
pub(super) fn is_ignored(args: &BreakerArgs) -> TokenStream {
    error_is(ignored(args))
}

/// Writes an expression that is true if `except` matches the error of the output.
pub(super) fn is_excepted(args: &RetryArgs) -> TokenStream {
    error_is(args.except.as_ref().map(matches))
}

/// Writes an expression that is true if the output has an error and `condition` is true for this
/// error. Without a condition, the expression is false.
fn error_is(condition: Option<TokenStream>) -> TokenStream {
    condition.map_or_else(
        || emit!(false),
        |condition| emit!(__r::error_of(&__output).is_some_and(|__error| #condition)),
    )
}

/// Writes an expression that is true if the pattern matches the error behind the reference
/// `__error`.
pub(super) fn matches(pattern: &TokenStream) -> TokenStream {
    match matched_with(pattern) {
        MatchedWith::Reference => emit!(__r::matches!(__error, #pattern)),
        MatchedWith::Value => {
            let pattern = bound_by_reference(pattern);
            emit!(__r::matches!(*__error, #pattern))
        }
        MatchedWith::Text => {
            // With this span, the compiler's error about an error type without a text points at the
            // pattern.
            let text = quote_spanned!(settings::span(pattern)=> __r::text(__error));
            emit!(__r::matches!(#text, #pattern))
        }
    }
}

fn holds(predicate: &TokenStream) -> TokenStream {
    emit!(__r::test(__error, #predicate))
}

fn any<const N: usize>(conditions: [Option<TokenStream>; N]) -> Option<TokenStream> {
    let conditions: Vec<_> = conditions.into_iter().flatten().collect();
    let (first, rest) = conditions.split_first()?;
    Some(emit!(#first #(|| #rest)*))
}
