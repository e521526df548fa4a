//! What can only be told with function and arguments together.

use proc_macro2::Ident;

use super::layers::Layers;
use super::settings;
use crate::error::Errors;
use crate::function::{Function, Param};
use crate::scan;

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
