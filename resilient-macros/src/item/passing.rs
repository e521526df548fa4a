//! Determines from the type of an argument how the argument is passed to each attempt.

use syn::{GenericArgument, PathArguments, PathSegment, Receiver, ReceiverKind, Type};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PassingMode {
    /// `&T`
    Shared,
    /// `&mut T`
    Exclusive,
    /// `Pin<&mut T>`
    Pinned,
    /// `Option<&mut T>`
    OptionalExclusive,
    /// `Option<Pin<&mut T>>`
    OptionalPinned,
    Owned,
}

impl PassingMode {
    /// Returns whether the argument can be borrowed again exclusively.
    pub(crate) fn is_exclusive(self) -> bool {
        !matches!(self, Self::Shared | Self::Owned)
    }
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
        Type::Path(path) => path.path.segments.last().map_or(PassingMode::Owned, passing_in),
        _ => PassingMode::Owned,
    }
}

/// Returns how a type is passed that may contain a reference, such as `Pin<&mut T>`.
fn passing_in(last: &PathSegment) -> PassingMode {
    let PathArguments::AngleBracketed(arguments) = &last.arguments else {
        return PassingMode::Owned;
    };
    let Some(GenericArgument::Type(inner)) = arguments.args.first() else {
        return PassingMode::Owned;
    };
    match (last.ident.to_string().as_str(), passing(inner)) {
        ("Pin", PassingMode::Exclusive) => PassingMode::Pinned,
        ("Option", PassingMode::Exclusive) => PassingMode::OptionalExclusive,
        ("Option", PassingMode::Pinned) => PassingMode::OptionalPinned,
        _ => PassingMode::Owned,
    }
}

#[cfg(test)]
#[path = "passing_tests.rs"]
mod tests;
