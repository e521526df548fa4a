//! Arguments that `#[async_trait]` takes apart inside the body, whose parts a key can name as in any other function.

use proc_macro2::{Delimiter, Ident, TokenStream, TokenTree};

use super::attempt::{configured, without_mut};
use crate::function::{Function, Future, Param, Shape, Typed, bindings};
use crate::scan;
use crate::tokens::{flatten, group, ident, is_punct, is_word};

/// Statements that bring the parts that `expression` names into scope, as references: the body takes the argument itself.
pub(super) fn lend(
    function: &Function,
    expression: &TokenStream,
    private: &TokenStream,
) -> TokenStream {
    let Shape::Future(Future {
        block: Some(block), ..
    }) = function.shape()
    else {
        return TokenStream::new();
    };
    let body = flatten(block.stream());
    let lend = |param: &Param| match param {
        Param::Typed(typed) => lend_parts(typed, &body, expression, private),
        Param::Receiver(_) => None,
    };
    function.params.iter().filter_map(lend).collect()
}

fn lend_parts(
    typed: &Typed,
    body: &[TokenTree],
    expression: &TokenStream,
    private: &TokenStream,
) -> Option<TokenStream> {
    // The name that is written in place of the pattern.
    let [argument] = typed.bindings.as_slice() else {
        return None;
    };
    let argument = &argument.ident;
    if !argument.to_string().starts_with("__arg") {
        return None;
    }
    let pattern = pattern_of(argument, body)?;
    use syn::parse::Parser;
    let parsed = syn::Pat::parse_multi_with_leading_vert
        .parse2(pattern.clone())
        .ok()?;
    let parts = bindings(&parsed).into_iter().map(|part| part.ident);
    let parts: Vec<Ident> = parts.collect();
    let is_named = |part: &Ident| scan::mentions(expression, &part.to_string());
    if !parts.iter().any(is_named) {
        return None;
    }
    // So that nobody is told of those that the key does not name.
    let used = parts
        .iter()
        .filter(|part| !part.to_string().starts_with('_'));
    let only_if = configured(&typed.attrs);
    let pattern = without_mut(&pattern);
    Some(emit! {
        #only_if let #pattern = &#argument;
        #only_if #private::consume((#(&#used,)*));
    })
}

/// The pattern of `let pattern = { …; argument };`
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
