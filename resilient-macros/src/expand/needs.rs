//! Who names the arguments besides the body, so that the body must leave them theirs.

use crate::args::{FallbackArgs, RetryArgs};
use crate::scan;

/// Who needs the arguments besides the attempt.
#[derive(Clone, Copy)]
pub(super) struct Needs<'a> {
    /// Other attempts.
    pub(super) retry: Option<&'a RetryArgs>,
    /// A fallback, those that it names.
    pub(super) fallback: Option<&'a FallbackArgs>,
    /// Whether the arguments are prepared inside an `async` block of ours.
    pub(super) is_enclosed: bool,
}

impl Needs<'_> {
    /// Whether the attempt must leave the argument to somebody else.
    pub(super) fn again(&self, name: &str) -> bool {
        self.retry.is_some() || self.fallback.is_some_and(|fallback| names(fallback, name))
    }
}

fn names(fallback: &FallbackArgs, name: &str) -> bool {
    let patterns = [fallback.on.as_ref(), fallback.except.as_ref()];
    let mut tokens = patterns
        .into_iter()
        .flatten()
        .chain([fallback.replacement.tokens()]);
    tokens.any(|tokens| scan::mentions(tokens, name))
}
