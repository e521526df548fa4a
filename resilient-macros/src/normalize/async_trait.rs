//! Handles the code that `#[async_trait]` writes into a body: the declared type, and statements
//! that destructure arguments.

use std::ops::Range;

use proc_macro2::{Delimiter, Group, Ident, TokenStream, TokenTree};
use syn::parse::Parser;
use syn::{Pat, PatType};

use super::arguments::{configured, without_mut};
use super::return_type::{FunctionShape, ReturnedFuture, shape};
use crate::item::{AnnotatedFunction, bindings};
use crate::scan;
use crate::tokens::{flatten, group, ident, is_operator, is_punct, is_word, skip_angles};

/// Replaces the type of a body with `output` where `#[async_trait]` declares it: in
/// `if let Some(__ret) = None::<T> { … }` at the beginning, and in `let __ret: T = { … };`. Returns
/// any other block unchanged.
pub(crate) fn with_output(block: &Group, output: &TokenStream) -> Group {
    let tokens = flatten(block.stream());
    let Some((pin, variable)) = pin(&tokens).zip(variable(&tokens)) else {
        return block.clone();
    };
    let mut written = TokenStream::new();
    written.extend(tokens[..pin.start].iter().cloned());
    written.extend(output.clone());
    written.extend(tokens[pin.end..variable.start].iter().cloned());
    written.extend(output.clone());
    written.extend(tokens[variable.end..].iter().cloned());
    let mut changed = Group::new(Delimiter::Brace, written);
    changed.set_span(block.span());
    changed
}

/// Finds the type in `if let Some(__ret) = None::<T> { … }` at the beginning of the block.
fn pin(tokens: &[TokenTree]) -> Option<Range<usize>> {
    let open = tokens.iter().position(|token| is_punct(Some(token), '<'))?;
    let binds = |token: &TokenTree| {
        let bound = group(Some(token), Delimiter::Parenthesis)?.stream();
        Some(is_word(bound.into_iter().next().as_ref(), "__ret"))
    };
    let is_pin = is_word(tokens.first(), "if")
        && is_word(tokens.get(1), "let")
        && tokens[..open].iter().any(|token| binds(token) == Some(true))
        && is_word(tokens.get(open.checked_sub(3)?), "None")
        && is_operator(tokens, open - 2, ':', ':');
    let end = skip_angles(tokens, open)?;
    group(tokens.get(end), Delimiter::Brace)?;
    is_pin.then_some(open + 1..end - 1)
}

/// Finds the type in `let __ret: T = { … };`.
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

/// Removes each statement `let x = x;`, which would move an argument that the rest of the body only
/// borrows. Returns the removed statements of arguments that the rest of the body does not use,
/// because these statements make the future take the arguments.
pub(crate) fn take_moves(function: &AnnotatedFunction, block: &mut Group) -> TokenStream {
    let mut tokens: Vec<TokenTree> = block.stream().into_iter().collect();
    let mut unused = TokenStream::new();
    let mut lifetimes = function.signature.generics.lifetimes();
    if !lifetimes.any(|param| param.lifetime.ident == "async_trait") {
        return unused;
    }
    let mut at = 0;
    while at < tokens.len() {
        if is_move(&tokens, at) {
            let rest: TokenStream = tokens[at + 5..].iter().cloned().collect();
            let is_used = scan::mentions(&rest, &tokens[at + 1].to_string());
            let statement = tokens.drain(at..at + 5);
            unused.extend(statement.filter(|_| !is_used));
        } else {
            at += 1;
        }
    }
    let span = block.span();
    *block = Group::new(Delimiter::Brace, tokens.into_iter().collect());
    block.set_span(span);
    unused
}

/// Returns whether the statement at `at` is `let x = x;`, without attributes.
fn is_move(tokens: &[TokenTree], at: usize) -> bool {
    let same = ident(tokens.get(at + 1)).zip(ident(tokens.get(at + 3)));
    is_word(tokens.get(at), "let")
        && same.is_some_and(|(variable, value)| variable == value)
        && is_punct(tokens.get(at + 2), '=')
        && is_punct(tokens.get(at + 4), ';')
        && (at == 0 || group(tokens.get(at - 1), Delimiter::Bracket).is_none())
}

/// `#[async_trait]` destructures an argument only inside the body, but `expression` is evaluated
/// outside. Writes statements that destructure the arguments by reference, so that `expression` can
/// name their parts.
pub(crate) fn lend_parts(function: &AnnotatedFunction, expression: &TokenStream) -> TokenStream {
    let FunctionShape::Future(ReturnedFuture { block: Some(block), .. }) = shape(function) else {
        return TokenStream::new();
    };
    let body = flatten(block.stream());
    let lend = |param| lend_parts_of(param, &body, expression);
    function.params().filter_map(lend).collect()
}

fn lend_parts_of(
    param: &PatType,
    body: &[TokenTree],
    expression: &TokenStream,
) -> Option<TokenStream> {
    // If `#[async_trait]` moves the pattern of a parameter into the body, it calls the parameter
    // `__arg…`.
    let Pat::Ident(argument) = &*param.pat else {
        return None;
    };
    let argument = &argument.ident;
    if !argument.to_string().starts_with("__arg") {
        return None;
    }
    let pattern = pattern_of(argument, body)?;
    let mut pattern = Pat::parse_multi_with_leading_vert.parse2(pattern).ok()?;
    let parts: Vec<Ident> = bindings(&pattern).into_iter().map(|part| part.ident).collect();
    if !parts.iter().any(|part| scan::mentions(expression, &part.to_string())) {
        return None;
    }
    // The expansion uses each variable of the pattern once. Otherwise the compiler would warn about
    // the variables that `expression` does not name. A name that begins with `_` raises no warning.
    let used = parts.iter().filter(|part| !part.to_string().starts_with('_'));
    let only_if = configured(&param.attrs);
    without_mut(&mut pattern);
    Some(emit! {
        #only_if let #pattern = &#argument;
        #only_if __r::consume((#(&#used,)*));
    })
}

/// Returns the pattern of the statement `let pattern = { …; argument };`, or `None` if the body has
/// no such statement.
fn pattern_of(argument: &Ident, body: &[TokenTree]) -> Option<TokenStream> {
    let is_value = |token: Option<&TokenTree>| {
        let last = group(token, Delimiter::Brace)?.stream().into_iter().last();
        ident(last.as_ref()).map(|word| word == argument)
    };
    let equals = (0..body.len())
        .find(|at| is_punct(body.get(*at), '=') && is_value(body.get(at + 1)) == Some(true))?;
    let is_let = |token: &TokenTree| is_word(Some(token), "let");
    let start = body[..equals].iter().rposition(is_let)?;
    Some(body[start + 1..equals].iter().cloned().collect())
}
