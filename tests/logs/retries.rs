//! The lines of retries, time limits and fallbacks.

use std::time::Duration;

use resilient::{Classification, RetryPolicy, fallback, retry};

use crate::breakers::breaker;
use crate::capture::logged;
use crate::{Fault, runtime};

#[test]
fn r15_retries_and_their_end_are_logged_at_debug_with_name_and_error() {
    let lines = logged(|| {
        let policy = RetryPolicy::builder()
            .max_retries(2)
            .jitter(resilient::retries::Jitter::None)
            .build()
            .unwrap()
            .named("stock");
        let call = policy.call().classify_with(|output: &Result<(), Fault>| {
            output.is_err().then(|| Classification::transient().with_text("no stock"))
        });
        let output = runtime().block_on(call.run(|_| async { Err::<(), _>(Fault) }));
        assert_eq!(output, Err(Fault));
    });
    let expected = [
        "DEBUG retrying retry=\"stock\" attempt=1 max_attempts=3 delay=0.1 error=\"no stock\"",
        "DEBUG retrying retry=\"stock\" attempt=2 max_attempts=3 delay=0.2 error=\"no stock\"",
        "DEBUG gave up retry=\"stock\" attempts=3 max_attempts=3 reason=\"exhausted\" \
         error=\"no stock\"",
    ];
    assert_eq!(lines, expected);
}

#[test]
fn r09_a_wait_for_the_circuit_is_logged_as_a_wait_and_not_as_a_retry() {
    let lines = logged(|| {
        let policy = RetryPolicy::builder()
            .max_retries(1)
            .jitter(resilient::retries::Jitter::None)
            .when_open(resilient::retries::WhenOpen::Wait)
            .build()
            .unwrap();
        let output = runtime().block_on(async {
            let breaker = breaker();
            breaker.trip_for(Duration::from_secs(5)).unwrap();
            policy.call().through(&breaker).run(|_| async { Err::<(), _>(Fault) }).await
        });
        assert_eq!(output, Err(Fault));
    });
    let lines: Vec<_> = lines.iter().filter(|line| line.starts_with("DEBUG")).collect();
    let expected = [
        "DEBUG call rejected breaker=\"logged\" state=\"open\" retry_after=5.0",
        "DEBUG waiting for the circuit breaker=\"logged\" state=\"open\" attempts=0 at_most=5.1",
        "DEBUG retrying attempt=1 max_attempts=2 delay=0.1",
        "DEBUG gave up attempts=2 max_attempts=2 reason=\"exhausted\"",
    ];
    assert_eq!(lines, expected);
}

#[test]
fn r07_the_line_of_a_call_that_its_budget_ended_names_the_budget() {
    let lines = logged(|| {
        let config = resilient::budget::BudgetConfig::builder().initial_tokens(0);
        let budget = resilient::RetryBudget::new("search", config.build().unwrap());
        let policy = RetryPolicy::DEFAULT;
        let call = policy.call().budget(&budget).run(|_| async { Err::<(), _>(Fault) });
        assert_eq!(runtime().block_on(call), Err(Fault));
    });
    let line =
        "DEBUG gave up attempts=1 max_attempts=4 reason=\"budget\" budget=\"search\" tokens=0";
    assert_eq!(lines[1..], [line]);
}

#[test]
fn an_attempt_that_is_cut_short_and_a_success_after_it_are_logged_at_debug() {
    let lines = logged(|| {
        let policy =
            RetryPolicy::builder().jitter(resilient::retries::Jitter::None).build().unwrap();
        runtime().block_on(async {
            let call = policy.call().attempt_timeout(Duration::from_secs(1));
            let output = call.run(async |attempt| {
                if attempt.is_first() {
                    std::future::pending::<()>().await;
                }
                Ok::<_, Fault>(attempt.number())
            });
            assert_eq!(output.await, Ok(2));

            let call = policy.call().deadline(Duration::from_secs(1));
            let output = call.run(|_| std::future::pending::<Result<(), Fault>>());
            assert_eq!(output.await, Err(Fault));

            let output = policy.call().run(async |_| Ok::<_, Fault>(1)).await;
            assert_eq!(output, Ok(1), "a success at the first attempt logs nothing");
        });
    });
    let expected = [
        "DEBUG attempt cut short attempt=1 limit=\"attempt_timeout\"",
        "DEBUG retrying attempt=1 max_attempts=4 delay=0.1 error=\"attempt_timeout exceeded\"",
        "DEBUG succeeded after retries attempts=2",
        "DEBUG attempt cut short attempt=1 limit=\"deadline\"",
        "DEBUG gave up attempts=1 max_attempts=4 reason=\"deadline\" error=\"deadline exceeded\"",
    ];
    assert_eq!(lines, expected);
}

#[test]
fn a_fallback_is_logged_at_debug_if_it_replaces_an_output() {
    #[fallback(value = 0)]
    #[retry(name = "no stock", max_retries = 0)]
    async fn call(works: bool) -> Result<u32, Fault> {
        works.then_some(1).ok_or(Fault)
    }

    let lines = logged(|| {
        runtime().block_on(async {
            assert_eq!(call(true).await, Ok(1));
            assert_eq!(call(false).await, Ok(0));
        });
    });
    let expected = [
        "DEBUG gave up retry=\"no stock\" attempts=1 max_attempts=1 reason=\"exhausted\"",
        "DEBUG failed output replaced by the fallback",
    ];
    assert_eq!(lines, expected);
}

#[test]
fn r14_a_loop_inside_another_one_is_one_warning_that_names_its_place() {
    #[retry(base_delay = "0s", max_retries = 2)]
    async fn inner() -> Result<(), Fault> {
        Err(Fault)
    }
    #[retry(base_delay = "0s", max_retries = 2)]
    async fn outer() -> Result<(), Fault> {
        inner().await
    }

    let lines = logged(|| {
        for _ in 0..2 {
            assert_eq!(runtime().block_on(outer()), Err(Fault));
        }
    });
    let warnings: Vec<_> = lines.iter().filter(|line| line.starts_with("WARN")).collect();
    let [warning] = warnings[..] else {
        panic!("{warnings:?}");
    };
    assert!(warning.starts_with("WARN a retry inside an attempt of another retry"));
    assert_eq!(warning.matches("retries.rs:").count(), 1, "{warning}");
}

#[test]
fn r13_a_plain_function_that_sleeps_in_a_runtime_is_one_warning() {
    #[retry(max_retries = 2, base_delay = "1ns", jitter = none)]
    fn plain() -> Result<(), Fault> {
        Err(Fault)
    }

    let warnings = |lines: &[String]| lines.iter().filter(|line| line.starts_with("WARN")).count();
    let outside = logged(|| {
        plain().unwrap_err();
    });
    assert_eq!(warnings(&outside), 0, "{outside:?}");
    let inside = logged(|| {
        runtime().block_on(async { plain().unwrap_err() });
    });
    assert_eq!(warnings(&inside), 1, "{inside:?}");
    let again = logged(|| {
        runtime().block_on(async { plain().unwrap_err() });
    });
    assert_eq!(warnings(&again), 0, "{again:?}");
}
