//! Rules R8 and R9: if the breaker of another function rejects a call, the loop receives the
//! rejection as the error of an attempt.

use std::error::Error;
use std::fmt::{self, Debug};
use std::sync::Arc;

use resilient::{
    CircuitBreaker, CircuitOpen, Classification, Classify, Outcome, circuit_breaker, retry,
};
use resilient_testkit::Calls;

use crate::support::retry::{at_once, breaker};

/// An error that keeps the rejection as its source.
#[derive(Debug)]
enum Wrapped {
    Open(CircuitOpen),
    Deep(Box<Wrapped>),
    Down,
}

impl fmt::Display for Wrapped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the callee failed")
    }
}

impl Error for Wrapped {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Open(open) => Some(open),
            Self::Deep(error) => Some(&**error),
            Self::Down => None,
        }
    }
}

impl From<CircuitOpen> for Wrapped {
    fn from(open: CircuitOpen) -> Self {
        Self::Deep(Box::new(Self::Open(open)))
    }
}

/// Does not implement `Error`, but refers to an error, as the error of `anyhow` does.
struct Report(Box<dyn Error + Send + Sync>);

impl AsRef<dyn Error + Send + Sync> for Report {
    fn as_ref(&self) -> &(dyn Error + Send + Sync + 'static) {
        &*self.0
    }
}

impl AsRef<dyn Error> for Report {
    fn as_ref(&self) -> &(dyn Error + 'static) {
        &*self.0
    }
}

impl<E: Error + Send + Sync + 'static> From<E> for Report {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

/// An error whose classification says that every error is transient.
#[derive(Debug)]
struct Classified(Wrapped);

impl fmt::Display for Classified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("classified")
    }
}

impl Error for Classified {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.0)
    }
}

impl From<CircuitOpen> for Classified {
    fn from(open: CircuitOpen) -> Self {
        Self(open.into())
    }
}

impl Classify for Classified {
    fn classify(&self) -> Classification {
        Classification::transient()
    }
}

/// An error that drops the rejection from which it was made.
#[derive(Debug)]
struct Opaque;

impl From<CircuitOpen> for Opaque {
    fn from(_: CircuitOpen) -> Self {
        Self
    }
}

fn callee(calls: &Calls) -> CircuitOpen {
    calls.next();
    let callee = breaker(1);
    callee.force_open();
    callee.try_acquire().unwrap_err()
}

/// Makes a call that has a retry, an outer breaker and this error type. Returns how often the body
/// ran, and how many failures and ignored calls the outer breaker counted.
macro_rules! counts_with {
    ($error:ty $(, retry: ($($retry:tt)+))? $(, breaker: ($($breaker:tt)+))?) => {{
        #[retry(jitter = none, base_delay = "0s" $(, $($retry)+)?)]
        #[circuit_breaker(breaker = outer $(, $($breaker)+)?)]
        async fn call(outer: &CircuitBreaker, calls: &Calls) -> Result<(), $error> {
            Err(callee(calls))?
        }

        #[retry(jitter = none, base_delay = "0s" $(, $($retry)+)?)]
        #[circuit_breaker(breaker = outer $(, $($breaker)+)?)]
        fn plain_call(outer: &CircuitBreaker, calls: &Calls) -> Result<(), $error> {
            Err(callee(calls))?
        }

        let counts = |outer: &CircuitBreaker, calls: &Calls| {
            let totals = outer.snapshot().totals;
            (calls.count(), totals.failure, totals.ignored)
        };
        let (outer, calls) = (breaker(100), Calls::new());
        assert!(call(&outer, &calls).await.is_err());
        let (plain_outer, plain_calls) = (breaker(100), Calls::new());
        assert!(plain_call(&plain_outer, &plain_calls).is_err());
        assert_eq!(counts(&outer, &calls), counts(&plain_outer, &plain_calls));
        counts(&outer, &calls)
    }};
}

#[tokio::test]
async fn r08_a_rejection_in_the_source_chain_is_not_retried_and_says_nothing_about_health() {
    assert_eq!(counts_with!(CircuitOpen), (1, 0, 1));
    assert_eq!(counts_with!(Arc<CircuitOpen>), (1, 0, 1));
    assert_eq!(counts_with!(Wrapped), (1, 0, 1));
    assert_eq!(counts_with!(Box<dyn Error>), (1, 0, 1));
    assert_eq!(counts_with!(Box<dyn Error + Send + Sync>), (1, 0, 1));
    assert_eq!(counts_with!(Report), (1, 0, 1));
}

#[tokio::test]
async fn r08_a_boxed_or_shared_error_is_examined_like_the_error_itself() {
    #[retry(jitter = none, base_delay = "0s")]
    async fn boxed(calls: &Calls) -> Result<(), Box<Wrapped>> {
        Err(Box::new(callee(calls).into()))
    }

    #[retry(jitter = none, base_delay = "0s")]
    async fn shared(calls: &Calls) -> Result<(), Arc<dyn Error + Send + Sync>> {
        Err(Arc::new(callee(calls)))
    }

    #[retry(jitter = none, base_delay = "0s")]
    async fn io(calls: &Calls) -> std::io::Result<()> {
        Err(std::io::Error::other(callee(calls)))
    }

    let calls = Calls::new();
    assert!(boxed(&calls).await.is_err() && shared(&calls).await.is_err());
    assert!(io(&calls).await.is_err());
    assert_eq!(calls.count(), 3);
}

#[tokio::test]
async fn r08_classify_beats_the_source_chain_and_an_unreadable_error_is_retried() {
    assert_eq!(counts_with!(Classified), (4, 4, 0));
    assert_eq!(counts_with!(Opaque), (4, 4, 0));
}

#[tokio::test]
async fn r08_the_keys_of_the_attributes_beat_the_source_chain() {
    assert_eq!(counts_with!(Wrapped, retry: (on = Wrapped::Deep(_))), (4, 0, 4));
    assert_eq!(counts_with!(Wrapped, retry: (retry_if = |_| true)), (4, 0, 4));
    assert_eq!(counts_with!(Wrapped, retry: (retry_when = |_| true)), (4, 0, 4));
    assert_eq!(counts_with!(Wrapped, retry: (except = Wrapped::Down)), (1, 0, 1));
    assert_eq!(counts_with!(Wrapped, breaker: (failure = Wrapped::Deep(_))), (1, 1, 0));
    assert_eq!(counts_with!(Wrapped, breaker: (failure_if = |_| true)), (1, 1, 0));
    assert_eq!(counts_with!(Wrapped, breaker: (failure_when = |_| true)), (1, 1, 0));
    assert_eq!(counts_with!(Wrapped, breaker: (ignore = Wrapped::Down)), (1, 0, 1));
}

#[tokio::test]
async fn r08_another_error_of_the_same_type_is_retried() {
    #[retry(jitter = none, base_delay = "0s")]
    #[circuit_breaker(breaker = outer)]
    async fn call<E: From<Wrapped> + From<CircuitOpen>>(
        outer: &CircuitBreaker,
        calls: &Calls,
    ) -> Result<(), E> {
        calls.next();
        Err(Wrapped::Down)?
    }

    for error in ["wrapped", "dyn"] {
        let (outer, calls) = (breaker(100), Calls::new());
        if error == "dyn" {
            assert!(call::<Box<dyn Error>>(&outer, &calls).await.is_err());
        } else {
            assert!(call::<Wrapped>(&outer, &calls).await.is_err());
        }
        assert_eq!((calls.count(), outer.snapshot().totals.failure), (4, 4), "{error}");
    }
}

#[tokio::test]
async fn r09_an_error_that_borrows_is_examined_from_its_source_on() {
    #[derive(Debug)]
    struct Borrows<'a>(&'a str, CircuitOpen);
    impl fmt::Display for Borrows<'_> {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(self.0)
        }
    }
    impl Error for Borrows<'_> {
        fn source(&self) -> Option<&(dyn Error + 'static)> {
            Some(&self.1)
        }
    }

    #[retry(jitter = none, base_delay = "0s")]
    async fn call<'a>(name: &'a str, calls: &Calls) -> Result<(), Borrows<'a>> {
        Err(Borrows(name, callee(calls)))
    }

    let (name, calls) = (String::from("borrowed"), Calls::new());
    assert!(call(&name, &calls).await.is_err());
    assert_eq!(calls.count(), 1);
}

#[tokio::test]
async fn r09_a_call_of_a_policy_examines_sources_if_it_is_asked_to() {
    for examines in [false, true] {
        let (outer, calls) = (breaker(100), Calls::new());
        let policy = at_once(3);
        let call = policy.call().through(&outer);
        let attempt = async |_| Err::<(), _>(Wrapped::from(callee(&calls)));
        let result =
            if examines { call.by_source().run(attempt).await } else { call.run(attempt).await };

        assert!(matches!(result, Err(Wrapped::Deep(_))));
        let totals = outer.snapshot().totals;
        let expected = if examines { (1, 0, 1) } else { (4, 4, 0) };
        assert_eq!((calls.count(), totals.failure, totals.ignored), expected);
    }
}

#[tokio::test]
async fn r09_an_outer_breaker_does_not_open_from_the_rejections_of_an_inner_one() {
    #[circuit_breaker(breaker = outer)]
    async fn call(outer: &CircuitBreaker, inner: &CircuitBreaker) -> Result<(), Box<dyn Error>> {
        inner.try_acquire().map_err(Wrapped::from)?.report(Outcome::Success);
        Ok(())
    }

    let (outer, inner) = (breaker(1), breaker(1));
    inner.force_open();
    for _ in 0..100 {
        let error = call(&outer, &inner).await.unwrap_err();
        assert_eq!(CircuitOpen::find_in(&*error).unwrap().breaker(), "inventory");
    }
    assert_eq!(outer.snapshot().totals.ignored, 100);
    inner.close();
    assert!(call(&outer, &inner).await.is_ok());
}
