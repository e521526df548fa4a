//! Holds the facts about the function and its layers that every layer uses.

use proc_macro2::{Span, TokenStream};

use super::plan::StackPlan;
use crate::args::{BreakerArgs, LayerArgs, LayerStack};
use crate::expand::attempt::AttemptCode;
use crate::expand::call_site::CallSite;
use crate::expand::classify::by_function;

pub(in crate::expand) struct LayerContext<'a> {
    pub(in crate::expand) stack: &'a LayerStack,
    pub(in crate::expand) plan: StackPlan,
    pub(in crate::expand) attempt: &'a AttemptCode,
    pub(in crate::expand) call_site: Option<CallSite>,
    /// Whether the expansion lists its statics for the feature `inventory`.
    pub(in crate::expand) is_listed: bool,
    /// Whether the function waits asynchronously. A plain function blocks its thread instead.
    pub(in crate::expand) waits: bool,
    /// What the function returns.
    pub(in crate::expand) output: &'a TokenStream,
    /// What one attempt returns.
    pub(in crate::expand) attempt_output: &'a TokenStream,
    /// The span of the return type.
    pub(in crate::expand) span: Span,
}

impl LayerContext<'_> {
    /// Returns the arguments of the breaker at `at` if a retry is directly above the breaker. The
    /// retry then writes both layers.
    pub(super) fn breaker_of_retry(&self, at: usize) -> Option<&BreakerArgs> {
        let above = at.checked_sub(1).and_then(|above| self.stack.get(above));
        match (above, self.stack.get(at)) {
            (Some(LayerArgs::Retry(_)), Some(LayerArgs::Breaker(args))) => Some(args),
            _ => None,
        }
    }

    /// Returns the type of the output of the layer at `at`.
    pub(super) fn output_at(&self, at: usize) -> &TokenStream {
        if self.plan.retry_above(at) { self.attempt_output } else { self.output }
    }

    // R8
    /// Writes an expression whose value is the class of the output of the layer at `at`, by the key
    /// `classify`. Returns `None` if no attribute has the key.
    pub(super) fn class_by_function(&self, at: usize) -> Option<TokenStream> {
        let of_last = self.plan.records && !self.plan.retry_above(at);
        self.stack.classify().map(|function| by_function(function, of_last))
    }

    /// Returns the span of the return type. The expansion uses the span for code that must have
    /// this type, so that a type error points at the return type.
    pub(super) fn expectation(&self) -> Span {
        self.span.resolved_at(Span::mixed_site())
    }

    /// Writes a statement that declares `__cut`. If a time limit ended the attempt, `__cut` is the
    /// cause. Returns `None` if the layer at `at` does not use `__cut`, or if a layer above
    /// declares it.
    pub(super) fn declare_cut(&self, at: usize) -> Option<TokenStream> {
        self.plan.declares_cut(at).then(|| emit!(let mut __cut = __r::None::<__r::CutCause>;))
    }

    /// Writes a statement that drops the output of the last attempt before the next attempt runs.
    /// Writes nothing with `attempt = ident`, because the body can then read the output.
    pub(super) fn forget(&self) -> TokenStream {
        let LayerContext { attempt_output, plan, stack, .. } = self;
        let is_shown = stack.retry().is_some_and(|retry| retry.attempt.is_some());
        if is_shown || !plan.keeps {
            return TokenStream::new();
        }
        let of = plan.records.then(|| emit!(::<#attempt_output>));
        emit!(__r::AttemptLog #of::forget(&mut __log);)
    }
}
