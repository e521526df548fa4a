//! Reads an annotated function: `syn` parses the signature; the body stays tokens.

use proc_macro2::{Group, Ident, Span, TokenStream};
use quote::{ToTokens, quote};
use syn::parse::{Parse, ParseStream};
use syn::{Item, Signature, Token, Type, Visibility};

use super::{Attribute, Function, Param};
use crate::args::Kind;
use crate::error::Errors;

/// An item function whose body is not parsed.
struct Raw {
    attrs: Vec<syn::Attribute>,
    vis: Visibility,
    default: Option<Ident>,
    sig: Signature,
    body: Option<Group>,
}

impl Parse for Raw {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        Ok(Self {
            attrs: input.call(syn::Attribute::parse_outer)?,
            vis: input.parse()?,
            default: (input
                .fork()
                .parse::<Ident>()
                .is_ok_and(|word| word == "default"))
            .then(|| input.parse())
            .transpose()?,
            sig: input.parse()?,
            body: if input.peek(Token![;]) {
                input.parse::<Token![;]>()?;
                None
            } else {
                let content;
                let brace = syn::braced!(content in input);
                let mut body = Group::new(proc_macro2::Delimiter::Brace, content.parse()?);
                body.set_span(brace.span.join());
                Some(body)
            },
        })
    }
}

impl Function {
    /// Reads the item below the attribute `kind`.
    pub(crate) fn parse(item: TokenStream, kind: Kind) -> Result<Self, Errors> {
        let mut errors = Errors::default();
        let Raw {
            attrs,
            vis,
            default,
            sig,
            body,
        } = match syn::parse2(item.clone()) {
            Ok(raw) => raw,
            Err(error) => {
                match no_function(&item) {
                    Some((span, what)) => errors.push(
                        span,
                        format!(
                            "`#[{}]` works on functions and methods: this is {what}",
                            kind.name()
                        ),
                    ),
                    None => errors.push(error.span(), error.to_string()),
                }
                return Err(errors);
            }
        };
        let name = &sig.ident;
        if body.is_none() {
            errors.push(
                name.span(),
                format!("`{name}` has no body to protect: put the attribute on the implementation, or give it a default body"),
            );
        }
        if let Some(constness) = &sig.constness {
            errors.push(
                constness.span,
                "a `const fn` cannot wait or keep state: make it a plain `fn`",
            );
        }
        let (arrow, output) = match &sig.output {
            syn::ReturnType::Default => (None, None),
            syn::ReturnType::Type(arrow, ty) => (Some(arrow.to_token_stream()), Some(ty)),
        };
        if let Some(output) = output.filter(|output| is_never(output)) {
            errors.push_spanned(
                &output.to_token_stream(),
                "a function that never returns has no outcome to judge: give it a return type",
            );
        }
        let Signature {
            constness,
            asyncness,
            safety,
            abi,
            generics,
            ..
        } = &sig;
        let function = Self {
            attrs: attrs.into_iter().map(Attribute::new).collect(),
            vis: vis.to_token_stream(),
            qualifiers: quote!(#default #constness #asyncness #safety #abi),
            asyncness: asyncness.map(|token| token.span),
            fn_token: Ident::new("fn", sig.fn_token.span),
            name: name.clone(),
            generics: generics.to_token_stream(),
            where_clause: generics.where_clause.to_token_stream(),
            params_span: sig.paren_token.span.join(),
            arrow,
            output: output.map(ToTokens::to_token_stream),
            params: sig.inputs.into_iter().map(Param::new).collect(),
            body,
        };
        errors.or(function)
    }
}

/// What the item is, if it is one, and none that we work on.
fn no_function(item: &TokenStream) -> Option<(Span, &'static str)> {
    use syn::spanned::Spanned;
    let item: Item = syn::parse2(item.clone()).ok()?;
    let what = match &item {
        Item::Struct(_) => "a struct",
        Item::Enum(_) => "an enum",
        Item::Union(_) => "a union",
        Item::Trait(_) | Item::TraitAlias(_) => "a trait",
        Item::Impl(_) => "an `impl` block",
        Item::Mod(_) => "a module",
        Item::Use(_) => "an import",
        Item::Static(_) => "a static",
        Item::Const(_) => "a constant",
        Item::Type(_) => "a type alias",
        Item::Macro(_) => "a macro",
        Item::ExternCrate(_) => "an `extern crate`",
        Item::ForeignMod(_) => "an `extern` block",
        _ => "something else",
    };
    Some((item.span(), what))
}

fn is_never(output: &Type) -> bool {
    match output {
        Type::Never(_) => true,
        Type::Paren(inner) => is_never(&inner.elem),
        Type::Group(inner) => is_never(&inner.elem),
        _ => false,
    }
}
