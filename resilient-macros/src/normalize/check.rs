//! Checks rules that concern both the function and the arguments of its attributes.

use proc_macro2::Ident;

use super::argument_uses::ArgumentUses;
use super::return_type::{FunctionShape, shape};
use crate::args::{AttributeKind, FallbackKind, FallbackReplacement, LayerArgs, LayerStack};
use crate::error::CompileErrors;
use crate::item::{AnnotatedFunction, PassingMode, bindings, receiver_passing};
use crate::scan::{self, ArgumentUse};

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
    let uses = ArgumentUses { retry: stack.retry(), fallback: stack.fallback(), waits: false };
    if uses.again("self") {
        refuse_owned_self_in_format_strings(function, &mut errors);
    }
    refuse_hidden_failures(stack, &mut errors);
    if matches!(shape(function), FunctionShape::Plain) {
        refuse_to_wait(stack, &mut errors);
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

/// Rejects a fallback below a retry or a breaker. The upper layer would not see the failures that
/// the fallback replaces.
fn refuse_hidden_failures(stack: &LayerStack, errors: &mut CompileErrors) {
    for (at, layer) in stack.layers().iter().enumerate() {
        let LayerArgs::Fallback(args) = &layer.args else {
            continue;
        };
        let above = stack.layers()[..at].iter().find_map(|above| {
            let reason = match above.args.kind() {
                AttributeKind::Retry => "nothing would be tried again",
                AttributeKind::CircuitBreaker => "its circuit would never open",
                AttributeKind::Timeout | AttributeKind::Fallback => return None,
            };
            Some((above.args.kind().name(), reason))
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

/// Rejects arguments that need an asynchronous function: a plain function cannot be cancelled, and
/// cannot await a future.
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

/// Rejects an owned `self` in a format string. Each attempt has a copy of `self` under another
/// name, and a name in a format string cannot be changed.
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
