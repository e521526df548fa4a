//! Expands stacked attributes of one function: each attribute hands its arguments to the next
//! attribute below it, and the lowest attribute writes the whole expansion. Attributes of other
//! crates stay in their position.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::quote;
use syn::{Attribute, Meta};

use crate::args::{AttributeKind, OuterAttribute, runtime};
use crate::item::{AnnotatedFunction, ConditionalAttribute, conditional, with_args};

// C1
/// Returns the function. The attribute at index `lower` receives the arguments of all attributes
/// above it.
pub(crate) fn hand_down(
    function: &AnnotatedFunction,
    lower: usize,
    outer: &[OuterAttribute],
    kind: AttributeKind,
    args: &TokenStream,
) -> TokenStream {
    let above = outer.iter().map(|each| entry(each.kind, &each.args, each.span));
    let own = entry(kind, &without_hidden(args), Span::call_site());
    let hidden: TokenStream = above.chain([own]).collect();
    let change = |(index, attribute): (usize, &Attribute)| {
        if index != lower {
            return quote!(#attribute);
        }
        if let Some(conditional) = conditional(attribute) {
            return either_way(conditional, &hidden, kind, args);
        }
        let mut attribute = attribute.clone();
        attribute.meta = with_hidden(&attribute.meta, &hidden);
        quote!(#attribute)
    };
    let attributes = function.attrs.iter().enumerate().map(change);
    function.with_attributes(&attributes.collect())
}

fn with_hidden(meta: &Meta, hidden: &TokenStream) -> Meta {
    with_args(meta, |own| {
        let comma = (!own.is_empty() && !ends_in_comma(&own)).then(|| quote!(,));
        quote!(#own #comma __outer(#hidden))
    })
}

/// Replaces a `cfg_attr` with one attribute for each result of its condition, because the macro
/// cannot evaluate the condition. If the condition is true, the attribute inside the `cfg_attr`
/// receives the hidden list. If it is false, the compiler expands the attribute `kind` again.
fn either_way(
    conditional: ConditionalAttribute,
    hidden: &TokenStream,
    kind: AttributeKind,
    args: &TokenStream,
) -> TokenStream {
    let ConditionalAttribute { condition, mut metas, ours } = conditional;
    if let Some(meta) = metas.get_mut(ours) {
        *meta = with_hidden(meta, hidden);
    }
    let runtime = runtime(kind, args);
    let name = Ident::new(kind.name(), Span::call_site());
    quote! {
        #[cfg_attr(not(#condition), #runtime::#name(#args))]
        #(#[cfg_attr(#condition, #metas)])*
    }
}

/// Writes the entry for one attribute in the hidden list.
fn entry(kind: AttributeKind, args: &TokenStream, span: Span) -> TokenStream {
    let name = Ident::new(kind.name(), span);
    quote!(#name { #args })
}

/// Returns the arguments that the user wrote. They end before the hidden list, which this crate
/// adds as the last argument.
fn without_hidden(args: &TokenStream) -> TokenStream {
    let is_own =
        |token: &TokenTree| !matches!(token, TokenTree::Ident(ident) if ident == "__outer");
    args.clone().into_iter().take_while(is_own).collect()
}

fn ends_in_comma(args: &TokenStream) -> bool {
    let last = args.clone().into_iter().last();
    matches!(last, Some(TokenTree::Punct(punct)) if punct.as_char() == ',')
}
