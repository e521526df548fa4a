//! `#[circuit_open]` and `#[timed_out]` write `From` for every shape of error, beside `thiserror`,
//! with generics and boxed fields, under names of the derived code.
#![deny(warnings)]

use std::error::Error;
use std::fmt::Debug;
use std::io;
use std::time::Duration;

use resilient::retries::{RetryPolicy, TimeLimit};
use resilient::{
    BreakerConfig, CircuitBreaker, CircuitOpen, Classification, Classify, TimedOut,
    circuit_breaker, retry, timeout,
};

#[derive(Debug, thiserror::Error, Classify)]
#[permanent]
enum StockError {
    #[error("stock is not asked: {0}")]
    #[circuit_open]
    Open(#[source] CircuitOpen),
    #[error("stock is late")]
    #[timed_out]
    Late { source: Box<TimedOut> },
    #[error("no such article")]
    #[answered]
    Unknown,
    #[error("stock is corrupt")]
    Corrupt,
}

/// One variant for both, which holds another derived error.
#[derive(Debug, thiserror::Error, Classify)]
enum OrderError<E: Error + 'static> {
    #[error(transparent)]
    #[circuit_open]
    #[timed_out]
    Stock(#[from] StockError),
    #[error(transparent)]
    #[classify(with = Classification::of_error)]
    Other(E),
}

/// A field of another crate's type, for which a function has the word.
#[derive(Debug, Classify)]
enum AnyError {
    #[circuit_open]
    #[timed_out]
    #[classify(with = of_box)]
    Down(Box<dyn Error + Send + Sync>),
}

fn of_box(error: &Box<dyn Error + Send + Sync>) -> Classification {
    Classification::of_error(&**error)
}

#[derive(Debug, Classify)]
#[circuit_open]
#[timed_out]
struct Wrapped<T> {
    r#type: T,
}

#[derive(Debug, Classify)]
#[circuit_open]
#[timed_out]
#[ignored]
struct Silent(#[allow(dead_code)] io::Error);

#[derive(Debug, Classify)]
#[allow(non_camel_case_types)]
enum __error {
    #[circuit_open]
    CircuitOpen(CircuitOpen),
    #[timed_out]
    TimedOut(TimedOut),
}

macro_rules! error {
    ($vis:vis $name:ident { $($(#[$mark:ident])* $variant:ident($field:ty),)* }) => {
        #[derive(Debug, Classify)]
        $vis enum $name { $($(#[$mark])* $variant($field),)* }
    };
}

error! {
    pub(crate) FromMacro {
        #[circuit_open] Open(CircuitOpen),
        #[timed_out] Late(std::sync::Arc<TimedOut>),
    }
}

mod renamed {
    use resilient as steady;

    #[derive(Debug, steady::Classify)]
    #[classify(crate = crate::derived_conversions_of_rejections_and_time_limits::renamed::steady)]
    pub(super) enum Elsewhere {
        #[circuit_open]
        Open(steady::CircuitOpen),
        #[timed_out]
        Late(steady::TimedOut),
    }
}

fn open() -> CircuitOpen {
    let breaker = CircuitBreaker::new("stock", BreakerConfig::default());
    breaker.force_open();
    breaker.try_acquire().unwrap_err()
}

#[timeout("1ms")]
async fn late() -> Result<(), TimedOut> {
    std::future::pending().await
}

async fn assert_derived<E: Debug + Classify + From<CircuitOpen> + From<TimedOut>>(
    rejected: Classification,
    timed_out: Classification,
) {
    let late = late().await.unwrap_err();
    assert_eq!((E::from(open()).classify(), E::from(late).classify()), (rejected, timed_out));
}

#[tokio::test(start_paused = true)]
async fn every_shape_converts_and_has_the_class_of_what_it_holds() {
    let (ignored, transient) = (Classification::ignored(), Classification::transient());
    assert_derived::<StockError>(ignored, transient).await;
    assert_derived::<OrderError<io::Error>>(ignored, transient).await;
    assert_derived::<Silent>(ignored, ignored).await;
    assert_derived::<__error>(ignored, transient).await;
    assert_derived::<FromMacro>(ignored, transient).await;
    assert_derived::<renamed::Elsewhere>(ignored, transient).await;
    assert_derived::<Wrapped<FromMacro>>(ignored, transient).await;
    assert_eq!(AnyError::from(open()).classify(), ignored);
    assert_eq!(Wrapped::<CircuitOpen>::from(open()).r#type.breaker(), "stock");
}

#[test]
fn the_source_is_kept_beside_thiserror() {
    let error = OrderError::<io::Error>::from(open());
    assert_eq!(CircuitOpen::find_in(&error), Some(&open()));
    assert!(matches!(StockError::Unknown.classify(), class if class == Classification::answered()));
    assert_eq!(StockError::Corrupt.classify(), Classification::permanent());
    let other = OrderError::Other(io::Error::other("disk"));
    assert_eq!(other.classify(), Classification::transient());
}

// C2, C4, R6: a nested function's limits, seen by the retry and the breaker around it.
#[tokio::test(start_paused = true)]
async fn a_callee_that_is_late_is_retried_unless_its_own_deadline_has_passed() {
    #[retry(max_retries = 1, base_delay = "0s", attempt_timeout = "1s", deadline = "10s")]
    async fn ask(answers_after: Duration) -> Result<(), StockError> {
        tokio::time::sleep(answers_after).await;
        Ok(())
    }

    #[retry(max_retries = 2, base_delay = "0s")]
    #[circuit_breaker(name = "order", failure_threshold = 100)]
    async fn order(asked: &mut u32, hangs: bool) -> Result<(), OrderError<io::Error>> {
        *asked += 1;
        if hangs {
            ask(Duration::from_secs(60)).await?;
        }
        let call = RetryPolicy::DEFAULT.call().deadline(Duration::from_millis(5));
        call.run(async |_| std::future::pending::<Result<(), StockError>>().await).await?;
        Ok(())
    }

    let mut asked = 0;
    let error = order(&mut asked, true).await.unwrap_err();
    let OrderError::Stock(StockError::Late { source }) = error else { panic!("{error:?}") };
    assert_eq!((source.limit(), asked), (TimeLimit::AttemptTimeout, 3));

    asked = 0;
    let error = order(&mut asked, false).await.unwrap_err();
    let OrderError::Stock(StockError::Late { source }) = error else { panic!("{error:?}") };
    assert_eq!((source.limit(), asked), (TimeLimit::Deadline, 1));
    let totals = resilient::Registry::global().get("order").unwrap().snapshot().totals;
    assert_eq!((totals.failure, totals.ignored), (4, 0));
}
