//! Rule B14: subscriptions receive events and count lost events.

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::SeqCst;
use std::task::{Context, Poll, Wake, Waker};

use resilient::breaker::CircuitState;
use resilient::events::{Event, EventKind, Subscription};
use resilient::{CircuitBreaker, Registry};

use crate::support::registry::settings;
use resilient_testkit::{
    Heard, closed, fail, fragile, must_end, poll_and_drop, run, secs, succeed,
};

fn entered(event: &Event) -> CircuitState {
    match event.kind() {
        EventKind::Transition(step) => step.to,
        other => panic!("{other:?} is not a transition"),
    }
}

fn waiting(events: &mut Subscription) -> Vec<CircuitState> {
    std::iter::from_fn(|| events.try_next()).map(|event| entered(&event)).collect()
}

/// Opens and closes the circuit, which makes two events.
fn open_and_close(breaker: &CircuitBreaker) {
    breaker.trip().unwrap();
    breaker.close();
}

#[derive(Default)]
struct Wakes(AtomicUsize);

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, SeqCst);
    }
}

#[test]
fn b14_a_subscription_has_the_events_from_its_beginning_on_in_order() {
    let (breaker, clock) = closed(&fragile());
    breaker.trip().unwrap();
    let mut events = breaker.subscribe(100);
    assert!(events.try_next().is_none());
    clock.advance(secs(10));
    fail(&breaker);
    clock.advance(secs(10));
    succeed(&breaker);
    let expected =
        [CircuitState::HalfOpen, CircuitState::Open, CircuitState::HalfOpen, CircuitState::Closed];
    assert_eq!(waiting(&mut events), expected);
    assert!(events.try_next().is_none());
    assert_eq!(events.lost(), 0);
}

#[test]
fn b14_of_more_events_than_its_capacity_the_oldest_are_lost_and_counted() {
    let (breaker, _clock) = closed(&fragile());
    let mut events = breaker.subscribe(3);
    for _ in 0..5 {
        open_and_close(&breaker);
    }
    breaker.force_open();
    assert_eq!(events.lost(), 8);
    let newest = [CircuitState::Open, CircuitState::Closed, CircuitState::ForcedOpen];
    assert_eq!(waiting(&mut events), newest);
    // The queue has room again. The count of lost events does not change.
    breaker.close();
    assert_eq!(waiting(&mut events), [CircuitState::Closed]);
    assert_eq!(events.lost(), 8);
    // A subscription counts only its own lost events, so a new one begins at 0. The breaker counts
    // only the events that its queue for listeners lost.
    assert_eq!(breaker.subscribe(3).lost(), 0);
    assert_eq!(breaker.snapshot().lost_events, 0);
}

#[test]
fn b14_a_subscription_keeps_one_event_at_least() {
    let (breaker, _clock) = closed(&fragile());
    let mut events = breaker.subscribe(0);
    open_and_close(&breaker);
    assert_eq!(waiting(&mut events), [CircuitState::Closed]);
    assert_eq!(events.lost(), 1);
}

#[test]
fn b14_every_subscription_has_every_event() {
    let (breaker, _clock) = closed(&fragile());
    let mut several: Vec<_> = (0..3).map(|_| breaker.subscribe(9)).collect();
    open_and_close(&breaker);
    for events in &mut several {
        assert_eq!(waiting(events), [CircuitState::Open, CircuitState::Closed]);
    }
}

#[test]
fn b14_an_event_that_is_already_in_the_queue_is_returned_without_waiting() {
    let (breaker, _clock) = closed(&fragile());
    let mut events = breaker.subscribe(9);
    open_and_close(&breaker);
    assert_eq!(entered(&run(events.next()).unwrap()), CircuitState::Open);
    assert_eq!(entered(&run(events.next()).unwrap()), CircuitState::Closed);
    assert!(poll_and_drop(events.next(), 1).is_none());
}

#[test]
fn b14_a_waiting_subscriber_is_woken_by_an_event() {
    let (breaker, _clock) = closed(&fragile());
    let mut events = breaker.subscribe(9);
    let woken = Arc::new(Wakes::default());
    let waker = Waker::from(Arc::clone(&woken));
    let mut context = Context::from_waker(&waker);
    assert!(events.poll_next(&mut context).is_pending());
    assert!(events.poll_next(&mut context).is_pending());
    assert_eq!(woken.0.load(SeqCst), 0);
    breaker.trip().unwrap();
    assert_eq!(woken.0.load(SeqCst), 1);
    assert!(events.poll_next(&mut context).is_ready());
    assert!(events.poll_next(&mut context).is_pending());
    breaker.close();
    assert_eq!(woken.0.load(SeqCst), 2);
}

#[test]
fn b14_the_task_that_polled_last_is_woken() {
    let (breaker, _clock) = closed(&fragile());
    let mut events = breaker.subscribe(9);
    let all: [Arc<Wakes>; 2] = Default::default();
    for each in &all {
        let waker = Waker::from(Arc::clone(each));
        let poll = events.poll_next(&mut Context::from_waker(&waker));
        assert!(poll.is_pending());
    }
    breaker.trip().unwrap();
    assert_eq!(all.each_ref().map(|each| each.0.load(SeqCst)), [0, 1]);
}

#[test]
fn b14_waiting_is_cancel_safe() {
    let (breaker, _clock) = closed(&fragile());
    let mut events = breaker.subscribe(9);
    for polls in 0..3 {
        assert!(poll_and_drop(events.next(), polls).is_none());
    }
    open_and_close(&breaker);
    // If a future is never polled, it takes no event out of the queue.
    drop(events.next());
    assert_eq!(waiting(&mut events), [CircuitState::Open, CircuitState::Closed]);
}

#[tokio::test]
async fn b14_a_task_awaits_what_other_threads_cause() {
    let (breaker, _clock) = closed(&fragile());
    let mut events = breaker.subscribe(1_000);
    let causing = {
        let breaker = breaker.clone();
        tokio::task::spawn_blocking(move || (0..100).for_each(|_| open_and_close(&breaker)))
    };
    for _ in 0..100 {
        assert_eq!(entered(&events.next().await.unwrap()), CircuitState::Open);
        assert_eq!(entered(&events.next().await.unwrap()), CircuitState::Closed);
    }
    causing.await.unwrap();
    assert!(events.try_next().is_none());
}

#[test]
fn b14_a_subscription_ends_when_the_breaker_is_gone_and_its_events_are_read() {
    let (breaker, _clock) = closed(&fragile());
    let mut events = breaker.subscribe(9);
    let other_handle = breaker.clone();
    open_and_close(&breaker);
    drop(breaker);
    assert_eq!(entered(&run(events.next()).unwrap()), CircuitState::Open);
    assert_eq!(entered(&run(events.next()).unwrap()), CircuitState::Closed);
    assert!(poll_and_drop(events.next(), 1).is_none(), "a handle is still alive");
    drop(other_handle);
    assert!(run(events.next()).is_none());
    assert!(run(events.next()).is_none());
    assert!(events.try_next().is_none());
}

#[test]
fn b14_a_waiting_subscriber_is_woken_when_the_breaker_is_dropped() {
    let (breaker, _clock) = closed(&fragile());
    let mut events = breaker.subscribe(9);
    let woken = Arc::new(Wakes::default());
    let waker = Waker::from(Arc::clone(&woken));
    let mut context = Context::from_waker(&waker);
    assert!(events.poll_next(&mut context).is_pending());
    drop(breaker);
    assert_eq!(woken.0.load(SeqCst), 1);
    assert!(matches!(events.poll_next(&mut context), Poll::Ready(None)));
}

#[test]
fn b14_a_subscription_does_not_keep_its_breaker_alive() {
    struct Alive(Arc<()>);
    impl resilient::time::Clock for Alive {
        fn now(&self) -> std::time::Instant {
            let _ = &self.0;
            std::time::Instant::now()
        }
    }
    let alive = Arc::new(());
    let config = fragile().build().unwrap();
    let breaker = CircuitBreaker::with_clock("dependency", config, Alive(Arc::clone(&alive)));
    let events = breaker.subscribe(9);
    drop(breaker);
    assert_eq!(Arc::strong_count(&alive), 1);
    drop(events);
}

#[test]
fn b14_a_dropped_subscription_receives_nothing_and_harms_no_other() {
    let (breaker, _clock) = closed(&fragile());
    let (dropped, mut kept) = (breaker.subscribe(9), breaker.subscribe(9));
    drop(dropped);
    open_and_close(&breaker);
    assert_eq!(waiting(&mut kept), [CircuitState::Open, CircuitState::Closed]);
    assert_eq!(breaker.snapshot().listener_panics, 0);
}

#[test]
fn b14_a_waker_may_use_the_breaker_and_its_subscription_may_be_dropped_by_a_listener() {
    struct Asks(CircuitBreaker);
    impl Wake for Asks {
        fn wake(self: Arc<Self>) {
            self.0.close();
        }
    }
    must_end(|| {
        let (breaker, _clock) = closed(&fragile());
        let mut events = breaker.subscribe(9);
        let waker = Waker::from(Arc::new(Asks(breaker.clone())));
        assert!(events.poll_next(&mut Context::from_waker(&waker)).is_pending());
        breaker.trip().unwrap();
        assert_eq!(waiting(&mut events), [CircuitState::Open, CircuitState::Closed]);

        let doomed = std::sync::Mutex::new(Some(events));
        breaker.on_event(move |_| drop(doomed.lock().unwrap().take()));
        open_and_close(&breaker);
        assert_eq!(breaker.snapshot().listener_panics, 0);
    });
}

#[test]
fn b14_a_subscription_to_a_registry_hears_breakers_that_came_before_and_after_it() {
    let registry = Registry::new();
    let config = fragile().build().unwrap();
    let before = registry.get_or_register("before", config.clone());
    let mut events = registry.subscribe(9);
    let after = registry.get_or_register("after", config);
    before.trip().unwrap();
    after.trip().unwrap();
    let heard: Vec<_> = std::iter::from_fn(|| events.try_next()).collect();
    let names: Vec<_> = heard.iter().map(Event::name).collect();
    assert_eq!(names, ["before", "after"]);
    drop((before, after));
    assert!(poll_and_drop(events.next(), 1).is_none());
    drop(registry);
    assert!(run(events.next()).is_none());
}

#[test]
fn b14_a_panicking_listener_of_the_registry_is_counted_where_its_event_came_from() {
    let registry = Registry::new();
    let events_of = registry.get_or_register("payments", settings());
    let other = registry.get_or_register("stock", settings());
    registry.on_event(|_| resilient_testkit::panic_quietly());
    let heard = Heard::default();
    registry.on_event(heard.listener());
    events_of.trip().unwrap();
    assert_eq!(heard.steps(), [(CircuitState::Closed, CircuitState::Open)]);
    let panics = [&events_of, &other].map(|breaker| breaker.snapshot().listener_panics);
    assert_eq!(panics, [1, 0]);
}
