//! The return type, as a type that can be named again.

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};

use crate::function::Function;

/// Where the return type stands, or the name where there is none.
pub(super) fn span(function: &Function) -> Span {
    let first = function
        .output
        .clone()
        .and_then(|output| output.into_iter().next());
    first.map_or_else(|| function.name.span(), |token| token.span())
}

/// `impl Trait` is a type that cannot be named again: the compiler infers it.
pub(super) fn without_impl(output: &TokenStream) -> TokenStream {
    let mut erased = TokenStream::new();
    let mut tokens = output.clone().into_iter().peekable();
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Ident(ident) if ident == "impl" => {
                erased.extend(emit!(_));
                skip_bounds(&mut tokens);
            }
            // `(impl A + B)` needs its parentheses only because of the bounds.
            TokenTree::Group(group) if is_parenthesised_impl(&group) => erased.extend(emit!(_)),
            TokenTree::Group(group) => {
                let mut inner = Group::new(group.delimiter(), without_impl(&group.stream()));
                inner.set_span(group.span());
                erased.extend([TokenTree::from(inner)]);
            }
            other => erased.extend([other]),
        }
    }
    erased
}

/// Up to what ends the bounds of an `impl`: a comma, or a closing angle bracket of the type around them.
fn skip_bounds(tokens: &mut std::iter::Peekable<proc_macro2::token_stream::IntoIter>) {
    let mut depth = 0_u32;
    let mut after_dash = false;
    while let Some(token) = tokens.peek() {
        let punct = match token {
            TokenTree::Punct(punct) => punct.as_char(),
            _ => ' ',
        };
        match punct {
            '<' => depth += 1,
            '>' if after_dash => {}
            '>' | ',' | ';' if depth == 0 => return,
            '>' => depth -= 1,
            _ => {}
        }
        after_dash = punct == '-';
        tokens.next();
    }
}

/// The type with its lifetimes left to inference: a named one would have one attempt borrow for all of them.
pub(super) fn without_lifetimes(ty: &TokenStream) -> TokenStream {
    let mut follows_quote = false;
    ty.clone()
        .into_iter()
        .map(|token| match token {
            TokenTree::Ident(ident) if std::mem::take(&mut follows_quote) && ident != "static" => {
                TokenTree::Ident(Ident::new("_", ident.span()))
            }
            TokenTree::Punct(punct) => {
                follows_quote = punct.as_char() == '\'';
                punct.into()
            }
            TokenTree::Group(group) => {
                let mut inner = Group::new(group.delimiter(), without_lifetimes(&group.stream()));
                inner.set_span(group.span());
                inner.into()
            }
            other => other,
        })
        .collect()
}

fn is_parenthesised_impl(group: &Group) -> bool {
    let starts_so = matches!(group.stream().into_iter().next(), Some(TokenTree::Ident(ident)) if ident == "impl");
    let is_tuple = group
        .stream()
        .into_iter()
        .any(|token| matches!(token, TokenTree::Punct(punct) if punct.as_char() == ','));
    group.delimiter() == Delimiter::Parenthesis && starts_so && !is_tuple
}

#[cfg(test)]
mod tests {
    use quote::quote;

    use super::*;

    #[test]
    fn an_opaque_type_is_left_to_inference_wherever_it_stands() {
        for (ty, expected) in [
            (quote!(Result<impl A<B, C> + 'a, E>), quote!(Result<_, E>)),
            (
                quote!(Option<[impl Fn(u8) -> u8; 2]>),
                quote!(Option<[_; 2]>),
            ),
            (quote!((u8, impl A)), quote!((u8, _))),
            (quote!(&'a (impl A + B)), quote!(&'a _)),
            (quote!(Vec<u8>), quote!(Vec<u8>)),
        ] {
            assert_eq!(without_impl(&ty).to_string(), expected.to_string());
        }
    }

    #[test]
    fn lifetimes_but_the_static_one_are_left_to_inference() {
        let ty = quote!(Pin<Box<dyn Future<Output = &'a (B<'b>, C)> + Send + 'static>>);
        let expected = quote!(Pin<Box<dyn Future<Output = &'_ (B<'_>, C)> + Send + 'static>>);
        assert_eq!(without_lifetimes(&ty).to_string(), expected.to_string());
    }
}
