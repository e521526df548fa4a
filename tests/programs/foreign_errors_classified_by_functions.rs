//! The key `classify` and `#[classify(with = path)]` take paths and closures of every kind, and
//! raise no lint.
#![deny(warnings, unused, nonstandard_style, rust_2018_idioms, unused_qualifications)]
#![deny(clippy::all, clippy::pedantic)]

use std::num::ParseIntError;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};

use async_trait::async_trait;
use resilient::{
    CircuitOpen, Classification, Classify, RetryError, TimedOut, circuit_breaker, retry, timeout,
};

/// An error of another crate: it implements none of our traits.
#[derive(Debug, PartialEq)]
struct Foreign(u16);

fn by_code(error: &Foreign) -> Classification {
    if error.0 < 500 { Classification::answered() } else { Classification::transient() }
}

fn by<E, const LEAST: u16>(error: &E) -> Classification
where
    E: Coded + ?Sized,
{
    if error.code() < LEAST { Classification::answered() } else { Classification::transient() }
}

trait Coded {
    fn code(&self) -> u16;

    fn class(&self) -> Classification {
        by::<Self, 500>(self)
    }
}

impl Coded for Foreign {
    fn code(&self) -> u16 {
        self.0
    }
}

const BY_CODE: fn(&Foreign) -> Classification = by_code;

struct Client {
    tries: AtomicU32,
    least: u16,
}

impl Client {
    fn failed<E>(&self, error: E) -> Result<u32, E> {
        self.tries.fetch_add(1, SeqCst);
        Err(error)
    }

    #[retry(max_retries = 1, base_delay = "0s", classify = by_code)]
    async fn by_path(&self, code: u16) -> Result<u32, Foreign> {
        self.failed(Foreign(code))
    }

    #[retry(max_retries = 1, base_delay = "0s", classify = BY_CODE)]
    fn by_constant(&mut self, code: u16) -> Result<u32, Foreign> {
        self.failed(Foreign(code))
    }

    #[retry(max_retries = 1, base_delay = "0s", classify = by::<_, 500>, attempt = attempt)]
    fn by_turbofish<E: Coded>(&self, code: fn() -> E) -> Result<u32, E> {
        assert!(attempt.number() < 3);
        self.failed(code())
    }

    #[retry(max_retries = 1, base_delay = "0s", classify = <Foreign as Coded>::class)]
    async fn by_method_of_a_trait(&self, code: u16) -> Result<u32, Foreign> {
        self.failed(Foreign(code))
    }

    #[retry(
        max_retries = 1,
        base_delay = "0s",
        classify = |error| {
            let is_answered = error.0 < self.least;
            if is_answered { Classification::answered() } else { Classification::transient() }
        }
    )]
    async fn by_closure(&self, code: u16) -> Result<u32, Foreign> {
        self.failed(Foreign(code))
    }

    #[retry(
        max_retries = 1,
        base_delay = "0s",
        errors = all,
        classify = |Foreign(code)| by_code(&Foreign(*code))
    )]
    async fn with_all_errors(&self, code: u16) -> Result<u32, RetryError<Foreign>> {
        self.failed(Foreign(code))
    }

    #[retry(max_retries = 1, base_delay = "0s", classify = by_code)]
    fn future(&self, code: u16) -> impl Future<Output = Result<u32, Foreign>> + Send {
        let error = Foreign(code);
        async move { self.failed(error) }
    }
}

#[async_trait]
trait Service {
    async fn boxed(&self, code: u16) -> Result<u32, Foreign>;
}

#[async_trait]
impl Service for Client {
    #[retry(max_retries = 1, base_delay = "0s", classify = by_code)]
    async fn boxed(&self, code: u16) -> Result<u32, Foreign> {
        self.failed(Foreign(code))
    }
}

#[derive(Debug, Classify)]
enum StoreError {
    #[classify(with = by_code)]
    Db(Foreign),
    #[classify(with = <Foreign as Coded>::class)]
    Replica { inner: Foreign },
    #[classify(with = StoreError::of_number)]
    Number(ParseIntError),
    #[ignored]
    Open,
    #[transient]
    TimedOut,
}

impl StoreError {
    fn of_number(_: &ParseIntError) -> Classification {
        Classification::ignored()
    }
}

impl From<CircuitOpen> for StoreError {
    fn from(_: CircuitOpen) -> Self {
        Self::Open
    }
}

impl From<TimedOut> for StoreError {
    fn from(_: TimedOut) -> Self {
        Self::TimedOut
    }
}

macro_rules! stack {
    ($name:ident, $class:path, $other:expr) => {
        #[derive(Debug, Classify)]
        #[classify(with = $class)]
        struct Of(Foreign);

        #[retry(max_retries = 1, base_delay = "0s", classify = $other)]
        #[timeout("1s")]
        #[circuit_breaker(name = "stack from a macro", failure_threshold = 100, order = explicit)]
        async fn $name(client: &Client, error: fn() -> StoreError) -> Result<u32, StoreError> {
            client.failed(error())
        }
    };
}

stack!(stacked, by_code, |error| match error {
    StoreError::Db(inner) => by_code(inner),
    other => other.classify(),
});

#[tokio::test(start_paused = true)]
async fn runs() {
    let mut client = Client { tries: AtomicU32::new(0), least: 500 };
    for (code, expected) in [(404, 1), (503, 2)] {
        let error: fn() -> Foreign = if code == 404 { || Foreign(404) } else { || Foreign(503) };
        let outputs = [
            client.by_path(code).await,
            client.by_constant(code),
            client.by_turbofish(error),
            client.by_method_of_a_trait(code).await,
            client.by_closure(code).await,
            client.with_all_errors(code).await.map_err(RetryError::into_error),
            client.future(code).await,
            client.boxed(code).await,
        ];
        assert_eq!(client.tries.swap(0, SeqCst), 8 * expected);
        assert!(outputs.iter().all(|output| *output == Err(error())));
    }
    for (error, expected) in [
        ((|| StoreError::Db(Foreign(404))) as fn() -> StoreError, 1),
        (|| StoreError::Replica { inner: Foreign(503) }, 2),
        (|| StoreError::Number("x".parse::<u32>().unwrap_err()), 1),
    ] {
        assert!(stacked(&client, error).await.is_err());
        assert_eq!(client.tries.swap(0, SeqCst), expected);
    }
    assert_eq!(Of(Foreign(503)).classify(), Classification::transient());
}
