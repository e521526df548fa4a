//! `#[derive(Classify)]` derives a class from each attribute, such as `#[transient]`. Retries and
//! breakers treat an error by its class.

use std::fmt::Debug;
use std::time::Duration;

use resilient::breaker::CircuitState;
use resilient::{CircuitOpen, Classification, Classify, Outcome, Registry, circuit_breaker, retry};
use tokio::time::{Instant, advance};

use resilient_testkit::Calls;

#[derive(Debug, Clone, PartialEq, Classify)]
#[permanent]
enum ApiError {
    #[transient]
    Timeout,
    #[throttled]
    #[retry_after(wait)]
    TooMany {
        wait: Duration,
    },
    #[throttled]
    #[retry_after(0)]
    Busy(Option<Duration>),
    #[transient]
    #[retry_after(1)]
    Maintenance(&'static str, Duration),
    #[answered]
    NotFound(String),
    #[ignored]
    BadInput,
    #[transparent]
    Io(SocketError),
    #[transparent(source)]
    Wrapped {
        source: SocketError,
        at: u32,
    },
    Declined,
    #[retry_after(0)]
    Closed(Duration),
    #[ignored]
    Open(CircuitOpen),
}

impl From<CircuitOpen> for ApiError {
    fn from(open: CircuitOpen) -> Self {
        Self::Open(open)
    }
}

/// An error with a handwritten implementation of `Classify`.
#[derive(Debug, Clone, PartialEq)]
enum SocketError {
    Reset,
    BadAddress,
}

impl Classify for SocketError {
    fn classify(&self) -> Classification {
        match self {
            Self::Reset => Classification::transient().after(HINT),
            Self::BadAddress => Classification::permanent(),
        }
    }
}

const HINT: Duration = Duration::from_secs(7);

/// An error of another crate.
mod elsewhere {
    #[derive(Debug, Clone, PartialEq)]
    pub(super) struct DbError(pub u16);
}

use elsewhere::DbError;

fn by_code(error: &DbError) -> Classification {
    match error.0 {
        ..100 => Classification::transient(),
        100..200 => Classification::answered(),
        _ => Classification::throttled().after(HINT),
    }
}

#[test]
fn a_function_classifies_a_field_whose_type_does_not() {
    #[derive(Classify)]
    #[permanent]
    enum StoreError {
        #[classify(with = by_code)]
        Db(DbError),
        // A box is dereferenced, as in any call.
        #[classify(with = by_code)]
        Named {
            source: Box<DbError>,
        },
        #[classify(with = Self::by_text)]
        Text(&'static str),
        #[cfg(any())]
        #[classify(with = missing)]
        Missing(u8),
        Closed,
    }

    impl StoreError {
        fn by_text(text: &str) -> Classification {
            if text == "down" { Classification::transient() } else { Classification::ignored() }
        }
    }

    #[derive(Classify)]
    #[classify(with = by_code)]
    struct Wrapper(DbError);

    #[derive(Classify)]
    #[classify(crate = resilient)]
    #[classify(with = by_code)]
    struct Named {
        inner: DbError,
    }

    for (code, class) in [
        (1, Classification::transient()),
        (100, Classification::answered()),
        (200, Classification::throttled().after(HINT)),
    ] {
        assert_eq!(StoreError::Db(DbError(code)).classify(), class);
        assert_eq!(StoreError::Named { source: Box::new(DbError(code)) }.classify(), class);
        assert_eq!(Wrapper(DbError(code)).classify(), class);
        assert_eq!(Named { inner: DbError(code) }.classify(), class);
    }
    assert_eq!(StoreError::Text("down").classify(), Classification::transient());
    assert_eq!(StoreError::Text("bad").classify(), Classification::ignored());
    assert_eq!(StoreError::Closed.classify(), Classification::permanent());
}

#[test]
fn a_function_adds_no_bound_and_may_be_generic() {
    trait Code {
        fn code(&self) -> u16;
    }

    impl Code for DbError {
        fn code(&self) -> u16 {
            self.0
        }
    }

    fn of<E: Code>(error: &E) -> Classification {
        by_code(&DbError(error.code()))
    }

    #[derive(Classify)]
    enum StoreError<E: Code, F> {
        #[classify(with = of::<E>)]
        Db(E),
        #[transparent]
        Other(F),
    }

    type Concrete = StoreError<DbError, SocketError>;
    assert_eq!(Concrete::Db(DbError(100)).classify(), Classification::answered());
    assert_eq!(Concrete::Other(SocketError::BadAddress).classify(), Classification::permanent());
}

#[test]
fn each_word_says_health_and_retry() {
    for (error, health, retry) in [
        (ApiError::Timeout, Outcome::Failure, true),
        (ApiError::Declined, Outcome::Failure, false),
        (ApiError::Busy(None), Outcome::Ignored, true),
        (ApiError::BadInput, Outcome::Ignored, false),
        (ApiError::NotFound("x".to_owned()), Outcome::Success, false),
    ] {
        let class = error.classify();
        assert_eq!((class.health, class.retry), (health, retry), "{error:?}");
        assert_eq!(class.retry_after, None, "{error:?}");
    }
}

#[test]
fn a_hint_is_a_duration_or_an_option_of_a_duration() {
    for (error, class) in [
        (ApiError::TooMany { wait: HINT }, Classification::throttled().after(HINT)),
        (ApiError::Busy(Some(HINT)), Classification::throttled().after(HINT)),
        (ApiError::Busy(None), Classification::throttled()),
        (ApiError::Maintenance("sunday", HINT), Classification::transient().after(HINT)),
    ] {
        assert_eq!(error.classify(), class, "{error:?}");
    }
}

#[test]
fn a_hint_goes_with_the_enums_own_word() {
    assert_eq!(ApiError::Closed(HINT).classify(), Classification::permanent().after(HINT));
}

#[test]
fn a_hint_can_be_of_a_type_that_converts() {
    #[derive(Debug, Clone, Copy)]
    struct RetryAfter(u64);

    impl From<RetryAfter> for Option<Duration> {
        fn from(seconds: RetryAfter) -> Self {
            Some(Duration::from_secs(seconds.0))
        }
    }

    #[derive(Debug, Classify)]
    #[throttled]
    #[retry_after(0)]
    struct TooMany(RetryAfter);

    assert_eq!(TooMany(RetryAfter(7)).classify(), Classification::throttled().after(HINT));
}

#[test]
fn a_transparent_variant_has_the_class_of_its_field() {
    for inner in [SocketError::Reset, SocketError::BadAddress] {
        let class = inner.classify();
        assert_eq!(ApiError::Io(inner.clone()).classify(), class);
        let wrapped = ApiError::Wrapped { source: inner, at: 1 };
        assert_eq!(wrapped.classify(), class);
    }
}

#[test]
fn a_struct_is_one_class() {
    #[derive(Classify)]
    #[transient]
    struct Down;

    #[derive(Classify)]
    #[throttled]
    #[retry_after(wait)]
    struct Busy {
        wait: Option<Duration>,
    }

    #[derive(Classify)]
    #[transparent]
    struct Wrapper(SocketError);

    #[derive(Classify)]
    #[transparent(1)]
    struct Second(&'static str, Down);

    assert_eq!(Down.classify(), Classification::transient());
    assert_eq!(Busy { wait: Some(HINT) }.classify(), Classification::throttled().after(HINT));
    assert_eq!(Busy { wait: None }.classify(), Classification::throttled());
    assert_eq!(Wrapper(SocketError::BadAddress).classify(), Classification::permanent());
    let second = Second("down", Down);
    assert_eq!((second.classify(), second.0), (Classification::transient(), "down"));
}

#[derive(Debug, Clone, Classify)]
#[permanent]
enum Generic<'a, T: ?Sized, E, F = SocketError, const N: usize = 1>
where
    E: Debug,
{
    #[ignored]
    Lent(&'a T),
    #[transparent]
    First(E),
    #[transparent]
    Listed(Pair<F>),
    #[throttled]
    #[retry_after(1)]
    Many([u8; N], Duration),
}

#[derive(Debug, Clone, Classify)]
#[transparent(0)]
struct Pair<T>(T, T);

/// An error without `Classify`. It needs none, because no variant is transparent to this error.
#[derive(Debug)]
struct Opaque;

#[test]
fn generics_get_a_bound_only_for_a_transparent_field() {
    type Full<'a> = Generic<'a, Opaque, ApiError, SocketError, 3>;
    assert_eq!(Full::Lent(&Opaque).classify(), Classification::ignored());
    assert_eq!(
        Full::First(ApiError::NotFound(String::new())).classify(),
        Classification::answered()
    );
    let listed = Full::Listed(Pair(SocketError::BadAddress, SocketError::Reset));
    assert_eq!(listed.classify(), Classification::permanent());
    assert_eq!(Full::Many([0; 3], HINT).classify(), Classification::throttled().after(HINT));
}

/// Makes a call whose attempts all fail with this error. Returns the number of attempts and the
/// duration of the call.
async fn attempts(error: ApiError) -> (u32, Duration) {
    #[retry(max_retries = 2, base_delay = "1s", backoff = constant, jitter = none)]
    async fn call(calls: &Calls, error: ApiError) -> Result<(), ApiError> {
        calls.next();
        Err(error)
    }
    let (calls, start) = (Calls::new(), Instant::now());
    assert_eq!(call(&calls, error.clone()).await, Err(error));
    (calls.count(), start.elapsed())
}

#[tokio::test(start_paused = true)]
async fn r08_a_retry_repeats_transient_and_throttled_failures() {
    let second = Duration::from_secs(1);
    for error in [
        ApiError::Declined,
        ApiError::BadInput,
        ApiError::NotFound(String::new()),
        ApiError::Closed(HINT),
        ApiError::Io(SocketError::BadAddress),
    ] {
        assert_eq!(attempts(error).await, (1, Duration::ZERO));
    }
    for error in [ApiError::Timeout, ApiError::Busy(None)] {
        assert_eq!(attempts(error).await, (3, 2 * second));
    }
}

#[tokio::test(start_paused = true)]
async fn r04_a_retry_waits_for_the_hint() {
    // Each wait is the hint plus the first delay.
    let waits = 2 * (HINT + Duration::from_secs(1));
    for error in [
        ApiError::TooMany { wait: HINT },
        ApiError::Busy(Some(HINT)),
        ApiError::Maintenance("sunday", HINT),
        ApiError::Io(SocketError::Reset),
    ] {
        assert_eq!(attempts(error).await, (3, waits));
    }
}

#[tokio::test]
async fn a_breaker_counts_an_error_by_its_class() {
    #[circuit_breaker(name = "classified", failure_threshold = 100)]
    async fn call(error: ApiError) -> Result<(), ApiError> {
        Err(error)
    }
    for error in [
        ApiError::Timeout,
        ApiError::Declined,
        ApiError::Maintenance("sunday", HINT),
        ApiError::Io(SocketError::Reset),
        ApiError::TooMany { wait: HINT },
        ApiError::Busy(None),
        ApiError::BadInput,
        ApiError::NotFound(String::new()),
        ApiError::NotFound(String::new()),
    ] {
        assert_eq!(call(error.clone()).await, Err(error));
    }
    let totals = Registry::global().get("classified").unwrap().snapshot().totals;
    assert_eq!((totals.failure, totals.ignored, totals.success), (4, 3, 2));
}

#[tokio::test(start_paused = true)]
async fn b09_the_hint_of_the_error_that_opens_the_circuit_keeps_it_open() {
    #[circuit_breaker(name = "hinted", failure_threshold = 1, recovery_time = "2s")]
    async fn call(error: ApiError) -> Result<(), ApiError> {
        Err(error)
    }
    call(ApiError::Maintenance("sunday", HINT)).await.unwrap_err();
    let breaker = Registry::global().get("hinted").unwrap();
    advance(Duration::from_millis(6_999)).await;
    assert_eq!(breaker.state(), CircuitState::Open);
    advance(Duration::from_millis(1)).await;
    assert_eq!(breaker.state(), CircuitState::HalfOpen);
}

#[tokio::test(start_paused = true)]
async fn the_class_of_an_error_decides_for_both_layers_of_a_stack() {
    #[retry(max_retries = 5, base_delay = "1s")]
    #[circuit_breaker(name = "classified stack", failure_threshold = 2)]
    async fn call(calls: &Calls) -> Result<u32, ApiError> {
        match calls.next() {
            1 | 2 => Err(ApiError::Busy(Some(HINT))),
            3 | 4 => Err(ApiError::Timeout),
            call => Ok(call),
        }
    }
    let (calls, start) = (Calls::new(), Instant::now());
    // Throttled attempts are retried but are not failures. The second timeout opens the circuit,
    // which ends the retries.
    assert_eq!(call(&calls).await, Err(ApiError::Timeout));
    assert_eq!(calls.count(), 4);
    assert!(start.elapsed() >= 2 * HINT);
    let totals = Registry::global().get("classified stack").unwrap().snapshot().totals;
    assert_eq!((totals.ignored, totals.failure), (2, 2));
}
