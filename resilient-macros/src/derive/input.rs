//! What is derived for: a type, split into its parts, with field types and generics left as tokens.

use proc_macro2::{Delimiter, Ident, Literal, Span, TokenStream, TokenTree};

use super::attribute::Attributes;
use super::generics::Generics;
use super::reader::{Reader, split};
use crate::error::Errors;
use crate::tokens::{group, is_punct, name};

#[derive(Debug)]
pub(super) struct Input {
    pub(super) attributes: Attributes,
    pub(super) name: Ident,
    pub(super) generics: Generics,
    /// With its `where`, or empty.
    pub(super) where_clause: TokenStream,
    pub(super) shape: Shape,
}

#[derive(Debug)]
pub(super) enum Shape {
    Enum(Vec<Variant>),
    Struct(Vec<Field>),
    /// Where the keyword stands.
    Union(Span),
}

#[derive(Debug)]
pub(super) struct Variant {
    pub(super) attributes: Attributes,
    pub(super) name: Ident,
    pub(super) fields: Vec<Field>,
}

#[derive(Debug)]
pub(super) struct Field {
    pub(super) attributes: Attributes,
    /// Its name without `r#`, or its index.
    pub(super) name: String,
    /// Its name or index as it stands behind the dot.
    pub(super) member: TokenTree,
    pub(super) ty: TokenStream,
}

/// The compiler has read the type before us: what we cannot read is a form that is newer than we are.
const UNREADABLE: &str = "`#[derive(Classify)]` cannot read this: implement `Classify` by hand";

impl Input {
    /// `None` has its reason in `errors`.
    pub(super) fn parse(item: TokenStream, errors: &mut Errors) -> Option<Self> {
        let mut reader = Reader::new(item);
        let input = read(&mut reader);
        if input.is_none() {
            let place = reader.peek().map_or_else(Span::call_site, TokenTree::span);
            errors.push(place, UNREADABLE);
        }
        input
    }
}

/// `None` leaves the reader at what it could not read.
fn read(reader: &mut Reader) -> Option<Input> {
    let attributes = Attributes::take(reader);
    reader.skip_visibility();
    let known = ["enum", "struct", "union"]
        .iter()
        .any(|word| reader.at_word(word));
    let keyword = reader.ident().filter(|_| known)?;
    let name = reader.ident()?;
    let generics = Generics::parse(reader.angles()?)?;
    let mut where_clause = where_clause(reader);
    let body = reader
        .group(Delimiter::Brace)
        .or_else(|| reader.group(Delimiter::Parenthesis));
    if where_clause.is_empty() {
        // Behind the fields of a tuple.
        where_clause = self::where_clause(reader);
    }
    let shape = match (keyword.to_string().as_str(), body) {
        ("enum", Some(body)) => Shape::Enum(variants(body.stream())?),
        ("struct", Some(body)) => Shape::Struct(fields(body.delimiter(), body.stream())?),
        ("struct", None) => Shape::Struct(Vec::new()),
        ("union", Some(_)) => Shape::Union(keyword.span()),
        _ => return None,
    };
    Some(Input {
        attributes,
        name,
        generics,
        where_clause,
        shape,
    })
}

fn where_clause(reader: &mut Reader) -> TokenStream {
    if !reader.at_word("where") {
        return TokenStream::new();
    }
    reader
        .until(|token| is_punct(Some(token), ';') || group(Some(token), Delimiter::Brace).is_some())
}

fn variants(body: TokenStream) -> Option<Vec<Variant>> {
    let mut reader = Reader::new(body);
    let mut variants = Vec::new();
    while reader.peek().is_some() {
        let attributes = Attributes::take(&mut reader);
        reader.skip_visibility();
        let name = reader.ident()?;
        let body = reader
            .group(Delimiter::Brace)
            .or_else(|| reader.group(Delimiter::Parenthesis));
        if reader.at_punct('=') {
            reader.next();
            reader.skip_expression();
        }
        let fields = match body {
            Some(body) => fields(body.delimiter(), body.stream())?,
            None => Vec::new(),
        };
        variants.push(Variant {
            attributes,
            name,
            fields,
        });
        if let Some(token) = reader.next() {
            is_punct(Some(&token), ',').then_some(())?;
        }
    }
    Some(variants)
}

fn fields(delimiter: Delimiter, body: TokenStream) -> Option<Vec<Field>> {
    let fields = split(body).into_iter().enumerate().map(|(index, part)| {
        let mut reader = Reader::new(part);
        let attributes = Attributes::take(&mut reader);
        reader.skip_visibility();
        let (name, member) = if delimiter == Delimiter::Brace {
            let ident = reader.ident()?;
            let colon = reader.next();
            is_punct(colon.as_ref(), ':').then_some(())?;
            (name(&ident), ident.into())
        } else {
            (index.to_string(), Literal::usize_unsuffixed(index).into())
        };
        Some(Field {
            attributes,
            name,
            member,
            ty: reader.rest(),
        })
    });
    fields.collect()
}
