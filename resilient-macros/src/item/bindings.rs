//! Finds the variables that a pattern binds.

use proc_macro2::Ident;
use syn::{Pat, Token};

use crate::tokens::name;

#[derive(Clone)]
pub(crate) struct PatternBinding {
    pub(crate) ident: Ident,
    pub(crate) mutable: Option<Token![mut]>,
    pub(crate) by_ref: bool,
}

/// Returns every variable of the pattern once, in source order.
pub(crate) fn bindings(pattern: &Pat) -> Vec<PatternBinding> {
    let mut found = Vec::new();
    // If the whole pattern of a parameter is one name, this name is a variable, even in capitals.
    walk(pattern, true, &mut found);
    found
}

fn walk(pattern: &Pat, is_alone: bool, found: &mut Vec<PatternBinding>) {
    let mut each = |pattern: &Pat| walk(pattern, false, found);
    match pattern {
        Pat::Ident(bound) => {
            let is_plain =
                bound.by_ref.is_none() && bound.mutability.is_none() && bound.subpat.is_none();
            // In a larger pattern, a name in capitals is a constant by convention.
            let is_constant =
                is_plain && !is_alone && name(&bound.ident).starts_with(char::is_uppercase);
            if !is_constant {
                found.push(PatternBinding {
                    ident: bound.ident.clone(),
                    mutable: bound.mutability,
                    by_ref: bound.by_ref.is_some(),
                });
            }
            if let Some((_, inner)) = &bound.subpat {
                walk(inner, false, found);
            }
        }
        // The cases of an or-pattern bind the same names.
        Pat::Or(or) => or.cases.iter().take(1).for_each(each),
        Pat::Slice(slice) => slice.elems.iter().for_each(each),
        Pat::Tuple(tuple) => tuple.elems.iter().for_each(each),
        Pat::TupleStruct(tuple) => tuple.elems.iter().for_each(each),
        Pat::Struct(fields) => fields.fields.iter().for_each(|field| each(&field.pat)),
        Pat::Paren(inner) => each(&inner.pat),
        Pat::Reference(inner) => each(&inner.pat),
        Pat::Type(inner) => each(&inner.pat),
        _ => {}
    }
}

#[cfg(test)]
#[path = "bindings_tests.rs"]
mod tests;
