//! Errors about a macro's input. They are collected, so that the user sees all of them at once.

use proc_macro2::{Delimiter, Group, Span, TokenStream, TokenTree};
use quote::{quote, quote_spanned};

use crate::tokens::flatten;

#[derive(Debug, Default)]
pub(crate) struct CompileErrors {
    list: Vec<Entry>,
}

/// A message and the location of the error, from the token at `first` to the token at `last`.
#[derive(Debug)]
struct Entry {
    first: Span,
    last: Span,
    message: String,
}

impl CompileErrors {
    pub(crate) fn push(&mut self, span: Span, message: impl Into<String>) {
        let message = message.into();
        self.list.push(Entry { first: span, last: span, message });
    }

    /// Adds an error about all of `tokens`, or about the whole attribute if `tokens` is empty.
    pub(crate) fn push_spanned(&mut self, tokens: &TokenStream, message: impl Into<String>) {
        // The error points at the tokens that the user wrote, not at an invisible group around
        // them.
        let tokens = flatten(tokens.clone());
        let mut spans = tokens.iter().map(TokenTree::span);
        let first = spans.next().unwrap_or_else(Span::call_site);
        let last = spans.next_back().unwrap_or(first);
        self.list.push(Entry { first, last, message: message.into() });
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    pub(crate) fn extend(&mut self, other: CompileErrors) {
        self.list.extend(other.list);
    }

    /// Returns `value` if there are no errors, and the errors otherwise.
    pub(crate) fn or<T>(self, value: T) -> Result<T, CompileErrors> {
        if self.is_empty() { Ok(value) } else { Err(self) }
    }

    pub(crate) fn to_compile_errors(&self) -> TokenStream {
        self.list.iter().flat_map(Entry::to_compile_error).collect()
    }

    #[cfg(test)]
    pub(crate) fn messages(&self) -> Vec<String> {
        self.list.iter().map(|entry| entry.message.clone()).collect()
    }
}

impl Entry {
    /// Writes `::core::compile_error! { "…" }`. The compiler underlines from the first token of the
    /// call to the last token, so the path has the first span and the braces have the last span.
    fn to_compile_error(&self) -> TokenStream {
        let path = quote_spanned!(self.first=> ::core::compile_error!);
        let message = &self.message;
        let mut braces = Group::new(Delimiter::Brace, quote_spanned!(self.last=> #message));
        braces.set_span(self.last);
        quote!(#path #braces)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_error_becomes_its_own_compile_error_in_order() {
        let mut errors = CompileErrors::default();
        errors.push(Span::call_site(), "one");
        let mut more = CompileErrors::default();
        more.push_spanned(&quote!(a + b), "two \"quoted\"");
        errors.extend(more);
        assert_eq!(errors.messages(), ["one", "two \"quoted\""]);
        assert_eq!(
            errors.to_compile_errors().to_string(),
            quote!(::core::compile_error! { "one" } ::core::compile_error! { "two \"quoted\"" })
                .to_string()
        );
    }

    #[test]
    fn a_value_survives_only_without_errors() {
        assert_eq!(CompileErrors::default().or(3).ok(), Some(3));
        let mut errors = CompileErrors::default();
        errors.push_spanned(&TokenStream::new(), "nothing there");
        assert_eq!(
            errors.or(3).map_err(|errors| errors.messages()),
            Err(vec!["nothing there".to_owned()])
        );
    }
}
