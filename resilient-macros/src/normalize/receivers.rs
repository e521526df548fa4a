//! The receiver of an attempt: `self` itself, or a variable of the attempt that stands for it.

use proc_macro2::{Ident, Span};
use syn::{Receiver, Token};

use super::arguments::AttemptArguments;
use crate::item::{Passing, receiver_passing};
use crate::scan::{self, Use};

/// Prepares the receiver for an attempt, and changes its declaration where that is needed.
pub(super) fn prepare(arguments: &mut AttemptArguments<'_>, receiver: &mut Receiver) {
    let passing = receiver_passing(receiver);
    if !scan::mentions(&arguments.body, "self") || passing == Passing::Shared {
        return;
    }
    let private = arguments.private;
    let this = Ident::new("self", receiver.self_token.span);
    if !arguments.uses.again("self") {
        arguments.consumed.push(emit!(#private::consume(#this);));
        return;
    }
    if scan::self_in_format_string(&arguments.body) {
        // A name in a format string cannot be changed. The block borrows what the body borrows.
        return;
    }
    let mutable = receiver.mutability;
    let used = scan::usage(&arguments.body, &this);
    if passing == Passing::Owned && mutable.is_none() && used == Use::Borrowed {
        return;
    }
    let renamed = Ident::new("__self", Span::mixed_site());
    let value = match passing {
        Passing::Exclusive => emit!(&mut *#this),
        Passing::Pinned => emit!(::core::pin::Pin::as_mut(&mut #this)),
        Passing::Shared | Passing::Owned => {
            arguments.fresh(&this, mutable.map_or(this.span(), |token| token.span))
        }
    };
    arguments
        .prepare
        .extend(emit!(let #mutable #renamed = #value;));
    arguments.consumed.push(emit!(#private::consume(#renamed);));
    arguments.body = scan::rename_self(std::mem::take(&mut arguments.body), &renamed);
    let is_lent = arguments.uses.is_enclosed && passing == Passing::Owned;
    if is_lent {
        arguments.lent.push(emit!(#private::consume(&mut #this);));
    }
    // The user's `mut` is for the attempt's variable. What is lent or pinned again needs its own.
    let is_mutable = is_lent || passing == Passing::Pinned;
    receiver.mutability = is_mutable.then(|| Token![mut](Span::mixed_site()));
}
