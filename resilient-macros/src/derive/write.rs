//! Writes the implementations of `Classify` and of `From`.

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote_spanned};

use super::attribute::ClassifyWord;
use super::conversion::Conversion;
use super::input::{DerivedType, EnumVariant, TypeField};
use super::meaning::VariantMeaning;
use crate::tokens::{flatten, is_operator};

/// The variable for a field. If the user had a constant of this name, the pattern would match the
/// constant and bind no variable. Users do not choose such a name.
const FIELD: &str = "__field";

/// The argument of `from`.
const ERROR: &str = "__error";

/// The body of `classify`, and the types that must implement `Classify` for the body to compile.
#[derive(Debug)]
pub(super) struct ClassifyBody {
    tokens: TokenStream,
    must_classify: Vec<TokenStream>,
}

pub(super) fn implementation(
    input: &DerivedType,
    runtime: &TokenStream,
    body: &ClassifyBody,
) -> TokenStream {
    let name = derived(&input.name);
    let (declaration, arguments, _) = input.generics.split_for_impl();
    let where_clause = where_clause(input, &body.must_classify, &emit!(#runtime::Classify));
    let body = &body.tokens;
    emit! {
        #[automatically_derived]
        impl #declaration #runtime::Classify for #name #arguments #where_clause {
            fn classify(&self) -> #runtime::Classification {
                #body
            }
        }
    }
}

/// Writes the implementation of `From` that a mark asks for. If the derive has errors, `field` is
/// `None`, and the function has no value to return.
pub(super) fn conversion(
    input: &DerivedType,
    runtime: &TokenStream,
    conversion: &Conversion<'_>,
    field: Option<&TypeField>,
) -> TokenStream {
    let name = derived(&input.name);
    let (declaration, arguments, _) = input.generics.split_for_impl();
    let error = Ident::new(conversion.mark.error(), Span::mixed_site());
    let from = emit!(::core::convert::From<#runtime::#error>);
    let must_convert: Vec<_> = field.iter().map(|field| field.ty.clone()).collect();
    let where_clause = where_clause(input, &must_convert, &from);
    let variant = conversion.variant.map(|variant| {
        let name = derived(&variant.name);
        emit!(::#name)
    });
    let converted = |field: &TypeField| {
        let member = at(&field.member, field.member.span());
        let error = Ident::new(ERROR, ends(&field.ty).1);
        let value = call_at(field, &emit!(::core::convert::From), "from", &emit!(#error));
        emit!(Self #variant { #member: #value })
    };
    let body = field.map_or_else(|| emit!(::core::unreachable!()), converted);
    let cfg = conversion.variant.map(|variant| &variant.attributes.cfg);
    let argument = Ident::new(ERROR, Span::mixed_site());
    emit! {
        #cfg
        #[automatically_derived]
        impl #declaration #from for #name #arguments #where_clause {
            fn from(#argument: #runtime::#error) -> Self {
                #body
            }
        }
    }
}

/// Returns the body of `classify` for a type whose derive has errors: every value is transient.
/// Because the type still implements `Classify`, the compiler reports no further errors.
pub(super) fn fallback(runtime: &TokenStream) -> ClassifyBody {
    ClassifyBody { tokens: class(runtime, ClassifyWord::Transient), must_classify: Vec::new() }
}

pub(super) fn of_struct(runtime: &TokenStream, meaning: &VariantMeaning<'_>) -> ClassifyBody {
    let value = |field: &TypeField| {
        let (first, last) = ends(&field.ty);
        let this = Ident::new("self", first);
        let member = at(&field.member, last);
        quote_spanned!(first=> #this.#member)
    };
    let tokens = match meaning {
        VariantMeaning::Class { word, retry_after } => {
            classified(runtime, *word, retry_after.map(|field| (field, value(field))))
        }
        VariantMeaning::With(field, function) => {
            let (_, last) = ends(function);
            let this = Ident::new("self", last);
            let member = at(&field.member, last);
            called(function, &quote_spanned!(last=> &#this.#member))
        }
        VariantMeaning::Transparent(field) => {
            let value = value(field);
            let (first, _) = ends(&field.ty);
            passed_through(runtime, field, &quote_spanned!(first=> &#value))
        }
    };
    ClassifyBody { tokens, must_classify: meaning.must_classify().into_iter().cloned().collect() }
}

pub(super) fn of_enum(
    runtime: &TokenStream,
    meanings: &[(&EnumVariant, VariantMeaning<'_>)],
) -> ClassifyBody {
    let arms = arms(runtime, meanings);
    let tokens =
        if arms.is_empty() { emit!(match *self {}) } else { emit!(match self { #(#arms)* }) };
    let must_classify = meanings.iter().filter_map(|(_, meaning)| meaning.must_classify().cloned());
    ClassifyBody { tokens, must_classify: must_classify.collect() }
}

/// Writes the match arms. Variants with the same class word, no hint and no `cfg` share one arm.
fn arms(
    runtime: &TokenStream,
    meanings: &[(&EnumVariant, VariantMeaning<'_>)],
) -> Vec<TokenStream> {
    let mut arms = Vec::new();
    let mut shared = Vec::new();
    for (variant, meaning) in meanings {
        let cfg = &variant.attributes.cfg;
        let name = derived(&variant.name);
        let bound = |field: &TypeField| {
            let member = at(&field.member, field.member.span());
            let bound = Ident::new(FIELD, Span::mixed_site());
            emit!(Self::#name { #member: #bound, .. })
        };
        let (pattern, value) = match meaning {
            VariantMeaning::Class { word, retry_after: None } if cfg.is_empty() => {
                if !shared.contains(word) {
                    shared.push(*word);
                    arms.push(shared_arm(runtime, *word, meanings));
                }
                continue;
            }
            VariantMeaning::Class { word, retry_after: None } => {
                (emit!(Self::#name { .. }), classified(runtime, *word, None))
            }
            VariantMeaning::Class { word, retry_after: Some(field) } => {
                let (first, last) = ends(&field.ty);
                let value = Ident::new(FIELD, last);
                let value = quote_spanned!(first=> *#value);
                (bound(field), classified(runtime, *word, Some((field, value))))
            }
            VariantMeaning::Transparent(field) => {
                let (first, last) = ends(&field.ty);
                let value = Ident::new(FIELD, last);
                // The first token has the first span of the type, and the last token has the last
                // span. The compiler's error then underlines the whole type.
                let value = quote_spanned!(first=> &*#value);
                (bound(field), passed_through(runtime, field, &value))
            }
            VariantMeaning::With(field, function) => {
                let value = Ident::new(FIELD, ends(function).1);
                (bound(field), called(function, &value.to_token_stream()))
            }
        };
        arms.push(emit!(#cfg #pattern => #value,));
    }
    arms
}

fn shared_arm(
    runtime: &TokenStream,
    shared: ClassifyWord,
    meanings: &[(&EnumVariant, VariantMeaning<'_>)],
) -> TokenStream {
    let patterns = meanings.iter().filter_map(|(variant, meaning)| {
        let plain =
            matches!(meaning, VariantMeaning::Class { word, retry_after: None } if *word == shared);
        let name = derived(&variant.name);
        (plain && variant.attributes.cfg.is_empty()).then(|| emit!(Self::#name { .. }))
    });
    let class = class(runtime, shared);
    emit!(#(#patterns)|* => #class,)
}

fn class(runtime: &TokenStream, word: ClassifyWord) -> TokenStream {
    let constructor = Ident::new(&word.name(), Span::mixed_site());
    emit!(#runtime::Classification::#constructor())
}

/// Writes the classification that `word` names. If `retry_after` is given, the value of that field
/// becomes the hint.
fn classified(
    runtime: &TokenStream,
    word: ClassifyWord,
    retry_after: Option<(&TypeField, TokenStream)>,
) -> TokenStream {
    let class = class(runtime, word);
    let Some((field, value)) = retry_after else {
        return class;
    };
    let hint = call_at(field, &emit!(::core::convert::Into), "into", &value);
    emit!(#runtime::__private::with_hint(#class, #hint))
}

fn passed_through(runtime: &TokenStream, field: &TypeField, value: &TokenStream) -> TokenStream {
    call_at(field, &emit!(#runtime::Classify), "classify", value)
}

/// Writes a call of the user's function, whose errors point at the function.
fn called(function: &TokenStream, value: &TokenStream) -> TokenStream {
    let (_, last) = ends(function);
    quote_spanned!(last=> #function(#value))
}

/// Writes a call that has the span of the field's type, so that the compiler's error about a wrong
/// type points at the field's type.
fn call_at(
    field: &TypeField,
    receiver: &TokenStream,
    function: &str,
    value: &TokenStream,
) -> TokenStream {
    let (first, last) = ends(&field.ty);
    let receiver = flatten(receiver.clone()).into_iter().map(|mut token| {
        token.set_span(token.span().located_at(first));
        token
    });
    let function = Ident::new(function, last);
    let mut arguments = Group::new(Delimiter::Parenthesis, value.clone());
    arguments.set_span(last);
    emit!(#(#receiver)*::#function #arguments)
}

/// Returns the user's `where` clause, with the bound `required` added for each of `types` that
/// depends on a type parameter.
fn where_clause(input: &DerivedType, types: &[TokenStream], required: &TokenStream) -> TokenStream {
    let mut generics = input.generics.clone();
    let mut bound: Vec<String> = Vec::new();
    for ty in types {
        let names = |wanted: &dyn Fn(&Ident) -> bool| mentions(ty, wanted);
        // A type that contains the derived type gets no bound, because the bound would depend on
        // itself.
        let is_recursive = names(&|ident| ident == "Self" || *ident == input.name);
        let is_generic =
            names(&|ident| input.generics.type_params().any(|param| param.ident == *ident));
        if is_generic && !is_recursive && !bound.contains(&ty.to_string()) {
            bound.push(ty.to_string());
            generics.make_where_clause().predicates.push(syn::parse_quote!(#ty: #required));
        }
    }
    generics.where_clause.to_token_stream()
}

/// Returns whether the type contains an identifier for which `is_wanted` holds. Only the first
/// segment of a path counts.
fn mentions(ty: &TokenStream, is_wanted: &dyn Fn(&Ident) -> bool) -> bool {
    let tokens: Vec<TokenTree> = ty.clone().into_iter().collect();
    tokens.iter().enumerate().any(|(at, token)| match token {
        TokenTree::Group(group) => mentions(&group.stream(), is_wanted),
        TokenTree::Ident(ident) => {
            is_wanted(ident) && !(at > 1 && is_operator(&tokens, at - 2, ':', ':'))
        }
        _ => false,
    })
}

/// Returns the spans of the first and the last token of a type. An error that has both spans
/// underlines the whole type.
fn ends(ty: &TokenStream) -> (Span, Span) {
    let tokens = flatten(ty.clone());
    let here = |token: Option<&TokenTree>| {
        token.map_or_else(Span::mixed_site, TokenTree::span).resolved_at(Span::mixed_site())
    };
    (here(tokens.first()), here(tokens.last()))
}

/// Returns the name with a span that silences lints about its declaration, such as deprecation.
fn derived(name: &Ident) -> Ident {
    let mut name = name.clone();
    name.set_span(name.span().resolved_at(Span::mixed_site()));
    name
}

fn at(token: &TokenTree, span: Span) -> TokenTree {
    let mut token = token.clone();
    token.set_span(span.resolved_at(Span::mixed_site()));
    token
}
