//! What the words on variants and types mean, and the errors about them.

use proc_macro2::TokenStream;
use quote::quote;

use super::attribute::{Args, Attribute, Attributes, Kind, Word};
use super::input::{Field, Input, Variant};
use super::owner::Owner;
use crate::error::Errors;
use crate::tokens::name;

/// What a variant, or a struct, means.
#[derive(Debug)]
pub(super) enum Meaning<'a> {
    /// The classification that the word names, with the hint in the field.
    Class {
        word: Word,
        retry_after: Option<&'a Field>,
    },
    /// The classification of the field.
    Transparent(&'a Field),
}

/// The words of one type or variant, each at most once.
#[derive(Debug, Default)]
struct Words<'a> {
    word: Option<(Word, &'a Attribute)>,
    retry_after: Option<&'a Attribute>,
}

impl<'a> Meaning<'a> {
    /// `None` with the reason in `errors`.
    pub(super) fn of_variants(
        input: &'a Input,
        variants: &'a [Variant],
        errors: &mut Errors,
    ) -> Option<Vec<(&'a Variant, Meaning<'a>)>> {
        let default = default_word(input, errors);
        let meanings: Vec<_> = variants
            .iter()
            .map(|variant| {
                let owner = Owner {
                    name: &variant.name,
                    fields: &variant.fields,
                };
                let words = Words::read(&variant.attributes, errors);
                refuse_classify(&variant.attributes, errors);
                let meaning = words.meaning(owner, default, errors);
                if words.word.is_none() && default == Default::None {
                    errors.push(variant.name.span(), owner.missing(Some(&input.name)));
                }
                refuse_on_fields(owner, "variant", errors);
                Some((variant, meaning?))
            })
            .collect();
        meanings.into_iter().collect()
    }

    /// `None` with the reason in `errors`.
    pub(super) fn of_struct(
        input: &'a Input,
        fields: &'a [Field],
        errors: &mut Errors,
    ) -> Option<Meaning<'a>> {
        let owner = Owner {
            name: &input.name,
            fields,
        };
        let words = Words::read(&input.attributes, errors);
        let meaning = words.meaning(owner, Default::None, errors);
        if words.word.is_none() {
            errors.push(input.name.span(), owner.missing(None));
        }
        refuse_on_fields(owner, "struct", errors);
        meaning
    }
    /// The type of the field whose classification is used.
    pub(super) fn must_classify(&self) -> Option<&TokenStream> {
        match self {
            Meaning::Class { .. } => None,
            Meaning::Transparent(field) => Some(&field.ty),
        }
    }
}

/// What a word on the enum means for variants that have none.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Default {
    None,
    Word(Word),
    /// The word is wrong, which is reported already.
    Wrong,
}

fn default_word(input: &Input, errors: &mut Errors) -> Default {
    let words = Words::read(&input.attributes, errors);
    if let Some(retry_after) = words.retry_after {
        errors.push(
            retry_after.path.span(),
            "`retry_after` belongs on the variant that has the field",
        );
    }
    match words.word {
        None => Default::None,
        Some((Word::Transparent, attribute)) => {
            errors.push(
                attribute.path.span(),
                "`transparent` belongs on each variant that passes through to its field",
            );
            Default::Wrong
        }
        Some((word, attribute)) => {
            refuse_args(word, attribute, errors);
            Default::Word(word)
        }
    }
}

impl<'a> Words<'a> {
    fn read(attributes: &'a Attributes, errors: &mut Errors) -> Self {
        let mut words = Words::default();
        for attribute in &attributes.ours {
            let place = attribute.path.span();
            match (attribute.kind, words.word) {
                (Kind::Word(word), None) => words.word = Some((word, attribute)),
                (Kind::Word(word), Some((first, _))) => {
                    let message = if word == first {
                        format!("`{}` is given twice", word.name())
                    } else {
                        format!(
                            "`{}` excludes `{}`: one word says what it means",
                            word.name(),
                            first.name()
                        )
                    };
                    errors.push(place, message);
                }
                (Kind::RetryAfter, _) if words.retry_after.is_some() => {
                    errors.push(place, "`retry_after` is given twice");
                }
                (Kind::RetryAfter, _) => words.retry_after = Some(attribute),
                (Kind::Classify, _) => {}
            }
        }
        words
    }

    /// `None` with the reason in `errors`.
    fn meaning(
        &self,
        owner: Owner<'a>,
        default: Default,
        errors: &mut Errors,
    ) -> Option<Meaning<'a>> {
        let word = match (self.word, default) {
            (Some((word, _)), _) | (None, Default::Word(word)) => Some(word),
            (None, _) => None,
        };
        if let Some((Word::Transparent, attribute)) = self.word {
            if let Some(retry_after) = self.retry_after {
                errors.push(
                    retry_after.path.span(),
                    "`retry_after` excludes `transparent`: the field says its own hint",
                );
            }
            return owner
                .passed_through(attribute, errors)
                .map(Meaning::Transparent);
        }
        if let Some((word, attribute)) = self.word {
            refuse_args(word, attribute, errors);
        }
        let field = self
            .retry_after
            .map(|attribute| (attribute, owner.hint(attribute, errors)));
        let word = word?;
        let Some((attribute, field)) = field else {
            return Some(Meaning::Class {
                word,
                retry_after: None,
            });
        };
        if matches!(word, Word::Ignored | Word::Answered) {
            let whose = if self.word.is_some() {
                ""
            } else {
                "the enum's "
            };
            let message = format!(
                "`retry_after` means nothing with {whose}`{}`, which is neither retried nor a \
                 failure: it goes with `transient`, `permanent`, `throttled`",
                word.name()
            );
            errors.push(attribute.path.span(), message);
        }
        Some(Meaning::Class {
            word,
            retry_after: Some(field?),
        })
    }
}

fn refuse_args(word: Word, attribute: &Attribute, errors: &mut Errors) {
    let word = word.name();
    if let Args::List(args) | Args::Other(args) = &attribute.args {
        let path = &attribute.path;
        errors.push_spanned(
            &if args.is_empty() {
                quote!(#path)
            } else {
                args.clone()
            },
            format!("`{word}` takes nothing: write `#[{word}]`"),
        );
    }
}

fn refuse_classify(attributes: &Attributes, errors: &mut Errors) {
    for attribute in &attributes.ours {
        if attribute.kind == Kind::Classify {
            errors.push(
                attribute.path.span(),
                "`classify` names the runtime for the whole type: put it there",
            );
        }
    }
}

fn refuse_on_fields(owner: Owner<'_>, whole: &str, errors: &mut Errors) {
    for field in owner.fields {
        refuse_classify(&field.attributes, errors);
        for attribute in &field.attributes.ours {
            let instead = match attribute.kind {
                Kind::Word(Word::Transparent) => format!("#[transparent({})]", field.name),
                Kind::Word(word) => format!("#[{}]", word.name()),
                Kind::RetryAfter => format!("#[retry_after({})]", field.name),
                Kind::Classify => continue,
            };
            let message = format!(
                "`{}` belongs on the {whole}, not on its field: write `{instead}` above `{}`",
                name(&attribute.path),
                name(owner.name)
            );
            errors.push(attribute.path.span(), message);
        }
    }
}
