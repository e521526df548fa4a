//! Writes the breaker of a function: a static at the call site, one breaker for each key, or a
//! breaker that the user passes.

use proc_macro2::TokenStream;
use quote::quote_spanned;

use super::listed::listed;
use super::settings;
use crate::args::BreakerArgs;
use crate::item::AnnotatedFunction;
use crate::normalize::{lend_parts, may_stay_borrowed};

/// The code that declares and uses the breaker.
pub(super) struct CallSite {
    /// The statement that declares `__breaker`.
    pub(super) declare: TokenStream,
    /// The expression that requests a permit.
    pub(super) acquire: TokenStream,
    /// An expression whose value is the rejection if the circuit is open now, and `None` otherwise.
    pub(super) open_now: TokenStream,
}

/// Writes the breaker. If `is_listed` is set, the expansion also lists the static of the breaker
/// for the feature `inventory`. `is_here` is set if a call does not wait between its permit and its
/// report.
pub(super) fn write(
    function: &AnnotatedFunction,
    args: &BreakerArgs,
    is_listed: bool,
    is_here: bool,
) -> CallSite {
    let (declare, kind) = if let Some(given) = &args.breaker {
        (given_breaker(function, given), emit!(CircuitBreaker))
    } else if let Some(key) = &args.key {
        (keyed(function, args, key, is_listed), emit!(CircuitBreaker))
    } else {
        let declaration = declaration(args);
        let listed = listed(is_listed, &emit!(Breaker(&__RESILIENT_BREAKER)));
        let declare = emit! {
            let __breaker = {
                static __RESILIENT_BREAKER: __r::CallSite = __r::CallSite::new(|| { #declaration });
                #listed
                &__RESILIENT_BREAKER
            };
        };
        (declare, emit!(CallSite))
    };
    // B18: a nested call finds the outer probe on the thread's stack if the outer call does not
    // wait, and in the future of the outer call otherwise.
    let acquire = if is_here { emit!(try_acquire_here) } else { emit!(try_acquire) };
    CallSite {
        declare,
        acquire: emit!(__r::#kind::#acquire(__breaker)),
        open_now: emit!(__r::#kind::open_now(__breaker)),
    }
}

/// Writes the name and the settings of the breaker, which are evaluated outside the function.
fn declaration(args: &BreakerArgs) -> TokenStream {
    let settings = settings::breaker(args);
    args.name.as_ref().map_or_else(
        || emit!(__r::Declaration::of_function(&|| (), #settings)),
        |name| emit!(__r::Declaration::named(#name, #settings)),
    )
}

/// Writes the breaker for the key of this call. The block of the static does not contain the key's
/// expression, so that the expression cannot name the static.
fn keyed(
    function: &AnnotatedFunction,
    args: &BreakerArgs,
    key: &TokenStream,
    is_listed: bool,
) -> TokenStream {
    let declaration = declaration(args);
    let listed = listed(is_listed, &emit!(Keyed(&__RESILIENT_BREAKERS)));
    let reference = settings::reference(key);
    let find = quote_spanned! {settings::span(key)=>
        __r::Key::new(#reference).resilient_breaker(__breakers)
    };
    let parts = lend_parts(function, key);
    let find = if parts.is_empty() {
        find
    } else {
        emit!({
            #parts
            let __breaker = #find;
            __breaker
        })
    };
    emit! {
        let __breakers = {
            static __RESILIENT_BREAKERS: __r::KeyedCallSite =
                __r::KeyedCallSite::new(|| { #declaration });
            #listed
            &__RESILIENT_BREAKERS
        };
        let __breaker: &__r::CircuitBreaker = &#find;
    }
}

fn given_breaker(function: &AnnotatedFunction, given: &TokenStream) -> TokenStream {
    let reference = settings::reference(given);
    let breaker = if may_stay_borrowed(function, given) {
        reference
    } else {
        emit!(&__r::given_breaker(#reference))
    };
    emit!(let __breaker: &__r::CircuitBreaker = #breaker;)
}
