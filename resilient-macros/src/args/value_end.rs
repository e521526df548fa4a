//! Where a value ends among raw tokens: at a comma that stands in no closure head and in no generic arguments.

use proc_macro2::{Delimiter, Spacing, TokenTree};

use crate::tokens::{follows_joint, group, ident, is_operator, is_punct, is_word, skip_angles};

/// How a value ends, with the index of what ends it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Ending {
    Comma(usize),
    Semicolon(usize),
    /// Another key follows without a comma.
    NextKey(usize),
    /// The last token was the value's.
    Tokens(usize),
}

impl Ending {
    pub(super) fn at(self) -> usize {
        match self {
            Ending::Comma(at)
            | Ending::Semicolon(at)
            | Ending::NextKey(at)
            | Ending::Tokens(at) => at,
        }
    }
}

/// The end of the value at the beginning of `tokens`.
pub(super) fn value_end(tokens: &[TokenTree]) -> Ending {
    let mut at = 0;
    // Behind `->` and `as`, a `<` opens generic arguments.
    let mut in_type = false;
    while at < tokens.len() {
        if is_punct(tokens.get(at), ',') {
            return Ending::Comma(at);
        }
        if is_punct(tokens.get(at), ';') {
            return Ending::Semicolon(at);
        }
        if at > 0 && ends_operand(&tokens[at - 1]) && begins_argument(&tokens[at..]) {
            return Ending::NextKey(at);
        }
        if is_punct(tokens.get(at), '|') {
            at = behind_bar(tokens, at);
            continue;
        }
        if is_punct(tokens.get(at), '<')
            && (in_type || at == 0 || is_punct(tokens.get(at - 1), ':'))
        {
            at = skip_angles(tokens, at).unwrap_or(at + 1);
            continue;
        }
        if is_operator(tokens, at, '-', '>') || is_word(tokens.get(at), "as") {
            in_type = true;
        } else if group(tokens.get(at), Delimiter::Brace).is_some() {
            in_type = false;
        }
        at += 1;
    }
    Ending::Tokens(at)
}

/// Do the tokens begin with what is plainly another argument?
pub(super) fn begins_argument(tokens: &[TokenTree]) -> bool {
    is_key(tokens, 0) || is_list(tokens, 0)
}

/// `key =`, with an `=` that is no `==` and no `=>`
pub(super) fn is_key(tokens: &[TokenTree], at: usize) -> bool {
    let Some(TokenTree::Punct(equals)) = tokens.get(at + 1) else {
        return false;
    };
    let operator = equals.spacing() == Spacing::Joint
        && (is_punct(tokens.get(at + 2), '=') || is_punct(tokens.get(at + 2), '>'));
    ident(tokens.get(at)).is_some() && equals.as_char() == '=' && !operator
}

/// `borrow(…)` and its like
fn is_list(tokens: &[TokenTree], at: usize) -> bool {
    let named = ["borrow", "clone", "__outer"]
        .iter()
        .any(|key| is_word(tokens.get(at), key));
    named && group(tokens.get(at + 1), Delimiter::Parenthesis).is_some()
}

/// Can an expression end with the token, so that an identifier cannot follow?
fn ends_operand(token: &TokenTree) -> bool {
    const BEFORE_AN_OPERAND: [&str; 16] = [
        "as", "async", "await", "break", "dyn", "else", "for", "if", "in", "let", "match", "move",
        "mut", "ref", "return", "static",
    ];
    match token {
        TokenTree::Group(_) | TokenTree::Literal(_) => true,
        TokenTree::Ident(word) => !BEFORE_AN_OPERAND.iter().any(|keyword| word == keyword),
        TokenTree::Punct(_) => false,
    }
}

/// The index behind a `|` at `bar`: behind the whole head if it opens a closure's.
fn behind_bar(tokens: &[TokenTree], bar: usize) -> usize {
    let or = is_operator(tokens, bar, '|', '|');
    if bar > 0 && ends_operand(&tokens[bar - 1]) {
        return if or { bar + 2 } else { bar + 1 };
    }
    let mut at = bar + 1;
    while at < tokens.len() {
        if is_punct(tokens.get(at), '|') {
            return at + 1;
        }
        // The next argument: the bar was the first of a pattern.
        if is_punct(tokens.get(at), ',') && is_key(tokens, at + 1) {
            return bar + 1;
        }
        let opens = is_punct(tokens.get(at), '<') && !follows_joint(tokens, at, '<');
        at = if opens {
            skip_angles(tokens, at).unwrap_or(at + 1)
        } else {
            at + 1
        };
    }
    bar + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn end(source: &str) -> Ending {
        let tokens: Vec<TokenTree> = source
            .parse::<proc_macro2::TokenStream>()
            .expect("tokens")
            .into_iter()
            .collect();
        value_end(&tokens)
    }

    #[test]
    fn a_comma_ends_a_value_outside_heads_and_generics_only() {
        assert_eq!(end("1, a = 2"), Ending::Comma(1));
        assert_eq!(end("|a, b| c"), Ending::Tokens(6));
        assert_eq!(end("f::<A, B>"), Ending::Tokens(8));
        assert_eq!(end("a < b, c = d"), Ending::Comma(3));
        assert_eq!(end("x as A<B, C>"), Ending::Tokens(8));
    }

    #[test]
    fn a_logical_or_opens_no_closure_head() {
        assert_eq!(end("a || b, c = |x| x"), Ending::Comma(4));
        assert_eq!(end("a | b, c = |x| x"), Ending::Comma(3));
    }

    #[test]
    fn an_assignment_is_no_key_unless_an_operand_stands_before_it() {
        assert_eq!(end("|e| x = e"), Ending::Tokens(6));
        assert_eq!(end("3 x = e"), Ending::NextKey(1));
        assert_eq!(end("3 x == e"), Ending::Tokens(5));
        assert_eq!(end("f clone(x)"), Ending::NextKey(1));
        assert_eq!(end("f.clone(x)"), Ending::Tokens(4));
    }
}
