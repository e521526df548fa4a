//! `#[classify(crate = path)]`: where the runtime is, if the dependency has another name.

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::{quote, quote_spanned};

use super::attribute::{Args, Attribute, Kind};
use super::input::Input;
use super::reader::Reader;
use crate::error::Errors;
use crate::literal::constant;
use crate::tokens::{flatten, ident, is_operator, is_punct, name};

/// The path to the runtime; that of the default if another was given wrongly.
pub(super) fn read(input: &Input, errors: &mut Errors) -> TokenStream {
    let mut runtime = None;
    for attribute in &input.attributes.ours {
        if attribute.kind != Kind::Classify {
            continue;
        }
        if runtime.is_some() {
            errors.push(attribute.path.span(), "`classify` is given twice");
            continue;
        }
        runtime = Some(path(attribute, errors));
    }
    runtime
        .flatten()
        .unwrap_or_else(|| quote_spanned!(Span::mixed_site()=> ::resilient))
}

fn path(attribute: &Attribute, errors: &mut Errors) -> Option<TokenStream> {
    let Args::List(inside) = &attribute.args else {
        errors.push(
            attribute.path.span(),
            "`classify` takes the path to the runtime: write `#[classify(crate = ::resilient)]`",
        );
        return None;
    };
    let mut reader = Reader::new(inside.clone());
    let key = reader.ident();
    let has_value = key.is_some() && reader.at_punct('=');
    let Some(key) = key.filter(|key| key == "crate" && has_value) else {
        errors.push_spanned(
            &if inside.is_empty() {
                quote_path(attribute)
            } else {
                inside.clone()
            },
            "`classify` has one key: write `#[classify(crate = ::resilient)]`",
        );
        return None;
    };
    reader.next();
    let value = reader.until(|token| is_punct(Some(token), ','));
    reader.next();
    if let Some(more) = reader.peek() {
        errors.push(
            more.span(),
            "`classify` has one key: nothing follows the path",
        );
    } else if is_path(&value) {
        return Some(value);
    } else {
        let quotes = if constant(&value).is_some() {
            ", without quotes"
        } else {
            ""
        };
        let place = if value.is_empty() {
            TokenTree::from(key).into()
        } else {
            value
        };
        errors.push_spanned(
            &place,
            format!("`crate` is a path to the runtime{quotes}, as in `crate = ::resilient`"),
        );
    }
    None
}

fn quote_path(attribute: &Attribute) -> TokenStream {
    let path = &attribute.path;
    quote!(#path)
}

/// `a::b` or `::a::b`, without generic arguments.
fn is_path(value: &TokenStream) -> bool {
    let tokens = flatten(value.clone());
    let mut at = if is_operator(&tokens, 0, ':', ':') {
        2
    } else {
        0
    };
    loop {
        if ident(tokens.get(at)).is_none_or(|segment| name(segment) == "_") {
            return false;
        }
        at += 1;
        if at == tokens.len() {
            return true;
        }
        if !is_operator(&tokens, at, ':', ':') {
            return false;
        }
        at += 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_segments_between_double_colons() {
        for source in ["a", "::a", "a::b", "crate::a", "super::r#type::x"] {
            assert!(is_path(&source.parse().expect("tokens")), "{source}");
        }
        for source in [
            "", "::", "a b", "a:b", "a::", "a::<b>", "\"a\"", "_", "a::b c",
        ] {
            assert!(!is_path(&source.parse().expect("tokens")), "{source}");
        }
    }
}
