//! The return type, as a type that can be named again.

use proc_macro2::{Group, Span, TokenStream, TokenTree};

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
            '>' | ',' if depth == 0 => return,
            '>' => depth -= 1,
            _ => {}
        }
        after_dash = punct == '-';
        tokens.next();
    }
}
