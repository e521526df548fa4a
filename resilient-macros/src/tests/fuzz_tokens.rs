//! Makes random token streams for the tests that check that no input makes a parser panic.

use proc_macro2::{Delimiter, Group, Ident, Literal, Punct, Spacing, Span, TokenStream, TokenTree};

/// Makes random token trees from a fixed seed. The identifiers are words for which the parsers
/// look.
#[derive(Debug)]
pub(crate) struct FuzzTokens {
    state: u64,
    words: Vec<&'static str>,
}

impl FuzzTokens {
    pub(crate) fn new(seed: u64, words: &[&'static str]) -> Self {
        FuzzTokens { state: seed | 1, words: words.to_vec() }
    }

    /// Returns a number below `bound`, by xorshift.
    fn below(&mut self, bound: usize) -> usize {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        usize::try_from(self.state >> 33).unwrap_or(0) % bound
    }

    fn pick<T: Copy>(&mut self, list: &[T]) -> T {
        list[self.below(list.len())]
    }

    pub(crate) fn stream(&mut self, depth: usize) -> TokenStream {
        let length = self.below(14);
        (0..length).flat_map(|_| self.trees(depth)).collect()
    }

    fn trees(&mut self, depth: usize) -> Vec<TokenTree> {
        match self.below(10) {
            0..=3 => vec![self.word()],
            4 => vec![self.literal()],
            5 if depth > 0 => {
                let delimiter = self.pick(&[
                    Delimiter::Parenthesis,
                    Delimiter::Brace,
                    Delimiter::Bracket,
                    Delimiter::None,
                ]);
                let inside = self.stream(depth - 1);
                vec![Group::new(delimiter, inside).into()]
            }
            // Random tokens rarely form a `key = value` pair, so this case makes one.
            6 => {
                let value = self.literal();
                vec![
                    self.word(),
                    Punct::new('=', Spacing::Alone).into(),
                    value,
                    Punct::new(',', Spacing::Alone).into(),
                ]
            }
            _ => vec![self.punct()],
        }
    }

    fn word(&mut self) -> TokenTree {
        let at = self.below(self.words.len());
        let word = self.words[at];
        match word.strip_prefix("r#") {
            Some(raw) => Ident::new_raw(raw, Span::call_site()).into(),
            None => Ident::new(word, Span::call_site()).into(),
        }
    }

    fn punct(&mut self) -> TokenTree {
        let spacing = self.pick(&[Spacing::Alone, Spacing::Joint]);
        let character = self.pick(&[
            ',', '=', '|', '<', '>', ':', '-', '&', '#', '!', ';', '.', '\'', '?', '$', '@',
        ]);
        Punct::new(character, spacing).into()
    }

    fn literal(&mut self) -> TokenTree {
        const SOURCES: [&str; 24] = [
            "0",
            "1",
            "99999999999999999999999999999999999999999999",
            "0x_f",
            "1e999",
            "1.5",
            "2f32",
            "3u8",
            "\"\"",
            "\"1m30s\"",
            "\"9999999999999999999999d\"",
            "\"1.\"",
            "\"{x}\"",
            "\"{self.\"",
            "\"{{\"",
            "\"%\"",
            "\"120%\"",
            "\"5µs\"",
            "r#\"1s\"#",
            "b\"1s\"",
            "'a'",
            "\"\\u{1f600}s\"",
            "\"-1s\"",
            "\"1 s\"",
        ];
        let source = self.pick(&SOURCES);
        let fallback = || Literal::i32_unsuffixed(-1);
        source.parse::<Literal>().unwrap_or_else(|_| fallback()).into()
    }
}

/// Wraps tokens in an invisible group, as `macro_rules` does with a fragment.
pub(crate) fn invisible(tokens: TokenStream) -> TokenStream {
    TokenTree::from(Group::new(Delimiter::None, tokens)).into()
}
