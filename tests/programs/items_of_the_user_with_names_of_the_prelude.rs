//! The user's items `Option`, `Some`, `drop` and `RetryPolicy` do not change the expansion.
#![allow(dead_code, non_camel_case_types, non_snake_case, unused_macros)]

mod shadowed {
    pub enum Option {
        None,
        Some,
    }
    pub enum Result {
        Ok,
        Err,
    }
    pub struct Some;
    pub struct None;
    pub struct Ok;
    pub struct Err;
    pub struct Duration;
    pub struct RetryPolicy;
    pub struct Class;
    pub struct Site;
    pub struct Clone;
    pub struct Default;
    pub struct Future;
    pub fn drop() {}
    pub fn policy() {}
    pub fn consume() {}
    pub fn loop_() {}
    pub mod core {}
    pub mod std {}
    pub mod alloc {}
    pub mod tokio {}
    pub mod __private {}
    pub mod resilient {}
    macro_rules! matches {
        () => {};
    }
    macro_rules! panic {
        () => {};
    }
    macro_rules! loop_ {
        () => {};
    }

    use ::resilient::{circuit_breaker, retry};

    #[derive(Debug, PartialEq)]
    pub struct Fault(pub u32);

    impl From<::resilient::CircuitOpen> for Fault {
        fn from(_: ::resilient::CircuitOpen) -> Self {
            Fault(0)
        }
    }

    #[retry(max_retries = 2, base_delay = "1ms", jitter = none, on = Fault(_), attempt = attempt)]
    #[circuit_breaker(failure_threshold = 3, failure = Fault(_))]
    pub async fn call(text: String) -> ::std::result::Result<u32, Fault> {
        let _ = (text, drop(), policy());
        ::std::result::Result::Err(Fault(attempt.number()))
    }

    #[circuit_breaker(order = explicit)]
    #[retry(base_delay = "0s")]
    pub fn plain(text: String) -> ::std::option::Option<String> {
        let _: (Option, Result) = (Option::None, Result::Ok);
        ::std::option::Option::Some(text)
    }
}

#[tokio::test(start_paused = true)]
async fn runs() {
    assert_eq!(shadowed::call(String::new()).await, Err(shadowed::Fault(3)));
    assert_eq!(shadowed::plain("a".to_owned()), Some("a".to_owned()));
}
