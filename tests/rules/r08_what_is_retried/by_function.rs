//! The key `classify`: a function classifies an error whose type cannot implement `Classify`.

use std::time::Duration;

use resilient::{
    CircuitBreaker, CircuitOpen, Classification, Classify, Outcome, RetryError, TimedOut,
    circuit_breaker, retry, timeout,
};
use resilient_testkit::{Calls, ms};
use tokio::time::Instant;

use crate::support::retry::{SECOND, breaker};

/// An error of another crate, with the code that its database returned. Its own classification
/// must not be used.
#[derive(Debug, Clone, PartialEq)]
struct DbError(u16);

const LOST: DbError = DbError(1);
const DUPLICATE: DbError = DbError(2);
const BUSY: DbError = DbError(3);
/// The error of a rejected call and of a call that was cut short.
const OURS: DbError = DbError(0);

impl Classify for DbError {
    fn classify(&self) -> Classification {
        Classification::permanent()
    }
}

impl From<CircuitOpen> for DbError {
    fn from(_: CircuitOpen) -> Self {
        OURS
    }
}

impl From<TimedOut> for DbError {
    fn from(_: TimedOut) -> Self {
        OURS
    }
}

fn by_code(error: &DbError) -> Classification {
    match error.0 {
        1 => Classification::transient(),
        2 => Classification::answered(),
        3 => Classification::throttled().after(7 * SECOND),
        _ => panic!("the function must not see an error of this library"),
    }
}

/// Returns how often the body ran, and how many successes, failures and ignored calls the breaker
/// counted.
fn counts(outer: &CircuitBreaker, calls: &Calls) -> (u32, (u64, u64, u64)) {
    let totals = outer.snapshot().totals;
    (calls.count(), (totals.success, totals.failure, totals.ignored))
}

/// Makes a call that fails with this error, through attributes with these keys.
macro_rules! counts_with {
    ($error:expr, retry: ($($retry:tt)*), breaker: ($($breaker:tt)*)) => {{
        #[retry(max_retries = 2, jitter = none, base_delay = "0s", $($retry)*)]
        #[circuit_breaker(breaker = outer, $($breaker)*)]
        async fn call(
            outer: &CircuitBreaker,
            calls: &Calls,
            with: &DbError,
        ) -> Result<(), DbError> {
            calls.next();
            Err(with.clone())
        }
        #[retry(max_retries = 2, jitter = none, base_delay = "0s", $($retry)*)]
        #[timeout("1h")]
        #[circuit_breaker(breaker = outer, order = explicit, $($breaker)*)]
        async fn far(
            outer: &CircuitBreaker,
            calls: &Calls,
            with: &DbError,
        ) -> Result<(), DbError> {
            calls.next();
            Err(with.clone())
        }
        let (outer, calls) = (breaker(100), Calls::new());
        assert_eq!(call(&outer, &calls, &$error).await, Err($error.clone()));
        let (far_outer, far_calls) = (breaker(100), Calls::new());
        assert_eq!(far(&far_outer, &far_calls, &$error).await, Err($error.clone()));
        assert_eq!(counts(&far_outer, &far_calls), counts(&outer, &calls));
        counts(&outer, &calls)
    }};
}

const RETRIED: (u32, (u64, u64, u64)) = (3, (0, 3, 0));
const ANSWERED: (u32, (u64, u64, u64)) = (1, (1, 0, 0));
const THROTTLED: (u32, (u64, u64, u64)) = (3, (0, 0, 3));

#[tokio::test(start_paused = true)]
async fn r08_a_function_on_either_attribute_classifies_for_both() {
    assert_eq!(counts_with!(LOST, retry: (), breaker: ()), (1, (0, 1, 0)), "by `Classify`");
    for (error, expected) in [(LOST, RETRIED), (DUPLICATE, ANSWERED), (BUSY, THROTTLED)] {
        assert_eq!(counts_with!(error, retry: (classify = by_code), breaker: ()), expected);
        assert_eq!(counts_with!(error, retry: (), breaker: (classify = by_code)), expected);
        let both = counts_with!(error, retry: (classify = by_code), breaker: (classify = by_code));
        assert_eq!(both, expected);
    }
}

#[tokio::test(start_paused = true)]
async fn r08_the_function_serves_an_attribute_that_stands_alone() {
    #[retry(max_retries = 2, jitter = none, base_delay = "0s", classify = by_code)]
    async fn retried(calls: &Calls, error: DbError) -> Result<(), DbError> {
        calls.next();
        Err(error)
    }
    #[circuit_breaker(breaker = outer, classify = |DbError(code)| by_code(&DbError(*code)))]
    fn counted(outer: &CircuitBreaker, calls: &Calls, error: DbError) -> Result<(), DbError> {
        calls.next();
        Err(error)
    }
    for (error, attempts, totals) in
        [(LOST, 3, (0, 1, 0)), (DUPLICATE, 1, (1, 0, 0)), (BUSY, 3, (0, 0, 1))]
    {
        let (outer, calls) = (breaker(100), Calls::new());
        assert_eq!(retried(&calls, error.clone()).await, Err(error.clone()));
        assert_eq!(calls.count(), attempts, "{error:?}");
        let calls = Calls::new();
        assert_eq!(counted(&outer, &calls, error.clone()), Err(error.clone()));
        assert_eq!(counts(&outer, &calls), (1, totals), "{error:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn r08_patterns_and_predicates_beat_the_function() {
    // What the retry repeats; the breaker counts as the function says.
    assert_eq!(
        counts_with!(LOST, retry: (classify = by_code, except = DbError(1)), breaker: ()),
        (1, (0, 1, 0))
    );
    assert_eq!(
        counts_with!(DUPLICATE, retry: (on = DbError(2)), breaker: (classify = by_code)),
        (3, (3, 0, 0))
    );
    assert_eq!(
        counts_with!(LOST, retry: (classify = by_code, retry_if = |_| false), breaker: ()),
        (1, (0, 1, 0))
    );
    assert_eq!(
        counts_with!(
            DUPLICATE, retry: (retry_when = Result::is_err, classify = by_code), breaker: ()
        ),
        (3, (3, 0, 0))
    );
    // What the breaker counts; the retry repeats as the function says.
    assert_eq!(
        counts_with!(DUPLICATE, retry: (classify = by_code), breaker: (failure = DbError(2))),
        (1, (0, 1, 0))
    );
    assert_eq!(
        counts_with!(LOST, retry: (classify = by_code), breaker: (failure_if = |_| false)),
        (3, (0, 0, 3))
    );
    assert_eq!(
        counts_with!(LOST, retry: (), breaker: (classify = by_code, ignore = DbError(1))),
        (3, (0, 0, 3))
    );
    assert_eq!(
        counts_with!(DUPLICATE, retry: (), breaker: (classify = by_code, ignore_if = |_| true)),
        (1, (0, 0, 1))
    );
    assert_eq!(
        counts_with!(BUSY, retry: (classify = by_code), breaker: (failure_when = |_| true)),
        (3, (0, 3, 0))
    );
}

#[tokio::test(start_paused = true)]
async fn r08_the_function_gives_the_hint() {
    #[retry(max_retries = 1, jitter = none, base_delay = "1s", classify = by_code)]
    async fn hinted() -> Result<(), DbError> {
        Err(BUSY)
    }
    #[retry(
        max_retries = 1, jitter = none, base_delay = "1s",
        classify = by_code, retry_after = |_| Some(2 * SECOND)
    )]
    async fn hinted_by_a_key() -> Result<(), DbError> {
        Err(BUSY)
    }
    #[circuit_breaker(
        name = "hinted by a function", failure_threshold = 1, recovery_time = "1s",
        classify = |_| Classification::transient().after(7 * SECOND)
    )]
    fn opened() -> Result<(), DbError> {
        Err(LOST)
    }
    let start = Instant::now();
    assert_eq!(hinted().await, Err(BUSY));
    assert_eq!(start.elapsed(), ms(8_000));
    let start = Instant::now();
    assert_eq!(hinted_by_a_key().await, Err(BUSY));
    assert_eq!(start.elapsed(), ms(3_000));
    assert_eq!(opened(), Err(LOST));
    let opened = resilient::Registry::global().get("hinted by a function").unwrap();
    assert_eq!(opened.try_acquire().unwrap_err().retry_after(), Some(7 * SECOND));
}

#[tokio::test]
async fn r08_the_function_is_called_once_for_a_failed_attempt_and_never_for_a_success() {
    #[retry(
        max_retries = 5, jitter = none, base_delay = "0s",
        classify = |error| { asked.next(); by_code(error) }, retry_when = Result::is_err
    )]
    #[circuit_breaker(breaker = outer, failure_when = Result::is_err)]
    async fn call(outer: &CircuitBreaker, calls: &Calls, asked: &Calls) -> Result<u32, DbError> {
        match calls.next() {
            1 => Err(LOST),
            2 => Err(DUPLICATE),
            3 => Err(BUSY),
            number => Ok(number),
        }
    }
    let (outer, calls, asked) = (breaker(100), Calls::new(), Calls::new());
    // The hint of the third error makes the call wait, so time passes here.
    tokio::time::pause();
    assert_eq!(call(&outer, &calls, &asked).await, Ok(4));
    assert_eq!((calls.count(), asked.count()), (4, 3));
    assert_eq!(call(&outer, &calls, &asked).await, Ok(5));
    assert_eq!((calls.count(), asked.count()), (5, 3));
}

#[tokio::test(start_paused = true)]
async fn r08_the_function_does_not_see_rejections_and_time_limits_of_the_same_stack() {
    #[retry(
        max_retries = 2, jitter = none, base_delay = "0s", attempt_timeout = "1s",
        classify = by_code
    )]
    #[circuit_breaker(breaker = outer)]
    async fn hangs(outer: &CircuitBreaker, calls: &Calls) -> Result<(), DbError> {
        calls.next();
        std::future::pending().await
    }
    let (outer, calls) = (breaker(3), Calls::new());
    assert_eq!(hangs(&outer, &calls).await, Err(OURS));
    // Each attempt is a failure and retried (C4). The third opens the circuit.
    assert_eq!(counts(&outer, &calls), (3, (0, 3, 0)));
    assert_eq!(hangs(&outer, &calls).await, Err(OURS));
    assert_eq!((calls.count(), outer.snapshot().totals.rejected), (3, 1));
}

#[tokio::test]
async fn r08_a_breaker_above_a_loop_that_returns_all_errors_classifies_the_last() {
    #[circuit_breaker(breaker = outer, order = explicit)]
    #[retry(
        errors = all, max_retries = 2, jitter = none, base_delay = "0s", classify = by_code
    )]
    async fn below(outer: &CircuitBreaker, calls: &Calls) -> Result<(), RetryError<DbError>> {
        Err(if calls.next() == 1 { LOST } else { DUPLICATE })
    }
    #[circuit_breaker(breaker = outer, order = explicit, classify = by_code)]
    #[retry(errors = all, max_retries = 2, jitter = none, base_delay = "0s")]
    async fn above(outer: &CircuitBreaker, calls: &Calls) -> Result<(), RetryError<DbError>> {
        Err(if calls.next() == 1 { LOST } else { DUPLICATE })
    }
    let (outer, calls) = (breaker(100), Calls::new());
    assert_eq!(below(&outer, &calls).await.unwrap_err().into_error(), DUPLICATE);
    assert_eq!(counts(&outer, &calls), (2, (1, 0, 0)));
    let calls = Calls::new();
    assert_eq!(above(&outer, &calls).await.unwrap_err().into_error(), DUPLICATE);
    assert_eq!(counts(&outer, &calls), (2, (2, 0, 0)));
}

#[tokio::test]
async fn r08_the_function_decides_about_the_rejection_by_another_breaker() {
    macro_rules! counts_of {
        ($classify:expr) => {{
            #[retry(max_retries = 2, jitter = none, base_delay = "0s")]
            #[circuit_breaker(breaker = outer, classify = $classify)]
            async fn call(
                outer: &CircuitBreaker,
                calls: &Calls,
            ) -> Result<(), Box<dyn std::error::Error>> {
                calls.next();
                let callee = breaker(1);
                callee.force_open();
                callee.try_acquire()?.report(Outcome::Success);
                Ok(())
            }
            let (outer, calls) = (breaker(100), Calls::new());
            assert!(call(&outer, &calls).await.is_err());
            counts(&outer, &calls)
        }};
    }
    assert_eq!(counts_of!(|_| Classification::transient()), RETRIED);
    assert_eq!(counts_of!(|error| Classification::of_error(&**error)), (1, (0, 0, 1)));
}

#[tokio::test(start_paused = true)]
async fn r08_classify_with_serves_the_loop_and_its_breaker() {
    let policy = resilient::RetryPolicy::builder().max_retries(2).base_delay(Duration::ZERO);
    let policy = policy.build().unwrap();
    for (error, expected) in [(LOST, RETRIED), (DUPLICATE, ANSWERED), (BUSY, THROTTLED)] {
        let (outer, calls) = (breaker(100), Calls::new());
        let output = policy
            .call()
            .through(&outer)
            .classify_with(|output: &Result<(), DbError>| output.as_ref().err().map(by_code))
            .run(async |_| {
                calls.next();
                Err(error.clone())
            })
            .await;
        assert_eq!(output, Err(error));
        assert_eq!(counts(&outer, &calls), expected);
    }
}
