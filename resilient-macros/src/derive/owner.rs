//! The variant or struct to which attributes of the derive belong, and the fields that they name.

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::ToTokens;
use syn::parse::{Parse, ParseStream};
use syn::{ExprPath, Token};

use super::attribute::{ClassifyWord, ConversionMark, DeriveArgs, DeriveAttribute};
use super::input::TypeField;
use crate::error::CompileErrors;
use crate::tokens::{flatten, name, source};

#[derive(Debug, Clone, Copy)]
pub(super) struct WordOwner<'a> {
    pub(super) name: &'a Ident,
    pub(super) fields: &'a [TypeField],
}

impl<'a> WordOwner<'a> {
    /// Returns the field of `#[transparent]` or `#[transparent(field)]`. On an error, returns
    /// `None` and adds the reason to `errors`.
    pub(super) fn passed_through(
        self,
        attribute: &DeriveAttribute,
        errors: &mut CompileErrors,
    ) -> Option<&'a TypeField> {
        let item = name(self.name);
        let message = match (self.fields, &attribute.args) {
            ([field], DeriveArgs::None) => return Some(field),
            ([], _) => format!("`{item}` has no field for `transparent` to pass through to"),
            ([first, ..], DeriveArgs::None) => format!(
                "`{item}` has {} fields: say which of them classifies, as in `#[transparent({})]`",
                self.fields.len(),
                first.name
            ),
            _ => return self.named(attribute, errors),
        };
        errors.push(attribute.path.span(), message);
        None
    }

    /// Returns the only field, and the function of `#[classify(with = path)]`. On an error, returns
    /// `None` and adds the reason to `errors`.
    pub(super) fn classified_with(
        self,
        attribute: &DeriveAttribute,
        errors: &mut CompileErrors,
    ) -> Option<(&'a TypeField, TokenStream)> {
        let function = match &attribute.args {
            DeriveArgs::List(args) => syn::parse2::<WithFunction>(args.clone()).map_err(|_| {
                let message = "`with` takes the path of a function, and nothing else: write \
                               `#[classify(with = path)]`";
                errors.push_spanned(args, message);
            }),
            _ => Err(()),
        };
        let item = name(self.name);
        let message = match self.fields {
            [field] => return function.ok().map(|with| (field, with.0)),
            [] => format!("`{item}` has no field for the function of `with` to classify"),
            fields => format!(
                "`{item}` has {} fields, and the function of `with` takes one: wrap the error in a \
                 struct with `#[classify(with = …)]`, and write `#[transparent(field)]` here",
                fields.len()
            ),
        };
        errors.push(attribute.path.span(), message);
        None
    }

    /// Returns the field of `#[retry_after(field)]`. On an error, returns `None` and adds the
    /// reason to `errors`.
    pub(super) fn hint(
        self,
        attribute: &DeriveAttribute,
        errors: &mut CompileErrors,
    ) -> Option<&'a TypeField> {
        if self.fields.is_empty() {
            let item = name(self.name);
            errors.push(
                attribute.path.span(),
                format!("`{item}` has no field that could hold a `retry_after`"),
            );
            return None;
        }
        self.named(attribute, errors)
    }

    /// Returns the field that the attribute's list names.
    fn named(
        self,
        attribute: &DeriveAttribute,
        errors: &mut CompileErrors,
    ) -> Option<&'a TypeField> {
        let own = name(&attribute.path);
        let place = match &attribute.args {
            DeriveArgs::List(args) | DeriveArgs::Other(args) if !args.is_empty() => args.clone(),
            _ => TokenTree::from(attribute.path.clone()).into(),
        };
        let Some(wanted) = one_name(&attribute.args) else {
            let example = self.fields.first().map_or("field", |field| &field.name);
            errors.push_spanned(
                &place,
                format!("`{own}` takes one field, by name or index: write `#[{own}({example})]`"),
            );
            return None;
        };
        let field = self.fields.iter().find(|field| field.name == wanted);
        if field.is_none() {
            let item = name(self.name);
            let fields = list(self.fields.iter().map(|field| field.name.clone()));
            errors.push_spanned(
                &place,
                format!("`{item}` has no field `{}`: it has {fields}", source(&place)),
            );
        }
        field
    }

    /// Returns the error about a missing class word. `whole` is the enum if this is a variant, and
    /// `None` if this is a struct.
    pub(super) fn missing(self, whole: Option<&Ident>) -> String {
        let possible = |word: &ClassifyWord| match word {
            ClassifyWord::Transparent => !self.fields.is_empty(),
            ClassifyWord::With => self.fields.len() == 1,
            _ => true,
        };
        let holds = |mark: &ConversionMark| matches!(self.fields, [it] if it.holds(*mark));
        let marks =
            ConversionMark::ALL.into_iter().filter(holds).map(|mark| mark.name().to_owned());
        let words = ClassifyWord::ALL.into_iter().filter(possible).map(ClassifyWord::name);
        let words = list(marks.chain(words).map(|word| format!("#[{word}]")));
        let item = name(self.name);
        let whole = whole.map_or_else(String::new, |whole| {
            let whole = name(whole);
            format!("; a word on `{whole}` is for all variants that have none")
        });
        format!("`{item}` has no word that says what it means, one of {words}{whole}")
    }
}

/// `with = path`
struct WithFunction(TokenStream);

impl Parse for WithFunction {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        input.parse::<Ident>()?;
        input.parse::<Token![=]>()?;
        input.parse::<ExprPath>().map(|path| Self(path.to_token_stream()))
    }
}

fn list(items: impl Iterator<Item = String>) -> String {
    items.map(|item| format!("`{item}`")).collect::<Vec<_>>().join(", ")
}

/// Returns the name or index of a field if the list has no other token.
fn one_name(args: &DeriveArgs) -> Option<String> {
    let DeriveArgs::List(args) = args else {
        return None;
    };
    match flatten(args.clone()).as_slice() {
        [TokenTree::Ident(ident)] => Some(name(ident)),
        [TokenTree::Literal(index)] => {
            let text = index.to_string();
            text.parse::<usize>().ok().map(|_| text)
        }
        _ => None,
    }
}
