//! Tests of the rows of the specification, and of the defects in the Python system, that
//! concern decorators. This library has attributes in place of decorators.

use std::time::Duration;

use resilient::breaker::CircuitState;
use resilient::{Registry, circuit_breaker, retry};
use tokio::time::Instant;

use resilient_testkit::{Calls, Fault};

#[tokio::test(start_paused = true)]
async fn ut_13_the_retry_attribute_applies_retry_behaviour() {
    #[retry(max_retries = 3, base_delay = "1s", backoff_factor = 2, jitter = none)]
    async fn third_time(calls: &Calls) -> Result<&'static str, Fault> {
        match calls.next() {
            3 => Ok("success"),
            n => Err(Fault::Down(n)),
        }
    }
    let (calls, start) = (Calls::new(), Instant::now());
    assert_eq!(third_time(&calls).await, Ok("success"));
    assert_eq!(calls.count(), 3);
    assert_eq!(start.elapsed(), Duration::from_secs(1 + 2));
}

#[tokio::test(start_paused = true)]
async fn t_3_both_attributes_apply_their_patterns_alone_and_together() {
    #[retry(max_retries = 1)]
    async fn retried(calls: &Calls) -> Result<(), Fault> {
        Err(Fault::Down(calls.next()))
    }
    #[circuit_breaker(name = "t_3 alone", failure_threshold = 1)]
    async fn broken(calls: &Calls) -> Result<(), Fault> {
        Err(Fault::Down(calls.next()))
    }
    #[retry(max_retries = 5)]
    #[circuit_breaker(name = "t_3 together", failure_threshold = 2)]
    async fn both(calls: &Calls) -> Result<(), Fault> {
        Err(Fault::Down(calls.next()))
    }
    assert_eq!(retried(&Calls::new()).await, Err(Fault::Down(2)));
    assert_eq!(broken(&Calls::new()).await, Err(Fault::Down(1)));
    assert!(matches!(broken(&Calls::new()).await, Err(Fault::Open(_))));
    let calls = Calls::new();
    assert_eq!(both(&calls).await, Err(Fault::Down(2)));
    assert!(matches!(both(&calls).await, Err(Fault::Open(_))));
    assert_eq!(calls.count(), 2);
}

/// The Python system looked up the name of the function inside the protected code, so an error in
/// the lookup opened the circuit.
#[tokio::test]
async fn defect_cb6_code_of_ours_never_counts_as_a_failure_of_the_call() {
    struct Unnamed<F>(F);
    impl<F: AsyncFn() -> Result<u32, Fault>> Unnamed<F> {
        #[circuit_breaker(failure_threshold = 1)]
        async fn call(&self) -> Result<u32, Fault> {
            (self.0)().await
        }
    }
    for _ in 0..3 {
        assert_eq!(Unnamed(async || Ok(1)).call().await, Ok(1));
    }
}

/// The settings of the Python system were keyword arguments that hid arguments of the function.
#[tokio::test(start_paused = true)]
async fn defect_cb9_arguments_named_like_settings_reach_the_function() {
    #[retry(max_retries = 1, base_delay = "1ms")]
    async fn call(max_retries: u32, base_delay: &str, calls: &Calls) -> Result<String, Fault> {
        if calls.next() < 2 {
            return Err(Fault::Busy);
        }
        Ok(format!("{max_retries} {base_delay}"))
    }
    assert_eq!(call(7, "own", &Calls::new()).await, Ok("7 own".to_owned()));
}

/// One setting of the Python system never reached the loop.
#[tokio::test(start_paused = true)]
async fn defect_cb8_every_setting_of_the_attribute_reaches_the_loop() {
    #[retry(max_retries = 1, base_delay = "10s", jitter = 0.5)]
    async fn call() -> Result<(), Fault> {
        Err(Fault::Busy)
    }
    let mut different = false;
    for _ in 0..20 {
        let start = Instant::now();
        call().await.unwrap_err();
        let slept = start.elapsed();
        assert!((Duration::from_secs(5)..=Duration::from_secs(10)).contains(&slept), "{slept:?}");
        different |= slept != Duration::from_secs(10);
    }
    assert!(different, "the jitter setting changes the delay");
}

/// The decorator of the Python system hid its breaker: callers could neither read its state nor
/// reset it nor get metrics.
#[tokio::test]
async fn defect_cb14_the_breaker_of_an_annotated_function_can_be_seen_and_steered() {
    #[circuit_breaker(name = "cb14", failure_threshold = 1)]
    async fn call(calls: &Calls) -> Result<(), Fault> {
        Err(Fault::Down(calls.next()))
    }
    let calls = Calls::new();
    call(&calls).await.unwrap_err();
    let breaker = Registry::global().get("cb14").expect("a breaker named `cb14`");
    assert_eq!(breaker.state(), CircuitState::Open);
    assert_eq!(breaker.snapshot().totals.failure, 1);
    breaker.close();
    assert_eq!(call(&calls).await, Err(Fault::Down(2)));
}

/// The Python system ran a plain function, and then awaited its result by mistake.
#[test]
fn defect_cb18_plain_functions_are_not_awaited() {
    #[retry(base_delay = Duration::ZERO)]
    #[circuit_breaker(name = "cb18")]
    fn call(calls: &Calls) -> Result<u32, Fault> {
        match calls.next() {
            3 => Ok(3),
            n => Err(Fault::Down(n)),
        }
    }
    let calls = Calls::new();
    assert_eq!(call(&calls), Ok(3));
    assert_eq!(calls.count(), 3);
}
