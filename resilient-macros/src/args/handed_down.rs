//! The arguments that all attributes have: the path to the runtime, and a hidden list. Through this
//! list, an attribute hands its arguments down to the next attribute.

use proc_macro2::{Delimiter, Span, TokenStream};

use super::kind::AttributeKind;
use crate::error::CompileErrors;
use crate::tokens::{flatten, group, ident};

/// An attribute of the function above the attribute that is being expanded, with the arguments that
/// the user wrote.
#[derive(Debug, Clone)]
pub(crate) struct OuterAttribute {
    pub(crate) kind: AttributeKind,
    pub(crate) args: TokenStream,
    pub(crate) span: Span,
}

/// The arguments that all attributes have.
#[derive(Debug, Default)]
pub(crate) struct CommonArgs {
    /// The path to the runtime.
    pub(crate) krate: Option<TokenStream>,
    /// The attributes of this crate above the attribute that is being expanded, the outermost
    /// first.
    pub(crate) outer: Vec<OuterAttribute>,
}

/// Reads the hidden list, such as `retry { … } circuit_breaker { … }`.
pub(super) fn parse(inside: &TokenStream, errors: &mut CompileErrors) -> Vec<OuterAttribute> {
    let tokens = flatten(inside.clone());
    let mut items = Vec::new();
    for pair in tokens.chunks(2) {
        let name = ident(pair.first());
        let kind = name.and_then(|name| Some((AttributeKind::of(&name.to_string())?, name.span())));
        let Some(((kind, span), args)) = kind.zip(group(pair.get(1), Delimiter::Brace)) else {
            errors.push_spanned(inside, "`__outer` is internal: it is not for use by hand");
            return items;
        };
        items.push(OuterAttribute { kind, args: args.stream(), span });
    }
    items
}

#[cfg(test)]
mod tests {
    use super::*;
    use quote::quote;

    #[test]
    fn items_are_read_outermost_first_with_their_raw_arguments() {
        let mut errors = CompileErrors::default();
        let items = parse(
            &quote! {
                fallback { value = 1 } retry { max_retries = } circuit_breaker {} timeout { "1s" }
            },
            &mut errors,
        );
        assert!(errors.is_empty());
        let read: Vec<_> = items.iter().map(|item| (item.kind, item.args.to_string())).collect();
        assert_eq!(
            read,
            [
                (AttributeKind::Fallback, "value = 1".to_owned()),
                (AttributeKind::Retry, "max_retries =".to_owned()),
                (AttributeKind::CircuitBreaker, String::new()),
                (AttributeKind::Timeout, "\"1s\"".to_owned()),
            ]
        );
    }

    #[test]
    fn entries_of_another_form_are_refused() {
        for source in [quote!(retry), quote!(retry(a)), quote!(other {}), quote!(retry {} 3)] {
            let mut errors = CompileErrors::default();
            parse(&source, &mut errors);
            assert_eq!(errors.messages().len(), 1, "{source}");
        }
    }
}
