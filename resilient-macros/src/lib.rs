//! The attributes of `resilient`. Use them through that crate, which has the runtime that they call.

mod args;
mod derive;
mod error;
mod expand;
mod function;
mod literal;
mod scan;
mod tokens;

use proc_macro::TokenStream;

use crate::args::Kind;

#[doc = include_str!("../docs/retry.md")]
#[proc_macro_attribute]
pub fn retry(args: TokenStream, item: TokenStream) -> TokenStream {
    expand::expand(Kind::Retry, args.into(), &item.into()).into()
}

#[doc = include_str!("../docs/circuit_breaker.md")]
#[proc_macro_attribute]
pub fn circuit_breaker(args: TokenStream, item: TokenStream) -> TokenStream {
    expand::expand(Kind::CircuitBreaker, args.into(), &item.into()).into()
}

#[doc = include_str!("../docs/timeout.md")]
#[proc_macro_attribute]
pub fn timeout(args: TokenStream, item: TokenStream) -> TokenStream {
    expand::expand(Kind::Timeout, args.into(), &item.into()).into()
}

#[doc = include_str!("../docs/fallback.md")]
#[proc_macro_attribute]
pub fn fallback(args: TokenStream, item: TokenStream) -> TokenStream {
    expand::expand(Kind::Fallback, args.into(), &item.into()).into()
}

#[doc = include_str!("../docs/classify.md")]
#[proc_macro_derive(
    Classify,
    attributes(
        transient,
        permanent,
        throttled,
        ignored,
        answered,
        transparent,
        retry_after,
        classify
    )
)]
pub fn classify(input: TokenStream) -> TokenStream {
    derive::classify(input.into()).into()
}
