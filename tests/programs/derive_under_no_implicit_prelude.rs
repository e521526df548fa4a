//! The derive's code uses absolute paths for all names.
#![no_implicit_prelude]
#![deny(warnings)]

// The derive must use none of these items.
mod core {}
mod std {}
#[allow(dead_code)]
struct Classification;
#[allow(dead_code)]
enum Option {}
#[allow(dead_code)]
trait Into {}

#[derive(::resilient::Classify)]
#[permanent]
enum Fault<E> {
    #[throttled]
    #[retry_after(wait)]
    Busy {
        wait: ::std::option::Option<::std::time::Duration>,
    },
    #[transparent]
    Inner(E),
    Broken,
}

#[derive(::resilient::Classify)]
#[transient]
#[retry_after(0)]
struct Down(::core::time::Duration);

#[derive(::resilient::Classify)]
enum Cut {
    #[circuit_open]
    Open(::resilient::CircuitOpen),
    #[timed_out]
    Late(::std::boxed::Box<::resilient::TimedOut>),
}

#[::core::prelude::v1::test]
fn runs() {
    use ::resilient::Classify;
    let wait = ::core::time::Duration::from_secs(1);
    let _: fn(::resilient::CircuitOpen) -> Cut = ::core::convert::From::from;
    let _: fn(::resilient::TimedOut) -> Cut = ::core::convert::From::from;
    let down = Down(wait).classify();
    let inner = Fault::Inner(Down(wait));
    ::std::assert!(inner.classify() == down);
    let busy = Fault::<Down>::Busy { wait: ::std::option::Option::Some(wait) };
    ::std::assert!(busy.classify() == ::resilient::Classification::throttled().after(wait));
    ::std::assert!(Fault::<Down>::Broken.classify() == ::resilient::Classification::permanent());
}
