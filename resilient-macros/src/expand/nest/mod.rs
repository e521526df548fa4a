//! The function as it is compiled: its layers around the attempt, in reading order.
//!
//! What a layer writes are statements that end in an output. It writes what is below it in between, and so on down to the
//! attempt.

mod breaker;
mod fallback;
mod limits;
mod plan;
mod retry;

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};

use self::plan::Plan;
use super::attempt::{self, Attempt};
use super::layers::{Args, Layers};
use super::needs::Needs;
use super::retyped::retyped;
use super::site::{self, Site};
use super::{block, check, output};
use crate::error::Errors;
use crate::function::{Function, Shape};

/// Writes the whole function.
pub(super) fn write(
    function: &Function,
    layers: &Layers,
    is_listed: bool,
) -> Result<TokenStream, Errors> {
    check::check(function, layers)?;
    let mut shape = function.shape();
    let declared = match &shape {
        Shape::Future(future) => future.output.clone(),
        Shape::Async | Shape::Plain => function.output.clone().unwrap_or_else(|| quote!(())),
    };
    let private = &layers.private;
    let waits = !matches!(shape, Shape::Plain);
    let plan = Plan::new(layers, waits);
    let span = output::span(function);
    let output = output::without_impl(&declared);
    let of_attempt = if plan.records {
        let span = span.resolved_at(Span::mixed_site());
        quote_spanned!(span=> <#output as #private::Recorded>::Attempt)
    } else {
        output.clone()
    };
    let needs = Needs {
        retry: layers.retry(),
        fallback: layers.fallback(),
        is_enclosed: plan.prepares_enclosed(),
    };
    if let (true, Shape::Future(future)) = (plan.records, &mut shape) {
        future.block = future
            .block
            .take()
            .map(|block| retyped(&block, &of_attempt));
    }
    let of_body = if plan.records { &of_attempt } else { &output };
    let attempt = attempt::build(function, &shape, of_body, needs, private);
    let site = layers
        .breaker()
        .map(|args| site::write(function, args, private, is_listed));
    let nest = Nest {
        layers,
        plan,
        attempt: &attempt,
        site,
        private,
        waits,
        output: &output,
        of_attempt: &of_attempt,
        span,
    };
    let written = nest.from(0);
    let span = function.body_span();
    let inner = &attempt.inner_attributes;
    let body = match shape {
        Shape::Async | Shape::Plain => quote!(#inner #written),
        Shape::Future(future) => {
            let written = block(written, span);
            match (future.boxed, future.block) {
                (true, _) => emit!(#inner ::std::boxed::Box::pin(async move #written)),
                // As the user has it, so that other attributes see what they know.
                (false, Some(_)) => emit!(#inner async move #written),
                // A call, since clippy would have a lone block written as an `async fn`.
                (false, None) => emit!(#inner #private::future(async move #written)),
            }
        }
    };
    let body = block(body, span);
    Ok(function.rebuilt(&attempt.params, &body.into()))
}

struct Nest<'a> {
    layers: &'a Layers,
    plan: Plan,
    attempt: &'a Attempt,
    site: Option<Site>,
    private: &'a TokenStream,
    /// Asynchronously, rather than by blocking its thread.
    waits: bool,
    /// What the function returns.
    output: &'a TokenStream,
    /// What one attempt returns.
    of_attempt: &'a TokenStream,
    /// Of the return type.
    span: Span,
}

impl Nest<'_> {
    /// What begins with the layer at `at`, in statements that end in its output.
    fn from(&self, at: usize) -> TokenStream {
        if self.plan.is_future(at) {
            limits::write(self, at)
        } else {
            self.layer(at)
        }
    }

    /// The same without the limits that surround it.
    fn layer(&self, at: usize) -> TokenStream {
        match self.layers.get(at) {
            Some(Args::Retry(args)) => retry::write(self, at, args),
            Some(Args::Breaker(args)) => breaker::write(self, at, args),
            Some(Args::Fallback(args)) => fallback::write(self, at, args),
            // A plain function has none: it was refused.
            Some(Args::Timeout(_)) => self.layer(at + 1),
            None => self.plain_attempt(at),
        }
    }

    /// The attempt of a function that blocks.
    fn plain_attempt(&self, at: usize) -> TokenStream {
        let Attempt { prepare, run, .. } = self.attempt;
        let private = self.private;
        let mark = self
            .plan
            .marks_at(at)
            .then(|| emit!(let _marked = #private::mark(&mut retry);));
        emit!(#mark #prepare #run)
    }

    /// The type of what the layer at `at` returns.
    fn output_at(&self, at: usize) -> &TokenStream {
        if self.plan.retry_above(at) {
            self.of_attempt
        } else {
            self.output
        }
    }

    /// Where the return type stands, for what is expected of it.
    fn expectation(&self) -> Span {
        self.span.resolved_at(Span::mixed_site())
    }

    /// Where nobody above has declared it, the limit that the output at hand comes from.
    fn declare_cut(&self, at: usize) -> Option<TokenStream> {
        let private = self.private;
        self.plan
            .declares_cut(at)
            .then(|| emit!(let mut cut = ::core::option::Option::None::<#private::TimeLimit>;))
    }
}
