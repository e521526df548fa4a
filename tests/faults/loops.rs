//! Tests of tables A, B, D and H for retry loops with time limits, a budget and a circuit breaker.

use std::cell::{Cell, RefCell};
use std::time::Duration;

use resilient::budget::BudgetConfig;
use resilient::retries::{Backoff, Jitter, TimeLimit};
use resilient::{
    CircuitBreaker, Classification, Classify, RetryBudget, RetryError, RetryPolicy,
    circuit_breaker, fallback, retry,
};
use tokio::runtime::Builder;
use tokio::sync::oneshot;
use tokio::task::yield_now;
use tokio::time::{Instant, advance, sleep, timeout};

use crate::cancellation::{Attempts, breakers, cut};
use crate::support::{Fault, breaker, half_open};
use resilient_testkit::{
    OWN_PANIC, fragile, ms, panic_of, panic_of_call, panic_quietly, run, secs,
};

/// Returns a budget that starts with tokens for twenty retries.
fn budget() -> RetryBudget {
    let settings = BudgetConfig::builder().capacity(500).initial_tokens(100);
    RetryBudget::new("dependency", settings.build().unwrap())
}

/// Asserts that `retries` retries spent five tokens each, and that all other tokens are in the
/// bucket.
#[track_caller]
fn assert_paid(budget: &RetryBudget, retries: u64) {
    let counts = budget.snapshot().counts;
    assert_eq!(counts.spent, retries);
    assert_eq!(counts.granted, counts.spent + counts.returned);
    assert_eq!(u64::from(budget.tokens()), 100 - 5 * retries);
}

fn exact() -> RetryPolicy {
    let settings = RetryPolicy::builder().max_retries(2).jitter(Jitter::None);
    settings.build().unwrap()
}

fn at_once() -> RetryPolicy {
    let settings = RetryPolicy::builder().base_delay(Duration::ZERO);
    settings.build().unwrap()
}

fn classify(output: &Result<(), Fault>) -> Option<Classification> {
    output.as_ref().err().map(Fault::classify)
}

/// The breaker, the budget, the counts and the limit of a call.
struct Parts<'a> {
    breaker: &'a CircuitBreaker,
    budget: &'a RetryBudget,
    attempts: &'a Attempts,
    /// In some cases, this limit is shorter than an attempt.
    attempt_timeout: Duration,
}

/// Drops a call after every possible number of polls. Tries closed and half-open circuits, and
/// attempts that fail or are cut short.
async fn cut_everywhere(call: impl AsyncFn(&Parts<'_>)) {
    for (nth, seconds) in [(0, 3_000), (0, 5), (1, 3_000), (1, 5)] {
        let mut in_a_sleep = 0;
        for polls in 0.. {
            let breaker = &breakers()[nth];
            let (budget, attempts) = (&budget(), &Attempts::default());
            let attempt_timeout = secs(seconds);
            let parts = Parts { breaker, budget, attempts, attempt_timeout };
            let done = cut(call(&parts), polls).await;

            let begun = attempts.begun.get();
            assert_eq!(attempts.alive.get(), 0, "after {polls} polls");
            assert_paid(budget, begun.saturating_sub(1));
            let snapshot = breaker.snapshot();
            let totals = snapshot.totals;
            assert_eq!(snapshot.probes_in_flight, 0, "after {polls} polls");
            assert_eq!(totals.failure + totals.abandoned, begun);
            assert!(totals.abandoned <= 1);
            assert_eq!(totals.success + totals.ignored + totals.late, 0);
            in_a_sleep += u64::from(!done && begun > 0 && totals.abandoned == 0);
            advance(secs(3_600)).await;
            yield_now().await;
            assert_eq!(attempts.begun.get(), begun, "the call still runs");
            if done {
                assert_eq!((begun, totals.abandoned), (3, 0));
                break;
            }
        }
        assert_eq!(in_a_sleep, 2, "the call can be cut in each of its two sleeps");
    }
}

#[tokio::test(start_paused = true)]
async fn fm_a2_calls_with_limits_and_a_budget_dropped_anywhere_leave_nothing_behind() {
    let policy = &exact();
    let limited = |parts: &Parts<'_>| {
        let call = policy.call().deadline(secs(3_600));
        call.attempt_timeout(parts.attempt_timeout)
    };
    cut_everywhere(async |parts| {
        let call = limited(parts).through(parts.breaker).budget(parts.budget);
        _ = call.run(|_| parts.attempts.fail()).await;
    })
    .await;
    cut_everywhere(async |parts| {
        let call = limited(parts).through(parts.breaker).budget(parts.budget);
        _ = call.classify_with(classify).run(|_| parts.attempts.fail()).await;
    })
    .await;
    cut_everywhere(async |parts| {
        let call = limited(parts).through(parts.breaker).budget(parts.budget);
        _ = call.run_recorded(|_| parts.attempts.fail()).await;
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn fm_a2_annotated_functions_with_limits_dropped_anywhere_leave_nothing_behind() {
    #[retry(
        max_retries = 2, deadline = "1h", attempt_timeout = parts.attempt_timeout,
        budget = parts.budget
    )]
    #[circuit_breaker(breaker = parts.breaker)]
    async fn limited(parts: &Parts<'_>) -> Result<(), Fault> {
        parts.attempts.fail().await
    }
    #[retry(
        max_retries = 2, deadline = "1h", attempt_timeout = parts.attempt_timeout,
        budget = parts.budget, errors = all, attempt = this
    )]
    #[circuit_breaker(breaker = parts.breaker)]
    async fn recorded(parts: &Parts<'_>) -> Result<(), RetryError<Fault>> {
        let _number = this.number();
        parts.attempts.fail().await
    }
    #[retry(max_retries = 2, budget = parts.budget)]
    #[circuit_breaker(breaker = parts.breaker)]
    #[resilient::timeout(parts.attempt_timeout)]
    async fn timed(parts: &Parts<'_>) -> Result<(), Fault> {
        parts.attempts.fail().await
    }
    #[fallback(with = async |error: Fault| Err(error))]
    #[retry(max_retries = 2, attempt_timeout = parts.attempt_timeout, budget = parts.budget)]
    #[circuit_breaker(breaker = parts.breaker)]
    async fn replaced(parts: &Parts<'_>) -> Result<(), Fault> {
        parts.attempts.fail().await
    }
    cut_everywhere(async |parts| _ = limited(parts).await).await;
    cut_everywhere(async |parts| _ = recorded(parts).await).await;
    cut_everywhere(async |parts| _ = timed(parts).await).await;
    cut_everywhere(async |parts| _ = replaced(parts).await).await;
}

#[tokio::test(start_paused = true)]
async fn fm_a7_an_outer_timeout_in_a_backoff_returns_the_token_and_no_attempt_follows() {
    let (breaker, budget, attempts) = (&breakers()[0], budget(), Attempts::default());
    let (policy, start) = (exact(), Instant::now());
    let call = policy.call().deadline(secs(9)).attempt_timeout(secs(1));
    let call = call.through(breaker).budget(&budget);
    let call = call.run(|_| attempts.fail());
    timeout(ms(50), call).await.unwrap_err();
    assert_eq!(start.elapsed(), ms(50));
    advance(secs(60)).await;
    assert_eq!(attempts.begun.get(), 1);
    assert_paid(&budget, 0);
    assert_eq!(budget.snapshot().counts.returned, 1);
}

#[tokio::test(start_paused = true)]
async fn fm_a7_a_timeout_around_a_loop_ends_it_in_its_backoff() {
    #[resilient::timeout("50ms")]
    #[retry(jitter = none, budget = budget)]
    async fn call(budget: &RetryBudget, attempts: &Attempts) -> Result<(), Fault> {
        attempts.fail().await
    }
    let (budget, attempts, start) = (budget(), Attempts::default(), Instant::now());
    // The next sleep would take 100 ms and end after the limit of 50 ms, so the loop does not start
    // it.
    assert_eq!(call(&budget, &attempts).await, Err(Fault::Down));
    assert_eq!(start.elapsed(), Duration::ZERO);
    assert_eq!(attempts.begun.get(), 1);
    assert_paid(&budget, 0);
}

#[test]
fn fm_b1_a_panic_in_a_limited_attempt_is_one_failure_and_costs_what_it_began() {
    #[retry(base_delay = "0s", budget = budget, errors = all, attempt = this)]
    #[circuit_breaker(breaker = breaker)]
    async fn annotated(
        breaker: &CircuitBreaker,
        budget: &RetryBudget,
    ) -> Result<(), RetryError<Fault>> {
        if this.number() == 2 {
            panic_quietly()
        }
        Err(Fault::Down)
    }
    let runtime = Builder::new_current_thread().enable_time().build().unwrap();
    let policy = at_once();
    for annotates in [false, true] {
        let (breaker, budget) = (breaker(&fragile().failure_threshold(9)), budget());
        let panicked = panic_of(|| {
            runtime.block_on(async {
                if annotates {
                    return annotated(&breaker, &budget).await.map_err(RetryError::into_error);
                }
                let call = policy.call().deadline(secs(9)).attempt_timeout(secs(1));
                let call = call.through(&breaker).budget(&budget);
                let call = call.run(async |attempt| {
                    if attempt.number() == 2 {
                        panic_quietly()
                    }
                    Err(Fault::Down)
                });
                call.await
            })
        });
        assert_eq!(panicked, OWN_PANIC);
        let snapshot = breaker.snapshot();
        assert_eq!((snapshot.totals.failure, snapshot.totals.abandoned), (2, 0));
        assert_paid(&budget, 1);
    }
}

#[test]
fn fm_b2_a_panic_in_what_judges_a_limited_attempt_is_one_failure_and_loses_no_token() {
    #[retry(
        base_delay = "0s", retry_if = |_| panic_quietly(), deadline = deadline, budget = budget
    )]
    #[circuit_breaker(breaker = breaker)]
    async fn annotated(
        deadline: Option<Duration>,
        breaker: &CircuitBreaker,
        budget: &RetryBudget,
    ) -> Result<(), Fault> {
        Err(Fault::Down)
    }
    let judge = |_: &Result<(), Fault>| -> Option<Classification> { panic_quietly() };
    let policy = at_once();
    for annotates in [false, true] {
        let (breaker, budget) = (half_open(&fragile()), budget());
        let panicked = if annotates {
            panic_of_call(annotated(None, &breaker, &budget))
        } else {
            let call = policy.call().through(&breaker).budget(&budget);
            panic_of_call(call.classify_with(judge).run(async |_| Err(Fault::Down)))
        };
        assert_eq!(panicked, OWN_PANIC);
        let snapshot = breaker.snapshot();
        assert_eq!((snapshot.totals.failure, snapshot.totals.abandoned), (1, 0));
        assert_eq!(snapshot.probes_in_flight, 0);
        assert_paid(&budget, 0);
    }
}

#[test]
fn fm_b2_a_panic_in_a_schedule_of_ones_own_propagates_and_loses_nothing() {
    let settings = RetryPolicy::builder().backoff(Backoff::Custom(|k| {
        if k == 2 {
            panic_quietly()
        }
        Some(Duration::ZERO)
    }));
    let policy = settings.build().unwrap();
    let (breaker, budget) = (breaker(&fragile().failure_threshold(9)), budget());
    let call = policy.call().through(&breaker).budget(&budget);
    let call = call.run(async |_| Err::<(), _>(Fault::Down));
    assert_eq!(panic_of_call(call), OWN_PANIC);
    let totals = breaker.snapshot().totals;
    assert_eq!((totals.failure, totals.abandoned), (2, 0));
    assert_paid(&budget, 1);
}

#[test]
fn fm_b3_a_panic_in_a_hook_before_the_sleep_gives_the_token_back() {
    #[retry(budget = budget, base_delay = "0s", on_retry = |_| panic_quietly())]
    async fn call(budget: &RetryBudget) -> Result<(), Fault> {
        Err(Fault::Down)
    }
    let budget = budget();
    assert_eq!(panic_of_call(call(&budget)), OWN_PANIC);
    assert_paid(&budget, 0);
    assert_eq!(budget.snapshot().counts.returned, 1);
}

#[test]
fn fm_b4_a_panic_in_a_fallback_propagates_and_each_attempt_is_counted_once() {
    #[fallback(with = |_| panic_quietly())]
    #[retry(base_delay = "0s", max_retries = 1, budget = budget)]
    #[circuit_breaker(breaker = breaker)]
    async fn at_once(breaker: &CircuitBreaker, budget: &RetryBudget) -> Result<(), Fault> {
        Err(Fault::Down)
    }
    #[fallback(with = async |_| { yield_now().await; panic_quietly() })]
    #[retry(base_delay = "0s", max_retries = 1, budget = budget)]
    #[circuit_breaker(breaker = breaker)]
    async fn later(breaker: &CircuitBreaker, budget: &RetryBudget) -> Result<(), Fault> {
        Err(Fault::Down)
    }
    fn no_value() {
        panic_quietly()
    }
    #[fallback(value = no_value())]
    #[retry(base_delay = "0s", max_retries = 1, budget = budget)]
    #[circuit_breaker(breaker = breaker)]
    fn plain(breaker: &CircuitBreaker, budget: &RetryBudget) -> Result<(), Fault> {
        Err(Fault::Down)
    }
    for kind in 0..3 {
        let (breaker, budget) = (breaker(&fragile().failure_threshold(9)), budget());
        let panicked = match kind {
            0 => panic_of_call(at_once(&breaker, &budget)),
            1 => panic_of_call(later(&breaker, &budget)),
            _ => panic_of(|| plain(&breaker, &budget)),
        };
        assert_eq!(panicked, OWN_PANIC);
        let totals = breaker.snapshot().totals;
        assert_eq!((totals.failure, totals.abandoned), (2, 0));
        assert_paid(&budget, 1);
    }
}

#[test]
fn fm_b7_an_output_whose_destructor_panics_loses_no_permit_and_no_token() {
    #[derive(Debug)]
    struct Explosive<'a>(&'a Cell<bool>);
    impl Drop for Explosive<'_> {
        fn drop(&mut self) {
            if self.0.take() {
                panic_quietly()
            }
        }
    }
    #[retry(base_delay = "0s", budget = budget)]
    #[circuit_breaker(breaker = breaker, on_open = |_| panic!("the circuit is closed"))]
    async fn annotated<'a>(
        breaker: &CircuitBreaker,
        budget: &RetryBudget,
        armed: &'a Cell<bool>,
    ) -> Result<(), Explosive<'a>> {
        Err(Explosive(armed))
    }
    let (breaker, budget) = (breaker(&fragile().failure_threshold(9)), budget());
    let armed = Cell::new(true);
    assert_eq!(panic_of_call(annotated(&breaker, &budget, &armed)), OWN_PANIC);
    let totals = breaker.snapshot().totals;
    // The second attempt took a permit, but its body did not run.
    assert_eq!((totals.failure, totals.abandoned), (2, 0));
    assert_paid(&budget, 0);
}

#[tokio::test(start_paused = true)]
async fn fm_d13_a_call_stops_before_it_sleeps_past_its_deadline_and_returns_the_last_error() {
    #[retry(max_retries = 9, jitter = none, deadline = "1s")]
    async fn annotated(attempts: &RefCell<u32>) -> Result<(), Fault> {
        *attempts.borrow_mut() += 1;
        Err(Fault::Down)
    }
    // The delays are 100, 200 and 400 ms. The next delay would end after the limit of one second.
    let (attempts, start) = (RefCell::new(0), Instant::now());
    assert_eq!(annotated(&attempts).await, Err(Fault::Down));
    assert_eq!((attempts.take(), start.elapsed()), (4, ms(700)));

    let policy = RetryPolicy::builder().max_retries(9).jitter(Jitter::None);
    let policy = policy.build().unwrap();
    let (budget, start) = (budget(), Instant::now());
    let call = policy.call().deadline(secs(1)).budget(&budget);
    let result = call.run(async |_| Err::<(), _>(Fault::Down)).await;
    assert_eq!((result, start.elapsed()), (Err(Fault::Down), ms(700)));
    assert_paid(&budget, 3);
}

#[test]
fn fm_h1_and_fm_h2_a_limit_with_no_timer_to_keep_it_calls_nothing_and_says_so() {
    #[retry(attempt_timeout = "1s", budget = budget)]
    #[circuit_breaker(breaker = breaker)]
    async fn annotated(
        breaker: &CircuitBreaker,
        budget: &RetryBudget,
        attempts: &Attempts,
    ) -> Result<(), Fault> {
        attempts.fail().await
    }
    #[circuit_breaker(breaker = breaker)]
    #[resilient::timeout("1s")]
    async fn timed(breaker: &CircuitBreaker, attempts: &Attempts) -> Result<(), Fault> {
        attempts.fail().await
    }
    fn no_timer(result: Result<(), Fault>) {
        match result {
            Err(Fault::Late(cut)) => assert_eq!(cut.limit(), TimeLimit::NoTimer),
            other => panic!("{other:?}"),
        }
    }
    let name = "loops::fm_h1_and_fm_h2_a_limit_with_no_timer_to_keep_it_calls_nothing_and_says_so";
    // If a runtime has no timers, tokio panics, and the panic hook prints a message. The test runs
    // in a new process to hide this message.
    if let Some(output) = crate::environment::in_new_process(name) {
        assert!(output.status.success(), "{output:?}");
        return;
    }
    let without_timers = Builder::new_current_thread().build().unwrap();
    for has_runtime in [false, true] {
        let (breaker, budget) = (half_open(&fragile()), budget());
        let attempts = Attempts::default();
        let policy = at_once();
        let both = async {
            no_timer(annotated(&breaker, &budget, &attempts).await);
            no_timer(timed(&breaker, &attempts).await);
            let call = policy.call().deadline(secs(1)).through(&breaker);
            no_timer(call.budget(&budget).run(|_| attempts.fail()).await);
        };
        if has_runtime {
            without_timers.block_on(both);
        } else {
            run(both);
        }
        assert_eq!(attempts.begun.get(), 0);
        let snapshot = breaker.snapshot();
        assert_eq!(snapshot.probes_in_flight, 0);
        // The dependency was not called, so the breaker ignores the calls.
        assert_eq!((snapshot.totals.ignored, snapshot.totals.failure), (3, 0));
        assert_paid(&budget, 0);
    }
}

#[test]
fn fm_h4_a_runtime_shut_down_in_a_limited_attempt_leaves_no_slot_taken_and_no_token_lost() {
    let (breaker, budget) = (half_open(&fragile()), budget());
    let runtime = Builder::new_multi_thread().worker_threads(1).enable_time().build().unwrap();
    let (running, begun) = oneshot::channel();
    let task = runtime.spawn({
        let (breaker, budget) = (breaker.clone(), budget.clone());
        async move {
            let (policy, mut running) = (at_once(), Some(running));
            let call = policy.call().deadline(secs(3_600)).attempt_timeout(secs(60));
            let call = call.through(&breaker).budget(&budget).run(|_| {
                running.take().map(|running| running.send(()));
                std::future::pending::<Result<(), Fault>>()
            });
            call.await
        }
    });
    runtime.block_on(begun).unwrap();
    drop(runtime);
    let ended = run(task);
    assert!(ended.is_err_and(|error| error.is_cancelled()));
    let snapshot = breaker.snapshot();
    assert_eq!(snapshot.probes_in_flight, 0);
    assert_eq!((snapshot.totals.failure, snapshot.totals.abandoned), (0, 1));
    assert_paid(&budget, 0);
}

#[tokio::test(start_paused = true)]
async fn fm_h5_a_plain_loop_inside_a_call_does_not_block_its_thread_past_the_deadline() {
    #[retry(base_delay = "1h", max_delay = "1h", jitter = none)]
    fn plain(calls: &Cell<u32>) -> Result<(), Fault> {
        calls.set(calls.get() + 1);
        Err(Fault::Down)
    }
    let (policy, calls) = (at_once(), Cell::new(0));
    let call = policy.call().deadline(secs(60));
    let result = call.run(async |attempt| {
        if attempt.is_first() {
            sleep(secs(1)).await;
            return plain(&calls);
        }
        Ok(())
    });
    assert_eq!(result.await, Ok(()));
    assert_eq!(calls.get(), 1);
}
