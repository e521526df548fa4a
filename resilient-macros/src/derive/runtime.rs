//! `#[classify(crate = path)]`: where the runtime is, if the dependency has another name.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::Token;
use syn::parse::Parser;

use super::attribute::{Args, Attribute, Kind};
use super::input::Input;
use crate::error::Errors;

/// The path to the runtime; that of the default if another was given wrongly.
pub(super) fn read(input: &Input, errors: &mut Errors) -> TokenStream {
    let mut runtime = None;
    for attribute in &input.attributes.ours {
        if attribute.kind != Kind::Classify {
            continue;
        }
        if runtime.is_some() {
            errors.push(attribute.path.span(), "`classify` is given twice");
            continue;
        }
        runtime = Some(path(attribute, errors));
    }
    runtime
        .flatten()
        .unwrap_or_else(|| quote_spanned!(Span::mixed_site()=> ::resilient))
}

fn path(attribute: &Attribute, errors: &mut Errors) -> Option<TokenStream> {
    let Args::List(inside) = &attribute.args else {
        errors.push(
            attribute.path.span(),
            "`classify` takes the path to the runtime: write `#[classify(crate = ::resilient)]`",
        );
        return None;
    };
    let path = |input: syn::parse::ParseStream<'_>| {
        let key: Token![crate] = input
            .parse()
            .map_err(|error| syn::Error::new(error.span(), ONE_KEY))?;
        input
            .parse::<Token![=]>()
            .map_err(|_| syn::Error::new(key.span, ONE_KEY))?;
        let path = input
            .call(syn::Path::parse_mod_style)
            .map_err(|error| syn::Error::new(error.span(), PATH))?;
        input.parse::<Option<Token![,]>>()?;
        if input.is_empty() {
            Ok(path.into_token_stream())
        } else {
            Err(input.error("`classify` has one key: nothing follows the path"))
        }
    };
    path.parse2(inside.clone())
        .map_err(|error| errors.push(error.span(), error.to_string()))
        .ok()
}

const ONE_KEY: &str = "`classify` has one key: write `#[classify(crate = ::resilient)]`";
const PATH: &str = "`crate` is a path to the runtime, as in `crate = ::resilient`";
