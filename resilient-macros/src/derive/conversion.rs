//! The marks `#[circuit_open]` and `#[timed_out]`: the variant or struct that a rejected call, or a
//! call that exceeded a time limit, returns.

use proc_macro2::Ident;

use super::attribute::{AttributeKind, ConversionMark, DeriveAttribute, DeriveAttributes};
use super::input::{DerivedType, EnumVariant, TypeField, TypeShape};
use super::owner::WordOwner;
use crate::error::CompileErrors;
use crate::tokens::name;

/// The implementation of `From` that a mark asks for.
#[derive(Debug)]
pub(super) struct Conversion<'a> {
    pub(super) mark: ConversionMark,
    /// The marked variant, or `None` if the mark is on a struct.
    pub(super) variant: Option<&'a EnumVariant>,
    /// The only field, which holds the runtime's error. `None` if the mark is wrong.
    pub(super) field: Option<&'a TypeField>,
}

impl<'a> Conversion<'a> {
    /// Returns one conversion for each mark that the type uses. Adds the reasons to `errors` if a
    /// mark is wrong.
    pub(super) fn of(input: &'a DerivedType, errors: &mut CompileErrors) -> Vec<Self> {
        match &input.shape {
            TypeShape::Enum(variants) => {
                refuse_on_enum(&input.attributes, errors);
                let marked = |mark| of_enum(mark, variants, errors);
                ConversionMark::ALL.into_iter().filter_map(marked).collect()
            }
            TypeShape::Struct(fields) => {
                let owner = WordOwner { name: &input.name, fields };
                let marked = |mark| {
                    let attribute = the_mark(mark, &input.attributes, errors)?;
                    let field = only_field(mark, attribute, owner, errors);
                    refuse_transparent_error(mark, &input.attributes, field, errors);
                    Some(Self { mark, variant: None, field })
                };
                ConversionMark::ALL.into_iter().filter_map(marked).collect()
            }
            TypeShape::Union(_) => Vec::new(),
        }
    }
}

fn of_enum<'a>(
    mark: ConversionMark,
    variants: &'a [EnumVariant],
    errors: &mut CompileErrors,
) -> Option<Conversion<'a>> {
    let mut found: Option<Conversion<'a>> = None;
    for variant in variants {
        let Some(attribute) = the_mark(mark, &variant.attributes, errors) else {
            continue;
        };
        let owner = WordOwner { name: &variant.name, fields: &variant.fields };
        if let Some(EnumVariant { name: first, .. }) = found.as_ref().and_then(|it| it.variant) {
            let message = format!(
                "`{}` is marked `{}`, too: one variant is made from a `{}`, so remove one mark",
                name(first),
                mark.name(),
                mark.error()
            );
            errors.push(attribute.path.span(), message);
            continue;
        }
        let field = only_field(mark, attribute, owner, errors);
        refuse_transparent_error(mark, &variant.attributes, field, errors);
        found = Some(Conversion { mark, variant: Some(variant), field });
    }
    found
}

/// Returns the first mark of this kind, and refuses any other.
fn the_mark<'a>(
    mark: ConversionMark,
    attributes: &'a DeriveAttributes,
    errors: &mut CompileErrors,
) -> Option<&'a DeriveAttribute> {
    let is_mark = |it: &&DeriveAttribute| it.kind == AttributeKind::Conversion(mark);
    let mut marks = attributes.ours.iter().filter(is_mark);
    let first = marks.next();
    for again in marks {
        errors.push(again.path.span(), format!("`{}` is given twice", mark.name()));
    }
    first
}

/// Returns the field that holds the runtime's error. On an error, returns `None` and adds the
/// reason to `errors`.
fn only_field<'a>(
    mark: ConversionMark,
    attribute: &DeriveAttribute,
    owner: WordOwner<'a>,
    errors: &mut CompileErrors,
) -> Option<&'a TypeField> {
    let (own, error, item) = (mark.name(), mark.error(), name(owner.name));
    attribute.refuse_args(own, errors);
    let message = match owner.fields {
        [field] => {
            refuse_second_from(mark, field, errors);
            return Some(field);
        }
        [] => format!("`{item}` has no field for the `{error}`: write `{item}({error})`"),
        fields => format!(
            "`{item}` has {} fields, and a `{error}` fills one: implement `From<{error}>` by hand, \
             which says what the others are",
            fields.len()
        ),
    };
    errors.push(attribute.path.span(), message);
    None
}

/// Refuses thiserror's `#[from]` on a field whose type is the runtime's error, because both derives
/// would implement `From` for it.
fn refuse_second_from(mark: ConversionMark, field: &TypeField, errors: &mut CompileErrors) {
    if let (Some(from), true) = (&field.from, field.holds(mark)) {
        let (own, error) = (mark.name(), mark.error());
        let message = format!(
            "`from` and `{own}` both implement `From<{error}>`: write `#[source]` in place of \
             `#[from]`"
        );
        errors.push(Ident::span(from), message);
    }
}

/// Refuses thiserror's `#[error(transparent)]` above a field whose type is the runtime's error,
/// because the runtime's error would then not be among the sources of the error.
fn refuse_transparent_error(
    mark: ConversionMark,
    attributes: &DeriveAttributes,
    field: Option<&TypeField>,
    errors: &mut CompileErrors,
) {
    let holds = field.is_some_and(|field| field.holds(mark));
    if let (Some(transparent), true) = (&attributes.transparent_error, holds) {
        let message = format!(
            "`transparent` hides the `{}` from callers that look for it in the sources: write a \
             text, as in `#[error(\"not called\")]`, and `#[source]` on the field",
            mark.error()
        );
        errors.push(Ident::span(transparent), message);
    }
}

fn refuse_on_enum(attributes: &DeriveAttributes, errors: &mut CompileErrors) {
    for attribute in &attributes.ours {
        if let AttributeKind::Conversion(mark) = attribute.kind {
            let (own, error) = (mark.name(), mark.error());
            let message = format!("`{own}` belongs on the variant that holds the `{error}`");
            errors.push(attribute.path.span(), message);
        }
    }
}
