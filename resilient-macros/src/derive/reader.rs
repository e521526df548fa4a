//! Reading a type's declaration token by token, with invisible groups opened only where the reader looks.

use std::collections::VecDeque;

use proc_macro2::{Delimiter, Group, Ident, TokenStream, TokenTree};

use crate::tokens::{flatten, group, is_punct, is_word, skip_angles};

#[derive(Debug)]
pub(super) struct Reader {
    tokens: VecDeque<TokenTree>,
}

impl Reader {
    pub(super) fn new(tokens: TokenStream) -> Self {
        Reader {
            tokens: tokens.into_iter().collect(),
        }
    }

    /// The next token, seen through invisible groups, which it opens for good.
    pub(super) fn peek(&mut self) -> Option<&TokenTree> {
        while let Some(opened) = group(self.tokens.front(), Delimiter::None).map(Group::stream) {
            self.tokens.pop_front();
            for token in opened.into_iter().collect::<Vec<_>>().into_iter().rev() {
                self.tokens.push_front(token);
            }
        }
        self.tokens.front()
    }

    pub(super) fn next(&mut self) -> Option<TokenTree> {
        self.peek();
        self.tokens.pop_front()
    }

    pub(super) fn at_punct(&mut self, character: char) -> bool {
        is_punct(self.peek(), character)
    }

    pub(super) fn at_word(&mut self, word: &str) -> bool {
        is_word(self.peek(), word)
    }

    pub(super) fn ident(&mut self) -> Option<Ident> {
        match self.peek() {
            Some(TokenTree::Ident(ident)) => {
                let ident = ident.clone();
                self.next();
                Some(ident)
            }
            _ => None,
        }
    }

    pub(super) fn group(&mut self, delimiter: Delimiter) -> Option<Group> {
        let group = group(self.peek(), delimiter).cloned();
        if group.is_some() {
            self.next();
        }
        group
    }

    /// `#[…]`: what is inside the brackets.
    pub(super) fn attribute(&mut self) -> Option<TokenStream> {
        if !self.at_punct('#') {
            return None;
        }
        let inside = group(self.tokens.get(1), Delimiter::Bracket).map(Group::stream);
        if inside.is_some() {
            self.tokens.drain(..2);
        }
        inside
    }

    /// Takes `pub`, `pub(crate)`, `pub(in path)`; the parentheses of a tuple type stay.
    pub(super) fn skip_visibility(&mut self) {
        if !self.at_word("pub") {
            return;
        }
        self.next();
        let restricted = group(self.tokens.front(), Delimiter::Parenthesis).is_some_and(|inside| {
            let inside = flatten(inside.stream());
            match inside.as_slice() {
                [only] => ["crate", "self", "super"]
                    .iter()
                    .any(|word| is_word(Some(only), word)),
                inside => is_word(inside.first(), "in"),
            }
        });
        if restricted {
            self.next();
        }
    }

    /// `<…>`: what is inside. An empty list if there are none, `None` if they do not close.
    pub(super) fn angles(&mut self) -> Option<TokenStream> {
        if !self.at_punct('<') {
            return Some(TokenStream::new());
        }
        let end = skip_angles(self.tokens.make_contiguous(), 0)?;
        self.tokens.pop_front();
        let inside = self.tokens.drain(..end.saturating_sub(2)).collect();
        self.tokens.pop_front();
        Some(inside)
    }

    /// Takes the tokens outside angle brackets up to one that ends them, which stays.
    pub(super) fn until(&mut self, ends: impl Fn(&TokenTree) -> bool) -> TokenStream {
        let tokens = self.tokens.make_contiguous();
        let mut at = 0;
        while tokens.get(at).is_some_and(|token| !ends(token)) {
            at = if is_punct(tokens.get(at), '<') {
                skip_angles(tokens, at).unwrap_or(at + 1)
            } else {
                at + 1
            };
        }
        self.tokens.drain(..at.min(self.tokens.len())).collect()
    }

    /// Takes the expression up to the comma, which stays. Behind an operand, a `<` is an operator.
    pub(super) fn skip_expression(&mut self) {
        let tokens = self.tokens.make_contiguous();
        let (mut at, mut in_type) = (0, false);
        while let Some(token) = tokens.get(at).filter(|token| !is_punct(Some(token), ',')) {
            in_type |= is_word(Some(token), "as");
            let behind_operator = match at.checked_sub(1).and_then(|before| tokens.get(before)) {
                None => true,
                Some(TokenTree::Punct(before)) => before.as_char() != '<',
                Some(_) => false,
            };
            at = if is_punct(Some(token), '<') && (in_type || behind_operator) {
                skip_angles(tokens, at).unwrap_or(at + 1)
            } else {
                at + 1
            };
        }
        self.tokens.drain(..at.min(self.tokens.len()));
    }

    pub(super) fn rest(self) -> TokenStream {
        self.tokens.into_iter().collect()
    }
}

/// Splits at the commas outside angle brackets; what is empty is left out.
pub(super) fn split(tokens: TokenStream) -> Vec<TokenStream> {
    let mut reader = Reader::new(tokens);
    let mut parts = Vec::new();
    while reader.peek().is_some() {
        let part = reader.until(|token| is_punct(Some(token), ','));
        if !part.is_empty() {
            parts.push(part);
        }
        reader.next();
    }
    parts
}
