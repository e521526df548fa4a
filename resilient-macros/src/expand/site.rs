//! The breaker of a function: a static of its own, or one that is given.

use proc_macro2::TokenStream;

use super::settings;
use crate::args::BreakerArgs;
use crate::function::{Function, Param, Passing};
use crate::scan;

/// The breaker in the code, and how it is called by.
pub(super) struct Site {
    /// The statement that brings `breaker` into scope.
    pub(super) declare: TokenStream,
    /// Asks it for a permit.
    pub(super) acquire: TokenStream,
    /// Asks it for what a call would be told if it is open.
    pub(super) open_now: TokenStream,
}

/// The breaker, and how it is called by.
pub(super) fn write(function: &Function, args: &BreakerArgs, private: &TokenStream) -> Site {
    let (declare, kind) = if let Some(given) = &args.breaker {
        let reference = settings::reference(given);
        let breaker = if may_borrow(function, given) {
            reference
        } else {
            emit!(&#private::given_breaker(#reference))
        };
        let kind = emit!(CircuitBreaker);
        (
            emit!(let breaker: &#private::CircuitBreaker = #breaker;),
            kind,
        )
    } else {
        let settings = settings::breaker(args, private);
        let declaration = args.name.as_ref().map_or_else(
            || emit!(#private::Declaration::of_function(&|| (), #settings)),
            |name| emit!(#private::Declaration::named(#name, #settings)),
        );
        let declare = emit! {
            let breaker = {
                static BREAKER: #private::Site = #private::Site::new(|| #declaration);
                &BREAKER
            };
        };
        (declare, emit!(Site))
    };
    Site {
        declare,
        acquire: emit!(#private::#kind::try_acquire(breaker)),
        open_now: emit!(#private::#kind::open_now(breaker)),
    }
}

/// Whether an expression that names a breaker can be borrowed while the body runs: if it reads nothing that the body
/// may change or move.
fn may_borrow(function: &Function, expression: &TokenStream) -> bool {
    function.params.iter().all(|param| match param {
        Param::Receiver(receiver) => {
            receiver.passing() == Passing::Shared || !scan::mentions(expression, "self")
        }
        Param::Typed(typed) => typed
            .bindings
            .iter()
            .all(|binding| !scan::mentions(expression, &binding.ident.to_string())),
    })
}
