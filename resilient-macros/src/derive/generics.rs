//! The generics of a type: as an `impl` declares them, as the type's name takes them, and where a type mentions them.

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::quote;

use super::attribute::Attributes;
use super::reader::{Reader, split};
use crate::tokens::{follows_joint, is_operator, is_punct};

#[derive(Debug, Default)]
pub(super) struct Generics {
    params: Vec<Param>,
}

#[derive(Debug)]
struct Param {
    /// `'a`, `T`, `N`
    name: TokenStream,
    /// With its bounds, without its default.
    declaration: TokenStream,
    /// The name, if it is a type.
    ty: Option<Ident>,
}

impl Generics {
    /// Reads what stands between the angle brackets; `None` if that is not generics.
    pub(super) fn parse(inside: TokenStream) -> Option<Self> {
        let params = split(inside).into_iter().map(Param::parse);
        Some(Generics {
            params: params.collect::<Option<_>>()?,
        })
    }

    /// `<'a, T: Bound, const N: usize>`, or nothing.
    pub(super) fn declaration(&self) -> TokenStream {
        angles(self.params.iter().map(|param| &param.declaration))
    }

    /// `<'a, T, N>`, or nothing.
    pub(super) fn arguments(&self) -> TokenStream {
        angles(self.params.iter().map(|param| &param.name))
    }

    /// Does a type mention one of the type parameters?
    pub(super) fn occur_in(&self, ty: &TokenStream) -> bool {
        self.params
            .iter()
            .filter_map(|param| param.ty.as_ref())
            .any(|param| mentions(ty, &param.to_string()))
    }
}

fn angles<'a>(list: impl ExactSizeIterator<Item = &'a TokenStream>) -> TokenStream {
    if list.len() == 0 {
        return TokenStream::new();
    }
    quote!(<#(#list),*>)
}

impl Param {
    fn parse(tokens: TokenStream) -> Option<Self> {
        let mut reader = Reader::new(tokens);
        Attributes::take(&mut reader);
        if reader.at_punct('\'') {
            let quote = reader.next();
            let ident = reader.ident()?;
            let name = quote!(#quote #ident);
            let bounds = reader.rest();
            return Some(Param {
                declaration: quote!(#name #bounds),
                name,
                ty: None,
            });
        }
        let mut keyword = None;
        if reader.at_word("const") {
            keyword = reader.next();
        }
        let name = reader.ident()?;
        let bounds = reader.until(|token| is_punct(Some(token), '='));
        Some(Param {
            declaration: quote!(#keyword #name #bounds),
            name: quote!(#name),
            ty: keyword.is_none().then_some(name),
        })
    }
}

/// Does a type name the parameter, or the type, of that name?
pub(super) fn mentions(ty: &TokenStream, name: &str) -> bool {
    let tokens: Vec<TokenTree> = ty.clone().into_iter().collect();
    (0..tokens.len()).any(|at| match &tokens[at] {
        TokenTree::Group(group) => mentions(&group.stream(), name),
        TokenTree::Ident(ident) if ident == name => {
            let lifetime = follows_joint(&tokens, at, '\'');
            // `module::T` is another one, and `T = u32` in angle brackets an associated type.
            let segment = at > 1 && is_operator(&tokens, at - 2, ':', ':');
            !lifetime && !segment && !is_punct(tokens.get(at + 1), '=')
        }
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn both(source: &str) -> (String, String) {
        let tokens = source.parse().expect("tokens");
        let generics = Generics::parse(tokens).expect("generics");
        (
            text(&generics.declaration().to_string()),
            text(&generics.arguments().to_string()),
        )
    }

    /// Without spaces that mean nothing.
    fn text(tokens: &str) -> String {
        tokens.replace(' ', "").replace("const", "const ")
    }

    #[test]
    fn defaults_go_and_bounds_stay() {
        let (declaration, arguments) = both(
            "'a, 'b: 'a + 'static, T: Into<Item<A = B, C>> + ?Sized = Vec<A, B>, F: Fn() -> T, const N: usize = { 3 },",
        );
        assert_eq!(
            declaration,
            text(
                "<'a, 'b: 'a + 'static, T: Into<Item<A = B, C>> + ?Sized, F: Fn() -> T, const N: usize>"
            )
        );
        assert_eq!(arguments, text("<'a, 'b, T, F, N>"));
    }

    #[test]
    fn no_generics_are_no_brackets() {
        assert_eq!(both(""), (String::new(), String::new()));
    }

    #[test]
    fn what_is_no_generics_is_none() {
        for source in ["3", "T, +", "'", "const"] {
            let tokens: TokenStream = source.parse().unwrap_or_default();
            assert!(
                tokens.is_empty() || Generics::parse(tokens).is_none(),
                "{source}"
            );
        }
    }

    #[test]
    fn a_type_mentions_a_parameter_only_where_it_stands_for_the_type() {
        for source in [
            "T",
            "Vec<T>",
            "[(T, u8); 3]",
            "T::Error",
            "<T as Tr>::X",
            "Box<dyn Fn(T)>",
        ] {
            assert!(mentions(&source.parse().expect("tokens"), "T"), "{source}");
        }
        for source in [
            "u8",
            "module::T",
            "&'T u8",
            "Box<dyn Tr<T = u8>>",
            "Vec<TT>",
        ] {
            assert!(!mentions(&source.parse().expect("tokens"), "T"), "{source}");
        }
    }

    #[test]
    fn only_type_parameters_occur_in_types() {
        let generics = Generics::parse("'T, U, const N: usize".parse().expect("tokens"));
        let generics = generics.expect("generics");
        assert!(generics.occur_in(&quote!(Vec<U>)));
        assert!(!generics.occur_in(&quote!([u8; N])));
        assert!(!generics.occur_in(&"&'T u8".parse().expect("tokens")));
    }
}
