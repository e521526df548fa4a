//! Decides whether a retry or a fallback uses an argument again after an attempt.

use proc_macro2::TokenStream;

use crate::args::{BreakerArgs, FallbackArgs, RetryArgs};
use crate::item::{AnnotatedFunction, PassingMode, bindings, receiver_passing};
use crate::scan;

#[derive(Clone, Copy)]
pub(crate) struct ArgumentUses<'a> {
    /// The retry, if there is one. Each retry uses every argument again.
    pub(crate) retry: Option<&'a RetryArgs>,
    /// The fallback, if there is one. It uses the arguments that it names.
    pub(crate) fallback: Option<&'a FallbackArgs>,
    /// The breaker, if there is one. The keys that classify an output use the arguments that they
    /// name.
    pub(crate) breaker: Option<&'a BreakerArgs>,
    /// Whether the function waits asynchronously.
    pub(crate) waits: bool,
}

impl ArgumentUses<'_> {
    /// Returns whether a retry or the fallback uses the argument after an attempt. If so, the
    /// attempt must not move the argument.
    pub(crate) fn again(&self, name: &str) -> bool {
        self.retry.is_some() || self.fallback.is_some_and(|fallback| names(fallback, name))
    }

    /// Returns whether the breaker classifies an output with the argument. If so, the attempt must
    /// leave the argument behind, as the body changed it.
    pub(crate) fn judges(&self, name: &str) -> bool {
        let mut keys = self.breaker.into_iter().flat_map(BreakerArgs::evaluated_after);
        keys.any(|key| scan::mentions(key, name))
    }
}

fn names(fallback: &FallbackArgs, name: &str) -> bool {
    let patterns = [fallback.on.as_ref(), fallback.except.as_ref()];
    let mut tokens = patterns.into_iter().flatten().chain([fallback.replacement.tokens()]);
    tokens.any(|tokens| scan::mentions(tokens, name))
}

/// Returns whether the expression can stay borrowed while the body runs. If the expression names a
/// variable that the body may change or move, returns `false`.
pub(crate) fn may_stay_borrowed(function: &AnnotatedFunction, expression: &TokenStream) -> bool {
    let receiver = function.receiver().is_none_or(|receiver| {
        receiver_passing(receiver) == PassingMode::Shared || !scan::mentions(expression, "self")
    });
    let mut names = function.params().flat_map(|param| bindings(&param.pat));
    receiver && names.all(|name| !scan::mentions(expression, &name.ident.to_string()))
}
