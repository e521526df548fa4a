//! The attributes of the derive, and what stands beside them.

use proc_macro2::{Delimiter, Ident, TokenStream, TokenTree};
use quote::quote;

use super::reader::Reader;
use crate::tokens::{flatten, group, ident, name};

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

    /// The word itself, which is also the name of the class's constructor.
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

/// Which of the derive's attributes one is.
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

/// An attribute of ours.
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
    /// Reads what stands in the brackets; `None` if it is somebody else's.
    fn parse(inside: TokenStream) -> Option<Self> {
        let tokens = flatten(inside);
        let (path, rest) = tokens.split_first()?;
        let path = ident(Some(path))?.clone();
        let args = match rest {
            [] => Args::None,
            [list] => group(Some(list), Delimiter::Parenthesis).map_or_else(
                || Args::Other(list.clone().into()),
                |list| Args::List(list.stream()),
            ),
            // `#[transient::something]`
            [TokenTree::Punct(colon), ..] if colon.as_char() == ':' => return None,
            rest => Args::Other(rest.iter().cloned().collect()),
        };
        Some(Attribute {
            kind: Kind::of(&name(&path))?,
            path,
            args,
        })
    }
}

/// The attributes of one type, variant or field, as far as the derive is concerned.
#[derive(Debug, Default)]
pub(super) struct Attributes {
    pub(super) ours: Vec<Attribute>,
    /// Every `#[cfg(…)]`
    pub(super) cfg: TokenStream,
}

impl Attributes {
    /// Takes the attributes that come next.
    pub(super) fn take(reader: &mut Reader) -> Self {
        let mut attributes = Attributes::default();
        while let Some(inside) = reader.attribute() {
            if let [TokenTree::Ident(path), TokenTree::Group(_)] =
                flatten(inside.clone()).as_slice()
            {
                if path == "cfg" {
                    attributes.cfg.extend(quote!(#[#inside]));
                }
            }
            attributes.ours.extend(Attribute::parse(inside));
        }
        attributes
    }
}
