//! What can only be told with function and arguments together.

use proc_macro2::{Group, Ident};

use super::fallible::{self, Returns};
use super::layers::{Args, Layers};
use super::needs::Needs;
use super::settings;
use crate::args::{Kind, Replacement};
use crate::error::Errors;
use crate::function::{Function, Param, Passing, Shape};
use crate::scan::{self, Use};

/// Arguments that the attributes name are there, and are not named where there is no call.
pub(super) fn check(function: &Function, layers: &Layers) -> Result<(), Errors> {
    let mut errors = Errors::default();
    let bound: Vec<&Ident> = function
        .params
        .iter()
        .filter_map(|param| match param {
            Param::Typed(typed) => Some(&typed.bindings),
            Param::Receiver(_) => None,
        })
        .flatten()
        .map(|binding| &binding.ident)
        .collect();
    if let Some(retry) = layers.retry() {
        for named in retry.borrow.iter().chain(&retry.clone) {
            if !bound.contains(&named) {
                let message = format!("`{named}` is no argument of this function");
                errors.push(named.span(), message);
            }
        }
    }
    let needs = Needs {
        retry: layers.retry(),
        fallback: layers.fallback(),
        is_enclosed: false,
    };
    if needs.again("self") {
        refuse_owned_self_in_format_strings(function, &mut errors);
    }
    refuse_hidden_failures(layers, &mut errors);
    if matches!(function.shape(), Shape::Plain) {
        refuse_to_wait(layers, &mut errors);
    }
    if let Some(breaker) = layers.breaker() {
        for setting in settings::evaluated_once(breaker) {
            let named =
                scan::named_variable(setting, |word| word == "self" || bound.contains(&word));
            if let Some(named) = named {
                let message = format!(
                    "`{named}` is of one call, and a breaker's settings are evaluated once for all of them: use a \
                     constant or a function, or give the breaker itself with `breaker = …`"
                );
                errors.push(named.span(), message);
            }
        }
    }
    errors.or(())
}

/// A failure that a fallback replaces is none to what is above it.
fn refuse_hidden_failures(layers: &Layers, errors: &mut Errors) {
    for (at, layer) in layers.list().iter().enumerate() {
        let Args::Fallback(args) = &layer.args else {
            continue;
        };
        let above = layers.list()[..at].iter().find_map(|above| {
            let reason = match above.args.kind() {
                Kind::Retry => "nothing would be tried again",
                Kind::CircuitBreaker => "its circuit would never open",
                Kind::Timeout | Kind::Fallback => return None,
            };
            Some((above.args.kind().name(), reason))
        });
        if let Some((name, reason)) = above.filter(|_| !args.order_is_explicit) {
            let message = format!(
                "`#[fallback]` below `#[{name}]` hides the failures from it, and {reason}: put `#[fallback]` at the top, \
                 or, if that is what you want, write `#[fallback(order = explicit, …)]`"
            );
            errors.push(layer.span, message);
        }
    }
}

/// A plain function cannot be cancelled, nor wait for a future.
fn refuse_to_wait(layers: &Layers, errors: &mut Errors) {
    const WHY: &str = "nobody can stop a plain function from outside: make it `async`, or give the client that it calls \
                       a timeout of its own";
    for layer in layers.list() {
        match &layer.args {
            Args::Timeout(_) => {
                errors.push(
                    layer.span,
                    format!("`#[timeout]` needs an `async` function: {WHY}"),
                );
            }
            Args::Retry(args) => {
                let limits = [
                    ("deadline", &args.deadline),
                    ("attempt_timeout", &args.attempt_timeout),
                ];
                for (key, limit) in limits {
                    if let Some(limit) = limit {
                        let message = format!("`{key}` needs an `async` function: {WHY}");
                        errors.push(limit.key, message);
                    }
                }
            }
            Args::Fallback(args) => {
                if let Replacement::With(with) = &args.replacement {
                    if fallible::returns(with) == Returns::Future {
                        errors.push_spanned(
                            with,
                            "this fallback is `async`, and a plain function cannot wait for it: make the function `async`",
                        );
                    }
                }
            }
            Args::Breaker(_) => {}
        }
    }
}

/// Each attempt has a copy under another name, which a format string cannot be given: it would show, or change, another one.
fn refuse_owned_self_in_format_strings(function: &Function, errors: &mut Errors) {
    let Some(body) = function.body.as_ref().map(Group::stream) else {
        return;
    };
    for param in &function.params {
        let Param::Receiver(receiver) = param else {
            continue;
        };
        let is_lent = receiver.mut_token.is_none()
            && scan::usage(&body, &receiver.self_token) == Use::Borrowed;
        let is_copied = matches!(receiver.passing(), Passing::Owned | Passing::Pinned) && !is_lent;
        if is_copied && scan::self_in_format_string(&body) {
            errors.push(
                receiver.self_token.span(),
                "every attempt has its own `self`, which a format string cannot name: write \"{}\" with `self` as an \
                 argument",
            );
        }
    }
}
