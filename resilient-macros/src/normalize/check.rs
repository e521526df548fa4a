//! Checks rules that concern both the function and the arguments of its attributes.

use proc_macro2::{Ident, Span, TokenStream};
use quote::ToTokens;

use super::argument_uses::ArgumentUses;
use super::return_type::{FunctionShape, shape};
use crate::args::{AttributeKind, FallbackKind, FallbackReplacement, LayerArgs, LayerStack};
use crate::error::CompileErrors;
use crate::item::{AnnotatedFunction, PassingMode, bindings, receiver_passing};
use crate::scan::{self, ArgumentUse};
use crate::tokens::{flatten, ident, is_punct, is_word};

/// Checks that the attributes fit the function and each other.
pub(crate) fn check(function: &AnnotatedFunction, stack: &LayerStack) -> Result<(), CompileErrors> {
    let mut errors = CompileErrors::default();
    let bindings = function.params().flat_map(|param| bindings(&param.pat));
    let arguments: Vec<Ident> = bindings.map(|binding| binding.ident).collect();
    if let Some(retry) = stack.retry() {
        for named in retry.borrow.iter().chain(&retry.clone) {
            if !arguments.contains(named) {
                let message = format!("`{named}` is no argument of this function");
                errors.push(named.span(), message);
            }
        }
    }
    let waits = !matches!(shape(function), FunctionShape::Plain);
    let (retry, fallback) = (stack.retry(), stack.fallback());
    let uses = ArgumentUses { retry, fallback, breaker: stack.breaker(), waits };
    if uses.again("self") {
        refuse_owned_self_in_format_strings(function, &mut errors);
    }
    refuse_hidden_failures(stack, &mut errors);
    if stack.retry().is_some() {
        refuse_returned_borrows(function, &mut errors);
    }
    if !waits {
        refuse_to_wait(stack, &mut errors);
    }
    if let Some(name) = stack.retry().and_then(|retry| retry.name.as_ref()) {
        let named = scan::named_variable(name, |word| word == "self" || arguments.contains(word));
        if let Some(named) = named {
            let message = format!(
                "`{named}` is of one call, and a retry has one name for all of them: use a \
                 constant, or give a `NamedRetry` with `policy = …`"
            );
            errors.push(named.span(), message);
        }
    }
    if let Some(breaker) = stack.breaker() {
        for setting in breaker.evaluated_once() {
            let named =
                scan::named_variable(setting, |word| word == "self" || arguments.contains(word));
            if let Some(named) = named {
                let message = format!(
                    "`{named}` is of one call, and a breaker's settings are evaluated once for all \
                     of them: use a constant or a function, or give the breaker itself with \
                     `breaker = …`"
                );
                errors.push(named.span(), message);
            }
        }
    }
    errors.or(())
}

/// Rejects a `&mut` in the return type that borrows from an argument. Every attempt would borrow
/// the argument for as long as the caller keeps the output.
fn refuse_returned_borrows(function: &AnnotatedFunction, errors: &mut CompileErrors) {
    let lent = exclusive(function.signature.inputs.to_token_stream());
    // If the `&mut` in the return type of a method has no named lifetime, it borrows from the
    // receiver.
    let is_shared = function.receiver().map(receiver_passing) == Some(PassingMode::Shared);
    let borrows = exclusive(function.output().to_token_stream()).into_iter().find(|(_, name)| {
        lent.iter().any(|(_, lent)| lent == name) && !(is_shared && name.is_empty())
    });
    if let Some((span, _)) = borrows {
        errors.push(
            span,
            "every attempt borrows the argument anew, so `#[retry]` cannot return a part of it: \
             return an owned value or an index, or retry in a function below this one",
        );
    }
}

/// Returns the span of each `&mut` that is not inside brackets, with the name of its lifetime. The
/// name is empty if the lifetime has no name.
fn exclusive(tokens: TokenStream) -> Vec<(Span, String)> {
    let tokens = flatten(tokens);
    let borrow = |at: usize| {
        let name = ident(tokens.get(at + 2)).filter(|_| is_punct(tokens.get(at + 1), '\''));
        let is_mut = is_word(tokens.get(if name.is_some() { at + 3 } else { at + 1 }), "mut");
        let name = name.map_or_else(String::new, ToString::to_string);
        (is_punct(tokens.get(at), '&') && is_mut).then(|| (tokens[at].span(), name))
    };
    (0..tokens.len()).filter_map(borrow).collect()
}

/// Rejects a fallback below a retry or a breaker, because the retry or the breaker would not see
/// the failures that the fallback replaces.
fn refuse_hidden_failures(stack: &LayerStack, errors: &mut CompileErrors) {
    for (at, layer) in stack.layers().iter().enumerate() {
        let LayerArgs::Fallback(args) = &layer.args else {
            continue;
        };
        let above = stack.layers()[..at].iter().find_map(|above| {
            let reason = match above.kind {
                AttributeKind::Retry => "nothing would be tried again",
                AttributeKind::CircuitBreaker => "its circuit would never open",
                AttributeKind::Timeout | AttributeKind::Fallback => return None,
            };
            Some((above.kind.name(), reason))
        });
        if let Some((name, reason)) = above.filter(|_| !args.order_is_explicit) {
            let message = format!(
                "`#[fallback]` below `#[{name}]` hides the failures from it, and {reason}: put \
                 `#[fallback]` at the top, or, if that is what you want, write \
                 `#[fallback(order = explicit, …)]`"
            );
            errors.push(layer.span, message);
        }
    }
}

/// Rejects time limits and asynchronous fallbacks of a plain function: a plain function cannot be
/// cancelled and cannot await a future.
fn refuse_to_wait(stack: &LayerStack, errors: &mut CompileErrors) {
    const WHY: &str = "nobody can stop a plain function from outside: make it `async`, or give the \
                       client that it calls a timeout of its own";
    for layer in stack.layers() {
        match &layer.args {
            LayerArgs::Timeout(_) => {
                errors.push(layer.span, format!("`#[timeout]` needs an `async` function: {WHY}"));
            }
            LayerArgs::Retry(args) => {
                let limits =
                    [("deadline", &args.deadline), ("attempt_timeout", &args.attempt_timeout)];
                for (key, limit) in limits {
                    if let Some(limit) = limit {
                        let message = format!("`{key}` needs an `async` function: {WHY}");
                        errors.push(limit.key, message);
                    }
                }
            }
            LayerArgs::Fallback(args) => {
                if let FallbackReplacement::With(with, FallbackKind::Future) = &args.replacement {
                    errors.push_spanned(
                        with,
                        "this fallback is `async`, and a plain function cannot wait for it: make \
                         the function `async`",
                    );
                }
            }
            LayerArgs::Breaker(_) => {}
        }
    }
}

/// Rejects an owned `self` in the format string of an unknown macro. Each attempt has a copy of
/// `self` under another name, and this crate cannot change a name inside a format string.
fn refuse_owned_self_in_format_strings(function: &AnnotatedFunction, errors: &mut CompileErrors) {
    let Some(receiver) = function.receiver() else {
        return;
    };
    let this = Ident::new("self", receiver.self_token.span);
    let body = function.body.stream();
    let is_lent =
        receiver.mutability.is_none() && scan::usage(&body, &this) == ArgumentUse::Borrowed;
    let is_copied =
        matches!(receiver_passing(receiver), PassingMode::Owned | PassingMode::Pinned) && !is_lent;
    if is_copied && scan::self_in_format_string(&body) {
        errors.push(
            this.span(),
            "every attempt has its own `self`, which a format string cannot name: write \"{}\" \
             with `self` as an argument",
        );
    }
}
