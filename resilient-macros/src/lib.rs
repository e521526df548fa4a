//! Defines the attributes of `resilient`. Use them through that crate, which contains the runtime
//! that the expansions call.

#![cfg_attr(docsrs, feature(doc_cfg))]

#[macro_use]
mod emit;

mod args;
mod derive;
mod driver;
mod error;
mod expand;
#[cfg(test)]
#[path = "tests/fuzz_tokens.rs"]
mod fuzz_tokens;
mod item;
mod literal;
mod normalize;
mod scan;
mod tokens;

use proc_macro::TokenStream;

use crate::args::AttributeKind;

#[doc = include_str!("../docs/retry.md")]
#[proc_macro_attribute]
pub fn retry(args: TokenStream, item: TokenStream) -> TokenStream {
    driver::expand(AttributeKind::Retry, &args.into(), &item.into()).into()
}

#[doc = include_str!("../docs/circuit_breaker.md")]
#[proc_macro_attribute]
pub fn circuit_breaker(args: TokenStream, item: TokenStream) -> TokenStream {
    driver::expand(AttributeKind::CircuitBreaker, &args.into(), &item.into()).into()
}

#[doc = include_str!("../docs/timeout.md")]
#[proc_macro_attribute]
pub fn timeout(args: TokenStream, item: TokenStream) -> TokenStream {
    driver::expand(AttributeKind::Timeout, &args.into(), &item.into()).into()
}

#[doc = include_str!("../docs/fallback.md")]
#[proc_macro_attribute]
pub fn fallback(args: TokenStream, item: TokenStream) -> TokenStream {
    driver::expand(AttributeKind::Fallback, &args.into(), &item.into()).into()
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
        circuit_open,
        timed_out,
        classify
    )
)]
pub fn classify(input: TokenStream) -> TokenStream {
    let input = input.into();
    // After a panic of a derive, the expansion is only the error, because a derive must not repeat
    // the type.
    driver::or_compile_error(&proc_macro2::TokenStream::new(), || derive::classify(input)).into()
}
