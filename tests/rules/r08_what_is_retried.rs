//! Rule R8: the classification of an output decides whether the call retries it.

use resilient::{CircuitOpen, Classification, Classify};
use resilient_testkit::{Fault, ms};
use tokio::time::Instant;

use crate::support::retry::{SECOND, at_once, breaker, build, exact, fail_through};

mod by_function;
mod io_errors;
mod limits_of_callees;

/// An error with this classification.
#[derive(Debug, PartialEq)]
struct Is(Classification);

impl Classify for Is {
    fn classify(&self) -> Classification {
        self.0
    }
}

async fn executions_classified(class: Classification) -> u32 {
    let mut executions = 0;
    let result: Result<(), Is> = at_once(3)
        .call()
        .classified()
        .run(|_| {
            executions += 1;
            async move { Err(Is(class)) }
        })
        .await;
    assert_eq!(result, Err(Is(class)));
    executions
}

#[tokio::test]
async fn r08_every_err_is_retried_without_a_classification() {
    let mut executions = 0;

    let _: Result<(), Is> = at_once(3)
        .call()
        .run(|_| {
            executions += 1;
            async { Err(Is(Classification::permanent())) }
        })
        .await;

    assert_eq!(executions, 4, "`run` does not ask `Classify`");
}

#[tokio::test]
async fn r08_classify_decides_what_is_retried() {
    assert_eq!(executions_classified(Classification::transient()).await, 4);
    assert_eq!(executions_classified(Classification::throttled()).await, 4);
    assert_eq!(executions_classified(Classification::permanent()).await, 1);
    assert_eq!(executions_classified(Classification::ignored()).await, 1);
    assert_eq!(executions_classified(Classification::answered()).await, 1);
}

#[tokio::test(start_paused = true)]
async fn r08_classify_sets_the_hint() {
    let start = Instant::now();

    let _: Result<(), Is> = build(&exact().max_retries(1))
        .call()
        .classified()
        .run(async |_| Err(Is(Classification::throttled().after(7 * SECOND))))
        .await;

    assert_eq!(start.elapsed(), ms(7_100));
}

#[tokio::test]
async fn r08_a_classification_decides_separately_on_health_and_on_retries() {
    // The columns are the classification, the number of attempts, and the breaker's counts of
    // successes, failures and ignored calls.
    let table = [
        (Classification::transient(), 4, (0, 4, 0)),
        (Classification::permanent(), 1, (0, 1, 0)),
        (Classification::throttled(), 4, (0, 0, 4)),
        (Classification::ignored(), 1, (0, 0, 1)),
        (Classification::answered(), 1, (1, 0, 0)),
    ];
    for (class, executions, counted) in table {
        let breaker = breaker(100);

        let course = fail_through(&breaker, &at_once(3), class).await;

        let totals = breaker.snapshot().totals;
        assert_eq!(course.executions, executions, "{class:?}");
        assert_eq!((totals.success, totals.failure, totals.ignored), counted, "{class:?}");
    }
}

#[tokio::test]
async fn r08_an_error_that_the_breaker_ignores_is_retried_like_any_other() {
    let breaker = breaker(1);

    let course = fail_through(&breaker, &at_once(9), Classification::throttled()).await;

    assert_eq!(course.executions, 10);
    assert_eq!(breaker.state(), resilient::breaker::CircuitState::Closed);
}

#[tokio::test]
async fn r08_circuit_open_from_the_same_stack_is_not_retried() {
    let breaker = breaker(1);
    breaker.trip().unwrap();

    let course = fail_through(&breaker, &at_once(3), Classification::transient()).await;

    assert!(matches!(course.result, Err(Fault::Open(_))));
    assert_eq!(course.executions, 0);
    assert_eq!(breaker.snapshot().totals.rejected, 1);
}

#[tokio::test]
async fn r08_circuit_open_that_a_callee_converted_is_known_only_to_classify() {
    struct Mine(bool);
    impl From<CircuitOpen> for Mine {
        fn from(_: CircuitOpen) -> Self {
            Self(true)
        }
    }
    impl Classify for Mine {
        fn classify(&self) -> Classification {
            if self.0 { Classification::ignored() } else { Classification::transient() }
        }
    }
    let breaker = breaker(1);
    breaker.trip().unwrap();
    let callee = async || breaker.call(async || Ok::<(), Mine>(())).await;

    let unknowing = at_once(3).call().run(async |_| callee().await).await;
    let by_then = breaker.snapshot().totals.rejected;
    let knowing = at_once(3).call().classified().run(async |_| callee().await).await;

    assert!(unknowing.is_err() && knowing.is_err());
    assert_eq!(by_then, 4, "`run` does not read it");
    assert_eq!(breaker.snapshot().totals.rejected, 5);
}
