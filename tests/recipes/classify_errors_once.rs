//! The recipe that says once what each error means.

use super::dependency;

// excerpt: recipe
use resilient::{CircuitOpen, Classify, TimedOut, circuit_breaker, retry};

#[derive(Debug, Classify)]
enum ApiError {
    #[transient] // retried; a failure for the breaker
    Refused,
    #[permanent] // not retried; a failure
    BadCertificate,
    #[throttled] // retried; ignored by the breaker
    TooMany,
    #[answered] // not retried; a success, because the API works
    NotFound,
    #[ignored] // not retried; ignored
    BadInput,
    #[circuit_open] // what a rejected call returns: not retried; ignored
    Open(CircuitOpen),
    #[timed_out] // what a call returns that took too long: retried; a failure
    Late(TimedOut),
}

#[retry(attempt_timeout = "1s")]
#[circuit_breaker(name = "users", failure_threshold = 10)]
async fn user(id: u32) -> Result<String, ApiError> {
    let failed = ERROR.with_borrow_mut(Option::take).unwrap_or(ApiError::Refused); // not shown
    dependency::call(failed).await?; // not shown
    // Ask the API here.
    Ok(format!("user {id}"))
}
// end excerpt

mod by_hand {
    // excerpt: by hand
    use resilient::{Classification, Classify};

    struct StatusError {
        status: u16,
    }

    impl Classify for StatusError {
        fn classify(&self) -> Classification {
            match self.status {
                429 => Classification::throttled(),
                400..=499 => Classification::answered(),
                _ => Classification::transient(),
            }
        }
    }
    // end excerpt

    #[test]
    fn a_class_may_depend_on_a_value() {
        let class = |status| StatusError { status }.classify();
        assert_eq!(class(429), Classification::throttled());
        assert_eq!(class(404), Classification::answered());
        assert_eq!(class(503), Classification::transient());
    }
}

use resilient::Registry;
use std::cell::RefCell;

thread_local! {
    /// The error of the next call that fails.
    static ERROR: RefCell<Option<ApiError>> = const { RefCell::new(None) };
}

/// Makes calls that fail once with this error, and returns the number of attempts, and what the
/// breaker counted: successes, failures, ignored calls.
async fn effect_of(error: ApiError) -> (u32, [u64; 3]) {
    let breaker = Registry::global().get("users");
    let before = breaker.map_or([0; 3], |breaker| counts(&breaker));
    ERROR.set(Some(error));
    dependency::fail(1);
    let _ = user(1).await;
    let after = counts(&Registry::global().get("users").unwrap());
    (dependency::calls(), [0, 1, 2].map(|index| after[index] - before[index]))
}

fn counts(breaker: &resilient::CircuitBreaker) -> [u64; 3] {
    let totals = breaker.snapshot().totals;
    [totals.success, totals.failure, totals.ignored]
}

// One test, because all calls share the breaker.
#[tokio::test(start_paused = true)]
async fn each_word_has_its_effect_on_the_retry_and_on_the_breaker() {
    assert_eq!(effect_of(ApiError::Refused).await, (2, [1, 1, 0]));
    assert_eq!(effect_of(ApiError::BadCertificate).await, (1, [0, 1, 0]));
    assert_eq!(effect_of(ApiError::TooMany).await, (2, [1, 0, 1]));
    assert_eq!(effect_of(ApiError::NotFound).await, (1, [1, 0, 0]));
    assert_eq!(effect_of(ApiError::BadInput).await, (1, [0, 0, 1]));
    dependency::hang(u32::MAX);
    assert!(matches!(user(1).await, Err(ApiError::Late(_))));
    assert_eq!(dependency::calls(), 4);

    let breaker = Registry::global().get("users").unwrap();
    breaker.force_open();
    assert!(matches!(user(1).await, Err(ApiError::Open(_))));
    assert_eq!(dependency::calls(), 0);
    let open = breaker.try_acquire().unwrap_err();
    assert_eq!(effect_of(ApiError::Open(open)).await, (0, [0, 0, 0]));
}
