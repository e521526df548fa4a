//! `crate = …` names the runtime if the runtime has another name. Here, `resilient` is another
//! crate.

use renamed::{circuit_breaker, retry};

mod reexported {
    pub(crate) use ::renamed as runtime;
}

#[retry(crate = ::renamed, max_retries = 1, base_delay = "0s")]
fn retried(tries: &mut u32) -> Option<u32> {
    *tries += 1;
    (*tries > 1).then_some(*tries)
}

#[circuit_breaker(
    crate = ::renamed,
    name = "renamed",
    failure_threshold = 1,
    half_open_successes = 2,
    abandoned = failure
)]
async fn broken() -> Option<u32> {
    None
}

#[retry(jitter = smooth, when_open = wait)]
#[circuit_breaker(crate = crate::attributes::reexported::runtime, key = text)]
async fn stacked(text: String) -> Option<String> {
    Some(text)
}

#[circuit_breaker(order = explicit)]
#[retry(crate = reexported::runtime, max_retry_after = "1s")]
fn stacked_the_other_way_round(text: String) -> Option<String> {
    Some(text)
}

#[tokio::test]
async fn runs() {
    assert_eq!(retried(&mut 0), Some(2));
    assert_eq!(broken().await, None);
    let breaker = renamed::Registry::global().get("renamed").unwrap();
    assert_eq!(breaker.state(), renamed::breaker::CircuitState::Open);
    assert!(stacked(String::new()).await.is_some());
    assert!(stacked_the_other_way_round(String::new()).is_some());
}
