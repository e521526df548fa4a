//! The attributes of one function, outermost first, with their arguments checked.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;

use crate::args::{BreakerArgs, FallbackArgs, Kind, Outer, RetryArgs, TimeoutArgs};
use crate::error::Errors;

/// What surrounds the body of the function.
#[derive(Debug)]
pub(crate) struct Layers {
    list: Vec<Layer>,
    /// The path to the runtime's private part.
    pub(crate) private: TokenStream,
}

/// One attribute, and where it stands.
#[derive(Debug)]
pub(crate) struct Layer {
    pub(crate) args: Args,
    pub(crate) span: Span,
}

#[derive(Debug)]
pub(crate) enum Args {
    Retry(Box<RetryArgs>),
    Breaker(Box<BreakerArgs>),
    Timeout(TimeoutArgs),
    Fallback(FallbackArgs),
}

impl Layers {
    /// All that stood above, and the attribute that is expanded, which is the lowest.
    pub(crate) fn parse(outer: &[Outer], kind: Kind, args: TokenStream) -> Result<Self, Errors> {
        let mut errors = Errors::default();
        let mut list = Vec::with_capacity(outer.len() + 1);
        let above = outer
            .iter()
            .map(|each| (each.kind, each.args.clone(), each.span));
        for (kind, args, span) in above.chain([(kind, args, Span::call_site())]) {
            match Args::parse(kind, args) {
                Ok(args) => list.push(Layer { args, span }),
                Err(wrong) => errors.extend(wrong),
            }
        }
        for (at, layer) in list.iter().enumerate() {
            let kind = layer.args.kind();
            if list[..at].iter().any(|above| above.args.kind() == kind) {
                let name = kind.name();
                errors.push(
                    layer.span,
                    format!("`#[{name}]` is on this function twice: put all its settings into one"),
                );
            }
        }
        let given = list.iter().find_map(|layer| layer.args.krate().cloned());
        let runtime = given.unwrap_or_else(usual_runtime);
        let private = quote!(#runtime::__private);
        errors.or(Self { list, private })
    }

    pub(crate) fn list(&self) -> &[Layer] {
        &self.list
    }

    pub(crate) fn get(&self, at: usize) -> Option<&Args> {
        self.list.get(at).map(|layer| &layer.args)
    }

    /// Where the layer of that kind is, from the outermost.
    pub(crate) fn place(&self, kind: Kind) -> Option<usize> {
        self.list.iter().position(|layer| layer.args.kind() == kind)
    }

    pub(crate) fn retry(&self) -> Option<&RetryArgs> {
        self.list.iter().find_map(|layer| match &layer.args {
            Args::Retry(args) => Some(args.as_ref()),
            _ => None,
        })
    }

    pub(crate) fn breaker(&self) -> Option<&BreakerArgs> {
        self.list.iter().find_map(|layer| match &layer.args {
            Args::Breaker(args) => Some(args.as_ref()),
            _ => None,
        })
    }

    pub(crate) fn fallback(&self) -> Option<&FallbackArgs> {
        self.list.iter().find_map(|layer| match &layer.args {
            Args::Fallback(args) => Some(args),
            _ => None,
        })
    }
}

impl Args {
    pub(super) fn parse(kind: Kind, args: TokenStream) -> Result<Self, Errors> {
        Ok(match kind {
            Kind::Retry => Self::Retry(Box::new(RetryArgs::parse(args)?)),
            Kind::CircuitBreaker => Self::Breaker(Box::new(BreakerArgs::parse(args)?)),
            Kind::Timeout => Self::Timeout(TimeoutArgs::parse(args)?),
            Kind::Fallback => Self::Fallback(FallbackArgs::parse(args)?),
        })
    }

    pub(crate) fn kind(&self) -> Kind {
        match self {
            Self::Retry(_) => Kind::Retry,
            Self::Breaker(_) => Kind::CircuitBreaker,
            Self::Timeout(_) => Kind::Timeout,
            Self::Fallback(_) => Kind::Fallback,
        }
    }

    /// The attributes that stood above this one.
    pub(super) fn outer(&self) -> &[Outer] {
        match self {
            Self::Retry(args) => &args.outer,
            Self::Breaker(args) => &args.outer,
            Self::Timeout(args) => &args.outer,
            Self::Fallback(args) => &args.outer,
        }
    }

    fn krate(&self) -> Option<&TokenStream> {
        match self {
            Self::Retry(args) => args.krate.as_ref(),
            Self::Breaker(args) => args.krate.as_ref(),
            Self::Timeout(args) => args.krate.as_ref(),
            Self::Fallback(args) => args.krate.as_ref(),
        }
    }
}

/// The path to the runtime by the arguments of one attribute.
pub(super) fn runtime(kind: Kind, args: &TokenStream) -> TokenStream {
    let args = Args::parse(kind, args.clone()).ok();
    let given = args.and_then(|args| args.krate().cloned());
    given.unwrap_or_else(usual_runtime)
}

fn usual_runtime() -> TokenStream {
    let name = Ident::new("resilient", Span::call_site());
    quote!(::#name)
}
