//! The breaker of a function: a static of its own, one of many by key, or one that is given.

use proc_macro2::TokenStream;
use quote::quote_spanned;

use super::{settings, taken_apart};
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

/// The breaker, and how it is called by; a static of ours is listed beside itself if it `is_listed`.
pub(super) fn write(
    function: &Function,
    args: &BreakerArgs,
    private: &TokenStream,
    is_listed: bool,
) -> Site {
    let (declare, kind) = if let Some(given) = &args.breaker {
        (
            given_breaker(function, given, private),
            emit!(CircuitBreaker),
        )
    } else if let Some(key) = &args.key {
        (
            keyed(function, args, key, private, is_listed),
            emit!(CircuitBreaker),
        )
    } else {
        let declaration = declaration(args, private);
        let listed = is_listed.then(
            || emit!(#private::inventory::submit! { #private::Annotated::breaker(&__RESILIENT_BREAKER) }),
        );
        let declare = emit! {
            let breaker = {
                static __RESILIENT_BREAKER: #private::CallSite = #private::CallSite::new(|| #declaration);
                #listed
                &__RESILIENT_BREAKER
            };
        };
        (declare, emit!(CallSite))
    };
    Site {
        declare,
        acquire: emit!(#private::#kind::try_acquire(breaker)),
        open_now: emit!(#private::#kind::open_now(breaker)),
    }
}

/// Name and settings, which are evaluated outside the function.
fn declaration(args: &BreakerArgs, private: &TokenStream) -> TokenStream {
    let settings = settings::breaker(args, private);
    args.name.as_ref().map_or_else(
        || emit!(#private::Declaration::of_function(&|| (), #settings)),
        |name| emit!(#private::Declaration::named(#name, #settings)),
    )
}

/// The breaker of this call's key. The key is read outside the block of the static, whose name the user's code must not see.
fn keyed(
    function: &Function,
    args: &BreakerArgs,
    key: &TokenStream,
    private: &TokenStream,
    is_listed: bool,
) -> TokenStream {
    let declaration = declaration(args, private);
    let listed = is_listed.then(
        || emit!(#private::inventory::submit! { #private::Annotated::keyed(&__RESILIENT_BREAKERS) }),
    );
    let reference = settings::reference(key);
    let find = quote_spanned! {settings::span(key)=>
        #private::Key::new(#reference).resilient_breaker(breakers)
    };
    let parts = taken_apart::lend(function, key, private);
    let find = if parts.is_empty() {
        find
    } else {
        emit!({
            #parts
            let breaker = #find;
            breaker
        })
    };
    emit! {
        let breakers = {
            static __RESILIENT_BREAKERS: #private::KeyedCallSite = #private::KeyedCallSite::new(|| #declaration);
            #listed
            &__RESILIENT_BREAKERS
        };
        let breaker: &#private::CircuitBreaker = &#find;
    }
}

fn given_breaker(function: &Function, given: &TokenStream, private: &TokenStream) -> TokenStream {
    let reference = settings::reference(given);
    let breaker = if may_borrow(function, given) {
        reference
    } else {
        emit!(&#private::given_breaker(#reference))
    };
    emit!(let breaker: &#private::CircuitBreaker = #breaker;)
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
