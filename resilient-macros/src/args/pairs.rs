//! Splitting arguments into `key = value` pairs and `key(list)`s, with the values left as tokens.

use std::collections::VecDeque;

use proc_macro2::{Delimiter, Ident, Span, TokenStream, TokenTree};

use super::value_end::{Ending, begins_argument, value_end};
use crate::error::Errors;
use crate::tokens::{flatten, group, is_punct, name, shown};

/// One argument: its key and what was given for it.
#[derive(Debug, Clone)]
pub(super) struct Pair {
    pub(super) key: Ident,
    /// The key's text without `r#`.
    pub(super) name: String,
    pub(super) form: Form,
}

#[derive(Debug, Clone)]
pub(super) enum Form {
    /// `key = value`; the value is not empty.
    Value(TokenStream),
    /// `key(inside)`
    List(TokenStream),
}

impl Pair {
    /// What an error about the pair underlines: the value, or the key of a list.
    pub(super) fn place(&self) -> TokenStream {
        match &self.form {
            Form::Value(value) => value.clone(),
            Form::List(_) => TokenTree::from(self.key.clone()).into(),
        }
    }
}

/// Reads all pairs; what is malformed is reported and left out.
pub(super) fn split(tokens: TokenStream, errors: &mut Errors) -> Vec<Pair> {
    let mut pairs = Vec::new();
    let mut rest: VecDeque<TokenTree> = tokens.into_iter().collect();
    loop {
        open_invisible(&mut rest);
        let Some(token) = rest.pop_front() else {
            return pairs;
        };
        match token {
            TokenTree::Ident(key) => pairs.extend(after_key(key, &mut rest, errors)),
            TokenTree::Punct(comma) if comma.as_char() == ',' => {
                errors.push(comma.span(), "expected `key = value` before this `,`");
            }
            token => {
                let value = lost_value(&token);
                errors.push(
                    token.span(),
                    format!(
                        "expected `key = value`, and `{}` is no key{value}",
                        shown(&token)
                    ),
                );
                take_value(&mut rest, errors);
            }
        }
    }
}

/// Opens an invisible group where a key stands.
fn open_invisible(rest: &mut VecDeque<TokenTree>) {
    while let Some(opened) =
        group(rest.front(), Delimiter::None).map(|group| flatten(group.stream()))
    {
        rest.pop_front();
        for token in opened.into_iter().rev() {
            rest.push_front(token);
        }
    }
}

/// A hint for a value that stands without its key.
fn lost_value(token: &TokenTree) -> &'static str {
    match token {
        TokenTree::Literal(_) => ": every value has its key",
        _ => "",
    }
}

fn after_key(key: Ident, rest: &mut VecDeque<TokenTree>, errors: &mut Errors) -> Option<Pair> {
    let text = name(&key);
    let span = key.span();
    let form = match rest.front() {
        None => {
            errors.push(span, format!("`{text}` has no value: write `{text} = …`"));
            return None;
        }
        Some(TokenTree::Punct(comma)) if comma.as_char() == ',' => {
            rest.pop_front();
            errors.push(span, format!("`{text}` has no value: write `{text} = …`"));
            return None;
        }
        Some(TokenTree::Group(list)) if list.delimiter() == Delimiter::Parenthesis => {
            let inside = list.stream();
            rest.pop_front();
            end_list(&text, rest, errors);
            Form::List(inside)
        }
        Some(TokenTree::Punct(equals)) if equals.as_char() == '=' => {
            let operator = equals.spacing() == proc_macro2::Spacing::Joint
                && (is_punct(rest.get(1), '=') || is_punct(rest.get(1), '>'));
            if operator {
                errors.push(
                    span,
                    format!("a single `=` stands between a key and its value: write `{text} = …`"),
                );
                take_value(rest, errors);
                return None;
            }
            rest.pop_front();
            Form::Value(value_of(&text, span, rest, errors)?)
        }
        Some(token) => {
            let shown = shown(token);
            errors.push(
                token.span(),
                format!("expected `=` after `{text}`, and `{shown}` follows: write `{text} = …`"),
            );
            take_value(rest, errors);
            return None;
        }
    };
    Some(Pair {
        key,
        name: text,
        form,
    })
}

/// Takes the comma behind a list.
fn end_list(key: &str, rest: &mut VecDeque<TokenTree>, errors: &mut Errors) {
    if begins_argument(rest.make_contiguous()) {
        report_missing_comma(rest, errors);
    } else if let Some(token) = take_value(rest, errors).into_iter().next() {
        let shown = shown(&token);
        errors.push(
            token.span(),
            format!("expected `,` after `{key}(…)`, and `{shown}` follows"),
        );
    }
}

fn report_missing_comma(rest: &VecDeque<TokenTree>, errors: &mut Errors) {
    if let Some(TokenTree::Ident(key)) = rest.front() {
        errors.push(key.span(), format!("missing `,` before `{}`", name(key)));
    }
}

fn value_of(
    key: &str,
    span: Span,
    rest: &mut VecDeque<TokenTree>,
    errors: &mut Errors,
) -> Option<TokenStream> {
    let value = take_value(rest, errors);
    let tokens = flatten(value.iter().cloned().collect());
    if tokens.is_empty() {
        errors.push(span, format!("`{key}` has no value: write `{key} = …`"));
        return None;
    }
    if let [TokenTree::Literal(_), second, ..] = tokens.as_slice() {
        let foreign = match second {
            TokenTree::Literal(_) => true,
            TokenTree::Ident(word) => word != "as",
            _ => false,
        };
        if foreign {
            errors.push(
                second.span(),
                format!(
                    "expected `,` after the value of `{key}`, and `{}` follows",
                    shown(second)
                ),
            );
            return None;
        }
    }
    Some(value.into_iter().collect())
}

/// Takes the tokens up to the end of the value, and the comma.
fn take_value(rest: &mut VecDeque<TokenTree>, errors: &mut Errors) -> Vec<TokenTree> {
    let ending = value_end(rest.make_contiguous());
    let value: Vec<TokenTree> = rest.drain(..ending.at()).collect();
    match ending {
        Ending::Comma(_) => {
            rest.pop_front();
        }
        Ending::Semicolon(_) => {
            if let Some(semicolon) = rest.pop_front() {
                errors.push(
                    semicolon.span(),
                    "arguments are separated by `,`, not by `;`",
                );
            }
        }
        Ending::NextKey(_) => report_missing_comma(rest, errors),
        Ending::Tokens(_) => {}
    }
    value
}

#[cfg(test)]
#[path = "pairs_tests.rs"]
mod tests;
