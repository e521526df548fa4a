//! The annotated function in the one form that the expansion works on: what it returns, how it
//! waits, and the arguments of one attempt.

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
pub(crate) use self::async_trait::{lend_parts, with_output};
pub(crate) use self::body::attempt_body;
pub(crate) use self::check::check;
pub(crate) use self::return_type::{FunctionShape, shape, span, without_impl};
use crate::item::AnnotatedFunction;
pub(crate) use crate::scan::only_ends;

/// Prepares all arguments for attempts with that body. The signature has the patterns that fit.
pub(crate) fn attempt_arguments<'a>(
    function: &AnnotatedFunction,
    body: TokenStream,
    uses: ArgumentUses<'a>,
) -> (AttemptArguments<'a>, Signature) {
    let mut arguments = AttemptArguments::new(uses, body);
    let mut signature = function.signature.clone();
    for arg in &mut signature.inputs {
        match arg {
            FnArg::Receiver(receiver) => receivers::prepare(&mut arguments, receiver),
            FnArg::Typed(param) => arguments.param(param),
        }
    }
    (arguments, signature)
}
