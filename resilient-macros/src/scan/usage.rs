//! Decides whether a body only borrows an argument. If the body may move the argument, each attempt
//! needs a copy.

use proc_macro2::{Delimiter, Ident, TokenStream, TokenTree};

use super::format_string;
use super::occurrence::{is_indexed, is_plain_borrow, names_nothing, place_end};
use crate::tokens::{flatten, group, ident, is_punct, name};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum ArgumentUse {
    Unused,
    /// Every occurrence is certainly a borrow.
    Borrowed,
    /// At least one occurrence is a move or could be a move.
    Moved,
}

/// Returns the strongest use of `ident` in `body`.
///
/// Variables of the same name in other scopes also count, so the result may be stronger than
/// necessary. A pattern such as `|&x|` counts as a borrow. This is harmless, because the pattern
/// does not use the argument.
pub(crate) fn usage(body: &TokenStream, ident: &Ident) -> ArgumentUse {
    let scan = Scan { variable: name(ident) };
    scan.tokens(&flatten(body.clone()), Place::Block)
}

/// The place of a token in the body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// The token is in braces, where `x:` names a field.
    Block,
    Expression,
    /// The token is in the arguments of an unknown macro, where every occurrence counts as a move.
    Macro,
    /// The token is in a closure or block that captures by move.
    Captured,
}

/// Macros that borrow their arguments, except as many of the first arguments as the number says. In
/// edition 2018, `panic!(x)` and `assert!(condition, x)` take `x` by value.
pub(super) const FORMATTING: &[(&str, usize)] = &[
    ("format", 0),
    ("format_args", 0),
    ("print", 0),
    ("println", 0),
    ("eprint", 0),
    ("eprintln", 0),
    ("panic", 1),
    ("unreachable", 0),
    ("todo", 0),
    ("unimplemented", 0),
    ("write", 1),
    ("writeln", 1),
    ("assert", 2),
    ("debug_assert", 2),
    ("assert_eq", 0),
    ("assert_ne", 0),
    ("debug_assert_eq", 0),
    ("debug_assert_ne", 0),
];

/// Macros whose arguments are treated like expressions outside a macro.
const PLAIN: &[&str] = &["vec", "dbg"];

struct Scan {
    variable: String,
}

impl Scan {
    fn tokens(&self, tokens: &[TokenTree], place: Place) -> ArgumentUse {
        let mut strongest = ArgumentUse::Unused;
        let mut captured = place == Place::Captured;
        let mut at = 0;
        while at < tokens.len() && strongest < ArgumentUse::Moved {
            let token = &tokens[at];
            let here = if captured { Place::Captured } else { place };
            let (found, next) = match token {
                // A block after `move` captures up to its end. The end of a closure after `move` is
                // hard to find, so all tokens up to the end of the statement count as captured.
                TokenTree::Ident(word) if word == "move" => {
                    if let Some(block) = group(tokens.get(at + 1), Delimiter::Brace) {
                        (self.tokens(&flatten(block.stream()), Place::Captured), at + 2)
                    } else {
                        captured = true;
                        (ArgumentUse::Unused, at + 1)
                    }
                }
                TokenTree::Punct(end) if end.as_char() == ';' => {
                    captured = place == Place::Captured;
                    (ArgumentUse::Unused, at + 1)
                }
                TokenTree::Ident(word) if matches!(here, Place::Macro | Place::Captured) => (
                    if name(word) == self.variable {
                        ArgumentUse::Moved
                    } else {
                        ArgumentUse::Unused
                    },
                    at + 1,
                ),
                TokenTree::Ident(_) if macro_arguments(tokens, at).is_some() => {
                    (self.call(tokens, at, here), at + 3)
                }
                TokenTree::Ident(word) if name(word) == self.variable => {
                    (occurrence(tokens, at, here), at + 1)
                }
                token if format_string::names(token, &self.variable) => (borrowed(here), at + 1),
                TokenTree::Group(inner) => {
                    let place = match here {
                        Place::Macro | Place::Captured => here,
                        _ if inner.delimiter() == Delimiter::Brace => Place::Block,
                        _ => Place::Expression,
                    };
                    (self.tokens(&flatten(inner.stream()), place), at + 1)
                }
                _ => (ArgumentUse::Unused, at + 1),
            };
            strongest = strongest.max(found);
            at = next;
        }
        strongest
    }

    /// Returns the strongest use of the variable in the arguments of the macro call at `at`.
    fn call(&self, tokens: &[TokenTree], at: usize, place: Place) -> ArgumentUse {
        let Some(inside) = macro_arguments(tokens, at) else {
            return ArgumentUse::Unused;
        };
        let arguments = flatten(inside);
        let macro_name = tokens.get(at).map(ToString::to_string).unwrap_or_default();
        // A macro with a path may be another macro of the same name.
        let lone = at == 0 || !is_punct(tokens.get(at - 1), ':');
        let formatting = FORMATTING.iter().find(|(known, _)| lone && *known == macro_name);
        let Some((_, by_value)) = formatting else {
            let plain = lone && PLAIN.contains(&macro_name.as_str());
            let inner = if place == Place::Captured {
                place
            } else if plain {
                Place::Expression
            } else {
                Place::Macro
            };
            return self.tokens(&arguments, inner);
        };
        let inner = if place == Place::Captured { place } else { Place::Expression };
        let mut strongest = ArgumentUse::Unused;
        for (index, argument) in arguments.split(|token| is_punct(Some(token), ',')).enumerate() {
            let by_reference = index >= *by_value && self.is_whole_argument(argument);
            let found = if by_reference { borrowed(inner) } else { self.tokens(argument, inner) };
            strongest = strongest.max(found);
        }
        strongest
    }

    /// Returns whether the argument is only the variable or a field: `x`, `x.field`, `name = x`
    fn is_whole_argument(&self, argument: &[TokenTree]) -> bool {
        let argument = match argument {
            [TokenTree::Ident(_), equals, value @ ..] if is_punct(Some(equals), '=') => value,
            argument => argument,
        };
        ident(argument.first()).is_some_and(|first| name(first) == self.variable)
            && place_end(argument, 1) == Some(argument.len())
            // An index contains another expression, so the argument is not only the variable.
            && !argument.iter().any(|token| matches!(token, TokenTree::Group(_)))
    }
}

fn macro_arguments(tokens: &[TokenTree], at: usize) -> Option<TokenStream> {
    if !is_punct(tokens.get(at + 1), '!') {
        return None;
    }
    match tokens.get(at + 2) {
        Some(TokenTree::Group(arguments)) => Some(arguments.stream()),
        _ => None,
    }
}

fn borrowed(place: Place) -> ArgumentUse {
    if place == Place::Captured { ArgumentUse::Moved } else { ArgumentUse::Borrowed }
}

/// Returns how the code uses the variable whose name is the token at `at`.
fn occurrence(tokens: &[TokenTree], at: usize, place: Place) -> ArgumentUse {
    if names_nothing(tokens, at, place == Place::Block) {
        ArgumentUse::Unused
    } else if is_plain_borrow(tokens, at) || is_indexed(tokens, at) {
        borrowed(place)
    } else {
        ArgumentUse::Moved
    }
}

#[cfg(test)]
#[path = "usage_tests.rs"]
mod tests;
