//! The variables that a pattern binds.

use proc_macro2::Ident;
use syn::Pat;

use crate::tokens::name;

#[derive(Debug, Clone)]
pub(crate) struct Binding {
    pub(crate) ident: Ident,
    /// The `mut` before it.
    pub(crate) mutable: Option<Ident>,
    pub(crate) by_ref: bool,
}

/// Every variable of the pattern, once, in the order of the text.
pub(crate) fn bindings(pattern: &Pat) -> Vec<Binding> {
    let mut found = Vec::new();
    // Alone, the name of a parameter is a variable, however it is written.
    walk(pattern, true, &mut found);
    found
}

fn walk(pattern: &Pat, is_alone: bool, found: &mut Vec<Binding>) {
    let mut each = |pattern: &Pat| walk(pattern, false, found);
    match pattern {
        Pat::Ident(bound) => {
            let is_plain =
                bound.by_ref.is_none() && bound.mutability.is_none() && bound.subpat.is_none();
            // A constant, by the convention for its name.
            let is_constant =
                is_plain && !is_alone && name(&bound.ident).starts_with(char::is_uppercase);
            // The arms of an or-pattern bind the same names.
            let is_known = found.iter().any(|earlier| earlier.ident == bound.ident);
            if !is_constant && !is_known {
                found.push(Binding {
                    ident: bound.ident.clone(),
                    mutable: bound.mutability.map(|token| Ident::new("mut", token.span)),
                    by_ref: bound.by_ref.is_some(),
                });
            }
            if let Some((_, inner)) = &bound.subpat {
                walk(inner, false, found);
            }
        }
        Pat::Or(or) => or.cases.iter().for_each(each),
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
