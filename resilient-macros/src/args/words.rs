//! Reads values that must be one of a few words.

use proc_macro2::{Ident, TokenStream, TokenTree};
use resilient_settings::suggest;

use crate::error::CompileErrors;
use crate::literal::{LiteralContent, constant};
use crate::tokens::{flatten, source};

/// Returns the identifier if the whole value is one identifier, and `None` otherwise. Looks inside
/// invisible groups.
pub(super) fn lone_ident(value: &TokenStream) -> Option<Ident> {
    match flatten(value.clone()).as_slice() {
        [TokenTree::Ident(ident)] => Some(ident.clone()),
        _ => None,
    }
}

/// Returns the word in `words` that is the value of `key`, or an error that lists all words.
pub(super) fn word(
    key: &str,
    words: &[&'static str],
    value: &TokenStream,
) -> Result<&'static str, String> {
    let given = lone_ident(value).map(|ident| ident.to_string());
    let known = words.iter().find(|word| given.as_deref() == Some(**word));
    known.copied().ok_or_else(|| unknown(key, words, value))
}

/// Returns the value that `words` pairs with the user's word. If the word is unknown, returns
/// `None` and reports an error at the word.
pub(super) fn one_of<T: Copy>(
    key: &str,
    words: &[(&'static str, T)],
    value: &TokenStream,
    errors: &mut CompileErrors,
) -> Option<T> {
    let names: Vec<&'static str> = words.iter().map(|(word, _)| *word).collect();
    match word(key, &names, value) {
        Ok(given) => words.iter().find(|(word, _)| *word == given).map(|word| word.1),
        Err(message) => {
            errors.push_spanned(value, message);
            None
        }
    }
}

/// Reads the value of `order`, whose only word is `explicit`.
pub(super) fn order_is_explicit(value: &TokenStream, errors: &mut CompileErrors) -> bool {
    one_of("order", &[("explicit", true)], value, errors).is_some()
}

/// Returns the error for a value that is not in `words`.
pub(super) fn unknown(key: &str, words: &[&str], value: &TokenStream) -> String {
    let list = suggest::list(words);
    if let Some(LiteralContent::Text(text)) = constant(value).map(|constant| constant.content) {
        if words.contains(&text.as_str()) {
            return format!("`{key}` is a word, not a string: write `{text}` without quotes");
        }
    }
    let given = source(value);
    let meant = suggest::nearest(&given, words)
        .map(|word| format!("; did you mean `{word}`?"))
        .unwrap_or_default();
    format!("`{key} = {given}` is unknown: one of {list}{meant}")
}

/// Returns whether the value is a keyword or resembles one of the words.
pub(super) fn is_misspelt(value: &TokenStream, words: &[&str]) -> bool {
    lone_ident(value).is_some_and(|ident| {
        let given = ident.to_string();
        let is_keyword = syn::parse2::<Ident>(value.clone()).is_err();
        let is_near = |word: &&str| suggest::distance(&given, word) <= 2;
        is_keyword || is_lower_case(&given) && words.iter().any(is_near)
    })
}

pub(super) fn is_lower_case(word: &str) -> bool {
    !word.chars().any(char::is_uppercase)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fuzz_tokens::invisible;
    use quote::quote;

    const WORDS: &[(&str, u8)] = &[("stop", 1), ("wait", 2)];

    fn read(value: &TokenStream) -> (Option<u8>, Vec<String>) {
        let mut errors = CompileErrors::default();
        (one_of("when_open", WORDS, value, &mut errors), errors.messages())
    }

    #[test]
    fn a_word_of_the_list_is_found_through_invisible_groups() {
        assert_eq!(read(&quote!(stop)).0, Some(1));
        assert_eq!(read(&invisible(quote!(wait))).0, Some(2));
    }

    #[test]
    fn the_error_about_any_other_value_lists_the_words() {
        assert_eq!(
            read(&quote!(stpo)).1,
            ["`when_open = stpo` is unknown: one of `stop`, `wait`; did you mean `stop`?"]
        );
        assert_eq!(read(&quote!(7)).1, ["`when_open = 7` is unknown: one of `stop`, `wait`"]);
        assert_eq!(
            read(&quote!("wait")).1,
            ["`when_open` is a word, not a string: write `wait` without quotes"]
        );
    }
}
