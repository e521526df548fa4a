//! Attributes of functions and parameters, and which of them are ours.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{AttrStyle, Meta, Token};

use crate::args::Kind;
use crate::tokens::name;

/// An outer attribute, `#[path(args)]`.
#[derive(Clone)]
pub(crate) struct Attribute {
    /// `#[…]` whole
    pub(crate) tokens: TokenStream,
    pub(crate) span: Span,
    /// Its segments, without a leading `::`.
    pub(crate) path: Vec<Ident>,
    /// What is inside the brackets behind the path; `None` for `#[path]` and `#[path = …]`.
    pub(crate) args: Option<TokenStream>,
    inner: syn::Attribute,
}

/// `#[cfg_attr(condition, attribute, …)]`
#[derive(Debug)]
pub(crate) struct Conditional {
    pub(crate) condition: TokenStream,
    pub(crate) attributes: Vec<Attribute>,
    /// Which of the attributes is ours, the first if there are several.
    pub(crate) ours: usize,
}

impl std::fmt::Debug for Attribute {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.tokens.fmt(f)
    }
}

pub(super) fn attributes(list: Vec<syn::Attribute>) -> Vec<Attribute> {
    list.into_iter().map(Attribute::new).collect()
}

impl Attribute {
    pub(super) fn new(inner: syn::Attribute) -> Self {
        let path = inner.path();
        let idents: Vec<Ident> = path
            .segments
            .iter()
            .map(|segment| segment.ident.clone())
            .collect();
        Self {
            tokens: inner.to_token_stream(),
            span: idents.last().map_or_else(|| path.span(), Ident::span),
            path: idents,
            args: match &inner.meta {
                Meta::List(list) => Some(list.tokens.clone()),
                _ => None,
            },
            inner,
        }
    }

    /// Which of our attributes it is, under whatever path.
    pub(crate) fn kind(&self) -> Option<Kind> {
        self.path.last().and_then(|last| Kind::of(&name(last)))
    }

    /// The same attribute with other arguments.
    pub(crate) fn with_args(&self, args: TokenStream) -> TokenStream {
        let path = self.inner.path();
        let mut other = self.inner.clone();
        let args = quote_spanned!(self.span=> (#args));
        if let Ok(meta) = syn::parse2(quote!(#path #args)) {
            other.meta = meta;
        }
        other.into_token_stream()
    }

    /// The condition of a `cfg_attr` that holds one of ours, and what it holds.
    pub(crate) fn conditional(&self) -> Option<Conditional> {
        if !self.inner.path().is_ident("cfg_attr") {
            return None;
        }
        let metas = self
            .inner
            .parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated)
            .ok()?;
        let mut metas = metas.into_iter();
        let condition = metas.next()?.into_token_stream();
        let attributes: Vec<_> = metas
            .map(|meta| {
                Self::new(syn::Attribute {
                    style: AttrStyle::Outer,
                    meta,
                    ..self.inner.clone()
                })
            })
            .collect();
        let ours = attributes.iter().position(|each| each.kind().is_some())?;
        Some(Conditional {
            condition,
            attributes,
            ours,
        })
    }
}
