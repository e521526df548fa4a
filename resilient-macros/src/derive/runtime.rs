//! Reads `#[classify(crate = path)]`, the path to the runtime if the dependency is renamed.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::Token;
use syn::parse::{ParseStream, Parser};

use super::attribute::{AttributeKind, DeriveArgs, DeriveAttribute};
use super::input::DerivedType;
use crate::args::runtime_path;
use crate::error::CompileErrors;

/// Returns the path to the runtime. If the user's path is invalid, returns the usual path.
pub(super) fn read(input: &DerivedType, errors: &mut CompileErrors) -> TokenStream {
    let mut runtime = None;
    for attribute in &input.attributes.ours {
        if attribute.kind != AttributeKind::Classify {
            continue;
        }
        if runtime.is_some() {
            errors.push(attribute.path.span(), "`classify` is given twice");
            continue;
        }
        runtime = Some(path(attribute, errors));
    }
    runtime.flatten().unwrap_or_else(|| quote_spanned!(Span::mixed_site()=> ::resilient))
}

fn path(attribute: &DeriveAttribute, errors: &mut CompileErrors) -> Option<TokenStream> {
    let own = &attribute.path;
    let DeriveArgs::List(inside) = &attribute.args else {
        errors.push(
            own.span(),
            "`classify` takes the path to the runtime: write `#[classify(crate = ::resilient)]`",
        );
        return None;
    };
    // Returns three parts of the list: the path, the tokens that an error about the path points at,
    // and the tokens after the comma.
    let split = |input: ParseStream<'_>| {
        let key: Token![crate] = input.parse()?;
        input.parse::<Token![=]>()?;
        let mut value = TokenStream::new();
        while !input.is_empty() && !input.peek(Token![,]) {
            value.extend([input.parse::<proc_macro2::TokenTree>()?]);
        }
        input.parse::<Option<Token![,]>>()?;
        let place = if value.is_empty() { quote!(#key) } else { value.clone() };
        Ok((value, place, input.parse::<TokenStream>()?))
    };
    match split.parse2(inside.clone()) {
        Ok((value, place, rest)) if rest.is_empty() => runtime_path(&value, &place, errors),
        Ok((_, _, rest)) => {
            let span = crate::tokens::first_span(&rest);
            errors.push(span, "`classify` takes one key: nothing follows the path");
            None
        }
        Err(_) => {
            let place = if inside.is_empty() { quote!(#own) } else { inside.clone() };
            errors.push_spanned(
                &place,
                "`classify` takes `crate = ::resilient`, or `with = path` for the only field",
            );
            None
        }
    }
}
