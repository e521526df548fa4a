//! `#[derive(Classify)]`: a class word on each variant, such as `#[transient]`, classifies the
//! error for breakers and retries, and a mark such as `#[circuit_open]` makes the error of a
//! rejected call.

mod attribute;
mod conversion;
mod input;
mod meaning;
mod owner;
mod runtime;
mod write;

#[cfg(test)]
mod conversion_tests;
#[cfg(test)]
mod tests;

use proc_macro2::TokenStream;
use quote::quote;

use self::conversion::Conversion;
use self::input::{DerivedType, TypeShape};
use self::meaning::VariantMeaning;
use crate::error::CompileErrors;

/// Expands the derive.
pub(crate) fn classify(input: TokenStream) -> TokenStream {
    let mut errors = CompileErrors::default();
    let Some(input) = DerivedType::parse(input, &mut errors) else {
        return errors.to_compile_errors();
    };
    let runtime = runtime::read(&input, &mut errors);
    let conversions = Conversion::of(&input, &mut errors);
    let body = body(&input, &runtime, &mut errors);
    // After an error, the type still implements the traits, so that code that uses the type causes
    // no further errors.
    let is_right = errors.is_empty();
    let body = body.filter(|_| is_right).unwrap_or_else(|| write::fallback(&runtime));
    let implementation = write::implementation(&input, &runtime, &body);
    let conversions = conversions.iter().map(|conversion| {
        let field = conversion.field.filter(|_| is_right);
        write::conversion(&input, &runtime, conversion, field)
    });
    let errors = errors.to_compile_errors();
    quote!(#errors #implementation #(#conversions)*)
}

/// Writes the body of `classify`. On an error, returns `None` and adds the reason to `errors`.
fn body(
    input: &DerivedType,
    runtime: &TokenStream,
    errors: &mut CompileErrors,
) -> Option<write::ClassifyBody> {
    match &input.shape {
        TypeShape::Enum(variants) => {
            let meanings = VariantMeaning::of_variants(input, variants, errors)?;
            Some(write::of_enum(runtime, &meanings))
        }
        TypeShape::Struct(fields) => {
            let meaning = VariantMeaning::of_struct(input, fields, errors)?;
            Some(write::of_struct(runtime, &meaning))
        }
        TypeShape::Union(keyword) => {
            errors.push(
                *keyword,
                "`Classify` can be derived for enums and structs: a union does not know what it \
                 holds",
            );
            None
        }
    }
}
