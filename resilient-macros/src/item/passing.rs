//! How an argument is passed, as its type tells.

use syn::{GenericArgument, PathArguments, Receiver, ReceiverKind, Type};

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

pub(crate) fn receiver_passing(receiver: &Receiver) -> Passing {
    match &receiver.kind {
        ReceiverKind::Reference(_, _, None) => Passing::Shared,
        ReceiverKind::Reference(_, _, Some(_)) => Passing::Exclusive,
        ReceiverKind::Typed(_, ty) => passing(ty),
        _ => Passing::Owned,
    }
}

pub(crate) fn passing(ty: &Type) -> Passing {
    match ty {
        Type::Paren(inner) => passing(&inner.elem),
        Type::Group(inner) => passing(&inner.elem),
        Type::Reference(reference) if reference.mutability.is_some() => Passing::Exclusive,
        Type::Reference(_) => Passing::Shared,
        Type::Path(path) => {
            let last = path.path.segments.last().filter(|last| last.ident == "Pin");
            match last.map(|last| &last.arguments) {
                Some(PathArguments::AngleBracketed(pinned)) => match pinned.args.first() {
                    Some(GenericArgument::Type(ty)) if passing(ty) == Passing::Exclusive => {
                        Passing::Pinned
                    }
                    _ => Passing::Owned,
                },
                _ => Passing::Owned,
            }
        }
        _ => Passing::Owned,
    }
}

#[cfg(test)]
#[path = "passing_tests.rs"]
mod tests;
