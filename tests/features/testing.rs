//! Under `resilient::testing`, calls take no time, draw the same delays in each run, and are
//! recorded.

use std::cell::Cell;
use std::time::{Duration, Instant};

use resilient::retries::{Jitter, StopReason, WhenOpen};
use resilient::testing::Scope;
use resilient::{BreakerConfig, CircuitBreaker, CircuitOpen, RetryPolicy, TimedOut};
use resilient_testkit::ms;

const HOUR: Duration = Duration::from_secs(3600);

#[derive(Debug, PartialEq)]
enum Fault {
    Down,
    Open,
    Late,
}

impl From<CircuitOpen> for Fault {
    fn from(_: CircuitOpen) -> Self {
        Self::Open
    }
}

impl From<TimedOut> for Fault {
    fn from(_: TimedOut) -> Self {
        Self::Late
    }
}

#[resilient::retry(base_delay = "1h", max_delay = "4h", jitter = none)]
async fn annotated(fails: &Cell<u32>) -> Result<u32, Fault> {
    let left = fails.get();
    fails.set(left.saturating_sub(1));
    if left > 0 { Err(Fault::Down) } else { Ok(7) }
}

#[resilient::retry(base_delay = "1h", max_delay = "4h", jitter = none, max_retries = 2)]
fn plain() -> Result<(), Fault> {
    Err(Fault::Down)
}

/// Runs a future on a current-thread runtime with real time and without timers, so a sleep panics.
fn block_on<F: Future>(future: F) -> F::Output {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.build().unwrap().block_on(future)
}

#[test]
fn sleeps_take_no_time_and_need_no_timer() {
    let scope = Scope::new();
    let start = Instant::now();
    let result = block_on(scope.run(annotated(&Cell::new(3))));
    assert_eq!(result, Ok(7));
    assert!(start.elapsed() < HOUR);
    scope.assert_attempts(4);
    scope.assert_delays(&[HOUR, 2 * HOUR, 4 * HOUR]);
    assert!(scope.call().succeeded());
    assert_eq!(scope.call().gave_up(), None);
}

#[test]
fn a_scope_also_covers_plain_functions() {
    let scope = Scope::new();
    assert_eq!(scope.run_blocking(plain), Err(Fault::Down));
    scope.assert_attempts(3);
    assert_eq!(scope.call().gave_up(), Some(StopReason::Exhausted));
}

#[test]
fn a_call_that_succeeds_at_once_made_one_attempt() {
    let scope = Scope::new();
    assert_eq!(block_on(scope.run(annotated(&Cell::new(0)))), Ok(7));
    scope.assert_attempts(1);
    scope.assert_delays(&[]);
    assert!(scope.call().succeeded());
}

#[test]
fn the_place_of_an_annotated_function_is_its_own() {
    let scope = Scope::new();
    let _ = block_on(scope.run(annotated(&Cell::new(9))));
    let place = scope.call().place();
    assert!(place.file().ends_with("testing.rs"), "{place}");
}

#[test]
fn attempts_can_be_bounded_and_retries_switched_off() {
    for (scope, attempts) in [
        (Scope::new().max_attempts(2), 2),
        (Scope::new().max_attempts(9), 4),
        (Scope::new().without_retries(), 1),
        (Scope::new().max_attempts(0), 1),
    ] {
        let result = block_on(scope.run(annotated(&Cell::new(9))));
        assert_eq!(result, Err(Fault::Down));
        scope.assert_attempts(attempts);
        assert_eq!(scope.call().gave_up(), Some(StopReason::Exhausted));
    }
}

#[test]
fn the_same_seed_draws_the_same_delays_and_another_one_others() {
    let delays = |seed| {
        let scope = Scope::new().seed(seed);
        let two_calls = async {
            for _ in 0..2 {
                let _: Option<()> = RetryPolicy::DEFAULT.call().run(async |_| None).await;
            }
        };
        block_on(scope.run(two_calls));
        let calls = scope.calls();
        assert_ne!(calls[0].delays(), calls[1].delays(), "each call draws its own delays");
        calls.iter().map(|call| call.delays().to_vec()).collect::<Vec<_>>()
    };
    assert_eq!(delays(7), delays(7));
    assert_ne!(delays(7), delays(8));
}

#[test]
fn a_seed_of_the_policy_overrides_the_seed_of_the_scope() {
    let policy = RetryPolicy::builder().seed(3).build().unwrap();
    let delays = |scope: Scope| {
        let _: Option<()> = block_on(scope.run(policy.call().run(async |_| None)));
        scope.call().delays().to_vec()
    };
    assert_eq!(delays(Scope::new().seed(1)), delays(Scope::new().seed(2)));
}

#[test]
fn skipped_time_counts_for_the_time_of_the_call() {
    let policy = RetryPolicy::builder().jitter(Jitter::None).max_elapsed(ms(300)).build().unwrap();
    let scope = Scope::new();
    let _: Option<()> = block_on(scope.run(policy.call().run(async |_| None)));
    scope.assert_delays(&[ms(100)]);
    assert_eq!(scope.call().gave_up(), Some(StopReason::Elapsed));
}

#[test]
fn skipped_time_moves_the_scopes_clock_and_the_breakers_on_it() {
    let scope = Scope::new();
    let config = BreakerConfig::builder().failure_threshold(1).recovery_time(HOUR).build().unwrap();
    let breaker = CircuitBreaker::with_clock("stock", config, scope.clock());
    let policy = RetryPolicy::builder().when_open(WhenOpen::Wait).max_retries(1).build().unwrap();
    let call = policy
        .call()
        .through(&breaker)
        .run(async |attempt| if attempt.is_first() { Err(Fault::Down) } else { Ok(()) });
    assert_eq!(block_on(scope.run(call)), Ok(()));
    assert_eq!(breaker.state(), resilient::breaker::CircuitState::Closed);
}

#[test]
fn a_rejected_attempt_was_not_made() {
    let scope = Scope::new();
    let breaker = CircuitBreaker::new("stock", BreakerConfig::default());
    breaker.force_open();
    let call = RetryPolicy::DEFAULT.call().through(&breaker).run(async |_| Ok::<(), Fault>(()));
    assert_eq!(block_on(scope.run(call)), Err(Fault::Open));
    scope.assert_attempts(0);
    assert_eq!(scope.call().gave_up(), Some(StopReason::CircuitOpen));
}

#[test]
fn a_cancelled_call_is_recorded_without_an_end() {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = runtime.enable_time().build().unwrap();
    let scope = Scope::new().with_real_sleeps();
    let policy = RetryPolicy::builder().jitter(Jitter::None).build().unwrap();
    runtime.block_on(async {
        let call = scope.run(policy.call().run(async |_| Option::<()>::None));
        let mut call = Box::pin(call);
        let polled = std::future::poll_fn(|cx| std::task::Poll::Ready(call.as_mut().poll(cx)));
        assert!(polled.await.is_pending(), "it sleeps for real");
    });
    assert_eq!(scope.call().gave_up(), None);
    assert!(!scope.call().succeeded());
    scope.assert_delays(&[ms(100)]);
}

#[test]
fn scopes_do_not_record_calls_of_other_scopes_or_outside() {
    let (one, other) = (Scope::new(), Scope::new());
    let (fails_once, fails_twice) = (Cell::new(1), Cell::new(2));
    let both =
        async { tokio::join!(one.run(annotated(&fails_once)), other.run(annotated(&fails_twice))) };
    assert_eq!(block_on(both), (Ok(7), Ok(7)));
    one.assert_attempts(2);
    other.assert_attempts(3);
}

#[test]
fn a_scope_inside_another_scope_records_separately() {
    let (outer, inner) = (Scope::new(), Scope::new().without_retries());
    let result = block_on(outer.run(inner.run(annotated(&Cell::new(1)))));
    assert_eq!(result, Err(Fault::Down));
    inner.assert_attempts(1);
    assert!(outer.calls().is_empty());
}

#[test]
fn a_clone_of_a_scope_can_move_to_a_task() {
    let scope = Scope::new();
    block_on(async {
        let task = scope.clone();
        let task = tokio::spawn(async move {
            let policy = RetryPolicy::DEFAULT;
            let call = policy.call().run(async |_| Option::<()>::None);
            task.run(call).await
        });
        assert_eq!(task.await.unwrap(), None);
    });
    scope.assert_attempts(4);
}

#[test]
#[should_panic(expected = "0 calls under a retry were made in this scope, not one")]
fn asking_for_the_only_call_panics_without_calls() {
    let _ = Scope::new().call();
}

#[test]
#[should_panic(expected = "expected 3")]
fn a_wrong_number_of_attempts_fails_the_test() {
    let scope = Scope::new();
    let _ = block_on(scope.run(annotated(&Cell::new(0))));
    scope.assert_attempts(3);
}

#[test]
#[should_panic(expected = "delays of RecordedCall")]
fn wrong_delays_fail_the_test() {
    let scope = Scope::new();
    let _ = block_on(scope.run(annotated(&Cell::new(1))));
    scope.assert_delays(&[ms(1)]);
}
