//! Tests of the keys `deadline`, `attempt_timeout`, `budget`, `nested` and `errors` of `#[retry]`.

use std::time::Duration;

use resilient::breaker::CircuitState;
use resilient::budget::BudgetConfig;
use resilient::retries::{StopReason, TimeLimit};
use resilient::{Registry, RetryBudget, RetryError, RetryPolicy, circuit_breaker, retry, timeout};
use tokio::time::{Instant, sleep};

use resilient_testkit::{Calls, Fault, sendable};

async fn hang() {
    std::future::pending::<()>().await;
}

fn totals(name: &str) -> resilient::breaker::CallCounts {
    Registry::global().get(name).unwrap().snapshot().totals
}

#[tokio::test(start_paused = true)]
async fn r06_an_attempt_that_takes_too_long_is_cancelled_and_tried_again() {
    #[retry(max_retries = 2, base_delay = "1s", jitter = none, attempt_timeout = "5s")]
    async fn call(calls: &Calls, item: String) -> Result<String, Fault> {
        if calls.next() < 3 {
            hang().await;
        }
        Ok(item)
    }
    let (calls, start) = (Calls::new(), Instant::now());
    let output = sendable(call(&calls, "x".to_owned())).await;
    assert_eq!(output.as_deref(), Ok("x"));
    assert_eq!(start.elapsed(), Duration::from_secs(5 + 1 + 5 + 2));
}

#[tokio::test(start_paused = true)]
async fn r06_the_last_attempt_that_is_cancelled_says_which_limit_and_how_many() {
    #[retry(max_retries = 1, base_delay = "1s", jitter = none, attempt_timeout = "5s")]
    async fn call() -> Result<u32, Fault> {
        hang().await;
        Ok(1)
    }
    let Err(Fault::TimedOut(timed_out)) = call().await else {
        panic!("the call hangs");
    };
    assert_eq!(timed_out.limit(), TimeLimit::AttemptTimeout);
    assert_eq!(timed_out.attempts(), 2);
    assert_eq!(timed_out.after(), Duration::from_secs(5));
}

#[tokio::test(start_paused = true)]
async fn r06_a_cancelled_attempt_is_not_tried_again_where_except_matches() {
    #[retry(attempt_timeout = "5s", except = Fault::TimedOut(_) | Fault::Busy)]
    async fn call(calls: &Calls) -> Result<u32, Fault> {
        calls.next();
        hang().await;
        Ok(1)
    }
    let calls = Calls::new();
    assert!(call(&calls).await.is_err());
    assert_eq!(calls.count(), 1);
}

#[tokio::test(start_paused = true)]
async fn r06_a_cancelled_attempt_is_retried_whatever_on_and_retry_if_select() {
    #[retry(
        max_retries = 1,
        base_delay = "0s",
        attempt_timeout = "5s",
        on = Fault::Busy,
        retry_if = |_| false
    )]
    async fn call(calls: &Calls) -> Result<u32, Fault> {
        calls.next();
        hang().await;
        Ok(1)
    }
    let calls = Calls::new();
    assert!(call(&calls).await.is_err());
    assert_eq!(calls.count(), 2);
}

#[tokio::test(start_paused = true)]
async fn r06_a_deadline_cancels_the_running_attempt() {
    #[retry(base_delay = "1s", jitter = none, deadline = "10s")]
    async fn call(calls: &Calls) -> Result<u32, Fault> {
        if calls.next() == 2 {
            hang().await;
        }
        Err(Fault::Busy)
    }
    let start = Instant::now();
    let Err(Fault::TimedOut(timed_out)) = sendable(call(&Calls::new())).await else {
        panic!("the second attempt hangs");
    };
    assert_eq!((timed_out.limit(), timed_out.attempts()), (TimeLimit::Deadline, 2));
    assert_eq!(start.elapsed(), Duration::from_secs(10));
}

#[tokio::test(start_paused = true)]
async fn r06_a_sleep_that_would_cross_the_deadline_is_not_begun() {
    #[retry(base_delay = "3s", jitter = none, deadline = "8s")]
    async fn call(calls: &Calls) -> Result<u32, Fault> {
        Err(Fault::Down(calls.next()))
    }
    let start = Instant::now();
    assert_eq!(call(&Calls::new()).await, Err(Fault::Down(2)));
    assert_eq!(start.elapsed(), Duration::from_secs(3));
}

#[tokio::test(start_paused = true)]
async fn r06_limits_are_expressions_beside_a_policy() {
    #[retry(policy = policy, deadline = limit, attempt_timeout = limit.map(|limit| limit / 2))]
    async fn call(policy: &RetryPolicy, limit: Option<Duration>) -> Result<u32, Fault> {
        sleep(Duration::from_secs(30)).await;
        Ok(1)
    }
    let policy = RetryPolicy::builder().max_retries(0).build().unwrap();
    assert_eq!(sendable(call(&policy, None)).await, Ok(1));
    let start = Instant::now();
    assert!(call(&policy, Some(Duration::from_secs(4))).await.is_err());
    assert_eq!(start.elapsed(), Duration::from_secs(2));
}

#[tokio::test(start_paused = true)]
async fn c02_an_attempt_that_times_out_is_a_failure_for_the_breaker_below_the_retry() {
    #[retry(max_retries = 5, base_delay = "1ms", attempt_timeout = "1s")]
    #[circuit_breaker(name = "hangs", failure_threshold = 3, failure = Fault::Busy)]
    async fn call(calls: &Calls) -> Result<u32, Fault> {
        calls.next();
        hang().await;
        Ok(1)
    }
    let calls = Calls::new();
    assert!(matches!(sendable(call(&calls)).await, Err(Fault::TimedOut(_))));
    assert_eq!(calls.count(), 3);
    assert_eq!(Registry::global().get("hangs").unwrap().state(), CircuitState::Open);
}

#[tokio::test(start_paused = true)]
async fn c02_a_breaker_above_the_loop_records_a_failure_if_the_deadline_ends_the_call() {
    #[circuit_breaker(
        name = "above a deadline",
        failure_threshold = 1,
        failure = Fault::Busy,
        order = explicit
    )]
    #[retry(deadline = "1s", attempt_timeout = "500ms", base_delay = "1ms")]
    async fn call(item: String) -> Result<String, Fault> {
        hang().await;
        Ok(item)
    }
    assert!(sendable(call("x".to_owned())).await.is_err());
    assert_eq!(totals("above a deadline").failure, 1);
}

#[tokio::test(start_paused = true)]
async fn r06_an_output_after_a_cut_is_judged_by_itself_again() {
    #[retry(max_retries = 3, base_delay = "1ms", attempt_timeout = "1s", except = Fault::Down(_))]
    #[circuit_breaker(name = "after a cut", failure_threshold = 100, ignore = Fault::Down(_))]
    async fn call(calls: &Calls) -> Result<u32, Fault> {
        let n = calls.next();
        if n == 1 {
            hang().await;
        }
        Err(Fault::Down(n))
    }
    assert_eq!(call(&Calls::new()).await, Err(Fault::Down(2)));
    let totals = totals("after a cut");
    assert_eq!((totals.failure, totals.ignored), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn r06_a_success_after_a_cut_ends_the_loop() {
    #[retry(max_retries = 5, base_delay = "1ms", attempt_timeout = "1s")]
    #[circuit_breaker(name = "success after a cut")]
    async fn call(calls: &Calls) -> Result<u32, Fault> {
        let n = calls.next();
        if n == 1 {
            hang().await;
        }
        Ok(n)
    }
    assert_eq!(call(&Calls::new()).await, Ok(2));
    let totals = totals("success after a cut");
    assert_eq!((totals.failure, totals.success), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn r12_an_attempt_after_a_cut_knows_the_error_that_it_made() {
    #[retry(max_retries = 1, base_delay = "1ms", attempt_timeout = "1s", attempt = attempt)]
    async fn call() -> Result<bool, Fault> {
        if attempt.is_first() {
            hang().await;
        }
        Ok(matches!(attempt.last_error(), Some(Fault::TimedOut(_))))
    }
    assert_eq!(sendable(call()).await, Ok(true));
}

fn empty() -> BudgetConfig {
    BudgetConfig::builder().initial_tokens(0).build().unwrap()
}

#[tokio::test(start_paused = true)]
async fn r07_an_empty_budget_ends_the_loop_with_the_real_error() {
    #[retry(budget = "empty", base_delay = "1ms", on_give_up = |end| reasons.push(end.reason()))]
    async fn named(calls: &Calls, reasons: &mut Vec<StopReason>) -> Result<u32, Fault> {
        let _ = &reasons;
        Err(Fault::Down(calls.next()))
    }
    #[retry(budget = budget, base_delay = "1ms")]
    async fn given(calls: &Calls, budget: Option<RetryBudget>) -> Result<u32, Fault> {
        Err(Fault::Down(calls.next()))
    }
    let budget = Registry::global().get_or_register_budget("empty", empty());
    let mut reasons = Vec::new();
    let output = named(&Calls::new(), &mut reasons).await;
    assert_eq!(output, Err(Fault::Down(1)));
    assert_eq!(reasons, [StopReason::Budget]);
    let output = sendable(given(&Calls::new(), Some(budget))).await;
    assert_eq!(output, Err(Fault::Down(1)));
    assert_eq!(given(&Calls::new(), None).await, Err(Fault::Down(4)));
}

struct Client {
    budget: RetryBudget,
    calls: Calls,
}

impl Client {
    #[retry(budget = self.budget, policy = RetryPolicy::default())]
    fn get(&mut self) -> Result<u32, Fault> {
        Err(Fault::Down(self.calls.next()))
    }
}

#[test]
fn r07_a_plain_method_has_the_budget_of_its_instance() {
    let mut client = Client { budget: RetryBudget::new("instance", empty()), calls: Calls::new() };
    assert_eq!(client.get(), Err(Fault::Down(1)));
}

#[tokio::test(start_paused = true)]
async fn r14_a_loop_that_collapses_makes_one_attempt_inside_a_retried_one() {
    #[retry(max_retries = 1, base_delay = "0s", nested = collapse)]
    async fn inner(calls: &Calls) -> Result<u32, Fault> {
        Err(Fault::Down(calls.next()))
    }
    #[retry(max_retries = 1, base_delay = "0s")]
    #[timeout("1m")]
    async fn outer(calls: &Calls) -> Result<u32, Fault> {
        inner(calls).await
    }
    #[retry(max_retries = 1, base_delay = "0s", nested = allow)]
    async fn outer_unseen(calls: &Calls) -> Result<u32, Fault> {
        inner(calls).await
    }
    let calls = Calls::new();
    assert_eq!(sendable(outer(&calls)).await, Err(Fault::Down(3)));
    let calls = Calls::new();
    assert_eq!(sendable(outer_unseen(&calls)).await, Err(Fault::Down(4)));
}

#[test]
fn r14_plain_loops_see_each_other_too() {
    #[retry(max_retries = 1, base_delay = "0s", nested = collapse)]
    fn inner(calls: &Calls) -> Result<u32, Fault> {
        Err(Fault::Down(calls.next()))
    }
    #[retry(max_retries = 1, base_delay = "0s")]
    #[circuit_breaker(name = "between plain loops")]
    fn outer(calls: &Calls) -> Result<u32, Fault> {
        inner(calls)
    }
    assert_eq!(outer(&Calls::new()), Err(Fault::Down(3)));
}

#[tokio::test(start_paused = true)]
async fn every_error_is_returned_with_errors_all() {
    #[retry(max_retries = 2, base_delay = "1s", jitter = none, errors = all)]
    async fn call(calls: &Calls, item: String) -> Result<String, RetryError<Fault>> {
        match calls.next() {
            n @ 1..=3 => Err(Fault::Down(n))?,
            _ => Ok(item),
        }
    }
    let calls = Calls::new();
    let Err(error) = sendable(call(&calls, "x".to_owned())).await else {
        panic!("every attempt fails");
    };
    let all: Vec<Fault> = error.attempts().map(|attempt| attempt.error().clone()).collect();
    assert_eq!(all, [Fault::Down(1), Fault::Down(2), Fault::Down(3)]);
    assert_eq!(error.reason(), StopReason::Exhausted);
    assert_eq!(error.elapsed(), Duration::from_secs(1 + 2));
    assert_eq!(call(&calls, "x".to_owned()).await.unwrap(), "x");
}

#[test]
fn every_error_of_a_plain_function_with_attempts_that_know_is_returned() {
    #[retry(max_retries = 1, base_delay = "0s", errors = all, attempt = attempt)]
    #[circuit_breaker(name = "all errors")]
    fn call(calls: &Calls) -> Result<u32, RetryError<Fault>> {
        if calls.next() > 100 {
            return Ok(7);
        }
        match attempt.last_error() {
            Some(Fault::Down(n)) => Err(Fault::Down(n + 10)),
            _ => Err(Fault::Down(1)),
        }
    }
    let Err(error) = call(&Calls::new()) else {
        panic!("every attempt fails");
    };
    assert_eq!(error.attempts().count(), 2);
    assert_eq!(error.into_error(), Fault::Down(11));
    Registry::global().get("all errors").unwrap().force_open();
    let Err(error) = call(&Calls::new()) else {
        panic!("the breaker rejects the call");
    };
    assert!(matches!(error.into_error(), Fault::Open(_)));
}

#[tokio::test(start_paused = true)]
async fn every_error_is_returned_through_everything() {
    #[timeout("1h")]
    #[retry(
        max_retries = 3, base_delay = "1s", jitter = none, errors = all, deadline = "1m",
        attempt_timeout = "5s"
    )]
    #[circuit_breaker(name = "all through everything", failure_threshold = 3)]
    async fn call(calls: &Calls) -> Result<u32, Failed> {
        if calls.next() == 2 {
            hang().await;
        }
        Err(Fault::Busy)
    }
    type Failed = RetryError<Fault>;
    let Err(error) = sendable(call(&Calls::new())).await else {
        panic!("every attempt fails");
    };
    let all: Vec<bool> =
        error.attempts().map(|attempt| matches!(attempt.error(), Fault::TimedOut(_))).collect();
    assert_eq!(all, [false, true, false]);
    assert_eq!(error.reason(), StopReason::CircuitOpen);
}
