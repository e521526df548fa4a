//! Reading tokens one after the other, with invisible groups opened only where the reader looks.

use std::collections::VecDeque;

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

use crate::tokens::{group, is_operator, is_punct, is_word};

#[derive(Debug)]
pub(super) struct Cursor {
    tokens: VecDeque<TokenTree>,
}

impl Cursor {
    pub(super) fn new(tokens: TokenStream) -> Self {
        Cursor {
            tokens: tokens.into_iter().collect(),
        }
    }

    /// The next token, seen through invisible groups, which it opens for good.
    pub(super) fn peek(&mut self) -> Option<&TokenTree> {
        self.open();
        self.tokens.front()
    }

    /// The token at `at` from here; call `peek` first.
    pub(super) fn ahead(&self, at: usize) -> Option<&TokenTree> {
        self.tokens.get(at)
    }

    pub(super) fn next(&mut self) -> Option<TokenTree> {
        self.open();
        self.tokens.pop_front()
    }

    pub(super) fn next_if(&mut self, accept: impl FnOnce(&TokenTree) -> bool) -> Option<TokenTree> {
        if self.peek().is_some_and(accept) {
            self.tokens.pop_front()
        } else {
            None
        }
    }

    /// Does the operator of two characters come next?
    pub(super) fn at_operator(&mut self, first: char, second: char) -> bool {
        self.open();
        is_operator(self.tokens.make_contiguous(), 0, first, second)
    }

    pub(super) fn take(&mut self, count: usize) -> TokenStream {
        self.tokens.drain(..count.min(self.tokens.len())).collect()
    }

    pub(super) fn rest(self) -> TokenStream {
        self.tokens.into_iter().collect()
    }

    /// The tokens ahead, with nothing opened: for types, whose invisible groups are parentheses.
    pub(super) fn slice(&mut self) -> &[TokenTree] {
        self.tokens.make_contiguous()
    }

    fn open(&mut self) {
        while let Some(opened) = group(self.tokens.front(), Delimiter::None).map(Group::stream) {
            self.tokens.pop_front();
            for token in opened.into_iter().collect::<Vec<_>>().into_iter().rev() {
                self.tokens.push_front(token);
            }
        }
    }

    pub(super) fn at_word(&mut self, word: &str) -> bool {
        is_word(self.peek(), word)
    }

    pub(super) fn at_punct(&mut self, character: char) -> bool {
        is_punct(self.peek(), character)
    }
}
