//! Brings the annotated function into the form that the expansion needs: what the function returns,
//! how it waits, and the arguments of one attempt.

mod argument_uses;
mod arguments;
mod async_trait;
mod body;
mod check;
mod receivers;
mod return_type;

use proc_macro2::TokenStream;
use syn::{FnArg, Signature};

pub(crate) use self::argument_uses::{ArgumentUses, may_stay_borrowed};
pub(crate) use self::arguments::AttemptArguments;
pub(crate) use self::async_trait::{lend_parts, take_moves, with_output};
pub(crate) use self::body::{attempt_body, may_wait};
pub(crate) use self::check::check;
pub(crate) use self::return_type::{FunctionShape, ReturnedFuture, shape, span, without_impl};
use crate::item::AnnotatedFunction;
pub(crate) use crate::scan::only_ends;

/// Prepares all arguments for attempts with this body. Also returns the signature, with the changed
/// patterns of the parameters.
pub(crate) fn attempt_arguments<'a>(
    function: &AnnotatedFunction,
    body: TokenStream,
    uses: ArgumentUses<'a>,
) -> (AttemptArguments<'a>, Signature) {
    let mut arguments = AttemptArguments::new(uses, body);
    let mut signature = function.signature.clone();
    for (at, arg) in signature.inputs.iter_mut().enumerate() {
        match arg {
            FnArg::Receiver(receiver) => receivers::prepare(&mut arguments, receiver),
            FnArg::Typed(param) => arguments.param(at, param),
        }
    }
    (arguments, signature)
}
