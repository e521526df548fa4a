//! Examines the patterns and predicates of the user that select errors.

use proc_macro2::TokenStream;
use syn::parse::{ParseStream, Parser};
use syn::{Expr, ExprClosure, Ident, Lit, Pat, Path, Token};

use crate::tokens::{flatten, name};

/// What a pattern is matched with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MatchedWith {
    /// A reference to the error, so that the variables of the pattern borrow.
    Reference,
    /// The error itself. A constant has the type of the error, and would not match a reference.
    Value,
    /// The text of the error: each case of the pattern is a string literal.
    Text,
}

pub(crate) fn matched_with(pattern: &TokenStream) -> MatchedWith {
    parse(pattern).map_or(MatchedWith::Reference, |(pattern, _)| of_pattern(&pattern))
}

fn of_pattern(pattern: &Pat) -> MatchedWith {
    match pattern {
        Pat::Lit(literal) if matches!(literal.lit, Lit::Str(_)) => MatchedWith::Text,
        Pat::Lit(_) | Pat::Path(_) => MatchedWith::Value,
        Pat::Ident(bound) => match &bound.subpat {
            Some((_, inner)) => of_pattern(inner),
            None if is_capital(&bound.ident) => MatchedWith::Value,
            None => MatchedWith::Reference,
        },
        Pat::Paren(inner) => of_pattern(&inner.pat),
        Pat::Or(or) => {
            let both = |one, other| if one == other { one } else { MatchedWith::Value };
            or.cases.iter().map(of_pattern).reduce(both).unwrap_or(MatchedWith::Reference)
        }
        _ => MatchedWith::Reference,
    }
}

/// Returns whether the value of a key that takes a pattern is a predicate: a closure, or the path
/// of a function. As a pattern, the name of a function would match every error.
pub(crate) fn is_predicate(value: &TokenStream) -> bool {
    if let Some(closure) = closure(value) {
        // `|A| B` is a pattern that begins with a bar.
        return closure.inputs.iter().all(|input| !is_written_as_pattern(input));
    }
    let function = |path: &Path| path.segments.last().is_some_and(|last| !is_capital(&last.ident));
    match parse(value) {
        Some((Pat::Ident(bound), false)) => {
            let is_plain = bound.by_ref.is_none() && bound.mutability.is_none();
            is_plain && bound.subpat.is_none() && !is_capital(&bound.ident)
        }
        Some((Pat::Path(path), false)) => function(&path.path),
        Some((Pat::TupleStruct(call), false)) => function(&call.path),
        _ => false,
    }
}

/// Returns whether the value of a key that takes a predicate is a pattern.
pub(crate) fn is_pattern(value: &TokenStream) -> bool {
    closure(value).is_none()
        && parse(value).is_some_and(|(pattern, guarded)| guarded || is_written_as_pattern(&pattern))
}

fn is_written_as_pattern(pattern: &Pat) -> bool {
    // A constant in capitals may be a function pointer.
    let variant = |path: &Path| {
        let last = path.segments.last();
        last.is_some_and(|last| is_capital(&last.ident) && !is_constant(&last.ident))
    };
    match pattern {
        Pat::Ident(bound) => {
            bound.subpat.is_some() || is_capital(&bound.ident) && !is_constant(&bound.ident)
        }
        Pat::Path(path) => variant(&path.path),
        Pat::TupleStruct(call) => variant(&call.path),
        Pat::Paren(inner) => is_written_as_pattern(&inner.pat),
        Pat::Lit(_) | Pat::Or(_) | Pat::Range(_) | Pat::Slice(_) | Pat::Struct(_) => true,
        _ => false,
    }
}

/// Parses a closure. The closure may stand in an invisible group, as `macro_rules` puts it.
fn closure(value: &TokenStream) -> Option<ExprClosure> {
    syn::parse2(flatten(value.clone()).into_iter().collect()).ok()
}

/// Parses a pattern. Also returns whether an `if` guard follows.
fn parse(value: &TokenStream) -> Option<(Pat, bool)> {
    let read = |input: ParseStream<'_>| {
        let pattern = Pat::parse_multi_with_leading_vert(input)?;
        let guard = input.parse::<Option<Token![if]>>()?;
        if guard.is_some() {
            input.parse::<Expr>()?;
        }
        Ok((pattern, guard.is_some()))
    };
    read.parse2(value.clone()).ok()
}

pub(super) fn is_capital(ident: &Ident) -> bool {
    name(ident).starts_with(char::is_uppercase)
}

fn is_constant(ident: &Ident) -> bool {
    let name = name(ident);
    name.len() > 1 && !name.contains(char::is_lowercase)
}

#[cfg(test)]
mod tests {
    use quote::quote;

    use super::*;
    use crate::fuzz_tokens::invisible;

    #[test]
    fn constants_are_matched_with_the_error_itself_and_texts_with_its_text() {
        for (pattern, with) in [
            (quote!("a"), MatchedWith::Text),
            (quote!("a" | ("b" | r"c") if is_new), MatchedWith::Text),
            (quote!(text @ ("a" | "b")), MatchedWith::Text),
            (invisible(quote!("a")), MatchedWith::Text),
            (quote!("a" | OTHER), MatchedWith::Value),
            (quote!(b"a"), MatchedWith::Value),
            (quote!(-1 | 7 | 8..=9), MatchedWith::Value),
            (quote!(NOT_FOUND), MatchedWith::Value),
            (quote!(Status::NOT_FOUND), MatchedWith::Value),
            (quote!(<T as Trait>::CONSTANT), MatchedWith::Value),
            (quote!(E::A | E::B { .. } | E::C(_)), MatchedWith::Value),
            (quote!(E::B { at } if *at > 3), MatchedWith::Reference),
            (quote!(error if error.is_new()), MatchedWith::Reference),
            (quote!(error @ E::C(_)), MatchedWith::Reference),
            (quote!(&"a"), MatchedWith::Reference),
            (quote!(_), MatchedWith::Reference),
            (quote!(8..=9), MatchedWith::Reference),
            (quote!(("a", 1)), MatchedWith::Reference),
            (quote!(not a pattern), MatchedWith::Reference),
        ] {
            assert_eq!(matched_with(&pattern), with, "{pattern}");
        }
    }

    #[test]
    fn predicates_among_patterns_are_found() {
        for predicate in [
            quote!(|e| e.is_new()),
            quote!(|_| true),
            quote!(|e| matches!(e, E::A)),
            quote!(|| true),
            quote!(move |e: &E| true),
            quote!(|&code| code > 3),
            quote!(is_new),
            quote!(E::is_new),
            quote!(is_above(3)),
            invisible(quote!(|e| e.is_new())),
        ] {
            assert!(is_predicate(&predicate), "{predicate}");
        }
        for pattern in [
            quote!(A),
            quote!(|A| B),
            quote!(|E::A| E::B),
            quote!(|E::C(_)| E::B),
            quote!(E::A),
            quote!(E::C(code) if *code > 3),
            quote!(error if error.is_new()),
            quote!(error @ E::C(_)),
            quote!(_),
            quote!("a"),
            quote!(some_pattern!()),
        ] {
            assert!(!is_predicate(&pattern), "{pattern}");
        }
    }

    #[test]
    fn patterns_among_predicates_are_found() {
        for pattern in [
            quote!(A),
            quote!(E::A),
            quote!(E::A | E::B),
            quote!(E::C(_)),
            quote!(E::C(500..=599)),
            quote!(E::B { .. }),
            quote!(E::A if late),
            quote!(error @ E::A),
            quote!(Err(E::A)),
            quote!("a"),
            quote!(500..=599),
            invisible(quote!(E::A)),
        ] {
            assert!(is_pattern(&pattern), "{pattern}");
        }
        for predicate in [
            quote!(|e| e.is_new()),
            quote!(|E::A| true),
            quote!(|A| B),
            quote!(&|e| e.is_new()),
            quote!(is_new),
            quote!(E::is_new),
            quote!(f::<A, B>),
            quote!(<E as Trait>::is_new),
            quote!(IS_NEW),
            quote!(rules::IS_NEW),
            quote!(is_above(3)),
            quote!(self.rule),
            quote!(matching!(E::A)),
        ] {
            assert!(!is_pattern(&predicate), "{predicate}");
        }
    }
}
