//! Attributes on the annotated function, and which of them belong to this crate.

use proc_macro2::{Span, TokenStream};
use quote::ToTokens;
use syn::punctuated::Punctuated;
use syn::token::Paren;
use syn::{Attribute, MacroDelimiter, Meta, MetaList, Token};

use crate::args::AttributeKind;
use crate::tokens::name;

/// `#[cfg_attr(condition, meta, …)]` that holds at least one attribute of this crate.
pub(crate) struct ConditionalAttribute {
    pub(crate) condition: TokenStream,
    pub(crate) metas: Vec<Meta>,
    /// The index of the first of ours in `metas`.
    pub(crate) ours: usize,
}

/// The kind of an attribute of this crate, under any path.
pub(crate) fn kind_of(meta: &Meta) -> Option<AttributeKind> {
    let last = meta.path().segments.last()?;
    AttributeKind::of(&name(&last.ident))
}

/// The attribute with other arguments: what `change` makes of the present ones.
pub(crate) fn with_args(meta: &Meta, change: impl FnOnce(TokenStream) -> TokenStream) -> Meta {
    let args = match meta {
        Meta::List(list) => list.tokens.clone(),
        _ => TokenStream::new(),
    };
    let path = meta.path().clone();
    Meta::List(MetaList {
        delimiter: MacroDelimiter::Paren(Paren(attribute_span(meta))),
        path,
        tokens: change(args),
    })
}

/// Where an error about the attribute points: the last segment of its path.
pub(crate) fn attribute_span(meta: &Meta) -> Span {
    let last = meta.path().segments.last();
    last.map_or_else(Span::call_site, |last| last.ident.span())
}

/// Takes a `cfg_attr` apart if it holds one of ours.
pub(crate) fn conditional(attribute: &Attribute) -> Option<ConditionalAttribute> {
    if !attribute.path().is_ident("cfg_attr") {
        return None;
    }
    let parser = Punctuated::<Meta, Token![,]>::parse_terminated;
    let mut all = attribute.parse_args_with(parser).ok()?.into_iter();
    let condition = all.next()?.into_token_stream();
    let metas: Vec<Meta> = all.collect();
    let ours = metas.iter().position(|meta| kind_of(meta).is_some())?;
    Some(ConditionalAttribute { condition, metas, ours })
}
