//! The attributes that the derive reads.

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::{MacroDelimiter, Meta};

use crate::tokens::name;

/// What a variant, or a struct, means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Word {
    Transient,
    Permanent,
    Throttled,
    Ignored,
    Answered,
    Transparent,
}

impl Word {
    pub(super) const ALL: [Word; 6] = [
        Word::Transient,
        Word::Permanent,
        Word::Throttled,
        Word::Ignored,
        Word::Answered,
        Word::Transparent,
    ];

    /// The word, which is also the name of the constructor of its classification.
    pub(super) fn name(self) -> &'static str {
        match self {
            Word::Transient => "transient",
            Word::Permanent => "permanent",
            Word::Throttled => "throttled",
            Word::Ignored => "ignored",
            Word::Answered => "answered",
            Word::Transparent => "transparent",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Word(Word),
    RetryAfter,
    /// `#[classify(crate = …)]`
    Classify,
}

impl Kind {
    fn of(name: &str) -> Option<Self> {
        let word = Word::ALL.into_iter().find(|word| word.name() == name);
        match name {
            "retry_after" => Some(Kind::RetryAfter),
            "classify" => Some(Kind::Classify),
            _ => word.map(Kind::Word),
        }
    }
}

/// An attribute of this derive.
#[derive(Debug)]
pub(super) struct Attribute {
    pub(super) kind: Kind,
    pub(super) path: Ident,
    pub(super) args: Args,
}

#[derive(Debug)]
pub(super) enum Args {
    /// `#[word]`
    None,
    /// `#[word(…)]`
    List(TokenStream),
    /// `#[word = …]` and other brackets
    Other(TokenStream),
}

impl Attribute {
    /// `None` for an attribute of another macro.
    fn new(attribute: &syn::Attribute) -> Option<Self> {
        let path = attribute.path().get_ident()?;
        Some(Self {
            kind: Kind::of(&name(path))?,
            path: path.clone(),
            args: match &attribute.meta {
                Meta::Path(_) => Args::None,
                Meta::List(list) if matches!(list.delimiter, MacroDelimiter::Paren(_)) => {
                    Args::List(list.tokens.clone())
                }
                Meta::List(list) => Args::Other(list.tokens.clone()),
                Meta::NameValue(pair) => {
                    let (equals, value) = (&pair.eq_token, &pair.value);
                    Args::Other(quote!(#equals #value))
                }
            },
        })
    }
}

/// The attributes of one type, variant or field that concern the derive.
#[derive(Debug, Default)]
pub(super) struct Attributes {
    pub(super) ours: Vec<Attribute>,
    /// Every `#[cfg(…)]`
    pub(super) cfg: TokenStream,
}

impl Attributes {
    pub(super) fn of(all: &[syn::Attribute]) -> Self {
        let cfg = all
            .iter()
            .filter(|attribute| attribute.path().is_ident("cfg"));
        Self {
            ours: all.iter().filter_map(Attribute::new).collect(),
            cfg: quote!(#(#cfg)*),
        }
    }
}
