//! What can only be told with function and arguments together.

use proc_macro2::{Group, Ident};

use super::layers::Layers;
use super::settings;
use crate::error::Errors;
use crate::function::{Function, Param, Passing};
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
    if layers.retry().is_some() {
        refuse_owned_self_in_format_strings(function, &mut errors);
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
