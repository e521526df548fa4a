//! Renames the receiver in a body.

use proc_macro2::{Delimiter, Group, Ident, TokenStream, TokenTree};
use quote::quote;

use super::format_string;
use super::mentions::mentions;
use super::usage::FORMATTING;
use crate::tokens::{group, is_operator, is_punct, is_word, skip_angles};

/// Macros of other crates that accept `self = value` after their format string.
const OF_OTHERS: &[&str] =
    &["anyhow", "bail", "debug", "ensure", "error", "event", "info", "trace", "warn"];

/// Returns whether the body has a literal that, as a format string, would name `self`, outside the
/// arguments of the known macros. The name in such a literal cannot be changed.
pub(crate) fn self_in_format_string(body: &TokenStream) -> bool {
    let tokens: Vec<TokenTree> = body.clone().into_iter().collect();
    tokens.iter().enumerate().any(|(at, token)| match token {
        TokenTree::Group(inner) if is_formatting(&tokens, at) => {
            let inside = inner.stream().into_iter();
            let inside = inside.filter(|token| !matches!(token, TokenTree::Literal(_)));
            self_in_format_string(&inside.collect())
        }
        TokenTree::Group(inner) => self_in_format_string(&inner.stream()),
        token => format_string::names(token, "self"),
    })
}

/// Returns whether the group at `at` contains the arguments of a known macro.
fn is_formatting(tokens: &[TokenTree], at: usize) -> bool {
    let is_call = at > 1 && is_punct(tokens.get(at - 1), '!');
    let mut known = FORMATTING.iter().map(|(name, _)| name).chain(OF_OTHERS);
    is_call && known.any(|known| is_word(tokens.get(at - 2), known))
}

/// Adds the argument `self = to` if a format string among the arguments names `self`.
fn with_self(arguments: TokenStream, to: &Ident) -> TokenStream {
    let tokens: Vec<TokenTree> = arguments.clone().into_iter().collect();
    if !tokens.iter().any(|token| format_string::names(token, "self")) {
        return arguments;
    }
    let comma = (!is_punct(tokens.last(), ',')).then(|| quote!(,));
    let this = Ident::new("self", to.span());
    quote!(#arguments #comma #this = #to)
}

/// Renames the value `self` to `to`. Paths, imports, visibilities, and items that declare another
/// `self` stay unchanged.
pub(crate) fn rename_self(body: TokenStream, to: &Ident) -> TokenStream {
    if !mentions(&body, "self") {
        return body;
    }
    let tokens: Vec<TokenTree> = body.into_iter().collect();
    let mut renamed = Vec::with_capacity(tokens.len());
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        let end = own_scope_end(&tokens, at);
        if end > at {
            renamed.extend(tokens[at..end].iter().cloned());
            at = end;
            continue;
        }
        renamed.push(match token {
            TokenTree::Ident(word) if word == "self" && is_value(&tokens, at) => {
                let mut other = to.clone();
                other.set_span(to.span().located_at(word.span()));
                other.into()
            }
            TokenTree::Group(inner) => {
                let mut inside = rename_self(inner.stream(), to);
                if is_formatting(&tokens, at) {
                    inside = with_self(inside, to);
                }
                let mut group = Group::new(inner.delimiter(), inside);
                group.set_span(inner.span());
                group.into()
            }
            token => token.clone(),
        });
        at += 1;
    }
    renamed.into_iter().collect()
}

fn is_value(tokens: &[TokenTree], at: usize) -> bool {
    let is_path = is_operator(tokens, at + 1, ':', ':');
    let of_macro = at > 0 && is_punct(tokens.get(at - 1), '$');
    !is_path && !of_macro
}

/// If an import, a visibility or an item begins at `at` and `self` has another meaning inside it,
/// returns the index after its end. Otherwise returns `at`.
fn own_scope_end(tokens: &[TokenTree], at: usize) -> usize {
    let token = tokens.get(at);
    if is_word(token, "pub") && group(tokens.get(at + 1), Delimiter::Parenthesis).is_some() {
        return at + 2;
    }
    let is_import = is_word(token, "use");
    if !is_import && !is_word(token, "impl") && !is_word(token, "trait") {
        return at;
    }
    let mut end = at + 1;
    while end < tokens.len() {
        if is_punct(tokens.get(end), ';') {
            return end + 1;
        }
        if !is_import && group(tokens.get(end), Delimiter::Brace).is_some() {
            return end + 1;
        }
        end = if is_punct(tokens.get(end), '<') {
            skip_angles(tokens, end).unwrap_or(end + 1)
        } else {
            end + 1
        };
    }
    end
}

#[cfg(test)]
#[path = "self_value_tests.rs"]
mod tests;
