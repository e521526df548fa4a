//! Attributes of functions and parameters, and which of them are ours.

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};

use super::cursor::Cursor;
use crate::args::Kind;
use crate::tokens::{flatten, group, is_punct, name};

/// An outer attribute, `#[path(args)]`.
#[derive(Debug, Clone)]
pub(crate) struct Attribute {
    /// `#[…]` whole
    pub(crate) tokens: TokenStream,
    /// Its segments, without a leading `::`.
    pub(crate) path: Vec<Ident>,
    /// What is inside the brackets behind the path; `None` for `#[path]` and `#[path = …]`.
    pub(crate) args: Option<TokenStream>,
    pub(crate) span: Span,
    pound: TokenTree,
    brackets: Span,
    path_tokens: TokenStream,
}

/// `#[cfg_attr(condition, attribute, …)]`
#[derive(Debug)]
pub(crate) struct Conditional {
    pub(crate) condition: TokenStream,
    pub(crate) attributes: Vec<Attribute>,
    /// Which of the attributes is ours, the first if there are several.
    pub(crate) ours: usize,
}

impl Attribute {
    /// Which of our attributes it is, under whatever path.
    pub(crate) fn kind(&self) -> Option<Kind> {
        self.path.last().and_then(|last| Kind::of(&name(last)))
    }

    /// The same attribute with other arguments.
    pub(crate) fn with_args(&self, args: TokenStream) -> TokenStream {
        let mut parentheses = Group::new(Delimiter::Parenthesis, args);
        parentheses.set_span(self.span);
        let mut inside = self.path_tokens.clone();
        inside.extend([TokenTree::from(parentheses)]);
        let mut brackets = Group::new(Delimiter::Bracket, inside);
        brackets.set_span(self.brackets);
        [self.pound.clone(), brackets.into()].into_iter().collect()
    }

    /// The condition of a `cfg_attr` that holds one of ours, and what it holds.
    pub(crate) fn conditional(&self) -> Option<Conditional> {
        let [path] = self.path.as_slice() else {
            return None;
        };
        if path != "cfg_attr" {
            return None;
        }
        let args: Vec<TokenTree> = flatten(self.args.clone()?);
        let mut parts = args
            .split(|token| is_punct(Some(token), ','))
            .map(|part| part.iter().cloned().collect::<TokenStream>());
        let condition = parts.next()?;
        let attributes: Vec<Attribute> = parts
            .filter(|part| !part.is_empty())
            .map(|part| {
                let mut brackets = Group::new(Delimiter::Bracket, part);
                brackets.set_span(self.brackets);
                Attribute::new(self.pound.clone(), &brackets)
            })
            .collect();
        let ours = attributes.iter().position(|each| each.kind().is_some())?;
        Some(Conditional {
            condition,
            attributes,
            ours,
        })
    }

    fn new(pound: TokenTree, brackets: &Group) -> Self {
        let inside = flatten(brackets.stream());
        let is_path =
            |token: &TokenTree| matches!(token, TokenTree::Ident(_)) || is_punct(Some(token), ':');
        let end = inside
            .iter()
            .position(|token| !is_path(token))
            .unwrap_or(inside.len());
        let path = inside[..end].iter().filter_map(|token| match token {
            TokenTree::Ident(ident) => Some(ident.clone()),
            _ => None,
        });
        let args = match inside.get(end) {
            Some(TokenTree::Group(group)) => Some(group.stream()),
            _ => None,
        };
        Attribute {
            tokens: [pound.clone(), brackets.clone().into()]
                .into_iter()
                .collect(),
            path: path.collect(),
            args,
            span: inside[..end]
                .last()
                .or(inside.first())
                .map_or_else(|| brackets.span(), TokenTree::span),
            pound,
            brackets: brackets.span(),
            path_tokens: inside[..end].iter().cloned().collect(),
        }
    }
}

/// Takes the attributes that come next.
pub(super) fn take(cursor: &mut Cursor) -> Vec<Attribute> {
    let mut attrs = Vec::new();
    while cursor.at_punct('#') {
        let Some(brackets) = group(cursor.ahead(1), Delimiter::Bracket).cloned() else {
            break;
        };
        let pound = cursor.next();
        cursor.next();
        attrs.extend(pound.map(|pound| Attribute::new(pound, &brackets)));
    }
    attrs
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tokens::invisible;
    use quote::quote;

    fn read(tokens: TokenStream) -> Vec<Attribute> {
        take(&mut Cursor::new(tokens))
    }

    #[test]
    fn ours_are_recognised_by_the_last_segment_of_the_path() {
        let attrs = read(quote!(
            #[retry]
            #[::resilient::circuit_breaker(a = 1)]
            #[doc = "x"]
            #[retry::other]
            fn f() {}
        ));
        let kinds: Vec<_> = attrs.iter().map(Attribute::kind).collect();
        assert_eq!(
            kinds,
            [Some(Kind::Retry), Some(Kind::CircuitBreaker), None, None]
        );
        assert_eq!(attrs[1].path.len(), 2);
        assert_eq!(
            attrs[1].args.as_ref().map(ToString::to_string),
            Some("a = 1".to_owned())
        );
        assert!(attrs[0].args.is_none() && attrs[2].args.is_none());
    }

    #[test]
    fn other_arguments_leave_the_path_as_it_was() {
        for (attribute, expected) in [
            (
                quote!(#[::resilient::retry(a = 1)]),
                quote!(#[::resilient::retry(b)]),
            ),
            (quote!(#[retry]), quote!(#[retry(b)])),
            (quote!(#[retry {a}]), quote!(#[retry(b)])),
        ] {
            assert_eq!(
                read(attribute)[0].with_args(quote!(b)).to_string(),
                expected.to_string()
            );
        }
    }

    #[test]
    fn an_attribute_that_a_macro_passes_on_is_seen_through() {
        let meta = invisible(quote!(resilient::retry(a = 1)));
        let attrs = read(quote!(#[#meta]));
        assert_eq!(attrs[0].kind(), Some(Kind::Retry));
        assert_eq!(
            attrs[0].args.as_ref().map(ToString::to_string),
            Some("a = 1".to_owned())
        );
    }

    #[test]
    fn half_an_attribute_is_none() {
        assert!(read("# fn f() {}".parse().expect("tokens")).is_empty());
        assert!(read("#![inner]".parse().expect("tokens")).is_empty());
        assert!(
            read(quote!(#[]))
                .first()
                .is_some_and(|attribute| attribute.path.is_empty())
        );
    }
}
