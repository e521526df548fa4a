//! Parses the type below the derive, and keeps the parts that the derive needs.

use proc_macro2::{Ident, Literal, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Data, DeriveInput, Generics, Token};

use super::attribute::{ConversionMark, DeriveAttributes};
use crate::error::CompileErrors;
use crate::tokens::name;

pub(super) struct DerivedType {
    pub(super) attributes: DeriveAttributes,
    pub(super) name: Ident,
    pub(super) generics: Generics,
    pub(super) shape: TypeShape,
}

#[derive(Debug)]
pub(super) enum TypeShape {
    Enum(Vec<EnumVariant>),
    Struct(Vec<TypeField>),
    /// The location of the keyword.
    Union(Span),
}

#[derive(Debug)]
pub(super) struct EnumVariant {
    pub(super) attributes: DeriveAttributes,
    pub(super) name: Ident,
    pub(super) fields: Vec<TypeField>,
}

#[derive(Debug)]
pub(super) struct TypeField {
    pub(super) attributes: DeriveAttributes,
    /// The name of the field without `r#`, or its index.
    pub(super) name: String,
    /// The name or index of the field, as the user writes it after the dot.
    pub(super) member: TokenTree,
    pub(super) ty: TokenStream,
    /// The name of the attribute `#[from]`, which other derives read.
    pub(super) from: Option<Ident>,
}

impl DerivedType {
    /// Parses the type. If the type is malformed, returns `None` and adds the reason to `errors`.
    pub(super) fn parse(item: TokenStream, errors: &mut CompileErrors) -> Option<Self> {
        let input: DeriveInput =
            syn::parse2(item).map_err(|error| errors.push(error.span(), error.to_string())).ok()?;
        let mut generics = input.generics;
        // The brackets do not keep the user's span. Otherwise, a suggestion of the compiler about
        // the derived implementation would change the generics of the user's type.
        generics.lt_token = generics.lt_token.map(|_| Token![<](Span::call_site()));
        generics.gt_token = generics.gt_token.map(|_| Token![>](Span::call_site()));
        Some(Self {
            attributes: DeriveAttributes::of(&input.attrs),
            shape: match input.data {
                Data::Enum(data) => {
                    TypeShape::Enum(data.variants.into_iter().map(EnumVariant::new).collect())
                }
                Data::Struct(data) => TypeShape::Struct(fields(data.fields)),
                Data::Union(data) => TypeShape::Union(data.union_token.span),
            },
            name: input.ident,
            generics,
        })
    }
}

impl EnumVariant {
    fn new(variant: syn::Variant) -> Self {
        Self {
            attributes: DeriveAttributes::of(&variant.attrs),
            name: variant.ident,
            fields: fields(variant.fields),
        }
    }
}

impl TypeField {
    /// Returns whether the last name in the field's type is the name of the error that a mark
    /// converts.
    pub(super) fn holds(&self, mark: ConversionMark) -> bool {
        let last = self.ty.clone().into_iter().last();
        last.is_some_and(|last| last.to_string() == mark.error())
    }
}

fn fields(fields: syn::Fields) -> Vec<TypeField> {
    let field = |(index, field): (usize, syn::Field)| TypeField {
        attributes: DeriveAttributes::of(&field.attrs),
        name: field.ident.as_ref().map_or_else(|| index.to_string(), name),
        member: field
            .ident
            .map_or_else(|| Literal::usize_unsuffixed(index).into(), TokenTree::from),
        ty: field.ty.to_token_stream(),
        from: field.attrs.iter().find_map(|attribute| {
            attribute.path().get_ident().filter(|path| *path == "from").cloned()
        }),
    };
    fields.into_iter().enumerate().map(field).collect()
}
