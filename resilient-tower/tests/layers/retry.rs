//! The retry layer: how attempts use the inner service, and when they end.

use std::future::{Ready, pending, poll_fn, ready};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::task::Poll;
use std::time::Duration;

use http::{HeaderValue, Response};
use resilient::breaker::{CircuitState, KeyedBreakers};
use resilient::budget::BudgetConfig;
use resilient::deadline;
use resilient::retries::{Backoff, Jitter, NestedMode, TimeLimit, WhenOpen, attempt_number};
use resilient::{
    BreakerConfig, CircuitBreaker, CircuitOpen, Classification, RetryBudget, RetryPolicy, TimedOut,
};
use resilient_testkit::{Calls, ms, panic_quietly, pause, poll_and_drop, poll_once, secs};
use resilient_tower::{BreakerLayer, Retry, RetryLayer};
use tokio::time::{Instant, sleep};
use tower::limit::ConcurrencyLimit;
use tower::{BoxError, Layer, Service, ServiceBuilder, ServiceExt, service_fn};
use tower_test::mock;

use crate::support::{Call, Counted, call, counted, ends, poll_ready};

type Reply = Ready<Result<u32, BoxError>>;

/// Three retries, one second apart.
fn policy() -> RetryPolicy {
    every("1s").build().unwrap()
}

fn every(delay: &str) -> resilient::retries::RetryPolicyBuilder {
    RetryPolicy::builder().base_delay(delay).backoff(Backoff::Constant).jitter(Jitter::None)
}

fn retry() -> RetryLayer<resilient_tower::ByBoxedSource> {
    RetryLayer::new(policy()).boxed_errors()
}

fn down() -> Reply {
    ready(Err("down".into()))
}

/// Fails until call number `fails`.
fn failing(fails: u32) -> Counted<impl Fn(u32) -> Reply> {
    counted(move |number| if number <= fails { down() } else { ready(Ok(number)) })
}

fn find(error: &BoxError) -> Option<&CircuitOpen> {
    CircuitOpen::find_in(&**error)
}

fn timed_out(error: &BoxError) -> &TimedOut {
    TimedOut::find_in(&**error).expect("a time limit has passed")
}

#[tokio::test(start_paused = true)]
async fn r01_a_failed_call_is_repeated_until_it_succeeds() {
    let (started, inner) = (Instant::now(), failing(2));
    assert_eq!(retry().layer(inner.clone()).oneshot(()).await.unwrap(), 3);
    assert_eq!((inner.calls.count(), started.elapsed()), (3, secs(2)));
}

#[tokio::test(start_paused = true)]
async fn r01_the_last_error_is_returned() {
    let inner = counted(|number| ready(Err::<(), BoxError>(number.to_string().into())));
    let error = retry().layer(inner.clone()).oneshot(()).await.unwrap_err();
    assert_eq!((error.to_string(), inner.calls.count()), ("4".to_owned(), 4));
}

/// The mock panics if it is called before it was ready.
#[tokio::test(start_paused = true)]
async fn each_attempt_waits_until_the_service_is_ready_again() {
    let (inner, mut handle) = mock::pair::<u32, u32>();
    handle.allow(1);
    let mut service = retry().layer(inner);
    assert!(poll_ready(&mut service).is_ready());
    let mut response = Box::pin(service.call(7));
    assert!(poll_once(response.as_mut()).is_pending());
    handle.next_request().await.unwrap().1.send_error("down");
    assert!(poll_once(response.as_mut()).is_pending());
    sleep(secs(9)).await;
    // The sleep is over, and the service is not ready.
    assert!(poll_once(response.as_mut()).is_pending());
    assert!(poll_once(handle.next_request()).is_pending());
    handle.allow(1);
    assert!(poll_once(response.as_mut()).is_pending());
    let (request, respond) = handle.next_request().await.unwrap();
    assert_eq!(request, 7);
    respond.send_response(8);
    assert_eq!(response.await.unwrap(), 8);
}

#[tokio::test]
async fn a_call_takes_the_ready_service_and_leaves_a_clone() {
    let mut service = retry().layer(ConcurrencyLimit::new(failing(0), 1));
    let response = call(&mut service, ());
    assert!(poll_ready::<_, ()>(&mut service).is_pending());
    drop(response);
    assert!(poll_ready::<_, ()>(&mut service).is_ready());
}

#[tokio::test(start_paused = true)]
async fn an_error_of_readiness_ends_the_call() {
    let (inner, mut handle) = mock::pair::<u32, u32>();
    handle.allow(1);
    let mut response = Box::pin(call(&mut retry().layer(inner), 7));
    assert!(poll_once(response.as_mut()).is_pending());
    handle.next_request().await.unwrap().1.send_error("down");
    assert!(poll_once(response.as_mut()).is_pending());
    handle.send_error("gone");
    assert_eq!(response.await.unwrap_err().to_string(), "gone");

    let mut service = retry().layer(mock::pair::<u32, u32>().0);
    let error = poll_fn(|cx| service.poll_ready(cx)).await.unwrap_err();
    assert!(find(&error).is_none());
}

#[tokio::test(start_paused = true)]
async fn a_call_holds_no_place_of_a_limit_while_it_sleeps() {
    let inner = ConcurrencyLimit::new(failing(1), 1);
    let service = retry().layer(inner);
    let mut first = Box::pin(call(&mut service.clone(), ()));
    assert!(poll_once(first.as_mut()).is_pending());
    assert_eq!(service.oneshot(()).await.unwrap(), 2);
    assert_eq!(first.await.unwrap(), 3);
}

/// A response holds its connection until it is dropped.
#[tokio::test(start_paused = true)]
async fn a_failed_response_is_dropped_before_the_sleep() {
    struct Held(Arc<AtomicU32>);
    impl Drop for Held {
        fn drop(&mut self) {
            self.0.fetch_sub(1, SeqCst);
        }
    }
    let held = Arc::new(AtomicU32::new(0));
    let counter = Arc::clone(&held);
    let inner = service_fn(move |()| {
        counter.fetch_add(1, SeqCst);
        ready(Ok::<_, BoxError>(Held(Arc::clone(&counter))))
    });
    let failed = |_: Result<&Held, &BoxError>| Some(Classification::transient());
    let layer = RetryLayer::new(policy()).classify_with(failed);
    let mut response = Box::pin(call(&mut layer.layer(inner), ()));
    assert!(poll_once(response.as_mut()).is_pending());
    assert_eq!(held.load(SeqCst), 0);
    let last = response.await.unwrap();
    assert_eq!(held.load(SeqCst), 1);
    drop(last);
}

#[tokio::test(start_paused = true)]
async fn a_request_that_cannot_be_copied_is_sent_once() {
    struct Upload(bool);
    let inner = counted(|_| down());
    let copy = |upload: &Upload| upload.0.then_some(Upload(true));
    let service = retry().copy_with(copy).layer(inner.clone());
    service.clone().oneshot(Upload(false)).await.unwrap_err();
    assert_eq!(inner.calls.count(), 1);
    service.oneshot(Upload(true)).await.unwrap_err();
    assert_eq!(inner.calls.count(), 5);
}

#[tokio::test(start_paused = true)]
async fn r04_retry_after_is_a_floor_of_the_delay() {
    let response = |status, wait: &'static str| {
        let mut response = Response::new(());
        *response.status_mut() = http::StatusCode::from_u16(status).unwrap();
        response.headers_mut().insert("retry-after", HeaderValue::from_static(wait));
        response
    };
    for (status, wait, calls, elapsed) in [
        (503, "5", 4, 18),
        (429, "5", 4, 18),
        (503, "61", 1, 0),
        (501, "5", 1, 0),
        (404, "5", 1, 0),
    ] {
        let (started, calls_made) = (Instant::now(), Arc::new(Calls::new()));
        let counter = Arc::clone(&calls_made);
        let inner = service_fn(move |()| {
            counter.next();
            ready(Ok::<_, BoxError>(response(status, wait)))
        });
        let last = retry().http().layer(inner).oneshot(()).await.unwrap();
        assert_eq!((last.status().as_u16(), calls_made.count()), (status, calls));
        assert_eq!(started.elapsed(), secs(elapsed), "{status} {wait}");
    }
}

#[tokio::test(start_paused = true)]
async fn r06_an_attempt_that_takes_too_long_is_repeated() {
    let inner = counted(|number| async move {
        if number < 3 {
            pending::<()>().await;
        }
        Ok::<_, BoxError>(number)
    });
    let started = Instant::now();
    let service = retry().attempt_timeout(secs(2)).layer(inner);
    assert_eq!(service.oneshot(()).await.unwrap(), 3);
    assert_eq!(started.elapsed(), secs(2 + 1 + 2 + 1));
}

#[tokio::test(start_paused = true)]
async fn r06_the_error_says_which_limit_ended_the_call() {
    let hangs = || service_fn(|()| pending::<Result<(), BoxError>>());
    let error = retry().attempt_timeout(secs(2)).layer(hangs()).oneshot(()).await.unwrap_err();
    let late = timed_out(&error);
    assert_eq!((late.limit(), late.attempts()), (TimeLimit::AttemptTimeout, 4));

    let started = Instant::now();
    let layer = retry().attempt_timeout(secs(2)).deadline(secs(4));
    let error = layer.layer(hangs()).oneshot(()).await.unwrap_err();
    let late = timed_out(&error);
    assert_eq!((late.limit(), late.attempts()), (TimeLimit::Deadline, 2));
    assert_eq!(started.elapsed(), secs(4));
}

#[tokio::test(start_paused = true)]
async fn r06_no_sleep_begins_that_would_reach_the_deadline() {
    let (started, inner) = (Instant::now(), failing(9));
    let error = retry().deadline(ms(1500)).layer(inner.clone()).oneshot(()).await.unwrap_err();
    assert_eq!((error.to_string(), inner.calls.count()), ("down".to_owned(), 2));
    assert_eq!(started.elapsed(), secs(1));
}

#[tokio::test(start_paused = true)]
async fn r06_the_wait_for_readiness_is_a_part_of_the_attempt() {
    let (inner, mut handle) = mock::pair::<u32, u32>();
    handle.allow(1);
    let layer = RetryLayer::new(every("1s").max_retries(1).build().unwrap()).boxed_errors();
    let mut response = Box::pin(call(&mut layer.attempt_timeout(secs(2)).layer(inner), 7));
    assert!(poll_once(response.as_mut()).is_pending());
    handle.next_request().await.unwrap().1.send_error("down");
    let error = response.await.unwrap_err();
    assert_eq!(timed_out(&error).limit(), TimeLimit::AttemptTimeout);
}

#[test]
fn r06_without_a_timer_nothing_is_called() {
    let inner = failing(0);
    let response = call(&mut retry().deadline(secs(1)).layer(inner.clone()), ());
    let error = resilient_testkit::run(response).unwrap_err();
    assert_eq!(timed_out(&error).limit(), TimeLimit::NoTimer);
    assert_eq!(inner.calls.count(), 0);
    // A sleep needs a timer, too.
    let error = resilient_testkit::run(call(&mut retry().layer(failing(9)), ())).unwrap_err();
    assert_eq!(error.to_string(), "down");
}

/// The stack that the README shows: a retry, a breaker, and a service that hangs.
fn hanging_stack<L>(
    breaker: &CircuitBreaker,
    layer: RetryLayer<resilient_tower::ByBoxedSource, resilient_tower::CloneRequest, L>,
) -> impl Service<(), Response = u32, Error = BoxError, Future: Send>
where
    L: resilient_tower::LimitError<BoxError> + Clone + Send + Sync,
{
    ServiceBuilder::new()
        .layer(layer.through(breaker.clone()))
        .layer(BreakerLayer::new(breaker.clone()))
        .service(counted(|_| -> Call { Box::pin(pending()) }))
}

fn breaker(failures: u32) -> CircuitBreaker {
    let config = BreakerConfig::builder().failure_threshold(failures).recovery_time(secs(10));
    CircuitBreaker::new("stock", config.build().unwrap())
}

#[tokio::test(start_paused = true)]
async fn c02_a_service_that_hangs_opens_the_circuit_at_the_attempt_timeout() {
    let breaker = breaker(2);
    let started = Instant::now();
    let service = hanging_stack(&breaker, retry().attempt_timeout(secs(2)));
    let error = service.oneshot(()).await.unwrap_err();
    assert_eq!(timed_out(&error).attempts(), 2);
    assert_eq!((ends(&breaker), breaker.state()), ([0, 2, 0, 0], CircuitState::Open));
    assert_eq!(started.elapsed(), secs(2 + 1 + 2));
    let text = breaker.snapshot().last_failures[0];
    assert_eq!(text.text().unwrap().as_str(), "attempt_timeout exceeded");
}

#[tokio::test(start_paused = true)]
async fn c02_a_service_that_hangs_opens_the_circuit_at_the_deadline() {
    let breaker = breaker(1);
    let error = hanging_stack(&breaker, retry().deadline(secs(2))).oneshot(()).await.unwrap_err();
    assert_eq!(timed_out(&error).limit(), TimeLimit::Deadline);
    assert_eq!((ends(&breaker), breaker.state()), ([0, 1, 0, 0], CircuitState::Open));
}

#[tokio::test(start_paused = true)]
async fn c02_a_caller_with_little_time_cannot_open_the_circuit() {
    let breaker = breaker(1);
    let service = hanging_stack(&breaker, retry().deadline(secs(60)).attempt_timeout(secs(30)));
    let result = deadline::scope(ms(5), service.oneshot(())).await;
    assert!(result.map_or(true, |result| result.is_err()));
    assert_eq!((ends(&breaker), breaker.state()), ([0, 0, 0, 1], CircuitState::Closed));
}

/// The time limit says nothing about a dependency of the dependency.
#[tokio::test(start_paused = true)]
async fn c04_a_breaker_inside_another_breaker_sees_an_abandoned_call() {
    let (outer, inner) = (breaker(1), breaker(1));
    let service = ServiceBuilder::new()
        .layer(retry().attempt_timeout(secs(2)))
        .layer(BreakerLayer::new(outer.clone()))
        .layer(BreakerLayer::new(inner.clone()))
        .service(counted(|_| -> Call { Box::pin(pending()) }));
    service.oneshot(()).await.unwrap_err();
    assert_eq!((ends(&outer), ends(&inner)), ([0, 1, 0, 0], [0, 0, 0, 1]));
}

#[tokio::test(start_paused = true)]
async fn c04_a_call_that_the_caller_drops_is_abandoned() {
    let breaker = breaker(1);
    let mut service = hanging_stack(&breaker, retry().attempt_timeout(secs(2)));
    drop(call(&mut service, ()));
    assert!(poll_and_drop(call(&mut service, ()), 1).is_none());
    assert_eq!(ends(&breaker), [0, 0, 0, 1]);
}

#[tokio::test(start_paused = true)]
async fn r07_an_empty_budget_ends_the_call() {
    let config = BudgetConfig::builder().initial_tokens(10).retry_cost(5).capacity(10);
    let budget = RetryBudget::new("stock", config.build().unwrap());
    let inner = failing(9);
    let service = retry().budget(budget.clone()).layer(inner.clone());
    service.oneshot(()).await.unwrap_err();
    assert_eq!((inner.calls.count(), budget.tokens()), (3, 0));
    assert_eq!(budget.snapshot().counts.refused, 1);
}

#[tokio::test(start_paused = true)]
async fn r08_what_is_not_worth_a_retry_is_returned_at_once() {
    let inner = failing(9);
    let layer = RetryLayer::new(policy()).classify_with(|result: Result<&u32, &BoxError>| {
        result.err().map(|_| Classification::permanent())
    });
    layer.layer(inner.clone()).oneshot(()).await.unwrap_err();
    assert_eq!(inner.calls.count(), 1);
}

#[tokio::test(start_paused = true)]
async fn r08_a_rejection_is_not_retried() {
    let breaker = breaker(1);
    breaker.force_open();
    let started = Instant::now();
    let service = ServiceBuilder::new()
        .layer(retry())
        .layer(BreakerLayer::new(breaker.clone()))
        .service(failing(0));
    let error = service.oneshot(()).await.unwrap_err();
    assert_eq!(find(&error).unwrap().breaker(), "stock");
    assert_eq!((breaker.snapshot().totals.rejected, started.elapsed()), (1, Duration::ZERO));
    // Unless the error cannot be looked into.
    let service = ServiceBuilder::new()
        .layer(RetryLayer::new(policy()).every_error())
        .layer(BreakerLayer::new(breaker.clone()))
        .service(failing(0));
    service.oneshot(()).await.unwrap_err();
    assert_eq!(breaker.snapshot().totals.rejected, 1 + 4);
}

#[tokio::test(start_paused = true)]
async fn r09_a_call_ends_with_its_real_error_when_its_circuit_opens() {
    for is_known in [true, false] {
        let (breaker, started, inner) = (breaker(2), Instant::now(), failing(9));
        let guarded = BreakerLayer::new(breaker.clone()).layer(inner.clone());
        let error = if is_known {
            retry().through(breaker.clone()).layer(guarded).oneshot(()).await
        } else {
            retry().layer(guarded).oneshot(()).await
        };
        assert_eq!(error.unwrap_err().to_string(), "down");
        assert_eq!(inner.calls.count(), 2);
        // If the breaker is not known, the call sleeps before its rejection.
        assert_eq!(started.elapsed(), secs(if is_known { 1 } else { 2 }));
    }
}

#[tokio::test(start_paused = true)]
async fn r09_a_call_can_wait_for_its_circuit() {
    let breaker = breaker(1);
    let inner = failing(1);
    let policy = every("1s").when_open(WhenOpen::Wait).build().unwrap();
    let service = ServiceBuilder::new()
        .layer(RetryLayer::new(policy).boxed_errors().through(breaker.clone()))
        .layer(BreakerLayer::new(breaker.clone()))
        .service(inner.clone());
    let started = Instant::now();
    // The first failure opens the circuit. The call waits for its end, and a delay more.
    assert_eq!(service.clone().oneshot(()).await.unwrap(), 2);
    let waited = started.elapsed();
    assert!(waited >= secs(10) && waited <= secs(11), "{waited:?}");
    assert_eq!(breaker.state(), CircuitState::Closed);

    // A call that is rejected at first waits, too, and continues when the circuit closes.
    breaker.trip().unwrap();
    let mut waiting = Box::pin(service.oneshot(()));
    assert!(poll_once(waiting.as_mut()).is_pending());
    assert_eq!(breaker.snapshot().waiting, 1);
    let started = Instant::now();
    breaker.close();
    assert_eq!(waiting.await.unwrap(), 3);
    // A delay, and as much again so that waiting calls do not return together.
    assert!(started.elapsed() <= secs(2), "{:?}", started.elapsed());
    assert_eq!(breaker.snapshot().waiting, 0);
}

#[tokio::test(start_paused = true)]
async fn r09_a_retry_without_a_known_breaker_waits_as_long_as_the_rejection_says() {
    let breaker = breaker(1);
    breaker.trip().unwrap();
    let policy = every("1s").when_open(WhenOpen::Wait).build().unwrap();
    let service = ServiceBuilder::new()
        .layer(RetryLayer::new(policy).boxed_errors())
        .layer(BreakerLayer::new(breaker.clone()))
        .service(failing(0));
    let started = Instant::now();
    assert_eq!(service.oneshot(()).await.unwrap(), 1);
    assert!(started.elapsed() >= secs(10));
}

#[tokio::test(start_paused = true)]
async fn r09_the_breaker_of_the_key_is_watched() {
    let shards = KeyedBreakers::new("shards", breaker(1).config());
    let key = |request: &u32| *request;
    let inner = counted(|_| down());
    let service = ServiceBuilder::new()
        .layer(retry().through(resilient_tower::KeyedBy::new(shards.clone(), key)))
        .layer(BreakerLayer::keyed(shards.clone(), key))
        .service(inner.clone());
    let started = Instant::now();
    for shard in [1, 2] {
        let error = service.clone().oneshot(shard).await.unwrap_err();
        assert_eq!(error.to_string(), "down");
    }
    assert_eq!((inner.calls.count(), started.elapsed()), (2, Duration::ZERO));
}

#[tokio::test(start_paused = true)]
async fn r09_the_rejection_by_another_breaker_is_an_error_like_others() {
    let (other, own) = (breaker(1), CircuitBreaker::default());
    other.trip().unwrap();
    let open = other.try_acquire().map(drop).unwrap_err();
    let inner = counted(move |_| ready(Err::<u32, BoxError>(open.clone().into())));
    let policy = every("1s").when_open(WhenOpen::Wait).build().unwrap();
    let layer = RetryLayer::new(policy).boxed_errors().through(own);
    let error = layer.layer(inner.clone()).oneshot(()).await.unwrap_err();
    assert_eq!((find(&error).unwrap().breaker(), inner.calls.count()), ("stock", 1));
}

#[tokio::test(start_paused = true)]
async fn r11_a_call_can_be_dropped_at_every_poll() {
    let config = BudgetConfig::builder().initial_tokens(100).retry_cost(5).capacity(100);
    let mut ready_after = None;
    for polls in 0..40 {
        let breaker = CircuitBreaker::default();
        let budget = RetryBudget::new("stock", config.build().unwrap());
        let policy = every("1ms").build().unwrap().named("dropped");
        let mut service = ServiceBuilder::new()
            .layer(RetryLayer::new(policy.clone()).boxed_errors().budget(budget.clone()))
            .layer(BreakerLayer::new(breaker.clone()))
            .service(counted(|number| -> Call {
                Box::pin(async move {
                    pause(2).await;
                    if number < 3 { Err("down".into()) } else { Ok(number) }
                })
            }));
        let mut response = Box::pin(call(&mut service, ()));
        let mut output = None;
        for _ in 0..polls {
            if let Poll::Ready(result) = poll_once(response.as_mut()) {
                output = Some(result);
                break;
            }
            tokio::time::advance(ms(1)).await;
        }
        drop(response);
        let counts = policy.snapshot().counts;
        let [success, failure, ignored, abandoned] = ends(&breaker);
        assert_eq!(ignored, 0);
        if let Some(result) = output {
            ready_after.get_or_insert(polls);
            assert_eq!((result.unwrap(), counts.recovered, abandoned), (3, 1, 0));
            assert_eq!((success, failure), (1, 2));
            // The last attempt has paid its token back.
            assert_eq!(budget.tokens(), 95);
        } else {
            assert_eq!((counts.recovered, success), (0, 0), "{polls}");
            let has_failed = u64::from(failure > 0);
            assert_eq!(counts.cancelled, has_failed, "{polls}");
            // Only attempts that have started have cost a token.
            let started = u32::try_from((failure + abandoned).saturating_sub(1)).unwrap();
            assert_eq!(budget.tokens(), 100 - 5 * started, "{polls}");
        }
    }
    assert!(ready_after.is_some_and(|polls| polls > 6), "{ready_after:?}");
}

#[tokio::test(start_paused = true)]
async fn r11_the_token_of_an_attempt_that_did_not_start_returns_to_the_budget() {
    let budget = RetryBudget::new("stock", BudgetConfig::default());
    let tokens = budget.tokens();
    let mut response = Box::pin(call(&mut retry().budget(budget.clone()).layer(failing(9)), ()));
    assert!(poll_once(response.as_mut()).is_pending());
    assert!(budget.tokens() < tokens);
    drop(response);
    assert_eq!(budget.tokens(), tokens);
}

#[tokio::test(start_paused = true)]
async fn r11_a_dropped_call_waits_for_no_circuit() {
    let breaker = breaker(1);
    breaker.trip().unwrap();
    let policy = every("1s").when_open(WhenOpen::Wait).build().unwrap();
    let service = ServiceBuilder::new()
        .layer(RetryLayer::new(policy).boxed_errors().through(breaker.clone()))
        .layer(BreakerLayer::new(breaker.clone()))
        .service(failing(0));
    for _ in 0..10_000 {
        let mut response = Box::pin(call(&mut service.clone(), ()));
        assert!(poll_once(response.as_mut()).is_pending());
    }
    assert_eq!(breaker.snapshot().waiting, 0);
}

#[tokio::test(start_paused = true)]
async fn r14_a_nested_loop_can_leave_retries_to_the_outer_one() {
    for (nested, calls) in [(NestedMode::Collapse, 4 + 3), (NestedMode::Allow, 4 * 4)] {
        let inner = counted(|_| down());
        let service = ServiceBuilder::new()
            .layer(retry())
            .layer(retry().nested(nested))
            .service(inner.clone());
        service.oneshot(()).await.unwrap_err();
        assert_eq!(inner.calls.count(), calls, "{nested:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn d05_an_attempt_knows_its_number_and_its_deadline() {
    let seen = Arc::new(std::sync::Mutex::new(Vec::new()));
    let log = Arc::clone(&seen);
    let inner = service_fn(move |()| {
        log.lock().unwrap().push((attempt_number(), deadline::remaining()));
        down()
    });
    let service = retry().attempt_timeout(secs(2)).deadline(ms(3500)).layer(inner);
    service.oneshot(()).await.unwrap_err();
    let expected = [(1, secs(2)), (2, secs(2)), (3, ms(1500)), (4, ms(500))];
    assert_eq!(*seen.lock().unwrap(), expected.map(|(number, left)| (number, Some(left))));
}

#[tokio::test(start_paused = true)]
async fn r15_a_named_retry_counts_its_calls() {
    let named = policy().named("stock");
    let layer = RetryLayer::new(named.clone()).boxed_errors();
    layer.layer(failing(2)).oneshot(()).await.unwrap();
    layer.layer(failing(9)).oneshot(()).await.unwrap_err();
    drop(call(&mut layer.layer(failing(9)), ()));
    let mut sleeping = Box::pin(call(&mut layer.layer(failing(9)), ()));
    assert!(poll_once(sleeping.as_mut()).is_pending());
    drop(sleeping);
    let counts = named.snapshot().counts;
    assert_eq!((counts.recovered, counts.attempts, counts.cancelled), (1, 3 + 4 + 1, 1));
    assert_eq!(named.snapshot().last_failures[0].text.unwrap().as_str(), "down");
}

#[tokio::test(start_paused = true)]
async fn r15_an_override_reaches_a_running_call() {
    let registry = resilient::Registry::new();
    let named = registry.get_or_register_retry("stock", policy());
    let inner = failing(9);
    let mut response =
        Box::pin(call(&mut RetryLayer::new(named).boxed_errors().layer(inner.clone()), ()));
    assert!(poll_once(response.as_mut()).is_pending());
    registry.override_retry("stock", RetryPolicy::builder().max_retries(0)).unwrap();
    response.await.unwrap_err();
    // The retry that was granted before is still made.
    assert_eq!(inner.calls.count(), 2);
}

/// A runtime catches the panic around the poll, and drops the future later.
#[tokio::test(start_paused = true)]
async fn a_panic_of_the_service_is_counted_as_a_panic() {
    let named = policy().named("panics");
    let layer = RetryLayer::new(named.clone()).boxed_errors();
    let inner = counted(|number| if number == 1 { down() } else { panic_quietly() });
    let mut response = Box::pin(call(&mut layer.layer(inner), ()));
    assert!(poll_once(response.as_mut()).is_pending());
    tokio::time::advance(secs(2)).await;
    catch_unwind(AssertUnwindSafe(|| poll_once(response.as_mut()))).unwrap_err();
    drop(response);
    let counts = named.snapshot().counts;
    assert_eq!((counts.panicked, counts.cancelled), (1, 0));
}

#[test]
fn layers_and_services_are_cheap_handles_and_go_anywhere() {
    fn goes_anywhere<T: Clone + Send + Sync + Unpin + std::fmt::Debug + 'static>(
        value: &T,
    ) -> String {
        format!("{value:?}")
    }
    fn sent<T: Send + 'static>(_: &T) {}
    let layer = RetryLayer::new(policy().named("stock")).boxed_errors();
    assert!(goes_anywhere(&layer).contains("stock"));
    let layer = layer.budget(RetryBudget::new("b", BudgetConfig::default())).deadline(secs(1));
    let mut service = layer.through(CircuitBreaker::default()).layer(failing(0));
    assert!(goes_anywhere(&service).contains("Counted"));
    let response = call(&mut service, ());
    sent(&response);
    assert_eq!(format!("{response:?}"), "RetryFuture { attempt: 1, .. }");
    let _: &Retry<_, _, _, _, _> = &service;
}
