//! The breaker layer: when a call asks for its permit, and how it ends.

use std::convert::Infallible;
use std::future::poll_fn;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};
use std::task::Poll;

use resilient::breaker::{CircuitState, KeyedBreakers};
use resilient::{BreakerConfig, CircuitBreaker, CircuitOpen, Classification, Classify};
use resilient_testkit::{
    Fault, closed, due, fragile, panic_quietly, poll_and_drop, poll_once, run, secs,
};
use resilient_tower::{Breaker, BreakerLayer};
use tower::limit::ConcurrencyLimit;
use tower::{BoxError, Layer, Service, ServiceExt, service_fn};
use tower_test::mock;

use crate::support::{Counted, call, counted, ends, poll_ready, slow};

type Reply = std::future::Ready<Result<u32, BoxError>>;

fn reply(result: Result<u32, &'static str>) -> Reply {
    std::future::ready(result.map_err(BoxError::from))
}

fn guarded<S>(breaker: &CircuitBreaker, service: S) -> Breaker<S> {
    BreakerLayer::new(breaker.clone()).layer(service)
}

fn is_rejection(error: &BoxError) -> bool {
    CircuitOpen::find_in(&**error).is_some()
}

#[test]
fn b02_results_are_counted_and_passed_on() {
    let (breaker, _clock) = closed(&fragile().failure_threshold(2));
    let service = counted(|number| reply(if number == 1 { Ok(7) } else { Err("down") }));
    let mut service = guarded(&breaker, service);
    assert_eq!(run(call(&mut service, ())).unwrap(), 7);
    assert_eq!(run(call(&mut service, ())).unwrap_err().to_string(), "down");
    assert_eq!(ends(&breaker), [1, 1, 0, 0]);
}

#[test]
fn b02_a_rejected_call_does_not_reach_the_inner_service() {
    let (breaker, _clock) = closed(&fragile());
    let inner = counted(|_| reply(Err("down")));
    let mut service = guarded(&breaker, inner.clone());
    run(call(&mut service, ())).unwrap_err();
    for _ in 0..10 {
        assert!(is_rejection(&run(call(&mut service, ())).unwrap_err()));
    }
    assert_eq!(inner.calls.count(), 1);
    assert_eq!(breaker.snapshot().totals.rejected, 10);
}

#[tokio::test]
async fn readiness_is_that_of_the_inner_service() {
    let (breaker, _clock) = closed(&fragile());
    let (inner, mut handle) = mock::pair::<u32, u32>();
    let mut service = guarded(&breaker, inner);
    handle.allow(0);
    assert!(poll_ready(&mut service).is_pending());
    handle.allow(1);
    let response = call(&mut service, 3);
    let (request, respond) = handle.next_request().await.unwrap();
    assert_eq!(request, 3);
    respond.send_response(4);
    assert_eq!(response.await.unwrap(), 4);
    handle.send_error("gone");
    let Poll::Ready(Err(error)) = poll_ready(&mut service) else { panic!("an error is expected") };
    assert_eq!(error.to_string(), "gone");
    // An error of `poll_ready` is no call.
    assert_eq!(ends(&breaker), [1, 0, 0, 0]);
}

/// The mock panics if it is called before it was ready.
#[tokio::test]
async fn a_clone_is_called_only_after_it_was_ready_itself() {
    let (breaker, _clock) = closed(&fragile());
    let (inner, mut handle) = mock::pair::<u32, u32>();
    let mut service = guarded(&breaker, inner);
    handle.allow(1);
    assert!(poll_ready(&mut service).is_ready());
    let mut clone = service.clone();
    drop(service.call(1));
    assert!(poll_ready(&mut clone).is_pending());
    handle.allow(1);
    assert!(poll_ready(&mut clone).is_ready());
    drop(clone.call(2));
    assert_eq!(ends(&breaker), [0, 0, 0, 2]);
}

#[test]
fn b10_a_service_that_is_ready_holds_no_probe_slot() {
    let (breaker, _clock) = due(&fragile());
    let service = guarded(&breaker, slow(1));
    let mut ready: Vec<_> = (0..100).map(|_| service.clone()).collect();
    for service in &mut ready {
        assert!(poll_ready::<_, ()>(service).is_ready());
    }
    let mut calls: Vec<_> = ready.iter_mut().map(|service| Box::pin(service.call(()))).collect();
    let results: Vec<_> = calls.iter_mut().map(poll_once).collect();
    assert_eq!(results.iter().filter(|result| result.is_pending()).count(), 1);
    assert_eq!(breaker.snapshot().probes_in_flight, 1);
    drop(ready);
    drop(calls);
    assert_eq!((breaker.snapshot().probes_in_flight, breaker.state()), (0, CircuitState::HalfOpen));
}

/// Otherwise idle clones would keep the places of a limit, and every other caller would wait for
/// them while the circuit is open, and after it.
#[test]
fn b02_a_rejected_call_gives_back_what_readiness_has_reserved() {
    let (breaker, _clock) = closed(&fragile());
    let mut service = guarded(&breaker, ConcurrencyLimit::new(slow(0), 1));
    let mut other = service.clone();
    breaker.force_open();
    let rejected = call(&mut service, ());
    assert!(poll_ready::<_, ()>(&mut other).is_ready());
    assert!(is_rejection(&run(rejected).unwrap_err()));
    assert!(poll_ready::<_, ()>(&mut service).is_pending());
    breaker.close();
    assert_eq!(run(call(&mut other, ())).unwrap(), 1);
    assert_eq!(run(call(&mut service, ())).unwrap(), 2);
}

#[test]
fn r11_dropped_calls_leave_no_permit_in_any_state() {
    for state in ["closed", "half-open", "open", "forced open", "disabled", "observed"] {
        let (breaker, _clock) = match state {
            "half-open" => due(&fragile()),
            _ => closed(&fragile()),
        };
        match state {
            "open" => breaker.trip().unwrap(),
            "forced open" => breaker.force_open(),
            "disabled" => breaker.disable(),
            "observed" => breaker.observe_only(),
            _ => {}
        }
        let before = breaker.state();
        let mut service = guarded(&breaker, slow(3));
        for number in 0..10_000 {
            let output = poll_and_drop(call(&mut service, ()), number % 4);
            assert!(output.is_none_or(|output| output.is_err()), "{state}");
        }
        let snapshot = breaker.snapshot();
        assert_eq!((snapshot.probes_in_flight, snapshot.in_flight), (0, 0), "{state}");
        assert_eq!((snapshot.state, snapshot.waiting), (before, 0), "{state}");
        if state == "half-open" {
            assert_eq!(run(call(&mut service, ())).unwrap(), 10_001);
            assert_eq!(breaker.state(), CircuitState::Closed);
        }
    }
}

#[test]
fn r11_a_call_can_be_dropped_at_every_poll() {
    for polls in 0..6 {
        let (breaker, _clock) = due(&fragile());
        let output = poll_and_drop(call(&mut guarded(&breaker, slow(4)), ()), polls);
        let [success, failure, ignored, abandoned] = ends(&breaker);
        assert_eq!((failure, ignored), (0, 0));
        match output {
            Some(output) => assert_eq!((output.unwrap(), success, abandoned), (1, 1, 0)),
            None => assert_eq!((success, abandoned), (0, 1)),
        }
        assert_eq!(breaker.snapshot().probes_in_flight, 0);
    }
}

#[test]
fn b02_a_panic_in_call_is_a_failure() {
    let (breaker, _clock) = closed(&fragile());
    let mut service = guarded(&breaker, counted(|_| -> Reply { panic_quietly() }));
    catch_unwind(AssertUnwindSafe(|| call(&mut service, ()))).unwrap_err();
    assert_eq!(ends(&breaker), [0, 1, 0, 0]);
    assert_eq!(breaker.state(), CircuitState::Open);
}

/// A runtime catches the panic around the poll, and drops the future later.
#[test]
fn b02_a_panic_in_poll_is_a_failure() {
    let (breaker, _clock) = closed(&fragile());
    let inner = counted(|_| poll_fn(|_| -> Poll<Result<u32, BoxError>> { panic_quietly() }));
    let mut response = Box::pin(call(&mut guarded(&breaker, inner), ()));
    catch_unwind(AssertUnwindSafe(|| poll_once(response.as_mut()))).unwrap_err();
    assert_eq!(ends(&breaker), [0, 1, 0, 0]);
    drop(response);
    assert_eq!(ends(&breaker), [0, 1, 0, 0]);
}

#[test]
fn b02_a_panic_of_the_classifier_is_a_failure() {
    let (breaker, _clock) = closed(&fragile());
    let panics = |_: Result<&u32, &BoxError>| -> Option<Classification> { panic_quietly() };
    let layer = BreakerLayer::new(breaker.clone()).classify_with(panics);
    let response = call(&mut layer.layer(slow(0)), ());
    catch_unwind(AssertUnwindSafe(|| run(response))).unwrap_err();
    assert_eq!(ends(&breaker), [0, 1, 0, 0]);
}

#[test]
fn b18_calls_inside_a_probe_are_nested_in_it() {
    let (breaker, _clock) = due(&fragile());
    let inner = guarded(&breaker, slow(2));
    let outer = service_fn(move |()| inner.clone().oneshot(()));
    let mut service = guarded(&breaker, outer);
    assert_eq!(run(call(&mut service, ())).unwrap(), 1);
    assert_eq!((ends(&breaker), breaker.state()), ([1, 0, 0, 0], CircuitState::Closed));
}

#[test]
fn b18_calls_before_the_inner_future_exists_are_nested_too() {
    let (breaker, _clock) = due(&fragile());
    let inside = breaker.clone();
    let inner = counted(move |_| reply(inside.try_acquire().map_or(Err("rejected"), |_| Ok(1))));
    let mut service = guarded(&breaker, inner);
    assert_eq!(run(call(&mut service, ())).unwrap(), 1);
}

#[tokio::test(start_paused = true)]
async fn b06_a_slow_call_is_counted_as_slow() {
    let config = BreakerConfig::builder().slow_call(secs(2)).slow_call_rate(1.0).window(1);
    let breaker = CircuitBreaker::new("slow", config.min_calls(1).build().unwrap());
    let inner = service_fn(async |()| {
        tokio::time::sleep(secs(2)).await;
        Ok::<_, BoxError>(())
    });
    guarded(&breaker, inner).oneshot(()).await.unwrap();
    assert_eq!(breaker.state(), CircuitState::Open);
}

#[test]
fn g04_each_key_has_a_breaker() {
    let shards = KeyedBreakers::new("shards", fragile().build().unwrap());
    let layer = BreakerLayer::keyed(shards.clone(), |request: &u32| request % 2);
    let inner =
        service_fn(|request| reply(if request % 2 == 0 { Err("down") } else { Ok(request) }));
    let mut service = layer.layer(inner);
    run(call(&mut service, 2)).unwrap_err();
    assert!(is_rejection(&run(call(&mut service, 4)).unwrap_err()));
    assert_eq!(run(call(&mut service, 5)).unwrap(), 5);
    let states = [&0, &1].map(|key| shards.get(key).state());
    assert_eq!(states, [CircuitState::Open, CircuitState::Closed]);
}

#[test]
fn on_open_says_what_a_rejected_call_returns() {
    let (breaker, _clock) = closed(&fragile());
    breaker.force_open();
    let layer = BreakerLayer::new(breaker.clone())
        .on_open(|open: CircuitOpen| Ok::<_, Infallible>(open.breaker().to_owned()));
    let inner = service_fn(async |()| Ok::<_, Infallible>(String::from("called")));
    assert_eq!(run(call(&mut layer.layer(inner), ())), Ok("dependency".to_owned()));
    assert_eq!(breaker.snapshot().totals.rejected, 1);
}

#[derive(Debug, Classify)]
enum StockError {
    #[answered]
    Missing,
    #[ignored]
    BadInput,
    #[transient]
    Down,
    #[circuit_open]
    Rejected(CircuitOpen),
}

impl std::fmt::Display for StockError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{self:?}")
    }
}

impl std::error::Error for StockError {}

#[test]
fn errors_are_classified_by_their_type() {
    let (breaker, _clock) = closed(&fragile());
    let layer = BreakerLayer::new(breaker.clone()).classified();
    let errors =
        Arc::new(Mutex::new(vec![StockError::Down, StockError::BadInput, StockError::Missing]));
    let inner = service_fn(move |()| {
        std::future::ready(Err::<u32, _>(errors.lock().unwrap().pop().expect("an error is left")))
    });
    let mut service = layer.layer(inner);
    for _ in 0..3 {
        run(call(&mut service, ())).unwrap_err();
    }
    assert_eq!(ends(&breaker), [1, 1, 1, 0]);
    assert_eq!(breaker.snapshot().last_failures[0].text().unwrap().as_str(), "Down");
    let rejected = run(call(&mut service, ())).unwrap_err();
    assert!(matches!(rejected, StockError::Rejected(_)));
}

#[test]
fn the_rejection_by_another_breaker_is_no_failure_if_sources_decide() {
    let (other, _clock) = closed(&fragile());
    other.force_open();
    let rejection = || other.try_acquire().map(drop).unwrap_err();

    let (breaker, _clock) = closed(&fragile());
    let layer = BreakerLayer::new(breaker.clone()).by_source();
    let open = rejection();
    let inner =
        service_fn(move |()| std::future::ready(Err::<u32, _>(io::Error::from(open.clone()))));
    run(call(&mut layer.layer(inner), ())).unwrap_err();
    assert_eq!(ends(&breaker), [0, 0, 1, 0]);

    let layer = BreakerLayer::new(breaker.clone()).boxed_errors();
    let open = rejection();
    let inner = service_fn(move |()| std::future::ready(Err::<u32, BoxError>(open.clone().into())));
    run(call(&mut layer.layer(inner), ())).unwrap_err();
    assert_eq!(ends(&breaker), [0, 0, 2, 0]);

    let inner = service_fn(async |()| Err::<u32, _>(io::Error::other("down")));
    let layer = BreakerLayer::new(breaker.clone()).by_source();
    run(call(&mut layer.layer(inner), ())).unwrap_err();
    assert_eq!(ends(&breaker), [0, 1, 2, 0]);
}

#[test]
fn b09_a_closure_classifies_both_kinds_of_results() {
    let (breaker, _clock) = closed(&fragile());
    let layer =
        BreakerLayer::new(breaker.clone()).classify_with(
            |result: Result<&u32, &Fault>| match result {
                Ok(0) => Some(Classification::transient().after(secs(99))),
                Ok(_) => None,
                Err(_) => Some(Classification::ignored()),
            },
        );
    let inner = service_fn(|request: u32| {
        std::future::ready(if request < 9 { Ok(request) } else { Err(Fault::Busy) })
    });
    let mut service = layer.layer(inner);
    assert_eq!(run(call(&mut service, 9)), Err(Fault::Busy));
    assert_eq!(run(call(&mut service, 5)), Ok(5));
    assert_eq!(run(call(&mut service, 0)), Ok(0));
    assert_eq!(ends(&breaker), [1, 1, 1, 0]);
    let Err(Fault::Open(open)) = run(call(&mut service, 5)) else { panic!("the circuit is open") };
    assert_eq!(open.retry_after(), Some(secs(99)));
}

#[test]
fn layers_and_services_are_cheap_handles_and_go_anywhere() {
    fn goes_anywhere<T: Clone + Send + Sync + Unpin + std::fmt::Debug + 'static>(
        value: &T,
    ) -> String {
        format!("{value:?}")
    }
    fn sent<T: Send>(_: &T) {}
    fn unpin<T: Unpin>(_: T) {}
    let (breaker, _clock) = closed(&fragile());
    let layer = BreakerLayer::new(breaker.clone());
    assert!(goes_anywhere(&layer).contains("dependency"));
    let mut service: Breaker<Counted<_>> = layer.layer(slow(0));
    assert!(goes_anywhere(&service).contains("Counted"));
    let response = call(&mut service, ());
    sent(&response);
    assert_eq!(format!("{response:?}"), "BreakerFuture { .. }");
    let keyed =
        BreakerLayer::keyed(KeyedBreakers::new("k", fragile().build().unwrap()), |(): &()| 1);
    assert!(goes_anywhere(&keyed.classified()).contains("KeyedBy"));
    // If the future of the inner service is `Unpin`, so is that of the layer.
    unpin(call(&mut guarded(&breaker, counted(|_| reply(Ok(1)))), ()));
}
