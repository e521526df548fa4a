//! Parameters: receivers, and patterns with their types.

use proc_macro2::{Delimiter, Group, Ident, Spacing, TokenStream, TokenTree};

use super::attribute::{self, Attribute};
use super::binding::{Binding, bindings};
use super::cursor::Cursor;
use crate::error::Errors;
use crate::tokens::{flatten, ident, is_operator, is_punct, is_word, skip_angles};

#[derive(Debug, Clone)]
pub(crate) enum Param {
    Receiver(Receiver),
    Typed(Typed),
}

#[derive(Debug, Clone)]
pub(crate) struct Receiver {
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) kind: ReceiverKind,
    /// Whole, without the attributes.
    pub(crate) tokens: TokenStream,
    pub(crate) self_token: Ident,
    /// Of `mut self`, not of `&mut self`.
    pub(crate) mut_token: Option<Ident>,
}

#[derive(Debug, Clone)]
pub(crate) enum ReceiverKind {
    /// `&self`
    Ref,
    /// `&mut self`
    RefMut,
    /// `self`, `mut self`
    Value,
    /// The type of `self: Arc<Self>`
    Typed(TokenStream),
}

#[derive(Debug, Clone)]
pub(crate) struct Typed {
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) pat: TokenStream,
    pub(crate) colon: TokenStream,
    pub(crate) ty: TokenStream,
    /// Every variable that the pattern binds.
    pub(crate) bindings: Vec<Binding>,
}

/// How an argument comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Passing {
    /// `&T`
    Shared,
    /// `&mut T`
    Exclusive,
    /// `Pin<&mut T>`
    Pinned,
    Owned,
}

impl Receiver {
    pub(crate) fn passing(&self) -> Passing {
        match &self.kind {
            ReceiverKind::Ref => Passing::Shared,
            ReceiverKind::RefMut => Passing::Exclusive,
            ReceiverKind::Value => Passing::Owned,
            ReceiverKind::Typed(ty) => passing(ty),
        }
    }
}

impl Typed {
    pub(crate) fn passing(&self) -> Passing {
        passing(&self.ty)
    }
}

fn passing(ty: &TokenStream) -> Passing {
    let tokens = flatten(ty.clone());
    if is_pinned(&tokens) {
        return Passing::Pinned;
    }
    match tokens.as_slice() {
        [TokenTree::Group(inner)] if inner.delimiter() == Delimiter::Parenthesis => {
            let is_tuple = split(inner.stream()).len() != 1 || ends_in_comma(inner);
            if is_tuple {
                Passing::Owned
            } else {
                passing(&inner.stream())
            }
        }
        [first, rest @ ..] if is_punct(Some(first), '&') => {
            if is_word(rest.get(lifetime(rest)), "mut") {
                Passing::Exclusive
            } else {
                Passing::Shared
            }
        }
        _ => Passing::Owned,
    }
}

/// `Pin<&mut T>`, under whatever path.
fn is_pinned(tokens: &[TokenTree]) -> bool {
    let Some(open) = tokens.iter().position(|token| is_punct(Some(token), '<')) else {
        return false;
    };
    let (path, rest) = (&tokens[..open], &tokens[open + 1..]);
    let is_path = path
        .iter()
        .all(|token| ident(Some(token)).is_some() || is_punct(Some(token), ':'));
    let behind_and = rest.get(1..).unwrap_or_default();
    is_path
        && is_word(path.last(), "Pin")
        && is_punct(rest.first(), '&')
        && is_word(behind_and.get(lifetime(behind_and)), "mut")
}

fn ends_in_comma(inner: &Group) -> bool {
    inner
        .stream()
        .into_iter()
        .last()
        .is_some_and(|last| is_punct(Some(&last), ','))
}

/// How many tokens the lifetime at the beginning has: two or none.
fn lifetime(tokens: &[TokenTree]) -> usize {
    let quote = matches!(tokens.first(), Some(TokenTree::Punct(quote)) if quote.as_char() == '\'' && quote.spacing() == Spacing::Joint);
    if quote && ident(tokens.get(1)).is_some() {
        2
    } else {
        0
    }
}

/// Reads what is inside the parentheses of a function.
pub(super) fn parse(inside: TokenStream, errors: &mut Errors) -> Vec<Param> {
    let parts = split(inside);
    let mut params = Vec::with_capacity(parts.len());
    for (at, part) in parts.into_iter().enumerate() {
        let mut cursor = Cursor::new(part.tokens);
        let attrs = attribute::take(&mut cursor);
        let rest = cursor.rest();
        if rest.is_empty() {
            let place = part.comma.into_iter().collect();
            errors.push_spanned(&place, "expected a parameter, as in `name: Type`");
        } else if let Some((
            receiver,
            ReceiverTokens {
                self_token,
                mut_token,
            },
        )) = receiver(&rest).filter(|_| at == 0)
        {
            params.push(Param::Receiver(Receiver {
                attrs,
                kind: receiver,
                tokens: rest,
                self_token,
                mut_token,
            }));
        } else {
            params.extend(typed(attrs, &rest, errors).map(Param::Typed));
        }
    }
    params
}

/// One parameter's tokens, and the comma behind it.
struct Part {
    tokens: TokenStream,
    comma: Option<TokenTree>,
}

/// Splits at the commas outside angle brackets.
fn split(inside: TokenStream) -> Vec<Part> {
    let tokens: Vec<TokenTree> = inside.into_iter().collect();
    let mut parts = Vec::new();
    let (mut start, mut at) = (0, 0);
    while at < tokens.len() {
        if is_punct(tokens.get(at), '<') {
            at = skip_angles(&tokens, at).unwrap_or(at + 1);
            continue;
        }
        if is_punct(tokens.get(at), ',') {
            parts.push(Part {
                tokens: tokens[start..at].iter().cloned().collect(),
                comma: Some(tokens[at].clone()),
            });
            start = at + 1;
        }
        at += 1;
    }
    if start < tokens.len() {
        parts.push(Part {
            tokens: tokens[start..].iter().cloned().collect(),
            comma: None,
        });
    }
    parts
}

struct ReceiverTokens {
    self_token: Ident,
    mut_token: Option<Ident>,
}

fn receiver(tokens: &TokenStream) -> Option<(ReceiverKind, ReceiverTokens)> {
    let tokens = flatten(tokens.clone());
    let by_ref = is_punct(tokens.first(), '&');
    let start = if by_ref {
        1 + lifetime(&tokens[1..])
    } else {
        0
    };
    let mutable = ident(tokens.get(start))
        .filter(|word| *word == "mut")
        .cloned();
    let at = start + usize::from(mutable.is_some());
    let self_token = ident(tokens.get(at))
        .filter(|word| *word == "self")
        .cloned()?;
    let is_typed = is_punct(tokens.get(at + 1), ':') && !is_operator(&tokens, at + 1, ':', ':');
    let kind = match (tokens.get(at + 1), by_ref) {
        (None, true) if mutable.is_some() => ReceiverKind::RefMut,
        (None, true) => ReceiverKind::Ref,
        (None, false) => ReceiverKind::Value,
        (Some(_), false) if is_typed && tokens.len() > at + 2 => {
            ReceiverKind::Typed(tokens[at + 2..].iter().cloned().collect())
        }
        _ => return None,
    };
    Some((
        kind,
        ReceiverTokens {
            self_token,
            mut_token: mutable.filter(|_| !by_ref),
        },
    ))
}

fn typed(attrs: Vec<Attribute>, tokens: &TokenStream, errors: &mut Errors) -> Option<Typed> {
    let tokens_of = |list: &[TokenTree]| list.iter().cloned().collect::<TokenStream>();
    let list: Vec<TokenTree> = tokens.clone().into_iter().collect();
    let colon = colon(&list);
    let Some(colon) = colon.filter(|colon| *colon > 0 && *colon + 1 < list.len()) else {
        errors.push_spanned(tokens, "expected a parameter, as in `name: Type`");
        return None;
    };
    let pat = tokens_of(&list[..colon]);
    Some(Typed {
        attrs,
        bindings: bindings(&pat),
        pat,
        colon: list[colon].clone().into(),
        ty: tokens_of(&list[colon + 1..]),
    })
}

/// The `:` between pattern and type.
fn colon(tokens: &[TokenTree]) -> Option<usize> {
    let mut at = 0;
    while at < tokens.len() {
        if is_operator(tokens, at, ':', ':') {
            at += 2;
        } else if is_punct(tokens.get(at), '<') {
            at = skip_angles(tokens, at).unwrap_or(at + 1);
        } else if is_punct(tokens.get(at), ':') {
            return Some(at);
        } else {
            at += 1;
        }
    }
    None
}

#[cfg(test)]
#[path = "param_tests.rs"]
mod tests;
