//! Finds the class of each variant or struct from its attributes, and reports wrong attributes.

use proc_macro2::TokenStream;

use super::attribute::{
    AttributeKind, ClassifyWord, ConversionMark, DeriveAttribute, DeriveAttributes,
};
use super::input::{DerivedType, EnumVariant, TypeField};
use super::owner::WordOwner;
use crate::error::CompileErrors;
use crate::tokens::name;

/// The way in which a variant or a struct is classified.
#[derive(Debug)]
pub(super) enum VariantMeaning<'a> {
    /// The class word gives the classification. `retry_after` is the field with the hint.
    Class { word: ClassifyWord, retry_after: Option<&'a TypeField> },
    /// The value of this field gives the classification.
    Transparent(&'a TypeField),
    /// The function classifies the field.
    With(&'a TypeField, TokenStream),
}

/// The class word, the `retry_after` and a mark of a conversion on one type or variant.
#[derive(Debug, Default)]
struct GivenWords<'a> {
    word: Option<(ClassifyWord, &'a DeriveAttribute)>,
    retry_after: Option<&'a DeriveAttribute>,
    mark: Option<ConversionMark>,
}

impl<'a> VariantMeaning<'a> {
    /// Finds the meanings of all variants. On an error, returns `None` and adds the reason to
    /// `errors`.
    pub(super) fn of_variants(
        input: &'a DerivedType,
        variants: &'a [EnumVariant],
        errors: &mut CompileErrors,
    ) -> Option<Vec<(&'a EnumVariant, VariantMeaning<'a>)>> {
        let default = default_word(input, errors);
        let meanings: Vec<_> = variants
            .iter()
            .map(|variant| {
                let owner = WordOwner { name: &variant.name, fields: &variant.fields };
                let words = GivenWords::read(&variant.attributes, errors);
                refuse_classify(&variant.attributes, errors);
                let meaning = words.meaning(owner, default, errors);
                if words.has_no_meaning() && default == Default::None {
                    errors.push(variant.name.span(), owner.missing(Some(&input.name)));
                }
                refuse_on_fields(owner, "variant", errors);
                Some((variant, meaning?))
            })
            .collect();
        meanings.into_iter().collect()
    }

    /// Finds the meaning of a struct. On an error, returns `None` and adds the reason to `errors`.
    pub(super) fn of_struct(
        input: &'a DerivedType,
        fields: &'a [TypeField],
        errors: &mut CompileErrors,
    ) -> Option<VariantMeaning<'a>> {
        let owner = WordOwner { name: &input.name, fields };
        let words = GivenWords::read(&input.attributes, errors);
        let meaning = words.meaning(owner, Default::None, errors);
        if words.has_no_meaning() {
            errors.push(input.name.span(), owner.missing(None));
        }
        refuse_on_fields(owner, "struct", errors);
        meaning
    }
    /// Returns the type of the field that gives the classification. Returns `None` if a class word
    /// or a function gives it.
    pub(super) fn must_classify(&self) -> Option<&TokenStream> {
        match self {
            VariantMeaning::Class { .. } | VariantMeaning::With(..) => None,
            VariantMeaning::Transparent(field) => Some(&field.ty),
        }
    }
}

/// The class word on the enum, which applies to each variant without a class word.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Default {
    None,
    Word(ClassifyWord),
    /// The word is not allowed here, and the error is already reported.
    Wrong,
}

fn default_word(input: &DerivedType, errors: &mut CompileErrors) -> Default {
    let words = GivenWords::read(&input.attributes, errors);
    if let Some(retry_after) = words.retry_after {
        errors.push(
            retry_after.path.span(),
            "`retry_after` belongs on the variant that has the field",
        );
    }
    match words.word {
        None => Default::None,
        Some((word, attribute)) if word.reads_field() => {
            let passes = match word {
                ClassifyWord::With => "whose field the function classifies",
                _ => "that passes through to its field",
            };
            let message = format!("`{}` belongs on each variant {passes}", word.name());
            errors.push(attribute.path.span(), message);
            Default::Wrong
        }
        Some((word, attribute)) => {
            attribute.refuse_args(&word.name(), errors);
            Default::Word(word)
        }
    }
}

impl<'a> GivenWords<'a> {
    fn read(attributes: &'a DeriveAttributes, errors: &mut CompileErrors) -> Self {
        let mut words = GivenWords::default();
        for attribute in &attributes.ours {
            let place = attribute.path.span();
            match (attribute.kind, words.word) {
                (AttributeKind::Word(word), None) => words.word = Some((word, attribute)),
                (AttributeKind::Word(word), Some((first, _))) => {
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
                (AttributeKind::RetryAfter, _) if words.retry_after.is_some() => {
                    errors.push(place, "`retry_after` is given twice");
                }
                (AttributeKind::RetryAfter, _) => words.retry_after = Some(attribute),
                (AttributeKind::Conversion(mark), _) => words.mark = Some(mark),
                (AttributeKind::Classify, _) => {}
            }
        }
        words
    }

    fn has_no_meaning(&self) -> bool {
        self.word.is_none() && self.mark.is_none()
    }

    /// Finds the meaning of the owner. On an error, returns `None` and adds the reason to `errors`.
    fn meaning(
        &self,
        owner: WordOwner<'a>,
        default: Default,
        errors: &mut CompileErrors,
    ) -> Option<VariantMeaning<'a>> {
        if let (None, Some(mark)) = (self.word, self.mark) {
            return self.marked(mark, owner, errors);
        }
        let word = match (self.word, default) {
            (Some((word, _)), _) | (None, Default::Word(word)) => Some(word),
            (None, _) => None,
        };
        if let Some((word, attribute)) = self.word.filter(|(word, _)| word.reads_field()) {
            let is_with = word == ClassifyWord::With;
            self.refuse_hint(&word.name(), if is_with { "function" } else { "field" }, errors);
            if !is_with {
                return owner.passed_through(attribute, errors).map(VariantMeaning::Transparent);
            }
            let (field, function) = owner.classified_with(attribute, errors)?;
            return Some(VariantMeaning::With(field, function));
        }
        if let Some((word, attribute)) = self.word {
            attribute.refuse_args(&word.name(), errors);
        }
        let field = self.retry_after.map(|attribute| (attribute, owner.hint(attribute, errors)));
        let word = word?;
        let Some((attribute, field)) = field else {
            return Some(VariantMeaning::Class { word, retry_after: None });
        };
        if matches!(word, ClassifyWord::Ignored | ClassifyWord::Answered) {
            let whose = if self.word.is_some() { "" } else { "the enum's " };
            let message = format!(
                "`retry_after` means nothing with {whose}`{}`, which is neither retried nor a \
                 failure: it goes with `transient`, `permanent`, `throttled`",
                word.name()
            );
            errors.push(attribute.path.span(), message);
        }
        Some(VariantMeaning::Class { word, retry_after: Some(field?) })
    }

    /// Returns the meaning of an owner with a mark and without a class word: the class of the
    /// error that the field holds. A wrong number of fields is reported with the mark.
    fn marked(
        &self,
        mark: ConversionMark,
        owner: WordOwner<'a>,
        errors: &mut CompileErrors,
    ) -> Option<VariantMeaning<'a>> {
        self.refuse_hint(mark.name(), "field", errors);
        match owner.fields {
            [field] => Some(VariantMeaning::Transparent(field)),
            _ => None,
        }
    }

    /// Refuses `retry_after` beside a word or a mark whose field or function gives the hint.
    fn refuse_hint(&self, beside: &str, gives: &str, errors: &mut CompileErrors) {
        if let Some(retry_after) = self.retry_after {
            let message =
                format!("`retry_after` excludes `{beside}`: the {gives} says its own hint");
            errors.push(retry_after.path.span(), message);
        }
    }
}

fn refuse_classify(attributes: &DeriveAttributes, errors: &mut CompileErrors) {
    for attribute in &attributes.ours {
        if attribute.kind == AttributeKind::Classify {
            errors.push(
                attribute.path.span(),
                "`classify` names the runtime for the whole type: put it there; above a variant \
                 stands `#[classify(with = path)]`",
            );
        }
    }
}

fn refuse_on_fields(owner: WordOwner<'_>, whole: &str, errors: &mut CompileErrors) {
    for field in owner.fields {
        refuse_classify(&field.attributes, errors);
        for attribute in &field.attributes.ours {
            let instead = match attribute.kind {
                AttributeKind::Word(ClassifyWord::Transparent) => {
                    format!("#[transparent({})]", field.name)
                }
                AttributeKind::Word(word) => format!("#[{}]", word.name()),
                AttributeKind::RetryAfter => format!("#[retry_after({})]", field.name),
                AttributeKind::Conversion(mark) => format!("#[{}]", mark.name()),
                AttributeKind::Classify => continue,
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
