//! Reads values that are names: the path to the runtime, a variable for the body, lists of
//! arguments.

use proc_macro2::{Ident, TokenStream};
use syn::parse::{ParseStream, Parser};
use syn::{Path, Token};

use crate::error::CompileErrors;
use crate::literal::{LiteralContent, constant};
use crate::tokens::{next_shown, source};

/// Reads the path to the runtime. If `value` is not a path, returns `None` and reports an error
/// that points at the tokens of `place`.
pub(crate) fn runtime_path(
    value: &TokenStream,
    place: &TokenStream,
    errors: &mut CompileErrors,
) -> Option<TokenStream> {
    if Path::parse_mod_style.parse2(value.clone()).is_ok() {
        return Some(value.clone());
    }
    let quotes = if constant(value).is_some() { ", without quotes" } else { "" };
    errors.push_spanned(
        place,
        format!("`crate` is a path to the runtime{quotes}, as in `crate = ::resilient`"),
    );
    None
}

/// Reads the value of `name`, the name of a breaker or retry (`what`): text, or the path of a
/// constant.
pub(super) fn of_item(
    what: &str,
    value: &TokenStream,
    errors: &mut CompileErrors,
) -> Option<TokenStream> {
    let message = match constant(value) {
        Some(literal)
            if literal.negative || !matches!(literal.content, LiteralContent::Text(_)) =>
        {
            format!("a {what}'s name is text, as in `name = \"payments\"`, or a `const`")
        }
        Some(literal) if literal.content == LiteralContent::Text(String::new()) => {
            "`name` is empty: name what is called, as in `name = \"payments\"`".to_owned()
        }
        _ => return Some(value.clone()),
    };
    errors.push_spanned(value, message);
    None
}

/// Reads the value of `attempt`, which is a variable that the body can use.
pub(super) fn variable(value: &TokenStream, errors: &mut CompileErrors) -> Option<Ident> {
    let ident = syn::parse2(value.clone());
    if ident.is_err() {
        let message = format!(
            "`attempt` names a variable for the body, as in `attempt = attempt`, and `{}` is no \
             such name",
            source(value)
        );
        errors.push_spanned(value, message);
    }
    ident.ok()
}

/// Reads the list of `borrow` or `clone`, which names arguments of the function.
pub(super) fn arguments(
    key: &Ident,
    inside: &TokenStream,
    errors: &mut CompileErrors,
) -> Vec<Ident> {
    let mut list: Vec<Ident> = Vec::new();
    if inside.is_empty() {
        errors.push(
            key.span(),
            format!("`{key}` lists nothing: name an argument, as in `{key}(url)`"),
        );
    }
    let unexpected = |input: ParseStream<'_>| {
        let next = next_shown(input);
        input.error(format!(
            "`{key}` lists names of arguments, separated by commas, and `{next}` does not belong \
             there"
        ))
    };
    let read = |input: ParseStream<'_>| {
        while !input.is_empty() {
            let name: Ident = input.parse().map_err(|_| unexpected(input))?;
            if list.contains(&name) {
                errors.push(name.span(), format!("`{name}` is listed twice in `{key}`"));
            } else {
                list.push(name);
            }
            if !input.is_empty() && input.parse::<Token![,]>().is_err() {
                return Err(unexpected(input));
            }
        }
        Ok(())
    };
    if let Err(error) = read.parse2(inside.clone()) {
        errors.push(error.span(), error.to_string());
    }
    list
}
#[cfg(test)]
mod tests {
    use super::*;
    use proc_macro2::Span;
    use quote::quote;

    fn listed(inside: &TokenStream) -> (Vec<String>, Vec<String>) {
        let mut errors = CompileErrors::default();
        let key = Ident::new("borrow", Span::call_site());
        let list = arguments(&key, inside, &mut errors);
        (list.iter().map(ToString::to_string).collect(), errors.messages())
    }

    #[test]
    fn a_list_of_names_is_read_with_its_trailing_comma() {
        assert_eq!(
            listed(&quote!(a, r#type,)),
            (vec!["a".to_owned(), "r#type".to_owned()], vec![])
        );
    }

    #[test]
    fn a_malformed_list_of_names_is_refused() {
        for source in [
            quote!(),
            quote!(a b),
            quote!(a,,b),
            quote!(self),
            quote!(a, 3),
            quote!(&a),
            quote!(a, a),
        ] {
            assert_eq!(listed(&source).1.len(), 1, "{source}");
        }
    }

    #[test]
    fn an_attempt_is_an_identifier_and_no_keyword() {
        let mut errors = CompileErrors::default();
        assert!(variable(&quote!(attempt), &mut errors).is_some());
        assert!(variable(&quote!(r#type), &mut errors).is_some());
        assert!(errors.is_empty());
        for source in [quote!(_), quote!(self), quote!(type), quote!(a.b), quote!("a"), quote!(1)] {
            assert!(variable(&source, &mut errors).is_none(), "{source}");
        }
        assert_eq!(errors.messages().len(), 6);
    }

    #[test]
    fn the_runtime_is_named_by_a_path() {
        let mut errors = CompileErrors::default();
        assert!(runtime_path(&quote!(::my_resilient), &quote!(), &mut errors).is_some());
        assert!(runtime_path(&quote!(crate::rt), &quote!(), &mut errors).is_some());
        assert!(errors.is_empty());
        assert!(runtime_path(&quote!("resilient"), &quote!(), &mut errors).is_none());
        assert!(runtime_path(&quote!(a + b), &quote!(), &mut errors).is_none());
        assert!(runtime_path(&quote!(a::), &quote!(), &mut errors).is_none());
        assert!(errors.messages()[0].contains("without quotes"));
    }
}
