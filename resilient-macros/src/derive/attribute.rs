//! The attributes that the derive reads: the class words, `retry_after`, the marks of conversions
//! and `classify`.

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::{MacroDelimiter, Meta};

use crate::error::CompileErrors;
use crate::tokens::{is_word, name};

/// A class word: an attribute such as `#[transient]` that classifies a variant or a struct.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ClassifyWord {
    Transient,
    Permanent,
    Throttled,
    Ignored,
    Answered,
    Transparent,
    /// `#[classify(with = path)]`
    With,
}

impl ClassifyWord {
    pub(super) const ALL: [ClassifyWord; 7] = [
        ClassifyWord::Transient,
        ClassifyWord::Permanent,
        ClassifyWord::Throttled,
        ClassifyWord::Ignored,
        ClassifyWord::Answered,
        ClassifyWord::Transparent,
        ClassifyWord::With,
    ];

    /// Returns the word as text.
    pub(super) fn name(self) -> String {
        match self {
            ClassifyWord::With => "classify(with = …)".to_owned(),
            _ => format!("{self:?}").to_lowercase(),
        }
    }

    /// Returns whether the field of a variant decides its class, so that the variant needs a field.
    pub(super) fn reads_field(self) -> bool {
        matches!(self, ClassifyWord::Transparent | ClassifyWord::With)
    }
}

/// An error of the runtime that the derived type can be made from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ConversionMark {
    CircuitOpen,
    TimedOut,
}

impl ConversionMark {
    pub(super) const ALL: [ConversionMark; 2] =
        [ConversionMark::CircuitOpen, ConversionMark::TimedOut];

    /// Returns the mark as text.
    pub(super) fn name(self) -> &'static str {
        match self {
            ConversionMark::CircuitOpen => "circuit_open",
            ConversionMark::TimedOut => "timed_out",
        }
    }

    /// Returns the name of the runtime's error.
    pub(super) fn error(self) -> &'static str {
        match self {
            ConversionMark::CircuitOpen => "CircuitOpen",
            ConversionMark::TimedOut => "TimedOut",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AttributeKind {
    Word(ClassifyWord),
    RetryAfter,
    /// `#[circuit_open]`, `#[timed_out]`
    Conversion(ConversionMark),
    /// `#[classify(crate = …)]`
    Classify,
}

impl AttributeKind {
    fn of(name: &str) -> Option<Self> {
        let word = ClassifyWord::ALL.into_iter().find(|word| word.name() == name);
        let mark = ConversionMark::ALL.into_iter().find(|mark| mark.name() == name);
        match name {
            "retry_after" => Some(AttributeKind::RetryAfter),
            "classify" => Some(AttributeKind::Classify),
            _ => word.map(AttributeKind::Word).or(mark.map(AttributeKind::Conversion)),
        }
    }
}

/// An attribute that the derive reads.
#[derive(Debug)]
pub(super) struct DeriveAttribute {
    pub(super) kind: AttributeKind,
    pub(super) path: Ident,
    pub(super) args: DeriveArgs,
}

#[derive(Debug)]
pub(super) enum DeriveArgs {
    /// `#[word]`
    None,
    /// `#[word(…)]`
    List(TokenStream),
    /// `#[word = …]`, or a list in brackets other than `(…)`.
    Other(TokenStream),
}

impl DeriveAttribute {
    /// Reads one attribute. Returns `None` for an attribute of another macro.
    fn new(attribute: &syn::Attribute) -> Option<Self> {
        let path = attribute.path().get_ident()?;
        let kind = AttributeKind::of(&name(path))?;
        let mut own = Self {
            kind,
            path: path.clone(),
            args: match &attribute.meta {
                Meta::Path(_) => DeriveArgs::None,
                Meta::List(list) if matches!(list.delimiter, MacroDelimiter::Paren(_)) => {
                    DeriveArgs::List(list.tokens.clone())
                }
                Meta::List(list) => DeriveArgs::Other(list.tokens.clone()),
                Meta::NameValue(pair) => {
                    let (equals, value) = (&pair.eq_token, &pair.value);
                    DeriveArgs::Other(quote!(#equals #value))
                }
            },
        };
        if let (AttributeKind::Classify, DeriveArgs::List(list)) = (kind, &own.args) {
            let first = list.clone().into_iter().next();
            if is_word(first.as_ref(), "with") {
                own.kind = AttributeKind::Word(ClassifyWord::With);
            }
        }
        Some(own)
    }

    /// Refuses arguments of an attribute that takes none. `word` is how the user writes it.
    pub(super) fn refuse_args(&self, word: &str, errors: &mut CompileErrors) {
        if let DeriveArgs::List(args) | DeriveArgs::Other(args) = &self.args {
            let path = &self.path;
            errors.push_spanned(
                &if args.is_empty() { quote!(#path) } else { args.clone() },
                format!("`{word}` takes nothing: write `#[{word}]`"),
            );
        }
    }
}

/// The attributes on one type, variant or field that the derive reads or copies.
#[derive(Debug, Default)]
pub(super) struct DeriveAttributes {
    pub(super) ours: Vec<DeriveAttribute>,
    /// Every `#[cfg(…)]`
    pub(super) cfg: TokenStream,
    /// The name of the attribute `#[error(transparent)]`, which thiserror reads.
    pub(super) transparent_error: Option<Ident>,
}

impl DeriveAttributes {
    pub(super) fn of(all: &[syn::Attribute]) -> Self {
        let cfg = all.iter().filter(|attribute| attribute.path().is_ident("cfg"));
        Self {
            ours: all.iter().filter_map(DeriveAttribute::new).collect(),
            cfg: quote!(#(#cfg)*),
            transparent_error: all.iter().find_map(transparent_error),
        }
    }
}

fn transparent_error(attribute: &syn::Attribute) -> Option<Ident> {
    let path = attribute.path().get_ident().filter(|path| *path == "error")?;
    let list = attribute.meta.require_list().ok()?;
    let is_transparent = is_word(list.tokens.clone().into_iter().next().as_ref(), "transparent");
    is_transparent.then(|| path.clone())
}
