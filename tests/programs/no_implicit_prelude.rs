//! The expansion uses absolute paths for all names.
#![no_implicit_prelude]

#[derive(::std::fmt::Debug, ::std::cmp::PartialEq)]
struct Fault(u32);

impl ::std::convert::From<::resilient::CircuitOpen> for Fault {
    fn from(_: ::resilient::CircuitOpen) -> Self {
        Fault(0)
    }
}

#[::resilient::retry(
    max_retries = 2,
    base_delay = "0s",
    on = Fault(1..),
    retry_if = |_| true,
    attempt = attempt
)]
#[::resilient::circuit_breaker(failure_threshold = 2, failure_when = |_| true, name = "no prelude")]
fn call(text: ::std::string::String, mut count: u32) -> ::std::result::Result<u32, Fault> {
    count += attempt.number();
    let _ = (text, &mut count);
    ::std::result::Result::Err(Fault(count))
}

#[::resilient::circuit_breaker(
    on_open = |_| ::std::option::Option::None,
    key = text,
    window = "60s",
    failure_rate = "50%",
    order = explicit
)]
#[::resilient::retry]
async fn later(text: ::std::string::String) -> ::std::option::Option<::std::string::String> {
    ::std::option::Option::Some(text)
}

#[::core::prelude::v1::test]
fn runs() {
    // The second failure opens the circuit, which ends the retries.
    let output = call(::std::string::String::new(), 0);
    ::std::assert_eq!(output, ::std::result::Result::Err(Fault(2)));
    ::std::mem::drop(later(::std::string::String::new()));
}
