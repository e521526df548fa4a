//! Finds out from the type of an argument how the argument is passed.

use syn::{GenericArgument, PathArguments, Receiver, ReceiverKind, Type};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PassingMode {
    /// `&T`
    Shared,
    /// `&mut T`
    Exclusive,
    /// `Pin<&mut T>`
    Pinned,
    Owned,
}

pub(crate) fn receiver_passing(receiver: &Receiver) -> PassingMode {
    match &receiver.kind {
        ReceiverKind::Reference(_, _, None) => PassingMode::Shared,
        ReceiverKind::Reference(_, _, Some(_)) => PassingMode::Exclusive,
        ReceiverKind::Typed(_, ty) => passing(ty),
        _ => PassingMode::Owned,
    }
}

pub(crate) fn passing(ty: &Type) -> PassingMode {
    match ty {
        Type::Paren(inner) => passing(&inner.elem),
        Type::Group(inner) => passing(&inner.elem),
        Type::Reference(reference) if reference.mutability.is_some() => PassingMode::Exclusive,
        Type::Reference(_) => PassingMode::Shared,
        Type::Path(path) => {
            let last = path.path.segments.last().filter(|last| last.ident == "Pin");
            match last.map(|last| &last.arguments) {
                Some(PathArguments::AngleBracketed(pinned)) => match pinned.args.first() {
                    Some(GenericArgument::Type(ty)) if passing(ty) == PassingMode::Exclusive => {
                        PassingMode::Pinned
                    }
                    _ => PassingMode::Owned,
                },
                _ => PassingMode::Owned,
            }
        }
        _ => PassingMode::Owned,
    }
}

#[cfg(test)]
#[path = "passing_tests.rs"]
mod tests;
