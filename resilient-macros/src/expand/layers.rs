//! The attributes of one function, outermost first, with their arguments checked.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;

use crate::args::{BreakerArgs, Kind, Outer, RetryArgs};
use crate::error::Errors;

/// What surrounds the body of the function.
#[derive(Debug)]
pub(crate) struct Layers {
    pub(crate) order: Order,
    /// The path to the runtime's private part.
    pub(crate) private: TokenStream,
}

#[derive(Debug)]
pub(crate) enum Order {
    Retry(RetryArgs),
    Breaker(BreakerArgs),
    /// Every attempt passes through the breaker.
    RetryOverBreaker(RetryArgs, BreakerArgs),
    /// One call of the breaker is a whole loop.
    BreakerOverRetry(BreakerArgs, RetryArgs),
}

impl Layers {
    pub(crate) fn parse(outer: &[Outer], kind: Kind, args: TokenStream) -> Result<Self, Errors> {
        let order = match (kind, outer) {
            (Kind::Retry, []) => Order::Retry(RetryArgs::parse(args)?),
            (Kind::CircuitBreaker, []) => Order::Breaker(BreakerArgs::parse(args)?),
            (Kind::CircuitBreaker, [above]) if above.kind == Kind::Retry => {
                Order::RetryOverBreaker(
                    RetryArgs::parse(above.args.clone())?,
                    BreakerArgs::parse(args)?,
                )
            }
            (Kind::Retry, [above]) if above.kind == Kind::CircuitBreaker => {
                Order::BreakerOverRetry(
                    BreakerArgs::parse(above.args.clone())?,
                    RetryArgs::parse(args)?,
                )
            }
            _ => {
                let mut errors = Errors::default();
                let name = kind.name();
                errors.push(
                    Span::call_site(),
                    format!("`#[{name}]` is on this function twice: put all its settings into one"),
                );
                return Err(errors);
            }
        };
        let runtime = order.runtime();
        Ok(Self {
            order,
            private: quote!(#runtime::__private),
        })
    }

    pub(crate) fn retry(&self) -> Option<&RetryArgs> {
        match &self.order {
            Order::Retry(retry)
            | Order::RetryOverBreaker(retry, _)
            | Order::BreakerOverRetry(_, retry) => Some(retry),
            Order::Breaker(_) => None,
        }
    }
}

impl Layers {
    pub(crate) fn breaker(&self) -> Option<&BreakerArgs> {
        match &self.order {
            Order::Breaker(breaker)
            | Order::RetryOverBreaker(_, breaker)
            | Order::BreakerOverRetry(breaker, _) => Some(breaker),
            Order::Retry(_) => None,
        }
    }
}

impl Order {
    /// The path to the runtime that one of the attributes gives, or the usual one.
    fn runtime(&self) -> TokenStream {
        let given = match self {
            Self::Retry(retry) => retry.krate.as_ref(),
            Self::Breaker(breaker) => breaker.krate.as_ref(),
            Self::RetryOverBreaker(retry, breaker) | Self::BreakerOverRetry(breaker, retry) => {
                retry.krate.as_ref().or(breaker.krate.as_ref())
            }
        };
        given.cloned().unwrap_or_else(usual_runtime)
    }
}

/// The path to the runtime by the arguments of one attribute.
pub(super) fn runtime(kind: Kind, args: &TokenStream) -> TokenStream {
    let given = match kind {
        Kind::Retry => RetryArgs::parse(args.clone())
            .ok()
            .and_then(|args| args.krate),
        Kind::CircuitBreaker => BreakerArgs::parse(args.clone())
            .ok()
            .and_then(|args| args.krate),
    };
    given.unwrap_or_else(usual_runtime)
}

fn usual_runtime() -> TokenStream {
    let name = Ident::new("resilient", Span::call_site());
    quote!(::#name)
}
