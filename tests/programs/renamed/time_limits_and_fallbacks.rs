//! Time limits and fallbacks use absolute paths if the runtime has another name.
#![no_implicit_prelude]

extern crate resilient as renamed;

#[derive(::std::fmt::Debug, ::std::cmp::PartialEq, ::std::clone::Clone)]
struct Fault;

impl ::std::convert::From<::renamed::CircuitOpen> for Fault {
    fn from(_: ::renamed::CircuitOpen) -> Self {
        Fault
    }
}

impl ::std::convert::From<::renamed::TimedOut> for Fault {
    fn from(_: ::renamed::TimedOut) -> Self {
        Fault
    }
}

#[::renamed::fallback(
    crate = ::renamed,
    with = |_| ::std::result::Result::Ok(text),
    on = Fault,
    except = Fault if false
)]
#[::renamed::retry(
    crate = ::renamed, max_retries = 1, base_delay = "0s", deadline = "1m",
    attempt_timeout = "5s", budget = "names",
    nested = collapse, except = Fault
)]
#[::renamed::circuit_breaker(name = "no prelude above")]
#[::renamed::timeout("1s", crate = ::renamed)]
async fn all(text: ::std::string::String) -> ::std::result::Result<::std::string::String, Fault> {
    ::std::mem::drop(text);
    ::std::result::Result::Err(Fault)
}

#[::renamed::retry(
    crate = ::renamed,
    errors = all,
    attempt = attempt,
    max_retries = 1,
    budget = budget
)]
#[::renamed::timeout("1s")]
#[::renamed::circuit_breaker(ignore = Fault, order = explicit)]
async fn far(
    budget: ::std::option::Option<&::renamed::RetryBudget>,
) -> ::std::result::Result<u32, ::renamed::RetryError<Fault>> {
    ::std::result::Result::Ok(attempt.number())
}

#[::renamed::fallback(crate = renamed, value = 1)]
#[::renamed::retry(max_retries = 1, base_delay = "0s")]
fn plain() -> ::std::option::Option<u32> {
    ::std::option::Option::None
}

#[::renamed::timeout("1s", crate = ::renamed,)]
async fn limit() -> ::std::option::Option<u32> {
    ::std::option::Option::Some(1)
}

async fn calls() {
    let text = <::std::string::String as ::std::convert::From<&str>>::from("x");
    ::std::assert_eq!(all(text).await, ::std::result::Result::Ok(::std::convert::From::from("x")));
    ::std::assert!(far(::std::option::Option::None).await.is_ok());
    ::std::assert_eq!(limit().await, ::std::option::Option::Some(1));
}

#[::core::prelude::v1::test]
fn runs() {
    ::std::assert_eq!(plain(), ::std::option::Option::Some(1));
    let mut builder = ::tokio::runtime::Builder::new_current_thread();
    builder.enable_time().build().unwrap().block_on(calls());
}
