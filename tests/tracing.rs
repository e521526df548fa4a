//! The feature `tracing` logs each line at the right level. If a subscriber panics, calls are not
//! affected.

#![allow(clippy::unused_async, reason = "the tests need async functions, not await points")]

use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use resilient::breaker::ManualChange;
use resilient::{
    BreakerConfig, CircuitBreaker, CircuitOpen, Outcome, RetryPolicy, TimedOut, circuit_breaker,
    fallback, retry,
};
use tracing::Level;
use tracing::span::{Attributes, Id, Record};

#[derive(Debug, PartialEq)]
struct Fault;

impl From<CircuitOpen> for Fault {
    fn from(_: CircuitOpen) -> Self {
        Self
    }
}

impl From<TimedOut> for Fault {
    fn from(_: TimedOut) -> Self {
        Self
    }
}

/// Returns the lines that `code` logs.
fn logged(code: impl FnOnce()) -> Vec<String> {
    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    let lines = Lines::default();
    let writer = lines.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(Level::TRACE)
        .without_time()
        .with_target(false)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    tracing::subscriber::with_default(subscriber, code);
    let bytes = lines.0.lock().unwrap().clone();
    let text = String::from_utf8(bytes).unwrap();
    text.lines().map(|line| line.trim().to_owned()).collect()
}

fn breaker() -> CircuitBreaker {
    let config =
        BreakerConfig::builder().failure_threshold(2).recovery_time(Duration::ZERO).build();
    CircuitBreaker::new("logged", config.unwrap())
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap()
}

#[test]
fn b14_each_transition_is_one_line_and_only_an_opening_is_a_warning() {
    let lines = logged(|| {
        let breaker = breaker();
        for outcome in [Outcome::Failure, Outcome::Failure, Outcome::Failure, Outcome::Success] {
            breaker.try_acquire().unwrap().report(outcome);
        }
    });
    let expected = [
        "WARN circuit breaker opened breaker=\"logged\" from=\"closed\" to=\"open\" \
         reason=\"failure threshold reached\" lasts=0.0",
        "INFO circuit breaker changed state breaker=\"logged\" from=\"open\" to=\"half_open\" \
         reason=\"recovery time over\"",
        "WARN circuit breaker opened breaker=\"logged\" from=\"half_open\" to=\"open\" \
         reason=\"probe failed\" lasts=0.0",
        "INFO circuit breaker changed state breaker=\"logged\" from=\"open\" to=\"half_open\" \
         reason=\"recovery time over\"",
        "INFO circuit breaker changed state breaker=\"logged\" from=\"half_open\" to=\"closed\" \
         reason=\"enough probes succeeded\"",
    ];
    assert_eq!(lines, expected);
}

#[test]
fn b01_a_change_by_hand_is_logged_with_its_length_its_operator_and_its_reason() {
    let lines = logged(|| {
        let minute = Duration::from_secs(60);
        let change = ManualChange::force_open_for(minute).by("alice").because("migration");
        breaker().apply(&change).unwrap();
    });
    let expected =
        ["WARN circuit breaker opened breaker=\"logged\" from=\"closed\" to=\"forced_open\" \
         reason=\"by hand\" lasts=60.0 operator=\"alice\" operator_reason=\"migration\""];
    assert_eq!(lines, expected);
}

#[test]
fn defect_cb19_rejections_are_counted_and_logged_at_debug_only() {
    let lines = logged(|| {
        let breaker = breaker();
        breaker.force_open();
        for _ in 0..3 {
            breaker.try_acquire().unwrap_err();
        }
    });
    assert_eq!(lines.iter().filter(|line| line.starts_with("WARN")).count(), 1, "{lines:?}");
    let rejected = "DEBUG call rejected breaker=\"logged\" state=\"forced_open\"";
    assert_eq!(lines[1..], [rejected; 3]);
}

#[test]
fn retries_and_their_end_are_logged_at_debug() {
    let lines = logged(|| {
        let policy = RetryPolicy::builder()
            .max_retries(2)
            .jitter(resilient::retries::Jitter::None)
            .build()
            .unwrap();
        let output = runtime().block_on(policy.call().run(|_| async { Err::<(), _>(Fault) }));
        assert_eq!(output, Err(Fault));
    });
    let expected = [
        "DEBUG retrying attempt=1 delay=0.1",
        "DEBUG retrying attempt=2 delay=0.2",
        "DEBUG gave up attempts=3 reason=\"exhausted\"",
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
        "DEBUG retrying attempt=1 delay=0.1",
        "DEBUG gave up attempts=2 reason=\"exhausted\"",
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
    assert_eq!(lines, ["DEBUG gave up attempts=1 reason=\"budget\" budget=\"search\""]);
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
        "DEBUG retrying attempt=1 delay=0.1",
        "DEBUG succeeded after retries attempts=2",
        "DEBUG attempt cut short attempt=1 limit=\"deadline\"",
        "DEBUG gave up attempts=1 reason=\"deadline\"",
    ];
    assert_eq!(lines, expected);
}

#[test]
fn a_fallback_is_logged_at_debug_if_it_replaces_an_output() {
    #[fallback(value = 0)]
    #[retry(max_retries = 0)]
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
        "DEBUG gave up attempts=1 reason=\"exhausted\"",
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
    assert_eq!(warning.matches("tracing.rs:").count(), 1, "{warning}");
}

#[test]
fn g03_conflicts_and_b15_invalid_settings_are_one_warning_each() {
    fn none() -> u32 {
        0
    }

    #[circuit_breaker(name = "warned", failure_threshold = none())]
    async fn first() -> Option<u32> {
        Some(1)
    }

    #[circuit_breaker(name = "warned", failure_threshold = 7)]
    async fn second() -> Option<u32> {
        Some(2)
    }

    let lines = logged(|| {
        runtime().block_on(async {
            for _ in 0..2 {
                first().await.unwrap();
                second().await.unwrap();
            }
        });
    });
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert_eq!(
        lines[0],
        "WARN invalid setting; its default holds breaker=\"warned\" \
         error=`failure_threshold` is 0: must be at least 1"
    );
    assert!(lines[1].starts_with("WARN two places give one circuit breaker different settings"));
    assert_eq!(lines[1].matches("tracing.rs:").count(), 2, "{}", lines[1]);
}

#[test]
fn g03_each_event_of_a_budget_is_a_line_with_its_name() {
    use resilient::Registry;
    use resilient::budget::BudgetConfig;

    let registry = Registry::new();
    let settings = BudgetConfig::builder;
    let lines = logged(|| {
        let lower = settings().capacity(3);
        registry.override_budget("payments", lower).unwrap();
        let dear = settings().retry_cost(20).build().unwrap();
        for _ in 0..2 {
            let _ = registry.get_or_register_budget("payments", dear);
            let _ = registry.get_or_register_budget("payments", BudgetConfig::default());
        }
        registry.clear_budget_override("payments").unwrap();
    });
    assert_eq!(lines.len(), 3, "{lines:?}");
    assert_eq!(
        lines[0],
        "WARN invalid setting of a retry budget; its default holds budget=\"payments\" \
         error=`retry_cost` is 20: must not be above `capacity`"
    );
    let conflict = "WARN two places give one retry budget different settings; the first hold";
    assert!(lines[1].starts_with(conflict), "{}", lines[1]);
    assert_eq!(lines[1].matches("tracing.rs:").count(), 2, "{}", lines[1]);
    assert_eq!(lines[2], "INFO settings of retry budget changed budget=\"payments\"");
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

/// A subscriber that panics at every event.
struct Broken;

impl tracing::Subscriber for Broken {
    fn enabled(&self, _: &tracing::Metadata<'_>) -> bool {
        true
    }
    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }
    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, _: &tracing::Event<'_>) {
        std::panic::resume_unwind(Box::new("broken subscriber"));
    }
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

#[test]
fn fm_i7_a_subscriber_that_panics_harms_no_call() {
    tracing::subscriber::with_default(Broken, || {
        let breaker = breaker();
        let policy = RetryPolicy::builder().base_delay(Duration::ZERO).build().unwrap();
        let output = runtime().block_on(
            policy
                .call()
                .through(&breaker)
                .run(async |attempt| if attempt.number() < 3 { Err(Fault) } else { Ok(3) }),
        );
        assert_eq!(output, Ok(3));
        breaker.force_open();
        breaker.try_acquire().unwrap_err();
    });
}
