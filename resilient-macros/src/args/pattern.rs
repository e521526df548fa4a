//! Examines the patterns and predicates of the user that select errors.

use proc_macro2::{Group, Ident, Span, TokenStream, TokenTree};
use syn::parse::{ParseStream, Parser};
use syn::{Expr, ExprClosure, Lit, Pat, PatIdent, PatPath, PatTupleStruct, Token};

use crate::tokens::{flatten, is_punct, is_word, name};

/// The value that a pattern is matched against.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MatchedWith {
    /// A reference to the error, so that the variables of the pattern borrow from the error.
    Reference,
    /// The error itself. A pattern that is a constant has the type of the error, and would not
    /// match a reference.
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
            None if role_of_name(&bound.ident) == Role::Predicate => MatchedWith::Reference,
            None => MatchedWith::Value,
        },
        Pat::Paren(inner) => of_pattern(&inner.pat),
        Pat::Or(or) => {
            let both = |one, other| if one == other { one } else { MatchedWith::Value };
            or.cases.iter().map(of_pattern).reduce(both).unwrap_or(MatchedWith::Reference)
        }
        _ => MatchedWith::Reference,
    }
}

/// Writes `ref` before each variable with an `@`, such as `error @ E::Open`. A pattern that is
/// matched with the error itself must not move the error into the variable.
pub(crate) fn bound_by_reference(pattern: &TokenStream) -> TokenStream {
    let tokens: Vec<TokenTree> = pattern.clone().into_iter().collect();
    let guard = tokens.iter().position(|token| is_word(Some(token), "if")).unwrap_or(tokens.len());
    let mut written = TokenStream::new();
    for (at, token) in tokens[..guard].iter().enumerate() {
        let before = at.checked_sub(1).and_then(|before| tokens.get(before));
        let has_mode = is_word(before, "ref") || is_word(before, "mut");
        written.extend(match token {
            TokenTree::Ident(variable) if is_punct(tokens.get(at + 1), '@') && !has_mode => {
                let span = variable.span().resolved_at(Span::mixed_site());
                vec![Ident::new("ref", span).into(), token.clone()]
            }
            TokenTree::Group(group) => {
                let mut inner = Group::new(group.delimiter(), bound_by_reference(&group.stream()));
                inner.set_span(group.span());
                vec![inner.into()]
            }
            token => vec![token.clone()],
        });
    }
    written.extend(tokens[guard..].iter().cloned());
    written
}

/// Whether a value selects errors as a pattern or as a predicate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Pattern,
    /// A closure, or the path of a function. If the name of a function were used as a pattern, it
    /// would match every error.
    Predicate,
    Either,
}

pub(super) fn role(value: &TokenStream) -> Role {
    // A closure from `macro_rules` may be inside an invisible group.
    let flat: TokenStream = flatten(value.clone()).into_iter().collect();
    if let Ok(closure) = syn::parse2::<ExprClosure>(flat) {
        // `|A| B` may be a closure, or a pattern that begins with a bar.
        let is_plain = |input: &Pat| role_of_pattern(input) != Role::Pattern;
        return if closure.inputs.iter().all(is_plain) { Role::Predicate } else { Role::Either };
    }
    match parse(value) {
        Some((_, true)) => Role::Pattern,
        Some((pattern, false)) => role_of_pattern(&pattern),
        None => Role::Either,
    }
}

fn role_of_pattern(pattern: &Pat) -> Role {
    match pattern {
        Pat::Ident(PatIdent { by_ref: None, mutability: None, subpat: None, ident, .. }) => {
            role_of_name(ident)
        }
        Pat::Path(PatPath { path, .. }) | Pat::TupleStruct(PatTupleStruct { path, .. }) => {
            path.segments.last().map_or(Role::Either, |last| role_of_name(&last.ident))
        }
        Pat::Paren(inner) => role_of_pattern(&inner.pat),
        Pat::Macro(_) | Pat::Reference(_) | Pat::Tuple(_) | Pat::Type(_) | Pat::Wild(_) => {
            Role::Either
        }
        _ => Role::Pattern,
    }
}

/// By convention, the name of a function begins with a small letter and the name of a variant with
/// a capital. A constant, whose name is in capitals, may hold a function pointer.
fn role_of_name(ident: &Ident) -> Role {
    let name = name(ident);
    if !name.starts_with(char::is_uppercase) {
        Role::Predicate
    } else if name.len() > 1 && !name.contains(char::is_lowercase) {
        Role::Either
    } else {
        Role::Pattern
    }
}

/// Parses a pattern. Also returns whether an `if` guard follows.
fn parse(value: &TokenStream) -> Option<(Pat, bool)> {
    let read = |input: ParseStream<'_>| {
        let pattern = Pat::parse_multi_with_leading_vert(input)?;
        let is_guarded = input.peek(Token![if]);
        pass_guard(input)?;
        Ok((pattern, is_guarded))
    };
    read.parse2(value.clone()).ok()
}

/// Skips the `if` guard of a pattern, if there is one.
pub(super) fn pass_guard(input: ParseStream<'_>) -> syn::Result<()> {
    if input.parse::<Option<Token![if]>>()?.is_some() {
        input.parse::<Expr>()?;
    }
    Ok(())
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
            (quote!(error @ E::A), MatchedWith::Value),
            (quote!(error @ (E::A | E::B) if is_new(error)), MatchedWith::Value),
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
    fn variables_before_an_at_sign_borrow() {
        for (pattern, written) in [
            (quote!(E::A | E::B if x), quote!(E::A | E::B if x)),
            (quote!(e @ E::A if e.is_new()), quote!(ref e @ E::A if e.is_new())),
            (quote!(e @ (E::A | E::B)), quote!(ref e @ (E::A | E::B))),
            (quote!((e @ E::A) | e @ E::B), quote!((ref e @ E::A) | ref e @ E::B)),
            (quote!(ref e @ E::A | mut e @ E::B), quote!(ref e @ E::A | mut e @ E::B)),
            (quote!(E::A if f(|x @ 1| x)), quote!(E::A if f(|x @ 1| x))),
        ] {
            assert_eq!(bound_by_reference(&pattern).to_string(), written.to_string());
        }
    }

    #[test]
    fn patterns_and_predicates_are_distinguished() {
        for predicate in [
            quote!(|e| e.is_new()),
            quote!(|_| true),
            quote!(|e| matches!(e, E::A)),
            quote!(|| true),
            quote!(move |e: &E| true),
            quote!(|&code| code > 3),
            quote!(is_new),
            quote!(E::is_new),
            quote!(f::<A, B>),
            quote!(<E as Trait>::is_new),
            quote!(is_above(3)),
            invisible(quote!(|e| e.is_new())),
        ] {
            assert_eq!(role(&predicate), Role::Predicate, "{predicate}");
        }
        for pattern in [
            quote!(A),
            quote!(E::A),
            quote!(E::A | E::B),
            quote!(E::C(_)),
            quote!(E::C(500..=599)),
            quote!(E::B { .. }),
            quote!(E::A if late),
            quote!(error if error.is_new()),
            quote!(error @ E::A),
            quote!(Err(E::A)),
            quote!("a"),
            quote!(500..=599),
            invisible(quote!(E::A)),
        ] {
            assert_eq!(role(&pattern), Role::Pattern, "{pattern}");
        }
        for either in [
            quote!(|A| B),
            quote!(|E::A| E::B),
            quote!(|E::C(_)| E::B),
            quote!(&|e| e.is_new()),
            quote!(IS_NEW),
            quote!(rules::IS_NEW),
            quote!(self.rule),
            quote!(matching!(E::A)),
            quote!(_),
        ] {
            assert_eq!(role(&either), Role::Either, "{either}");
        }
    }
}
