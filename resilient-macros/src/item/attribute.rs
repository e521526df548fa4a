//! Finds the attributes of this crate on the annotated function.

use proc_macro2::{Ident, Span, TokenStream};
use quote::ToTokens;
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::token::Paren;
use syn::{Attribute, MacroDelimiter, Meta, MetaList, Token};

use crate::args::AttributeKind;
use crate::scan;
use crate::tokens::name;

/// `#[cfg_attr(condition, meta, …)]` with at least one attribute of this crate.
pub(crate) struct ConditionalAttribute {
    pub(crate) condition: TokenStream,
    pub(crate) metas: Vec<Meta>,
    /// The index in `metas` of the first attribute of this crate.
    pub(crate) ours: usize,
}

/// Returns the kind of the attribute, or `None` for an attribute of another crate. Only the last
/// segment of the path is compared.
pub(crate) fn kind_of(meta: &Meta) -> Option<AttributeKind> {
    let last = meta.path().segments.last()?;
    AttributeKind::of(&name(&last.ident))
}

/// Returns the attribute with changed arguments. `change` receives the present arguments.
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

/// Lints that may not find in the expansion the code that they find in the user's function.
const SILENCED: &[&str] =
    &["needless_pass_by_value", "needless_return", "ptr_arg", "unused_assignments", "unused_mut"];

/// Turns `#[expect(…)]` into `#[allow(…)]` if the attribute names a lint in [`SILENCED`].
pub(crate) fn tolerate_silence(attribute: &mut Attribute) {
    let tokens = attribute.meta.to_token_stream();
    if SILENCED.iter().any(|lint| scan::mentions(&tokens, lint)) {
        allow_expected(attribute);
    }
}

/// Turns `#[expect(…)]` into `#[allow(…)]`.
pub(crate) fn allow_expected(attribute: &mut Attribute) {
    if let Meta::List(list) = &mut attribute.meta {
        if list.path.is_ident("expect") {
            list.path = Ident::new("allow", list.path.span()).into();
        }
    }
}

/// Returns the span of the last segment of the path. Errors about the attribute point at this span.
pub(crate) fn attribute_span(meta: &Meta) -> Span {
    let last = meta.path().segments.last();
    last.map_or_else(Span::call_site, |last| last.ident.span())
}

/// Splits a `cfg_attr` into its parts. Returns `None` if the attribute is not a `cfg_attr`, or
/// contains no attribute of this crate.
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
