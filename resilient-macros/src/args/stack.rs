//! The attributes of one function, the outermost first, with checked arguments.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;
use resilient_settings::limits;

use super::circuit_breaker::BreakerArgs;
use super::fallback::FallbackArgs;
use super::handed_down::{CommonArgs, OuterAttribute};
use super::kind::AttributeKind;
use super::retry::RetryArgs;
use super::settings::broken_rules;
use super::timeout::TimeoutArgs;
use crate::error::CompileErrors;
use crate::tokens::source;

/// The layers around the body of a function.
#[derive(Debug)]
pub(crate) struct LayerStack {
    layers: Vec<Layer>,
    /// The path to the runtime.
    pub(crate) runtime: TokenStream,
}

/// One attribute, and its location in the source.
#[derive(Debug)]
pub(crate) struct Layer {
    pub(crate) kind: AttributeKind,
    pub(crate) args: LayerArgs,
    pub(crate) span: Span,
}

#[derive(Debug)]
pub(crate) enum LayerArgs {
    Retry(Box<RetryArgs>),
    Breaker(Box<BreakerArgs>),
    Timeout(TimeoutArgs),
    Fallback(FallbackArgs),
}

impl LayerStack {
    /// Reads the arguments of all layers: `outer` has the attributes above, and the other arguments
    /// belong to the lowest attribute, which is being expanded.
    pub(crate) fn parse(
        outer: &[OuterAttribute],
        kind: AttributeKind,
        args: TokenStream,
    ) -> Result<Self, CompileErrors> {
        let mut errors = CompileErrors::default();
        let mut layers: Vec<Layer> = Vec::with_capacity(outer.len() + 1);
        let above = outer.iter().map(|each| (each.kind, each.args.clone(), each.span));
        for (kind, args, span) in above.chain([(kind, args, Span::call_site())]) {
            if layers.iter().any(|above| above.kind == kind) {
                let name = kind.name();
                errors.push(
                    span,
                    format!("`#[{name}]` is on this function twice: put all its settings into one"),
                );
            }
            match LayerArgs::parse(kind, args) {
                Ok(args) => layers.push(Layer { kind, args, span }),
                Err(wrong) => errors.extend(wrong),
            }
        }
        let given = layers.iter().find_map(|layer| layer.args.common().krate.clone());
        let runtime = given.unwrap_or_else(usual_runtime);
        let stack = Self { layers, runtime };
        stack.check_limits(&mut errors);
        stack.check_classify(&mut errors);
        errors.or(stack)
    }

    // C2
    /// Checks the `#[timeout]` of each attempt against the deadline of the whole call.
    fn check_limits(&self, errors: &mut CompileErrors) {
        let Some(retry) = self.place(AttributeKind::Retry) else {
            return;
        };
        let timeout = self.layers[retry..].iter().find_map(|layer| match &layer.args {
            LayerArgs::Timeout(args) => Some(args),
            _ => None,
        });
        let deadline = self.retry().and_then(|args| args.deadline.as_ref());
        let (Some(timeout), Some(deadline)) = (timeout, deadline) else {
            return;
        };
        let get = |name: &str| match name {
            "timeout" => Some(&timeout.after),
            "deadline" => Some(&deadline.after),
            _ => None,
        };
        for (_, message) in broken_rules(&limits::TABLE, get, |_| false) {
            errors.push(timeout.place, message);
        }
    }

    // R8
    /// Checks that one function classifies errors for the whole stack.
    fn check_classify(&self, errors: &mut CompileErrors) {
        let mut given = self.classifying();
        let (Some((kind, first)), Some((_, second))) = (given.next(), given.next()) else {
            return;
        };
        if first.to_string() != second.to_string() {
            let is_path = syn::parse2::<syn::Path>(first.clone()).is_ok();
            let shown = if is_path { source(first) } else { "…".to_owned() };
            let message = format!(
                "`#[{}]` has `classify = {shown}` already, and one function classifies for the \
                 whole stack: give it to one attribute",
                kind.name()
            );
            errors.push_spanned(second, message);
        }
    }

    /// Returns each attribute that has the key `classify`, with the function.
    fn classifying(&self) -> impl Iterator<Item = (AttributeKind, &TokenStream)> {
        self.layers.iter().filter_map(|layer| {
            let function = match &layer.args {
                LayerArgs::Retry(args) => args.classify.as_ref(),
                LayerArgs::Breaker(args) => args.classify.as_ref(),
                LayerArgs::Timeout(_) | LayerArgs::Fallback(_) => None,
            };
            Some((layer.kind, function?))
        })
    }

    /// Returns the function that classifies errors in place of `Classify`.
    pub(crate) fn classify(&self) -> Option<&TokenStream> {
        self.classifying().next().map(|(_, function)| function)
    }

    pub(crate) fn layers(&self) -> &[Layer] {
        &self.layers
    }

    /// Returns the arguments of the layer at index `at`. The outermost layer has index 0.
    pub(crate) fn get(&self, at: usize) -> Option<&LayerArgs> {
        self.layers.get(at).map(|layer| &layer.args)
    }

    /// Returns the index of the layer of this kind, or `None` if no layer has this kind. The
    /// outermost layer has index 0.
    pub(crate) fn place(&self, kind: AttributeKind) -> Option<usize> {
        self.layers.iter().position(|layer| layer.kind == kind)
    }

    pub(crate) fn retry(&self) -> Option<&RetryArgs> {
        self.layers.iter().find_map(|layer| match &layer.args {
            LayerArgs::Retry(args) => Some(args.as_ref()),
            _ => None,
        })
    }

    pub(crate) fn breaker(&self) -> Option<&BreakerArgs> {
        self.layers.iter().find_map(|layer| match &layer.args {
            LayerArgs::Breaker(args) => Some(args.as_ref()),
            _ => None,
        })
    }

    pub(crate) fn fallback(&self) -> Option<&FallbackArgs> {
        self.layers.iter().find_map(|layer| match &layer.args {
            LayerArgs::Fallback(args) => Some(args),
            _ => None,
        })
    }
}

impl LayerArgs {
    pub(crate) fn parse(kind: AttributeKind, args: TokenStream) -> Result<Self, CompileErrors> {
        Ok(match kind {
            AttributeKind::Retry => Self::Retry(Box::new(RetryArgs::parse(args)?)),
            AttributeKind::CircuitBreaker => Self::Breaker(Box::new(BreakerArgs::parse(args)?)),
            AttributeKind::Timeout => Self::Timeout(TimeoutArgs::parse(args)?),
            AttributeKind::Fallback => Self::Fallback(FallbackArgs::parse(args)?),
        })
    }

    pub(crate) fn common(&self) -> &CommonArgs {
        match self {
            Self::Retry(args) => &args.common,
            Self::Breaker(args) => &args.common,
            Self::Timeout(args) => &args.common,
            Self::Fallback(args) => &args.common,
        }
    }
}

/// Returns the path to the runtime from the key `crate` of one attribute, or the usual path if the
/// key is not given.
pub(crate) fn runtime(kind: AttributeKind, args: &TokenStream) -> TokenStream {
    let args = LayerArgs::parse(kind, args.clone()).ok();
    let given = args.and_then(|args| args.common().krate.clone());
    given.unwrap_or_else(usual_runtime)
}

fn usual_runtime() -> TokenStream {
    let name = Ident::new("resilient", Span::call_site());
    quote!(::#name)
}
