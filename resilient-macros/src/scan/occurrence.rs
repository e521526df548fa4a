//! Classifies one occurrence of a variable's name: as a borrow, as the name of another thing such
//! as a field, or as any other use.

use proc_macro2::{Delimiter, TokenTree};

use crate::tokens::{follows_joint, group, is_operator, is_punct, is_word};

/// Keywords after which a `&` begins a borrow.
const BEFORE_A_BORROW: &[&str] = &["return", "break", "in", "if", "match", "while"];

/// Returns whether the variable at `at`, or a field of it, is certainly borrowed.
pub(super) fn is_plain_borrow(tokens: &[TokenTree], at: usize) -> bool {
    at > 0
        && is_punct(tokens.get(at - 1), '&')
        && begins_borrow(tokens, at - 1)
        && place_end(tokens, at + 1).is_some_and(|end| ends_borrow(tokens, end))
}

/// Returns whether the variable at `at`, or a field of it, is indexed. An element is copied or
/// borrowed, because code cannot move a value out of an index.
pub(super) fn is_indexed(tokens: &[TokenTree], at: usize) -> bool {
    let fields = fields_end(tokens, at + 1);
    fields.is_some_and(|end| group(tokens.get(end), Delimiter::Bracket).is_some())
}

/// Returns whether the name at `at` names no variable, but a field, a method, a lifetime or a
/// segment of a path.
pub(super) fn names_nothing(tokens: &[TokenTree], at: usize, in_braces: bool) -> bool {
    if is_operator(tokens, at + 1, ':', ':') {
        return true;
    }
    let Some(before) = at.checked_sub(1) else {
        return names_field(tokens, at, in_braces);
    };
    let of_value =
        is_punct(tokens.get(before), '.') && !(before > 0 && is_punct(tokens.get(before - 1), '.'));
    let of_path = before > 0 && is_operator(tokens, before - 1, ':', ':');
    let lifetime = follows_joint(tokens, at, '\'');
    let begins_field = is_punct(tokens.get(before), ',') && names_field(tokens, at, in_braces);
    of_value || of_path || lifetime || begins_field
}

/// Returns whether `x: …` begins a field of a struct.
fn names_field(tokens: &[TokenTree], at: usize, in_braces: bool) -> bool {
    in_braces && is_punct(tokens.get(at + 1), ':') && !is_operator(tokens, at + 1, ':', ':')
}

/// Returns whether the `&` at `at` is a borrow, and not a binary operator or half of `&&`.
fn begins_borrow(tokens: &[TokenTree], at: usize) -> bool {
    let Some(before) = at.checked_sub(1) else {
        return true;
    };
    match tokens.get(before) {
        Some(TokenTree::Ident(word)) => {
            let keyword = BEFORE_A_BORROW.iter().any(|keyword| word == keyword);
            keyword && !(before > 0 && is_punct(tokens.get(before - 1), '.'))
        }
        Some(TokenTree::Punct(punct)) => match punct.as_char() {
            '?' | '\'' | '$' | '#' => false,
            // `& &x` borrows twice, but `&&` could be a logical and.
            '&' => !follows_joint(tokens, at, '&'),
            '>' => is_operator(tokens, before.wrapping_sub(1), '=', '>'),
            _ => true,
        },
        _ => false,
    }
}

/// Returns the index after all `.field` and `[index]` parts of a variable, or `None` if a method or
/// `.await` could take the variable by value.
pub(super) fn place_end(tokens: &[TokenTree], start: usize) -> Option<usize> {
    let mut at = start;
    loop {
        at = fields_end(tokens, at)?;
        if group(tokens.get(at), Delimiter::Bracket).is_none() {
            return Some(at);
        }
        at += 1;
    }
}

/// Returns the index after all `.field` parts of a variable, or `None` if `.await` or other syntax
/// takes the variable by value.
fn fields_end(tokens: &[TokenTree], start: usize) -> Option<usize> {
    let mut at = start;
    loop {
        if is_punct(tokens.get(at), '.') && !is_punct(tokens.get(at + 1), '.') {
            match tokens.get(at + 1) {
                Some(TokenTree::Ident(field)) if field != "await" => at += 2,
                Some(TokenTree::Literal(_)) => at += 2,
                _ => return None,
            }
        } else {
            return Some(at);
        }
    }
}

/// Returns whether the operand of a `&` certainly ends before `at`. The operand ends before a
/// separator, `==`, `!=`, a logical operator, a block or `else`, and at the end of the tokens.
fn ends_borrow(tokens: &[TokenTree], at: usize) -> bool {
    match tokens.get(at) {
        None => true,
        Some(TokenTree::Punct(punct)) if matches!(punct.as_char(), ',' | ';') => true,
        Some(TokenTree::Punct(_)) => [('=', '='), ('!', '='), ('&', '&'), ('|', '|'), ('=', '>')]
            .iter()
            .any(|(first, second)| is_operator(tokens, at, *first, *second)),
        // A block, as in `for … in &x { … }`.
        Some(TokenTree::Group(block)) => block.delimiter() == Delimiter::Brace,
        Some(token) => is_word(Some(token), "else"),
    }
}
