//! The type that `#[async_trait]` says the body has, where an attempt returns another one than the function.

use std::ops::Range;

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

use crate::tokens::{flatten, group, is_operator, is_punct, is_word, skip_angles};

/// The block of a future with `output` in the two places where `#[async_trait]` declares its type:
/// `if let Some(__ret) = None::<T> { … }` at the beginning, and `let __ret: T = { … };`. Any other block stays as it is.
pub(super) fn retyped(block: &Group, output: &TokenStream) -> Group {
    let tokens = flatten(block.stream());
    let Some((pin, variable)) = pin(&tokens).zip(variable(&tokens)) else {
        return block.clone();
    };
    let (first, between, last) = (
        &tokens[..pin.start],
        &tokens[pin.end..variable.start],
        &tokens[variable.end..],
    );
    let mut written = TokenStream::new();
    written.extend(first.iter().cloned());
    written.extend(output.clone());
    written.extend(between.iter().cloned());
    written.extend(output.clone());
    written.extend(last.iter().cloned());
    let mut retyped = Group::new(Delimiter::Brace, written);
    retyped.set_span(block.span());
    retyped
}

/// The type in `if let Some(__ret) = None::<T> { … }`, with which the block begins.
fn pin(tokens: &[TokenTree]) -> Option<Range<usize>> {
    let open = tokens.iter().position(|token| is_punct(Some(token), '<'))?;
    let binds = |token: &TokenTree| {
        let bound = group(Some(token), Delimiter::Parenthesis)?.stream();
        Some(is_word(bound.into_iter().next().as_ref(), "__ret"))
    };
    let is_pin = is_word(tokens.first(), "if")
        && is_word(tokens.get(1), "let")
        && tokens[..open]
            .iter()
            .any(|token| binds(token) == Some(true))
        && is_word(tokens.get(open.checked_sub(3)?), "None")
        && is_operator(tokens, open - 2, ':', ':');
    let end = skip_angles(tokens, open)?;
    group(tokens.get(end), Delimiter::Brace)?;
    is_pin.then_some(open + 1..end - 1)
}

/// The type in `let __ret: T = { … };`.
fn variable(tokens: &[TokenTree]) -> Option<Range<usize>> {
    let colon = (2..tokens.len()).find(|at| {
        is_punct(tokens.get(*at), ':')
            && is_word(tokens.get(at - 1), "__ret")
            && is_word(tokens.get(at - 2), "let")
    })?;
    let is_body = |token| group(token, Delimiter::Brace).is_some();
    let equals = (colon..tokens.len())
        .find(|at| is_punct(tokens.get(*at), '=') && is_body(tokens.get(at + 1)))?;
    Some(colon + 1..equals)
}
