//! Prepares the receiver of an attempt: `self`, or a variable of the attempt in place of `self`.

use proc_macro2::{Ident, Span};
use syn::{Receiver, Token};

use super::arguments::{AttemptArguments, reborrow};
use crate::item::{PassingMode, receiver_passing};
use crate::scan::{self, ArgumentUse};

/// Prepares the receiver for an attempt. Changes the receiver's declaration if necessary.
pub(super) fn prepare(arguments: &mut AttemptArguments<'_>, receiver: &mut Receiver) {
    let passing = receiver_passing(receiver);
    if !scan::mentions(&arguments.body, "self") || passing == PassingMode::Shared {
        return;
    }
    let this = Ident::new("self", receiver.self_token.span);
    let (again, judges) = (arguments.uses.again("self"), arguments.uses.judges("self"));
    if !again && !judges {
        arguments.consumed.push(emit!(__r::consume(#this);));
        return;
    }
    // As with other arguments, see `AttemptArguments::value`.
    let reborrows = passing.is_exclusive() && receiver.mutability.is_none();
    if !again && !reborrows {
        arguments.borrows = true;
        return;
    }
    if scan::self_in_format_string(&arguments.body) {
        // The name `self` inside a format string cannot be changed, so the body still uses `self`.
        arguments.borrows = true;
        return;
    }
    let mutable = receiver.mutability;
    let used = scan::usage(&arguments.body, &this);
    if passing == PassingMode::Owned && mutable.is_none() && used == ArgumentUse::Borrowed {
        arguments.borrows = true;
        return;
    }
    let renamed = Ident::new("__self", Span::mixed_site());
    let value = match passing {
        PassingMode::Exclusive => reborrow(&this),
        PassingMode::Pinned => emit!(__r::Pin::as_mut(&mut #this)),
        _ => {
            let span = mutable.map_or(this.span(), |token| token.span);
            arguments.fresh(&this, span, false)
        }
    };
    let own = emit!(let #mutable #renamed = #value;);
    arguments.body = scan::rename_self(std::mem::take(&mut arguments.body), &renamed);
    let is_lent = arguments.uses.waits && passing == PassingMode::Owned;
    if is_lent {
        arguments.copy.extend(own);
        arguments.lent.push(emit!(__r::consume(&mut #this);));
    } else {
        arguments.prepare("self", passing, own);
        arguments.consumed.push(emit!(__r::consume(#renamed);));
    }
    // The attempt's variable has the user's `mut`. The receiver itself needs `mut` only if the
    // expansion borrows the receiver exclusively.
    let is_mutable = is_lent || passing == PassingMode::Pinned;
    receiver.mutability = is_mutable.then(|| Token![mut](Span::mixed_site()));
}
