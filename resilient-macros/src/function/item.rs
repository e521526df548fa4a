//! What stands below the attribute if it is no function.

use proc_macro2::{Delimiter, TokenTree};

use crate::tokens::{group, is_punct, is_word};

const ITEMS: &[(&str, &str)] = &[
    ("struct", "a struct"),
    ("enum", "an enum"),
    ("union", "a union"),
    ("trait", "a trait"),
    ("impl", "an `impl` block"),
    ("mod", "a module"),
    ("use", "an import"),
    ("static", "a static"),
    ("type", "a type alias"),
    ("macro_rules", "a macro"),
    ("macro", "a macro"),
    ("crate", "an `extern crate`"),
    ("let", "a variable"),
    ("move", "a closure"),
];

/// Names the item that goes on with `next` behind the qualifier `last`.
pub(super) fn name(last: Option<&str>, next: Option<&TokenTree>) -> &'static str {
    if let Some((_, item)) = ITEMS.iter().find(|(word, _)| is_word(next, word)) {
        return item;
    }
    if is_punct(next, '|') {
        return "a closure";
    }
    match (last, group(next, Delimiter::Brace).is_some()) {
        (Some("extern"), true) => "an `extern` block",
        (_, true) => "a block",
        (Some("const"), false) => "a constant",
        _ if next.is_none() && last.is_none() => "nothing",
        _ => "something else",
    }
}
