//! Reading a body's tokens: soundly in one direction, so that a doubt costs a clone and never a wrong program.

mod format_string;
mod occurrence;
mod self_value;
mod usage;

use proc_macro2::{TokenStream, TokenTree};

pub(crate) use self_value::{rename_self, self_in_format_string};
pub(crate) use usage::{Use, usage};

use crate::tokens::name;

/// Does the identifier occur anywhere, raw or not, also inside a format string?
pub(crate) fn mentions(tokens: &TokenStream, ident: &str) -> bool {
    let ident = ident.strip_prefix("r#").unwrap_or(ident);
    any_token(tokens, &mut |token| match token {
        TokenTree::Ident(found) => name(found) == ident,
        TokenTree::Literal(literal) => format_string::names(literal, ident),
        _ => false,
    })
}

/// Does any token that is no group, at any depth, meet the condition?
fn any_token(tokens: &TokenStream, condition: &mut impl FnMut(&TokenTree) -> bool) -> bool {
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
    fn an_identifier_is_found_at_any_depth_and_in_format_strings() {
        assert!(mentions(&quote!(f(a, { [x] })), "x"));
        assert!(mentions(&quote!(r#type), "type"));
        assert!(mentions(&quote!(log!("{x:?}")), "x"));
        assert!(!mentions(&quote!(f(xs, "x", 'x')), "x"));
    }
}
