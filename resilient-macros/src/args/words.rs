//! Values that are one word out of a short list.

use proc_macro2::{Ident, TokenStream, TokenTree};

use super::suggest;
use crate::error::Errors;
use crate::literal::{Content, constant};
use crate::tokens::{flatten, source};

/// The identifier that is the whole value, also inside invisible groups.
pub(super) fn lone_ident(value: &TokenStream) -> Option<Ident> {
    match flatten(value.clone()).as_slice() {
        [TokenTree::Ident(ident)] => Some(ident.clone()),
        _ => None,
    }
}

/// The meaning of the word in `words`, or an error that lists them.
pub(super) fn word<T: Copy>(
    what: &str,
    words: &[(&str, T)],
    value: &TokenStream,
) -> Result<T, String> {
    let given = lone_ident(value).map(|ident| ident.to_string());
    let known = words
        .iter()
        .find(|(word, _)| given.as_deref() == Some(*word));
    known.map(|(_, meaning)| *meaning).ok_or_else(|| {
        let names: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        unknown(what, &names, value)
    })
}

/// The same, with the error at the value.
pub(super) fn one_of<T: Copy>(
    what: &str,
    words: &[(&str, T)],
    value: &TokenStream,
    errors: &mut Errors,
) -> Option<T> {
    word(what, words, value)
        .map_err(|message| errors.push_spanned(value, message))
        .ok()
}

/// The error for a value that is not in `words`.
pub(super) fn unknown(what: &str, words: &[&str], value: &TokenStream) -> String {
    let list = suggest::list(words);
    if let Some(Content::Text(text)) = constant(value).map(|constant| constant.content) {
        if words.contains(&text.as_str()) {
            return format!("{what} is a word, not a string: write `{text}` without quotes");
        }
    }
    let given = source(value);
    let meant = suggest::nearest(&given, words)
        .map(|word| format!("; did you mean `{word}`?"))
        .unwrap_or_default();
    let what = what.trim_matches('`');
    format!("`{what} = {given}` is unknown: one of {list}{meant}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tokens::invisible;
    use quote::quote;

    const WORDS: &[(&str, u8)] = &[("stop", 1), ("wait", 2)];

    fn read(value: &TokenStream) -> (Option<u8>, Vec<String>) {
        let mut errors = Errors::default();
        (
            one_of("`when_open`", WORDS, value, &mut errors),
            errors.messages(),
        )
    }

    #[test]
    fn a_word_of_the_list_is_found_through_invisible_groups() {
        assert_eq!(read(&quote!(stop)).0, Some(1));
        assert_eq!(read(&invisible(quote!(wait))).0, Some(2));
    }

    #[test]
    fn any_other_value_is_answered_with_the_list() {
        assert_eq!(
            read(&quote!(stpo)).1,
            ["`when_open = stpo` is unknown: one of `stop`, `wait`; did you mean `stop`?"]
        );
        assert_eq!(
            read(&quote!(7)).1,
            ["`when_open = 7` is unknown: one of `stop`, `wait`"]
        );
        assert_eq!(
            read(&quote!("wait")).1,
            ["`when_open` is a word, not a string: write `wait` without quotes"]
        );
    }
}
