//! Parameters: receivers, and patterns with their types.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote};
use syn::{FnArg, GenericArgument, PatType, PathArguments, Type};

use super::binding::{Binding, bindings};
use super::{Attribute, attributes};

#[derive(Debug, Clone)]
pub(crate) enum Param {
    Receiver(Receiver),
    Typed(Typed),
}

#[derive(Debug, Clone)]
pub(crate) struct Receiver {
    pub(crate) attrs: Vec<Attribute>,
    passing: Passing,
    /// Whole, without the attributes.
    pub(crate) tokens: TokenStream,
    pub(crate) self_token: Ident,
    /// Of `mut self`, not of `&mut self`.
    pub(crate) mut_token: Option<Ident>,
}

#[derive(Debug, Clone)]
pub(crate) struct Typed {
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) pat: TokenStream,
    pub(crate) colon: TokenStream,
    pub(crate) ty: TokenStream,
    passing: Passing,
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

impl Param {
    pub(super) fn new(arg: FnArg) -> Self {
        match arg {
            FnArg::Receiver(mut receiver) => {
                let attrs = attributes(std::mem::take(&mut receiver.attrs));
                Self::Receiver(Receiver {
                    attrs,
                    passing: match &receiver.kind {
                        syn::ReceiverKind::Reference(_, _, None) => Passing::Shared,
                        syn::ReceiverKind::Reference(_, _, Some(_)) => Passing::Exclusive,
                        syn::ReceiverKind::Typed(_, ty) => passing(ty),
                        _ => Passing::Owned,
                    },
                    tokens: receiver.to_token_stream(),
                    self_token: Ident::new("self", receiver.self_token.span),
                    mut_token: receiver
                        .mutability
                        .map(|token| Ident::new("mut", token.span)),
                })
            }
            FnArg::Typed(PatType {
                attrs,
                pat,
                colon_token,
                ty,
            }) => Self::Typed(Typed {
                attrs: attributes(attrs),
                bindings: bindings(&pat),
                pat: pat.to_token_stream(),
                colon: quote!(#colon_token),
                passing: passing(&ty),
                ty: ty.to_token_stream(),
            }),
        }
    }
}

impl Receiver {
    pub(crate) fn passing(&self) -> Passing {
        self.passing
    }
}

impl Typed {
    pub(crate) fn passing(&self) -> Passing {
        self.passing
    }
}

fn passing(ty: &Type) -> Passing {
    match ty {
        Type::Paren(inner) => passing(&inner.elem),
        Type::Group(inner) => passing(&inner.elem),
        Type::Reference(reference) if reference.mutability.is_some() => Passing::Exclusive,
        Type::Reference(_) => Passing::Shared,
        Type::Path(path) => match path.path.segments.last() {
            Some(last) if last.ident == "Pin" => match &last.arguments {
                PathArguments::AngleBracketed(arguments) => match arguments.args.first() {
                    Some(GenericArgument::Type(ty)) if passing(ty) == Passing::Exclusive => {
                        Passing::Pinned
                    }
                    _ => Passing::Owned,
                },
                _ => Passing::Owned,
            },
            _ => Passing::Owned,
        },
        _ => Passing::Owned,
    }
}
