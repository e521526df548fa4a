//! Finds identifiers that tokens mention.

use proc_macro2::{Delimiter, Ident, TokenStream, TokenTree};

use super::format_string;
use crate::tokens::{group, is_punct, name};

/// Returns whether the identifier occurs at any depth, raw or not raw, or in a format string.
pub(crate) fn mentions(tokens: &TokenStream, ident: &str) -> bool {
    let ident = ident.strip_prefix("r#").unwrap_or(ident);
    any_token(tokens, &mut |token| match token {
        TokenTree::Ident(found) => name(found) == ident,
        token => format_string::names(token, ident),
    })
}

/// Returns whether the pattern calls a macro.
pub(crate) fn calls_macro(pattern: &TokenStream) -> bool {
    any_token(pattern, &mut |token| is_punct(Some(token), '!'))
}

/// Returns the first variable whose name `is_one` accepts. Names of fields, methods, paths, calls
/// and macros do not count as variables.
pub(crate) fn named_variable(
    tokens: &TokenStream,
    is_one: impl Fn(&Ident) -> bool + Copy,
) -> Option<Ident> {
    let tokens: Vec<TokenTree> = tokens.clone().into_iter().collect();
    tokens.iter().enumerate().find_map(|(at, token)| match token {
        TokenTree::Group(group) => named_variable(&group.stream(), is_one),
        TokenTree::Ident(ident) if is_one(ident) => {
            let before = at.checked_sub(1).and_then(|before| tokens.get(before));
            let after = tokens.get(at + 1);
            let is_part = is_punct(before, '.') || is_punct(before, ':');
            let is_path = is_punct(after, ':') && is_punct(tokens.get(at + 2), ':');
            let is_call = is_punct(after, '!') || group(after, Delimiter::Parenthesis).is_some();
            (!is_part && !is_path && !is_call).then(|| ident.clone())
        }
        _ => None,
    })
}

/// Returns whether any token, at any depth, meets the condition. Groups themselves are not checked,
/// only the tokens inside them.
pub(super) fn any_token(
    tokens: &TokenStream,
    condition: &mut impl FnMut(&TokenTree) -> bool,
) -> bool {
    tokens.clone().into_iter().any(|token| match &token {
        TokenTree::Group(group) => any_token(&group.stream(), condition),
        token => condition(token),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use quote::quote;

    #[test]
    fn a_variable_is_what_stands_alone_or_before_a_field_or_method() {
        let found = |tokens| named_variable(&tokens, |ident| ident == "x").is_some();
        for tokens in [quote!(x), quote!(f(x)), quote!(x.y), quote!({ 1 + x })] {
            assert!(found(tokens.clone()), "{tokens}");
        }
        for tokens in [quote!(a.x), quote!(x()), quote!(x::y), quote!(a::x), quote!(x!())] {
            assert!(!found(tokens.clone()), "{tokens}");
        }
    }

    #[test]
    fn an_identifier_is_found_at_any_depth_and_in_format_strings() {
        assert!(mentions(&quote!(f(a, { [x] })), "x"));
        assert!(mentions(&quote!(r#type), "type"));
        assert!(mentions(&quote!(log!("{x:?}")), "x"));
        assert!(!mentions(&quote!(f(xs, "x", 'x')), "x"));
    }
}
