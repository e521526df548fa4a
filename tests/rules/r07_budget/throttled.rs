//! Rule R7: after an attempt that the dependency throttled, a retry costs no token. A call that
//! ends because of its budget names the budget in its error.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use resilient::budget::BudgetConfig;
use resilient::retries::{AttemptEnd, RetryDriver, StopReason};
use resilient::{Classification, Classify, RetryBudget, RetryError, RetryPolicy, retry};
use resilient_testkit::{Fault, ms};
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::support::budgets::budget;
use crate::support::retry::{SECOND, at_once, build, exact};

/// The error of a busy server. The field is the hint.
#[derive(Debug, Clone, PartialEq)]
struct Busy(Option<Duration>);

impl Classify for Busy {
    fn classify(&self) -> Classification {
        let class = Classification::throttled();
        self.0.map_or(class, |hint| class.after(hint))
    }
}

/// A server that answers twenty calls per second.
struct Server {
    began: Instant,
    answered: Mutex<Vec<u32>>,
}

impl Server {
    fn new() -> Arc<Self> {
        Arc::new(Self { began: Instant::now(), answered: Mutex::default() })
    }

    fn answer(&self) -> Result<(), Busy> {
        let second = usize::try_from(self.began.elapsed().as_secs()).unwrap();
        let mut answered = self.answered.lock().unwrap();
        let len = answered.len().max(second + 1);
        answered.resize(len, 0);
        if answered[second] == 20 {
            return Err(Busy(Some(SECOND)));
        }
        answered[second] += 1;
        Ok(())
    }
}

#[retry(max_retries = 10, budget = budget)]
async fn annotated(server: Arc<Server>, budget: RetryBudget) -> Result<(), Busy> {
    server.answer()
}

#[tokio::test(start_paused = true)]
async fn r07_sixty_calls_at_once_to_a_server_that_throttles_all_succeed() {
    for annotates in [false, true] {
        let server = Server::new();
        let budget = RetryBudget::new("server", BudgetConfig::default());
        let mut calls = JoinSet::new();
        for _ in 0..60 {
            let (server, budget) = (Arc::clone(&server), budget.clone());
            calls.spawn(async move {
                if annotates {
                    return annotated(server, budget).await;
                }
                let policy = RetryPolicy::builder().max_retries(10).build().unwrap();
                let call = policy.call().budget(&budget).classified();
                call.run(async |_| server.answer()).await
            });
        }

        let results = calls.join_all().await;

        assert_eq!(results, vec![Ok(()); 60], "annotated: {annotates}");
        assert_eq!(*server.answered.lock().unwrap(), [20, 20, 20]);
        let counts = budget.snapshot().counts;
        assert_eq!((counts.granted, counts.refused), (0, 0));
    }
}

/// Returns how many tokens retry number `retry` costs if each attempt ends with this class.
fn cost(policy: &RetryPolicy, class: Classification, retry: u32) -> u32 {
    let budget = budget(100);
    let options = resilient::__private::CallOptions::new().budgeted(Some(&budget));
    let mut driver = resilient::__private::retry(policy.into(), &options, false);
    let fail = |driver: &mut RetryDriver<'_>| driver.after(AttemptEnd::Failed(class), None);
    for _ in 1..retry {
        driver.begin_attempt();
        fail(&mut driver).unwrap();
    }
    driver.begin_attempt();
    let before = budget.tokens();
    fail(&mut driver).unwrap();
    before - budget.tokens()
}

#[test]
fn r07_only_a_throttled_attempt_with_a_hint_as_long_as_the_delay_is_free() {
    let policy = build(&exact());
    let throttled = Classification::throttled();

    assert_eq!(cost(&policy, throttled, 1), 5, "no hint");
    assert_eq!(cost(&policy, throttled.after(ms(99)), 1), 5);
    assert_eq!(cost(&policy, throttled.after(ms(100)), 1), 0);
    assert_eq!(cost(&policy, throttled.after(ms(100)), 2), 5, "the second delay is 200 ms");
    assert_eq!(cost(&policy, throttled.after(ms(200)), 2), 0);
    assert_eq!(cost(&policy, Classification::transient().after(SECOND), 1), 5, "a failure");
    // Jitter shortens the delay, but the loop compares the hint with the nominal delay.
    let jittered = build(&RetryPolicy::builder());
    assert_eq!(cost(&jittered, throttled.after(ms(99)), 1), 5);
    assert_eq!(cost(&jittered, throttled.after(ms(100)), 1), 0);
}

#[tokio::test(start_paused = true)]
async fn r07_an_empty_budget_does_not_end_a_throttled_call_but_the_number_of_retries_does() {
    let budget = budget(0);
    let policy = build(&exact().max_retries(5));
    let call = policy.call().budget(&budget).classified();

    let error = call.run_recorded(async |_| Err::<(), _>(Busy(Some(10 * SECOND)))).await;

    let error = error.unwrap_err();
    assert_eq!((error.reason(), error.budget()), (StopReason::Exhausted, None));
    assert_eq!(error.attempts().count(), 6);
    assert_eq!(budget.snapshot().counts.refused, 0);
}

#[tokio::test(start_paused = true)]
async fn r07_a_free_retry_that_succeeds_adds_the_deposit_and_refunds_nothing() {
    let budget = budget(10);
    let policy = build(&exact());
    let call = policy.call().budget(&budget).classified();

    let result =
        call.run(async |attempt| if attempt.is_first() { Err(Busy(Some(SECOND))) } else { Ok(()) });

    assert_eq!(result.await, Ok(()));
    assert_eq!(budget.tokens(), 11);
}

#[tokio::test]
async fn r07_the_error_names_the_budget_that_ended_the_call() {
    let budget = budget(0);
    let policy = at_once(3);
    let call = policy.call().budget(&budget);

    let error: RetryError<Fault> =
        call.run_recorded(async |_| Err::<(), _>(Fault::Busy)).await.unwrap_err();

    assert_eq!((error.reason(), error.budget()), (StopReason::Budget, Some("dependency")));
    assert!(error.to_string().ends_with("(budget `dependency`): Busy"), "{error}");
    assert!(format!("{error:?}").contains(r#"budget: Some("dependency")"#));
}

#[tokio::test]
async fn r07_the_event_at_the_end_of_the_call_names_the_budget() {
    type Told = Vec<(u32, StopReason, Option<String>)>;

    #[retry(
        max_retries = 1,
        base_delay = "0s",
        budget = budget,
        on_give_up = |event| told.lock().unwrap().push((
            event.attempts(),
            event.reason(),
            event.budget().map(str::to_owned),
        ))
    )]
    async fn call(budget: &RetryBudget, told: &Mutex<Told>) -> Result<(), Fault> {
        Err(Fault::Busy)
    }

    let told = Mutex::new(Vec::new());
    assert!(call(&budget(0), &told).await.is_err());
    assert!(call(&budget(5), &told).await.is_err());
    let of_budget = (1, StopReason::Budget, Some("dependency".to_owned()));
    assert_eq!(told.into_inner().unwrap(), [of_budget, (2, StopReason::Exhausted, None)]);
}
