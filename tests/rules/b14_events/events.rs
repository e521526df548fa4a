//! Rule B14: listeners receive each transition once and in order, and may call the breaker.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::{Arc, Mutex, OnceLock, mpsc};

use resilient::Outcome;
use resilient::breaker::CircuitState;
use resilient::events::{Event, EventKind, ListenerId};

use resilient_testkit::{
    Heard, closed, fail, fragile, must_end, panic_quietly, rejection, secs, succeed,
    while_unwinding,
};

const OPENED: (CircuitState, CircuitState) = (CircuitState::Closed, CircuitState::Open);

const CLOSED: (CircuitState, CircuitState) = (CircuitState::Open, CircuitState::Closed);

fn enters(event: &Event, state: CircuitState) -> bool {
    matches!(event.kind(), EventKind::Transition(step) if step.to == state)
}

#[test]
fn b14_each_transition_is_exactly_one_event_in_order() {
    let (breaker, clock) = closed(&fragile());
    let heard = Heard::from(&breaker);
    fail(&breaker);
    rejection(&breaker);
    clock.advance(secs(10));
    fail(&breaker);
    clock.advance(secs(10));
    succeed(&breaker);
    breaker.force_open();
    breaker.half_open().unwrap();
    breaker.disable();
    breaker.observe_only();
    breaker.close();
    assert_eq!(heard.transitions(), breaker.snapshot().recent);
    assert_eq!(heard.events().len(), 10);
    assert!(heard.events().iter().all(|event| event.name() == "dependency"));
}

#[test]
fn b14_calls_that_change_no_state_are_no_event() {
    let (breaker, _clock) = closed(&fragile().failure_threshold(2));
    let heard = Heard::from(&breaker);
    succeed(&breaker);
    fail(&breaker);
    succeed(&breaker);
    drop(breaker.try_acquire().unwrap());
    assert_eq!(heard.events().len(), 0);
}

#[test]
fn b14_every_listener_receives_every_event_until_it_is_removed() {
    let (breaker, _clock) = closed(&fragile());
    let (first, second) = (Heard::default(), Heard::default());
    let id = breaker.on_event(first.listener());
    breaker.on_event(second.listener());
    breaker.trip().unwrap();
    assert!(breaker.remove_listener(id));
    assert!(!breaker.remove_listener(id));
    breaker.close();
    assert_eq!(first.steps(), [OPENED]);
    assert_eq!(second.steps(), [OPENED, CLOSED]);
}

#[test]
fn b14_a_listener_may_use_its_breaker() {
    must_end(|| {
        let (breaker, _clock) = closed(&fragile());
        let heard = Heard::from(&breaker);
        let seen = Arc::new(Mutex::new(Vec::new()));
        breaker.on_event({
            let (breaker, seen) = (breaker.clone(), Arc::clone(&seen));
            move |_| {
                let is_first = seen.lock().unwrap().is_empty();
                seen.lock().unwrap().push((breaker.state(), breaker.snapshot().state));
                if is_first {
                    rejection(&breaker);
                    breaker.close();
                    succeed(&breaker);
                    fail(&breaker);
                    breaker.force_open();
                }
            }
        });
        fail(&breaker);
        let expected = [OPENED, CLOSED, OPENED, (CircuitState::Open, CircuitState::ForcedOpen)];
        assert_eq!(heard.steps(), expected);
        // The listener changes the breaker only while it handles the first event. It receives the
        // other events afterwards, when the circuit is already forced open.
        let forced = (CircuitState::ForcedOpen, CircuitState::ForcedOpen);
        let opened = (CircuitState::Open, CircuitState::Open);
        assert_eq!(*seen.lock().unwrap(), [opened, forced, forced, forced]);
        assert_eq!(breaker.snapshot().listener_panics, 0);
    });
}

#[test]
fn b14_a_listener_that_resets_receives_its_reset_after_the_event_in_progress() {
    must_end(|| {
        let (breaker, _clock) = closed(&fragile());
        let depth = Arc::new(AtomicUsize::new(0));
        let deepest = Arc::new(AtomicUsize::new(0));
        breaker.on_event({
            let (breaker, depth, deepest) = (breaker.clone(), depth, Arc::clone(&deepest));
            move |event| {
                deepest.fetch_max(depth.fetch_add(1, SeqCst) + 1, SeqCst);
                if enters(event, CircuitState::Open) {
                    breaker.close();
                }
                depth.fetch_sub(1, SeqCst);
            }
        });
        let heard = Heard::from(&breaker);
        for _ in 0..3 {
            fail(&breaker);
        }
        assert_eq!(breaker.state(), CircuitState::Closed);
        assert_eq!(heard.steps(), [OPENED, CLOSED, OPENED, CLOSED, OPENED, CLOSED]);
        assert_eq!(deepest.load(SeqCst), 1);
    });
}

#[test]
fn b14_a_listener_may_acquire_and_report() {
    must_end(|| {
        let (breaker, _clock) = closed(&fragile().recovery_time(secs(0)));
        breaker.on_event({
            let breaker = breaker.clone();
            move |event| {
                if enters(event, CircuitState::Open) {
                    breaker.try_acquire().unwrap().report(Outcome::Success);
                }
            }
        });
        fail(&breaker);
        assert_eq!(breaker.state(), CircuitState::Closed);
        assert_eq!(breaker.snapshot().totals.success, 1);
    });
}

#[test]
fn b14_a_listener_may_add_and_remove_listeners_itself_included() {
    must_end(|| {
        let (breaker, _clock) = closed(&fragile());
        let added = Heard::default();
        let reported = Arc::new(AtomicUsize::new(0));
        let own_id: Arc<OnceLock<ListenerId>> = Arc::default();
        let id = breaker.on_event({
            let (breaker, added, reported) =
                (breaker.clone(), added.clone(), Arc::clone(&reported));
            let own_id = Arc::clone(&own_id);
            move |_| {
                reported.fetch_add(1, SeqCst);
                breaker.on_event(added.listener());
                assert!(breaker.remove_listener(*own_id.get().unwrap()));
            }
        });
        own_id.set(id).unwrap();
        breaker.trip().unwrap();
        breaker.close();
        assert_eq!(reported.load(SeqCst), 1);
        assert_eq!(added.steps(), [CLOSED]);
        assert_eq!(breaker.snapshot().listener_panics, 0);
    });
}

#[test]
fn b14_a_panicking_listener_is_contained_and_counted_and_the_others_still_run() {
    let (breaker, _clock) = closed(&fragile());
    let before = Heard::from(&breaker);
    breaker.on_event(|_| panic_quietly());
    let after = Heard::from(&breaker);
    let outcome = catch_unwind(AssertUnwindSafe(|| fail(&breaker)));
    assert!(outcome.is_ok());
    breaker.close();
    assert_eq!(breaker.state(), CircuitState::Closed);
    assert_eq!(before.steps(), [OPENED, CLOSED]);
    assert_eq!(after.steps(), [OPENED, CLOSED]);
    assert_eq!(breaker.snapshot().listener_panics, 2);
}

#[test]
fn b14_a_panic_whose_payload_panics_on_drop_is_contained_too() {
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            panic_quietly();
        }
    }
    let (breaker, _clock) = closed(&fragile());
    breaker.on_event(|_| std::panic::resume_unwind(Box::new(Bomb)));
    let heard = Heard::from(&breaker);
    assert!(catch_unwind(AssertUnwindSafe(|| fail(&breaker))).is_ok());
    assert_eq!(heard.steps(), [OPENED]);
    assert_eq!(breaker.snapshot().listener_panics, 1);
}

#[test]
fn b14_a_listener_whose_own_drop_panics_harms_neither_the_call_nor_other_listeners() {
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            panic_quietly();
        }
    }
    let (breaker, _clock) = closed(&fragile());
    let own_id: Arc<OnceLock<ListenerId>> = Arc::default();
    let id = breaker.on_event({
        let (breaker, own_id, bomb) = (breaker.clone(), Arc::clone(&own_id), Bomb);
        // The listener removes itself while it runs. The running delivery then holds the last
        // reference to the listener, and drops it at the end. This also drops `bomb`, which panics.
        move |_| {
            let _ = &bomb;
            breaker.remove_listener(*own_id.get().unwrap());
        }
    });
    own_id.set(id).unwrap();
    let heard = Heard::from(&breaker);
    let outcome = catch_unwind(AssertUnwindSafe(|| fail(&breaker)));
    assert!(outcome.is_ok(), "the call received the listener's panic");
    breaker.close();
    assert_eq!(heard.steps(), [OPENED, CLOSED]);
}

#[test]
fn b14_a_listener_runs_while_its_caller_unwinds_and_may_panic_then() {
    let (breaker, _clock) = closed(&fragile());
    let unwinding = Arc::new(AtomicUsize::new(0));
    breaker.on_event({
        let unwinding = Arc::clone(&unwinding);
        move |_| {
            unwinding.fetch_add(usize::from(std::thread::panicking()), SeqCst);
            panic_quietly();
        }
    });
    let heard = Heard::from(&breaker);
    // A panic already unwinds this thread. If the breaker did not catch the listener's panic, the
    // process would abort.
    while_unwinding(breaker.try_acquire().unwrap());
    assert_eq!(unwinding.load(SeqCst), 1);
    assert_eq!(heard.steps(), [OPENED]);
    assert_eq!(breaker.snapshot().listener_panics, 1);
}

#[test]
fn b14_a_listener_may_use_its_breaker_while_its_caller_unwinds() {
    must_end(|| {
        let (breaker, _clock) = closed(&fragile());
        breaker.on_event({
            let breaker = breaker.clone();
            move |event| {
                if enters(event, CircuitState::Open) {
                    breaker.close();
                    succeed(&breaker);
                }
            }
        });
        while_unwinding(breaker.try_acquire().unwrap());
        assert_eq!(breaker.state(), CircuitState::Closed);
        assert_eq!(breaker.snapshot().totals.success, 1);
    });
}

/// A listener that blocks while it handles its first event, until the test releases it.
struct Slow {
    entered: mpsc::Receiver<()>,
    go_on: mpsc::Sender<()>,
}

impl Slow {
    fn listener() -> (Self, impl Fn(&Event) + Send + Sync + 'static) {
        let (enter, entered) = mpsc::channel();
        let (go_on, wait) = mpsc::channel();
        let first = Mutex::new(Some(wait));
        let listener = move |_: &Event| {
            let wait = first.lock().unwrap().take();
            if let Some(wait) = wait {
                enter.send(()).unwrap();
                wait.recv().unwrap();
            }
        };
        (Self { entered, go_on }, listener)
    }
}

#[test]
fn b14_a_slow_listener_holds_up_its_caller_only() {
    must_end(|| {
        let (breaker, clock) = closed(&fragile());
        let (slow, listener) = Slow::listener();
        breaker.on_event(listener);
        std::thread::scope(|scope| {
            scope.spawn(|| fail(&breaker));
            slow.entered.recv().unwrap();
            // The listener still handles its event, but all other callers continue.
            rejection(&breaker);
            clock.advance(secs(10));
            succeed(&breaker);
            assert_eq!(breaker.state(), CircuitState::Closed);
            assert_eq!(breaker.snapshot().transitions.closed, 1);
            slow.go_on.send(()).unwrap();
        });
    });
}

#[test]
fn b14_the_delivering_thread_delivers_the_events_of_other_threads_in_order() {
    must_end(|| {
        let (breaker, clock) = closed(&fragile());
        let (slow, listener) = Slow::listener();
        breaker.on_event(listener);
        let heard = Heard::default();
        let threads = Arc::new(Mutex::new(std::collections::HashSet::new()));
        breaker.on_event(heard.listener());
        breaker.on_event({
            let threads = Arc::clone(&threads);
            move |_| _ = threads.lock().unwrap().insert(std::thread::current().id())
        });
        std::thread::scope(|scope| {
            let delivering = scope.spawn(|| fail(&breaker)).thread().id();
            slow.entered.recv().unwrap();
            for _ in 0..50 {
                clock.advance(secs(1));
                breaker.close();
                breaker.trip().unwrap();
            }
            assert_eq!(heard.steps(), []);
            slow.go_on.send(()).unwrap();
            delivering
        });
        assert_eq!(heard.transitions().len(), 101);
        assert_eq!(heard.transitions()[69..], breaker.snapshot().recent);
        let threads = threads.lock().unwrap();
        assert_eq!(threads.len(), 1);
        assert!(!threads.contains(&std::thread::current().id()));
    });
}

#[test]
fn b14_the_queue_is_bounded_and_what_it_loses_is_counted() {
    must_end(|| {
        let caused = 10_001;
        let (breaker, clock) = closed(&fragile());
        let (slow, listener) = Slow::listener();
        breaker.on_event(listener);
        let heard = Heard::from(&breaker);
        std::thread::scope(|scope| {
            scope.spawn(|| fail(&breaker));
            slow.entered.recv().unwrap();
            for _ in 0..5_000 {
                clock.advance(secs(1));
                breaker.close();
                breaker.trip().unwrap();
            }
            slow.go_on.send(()).unwrap();
        });
        let (reported, snapshot) = (heard.transitions(), breaker.snapshot());
        assert_eq!(reported.len() as u64 + snapshot.lost_events, caused);
        assert!((100..=1_000).contains(&reported.len()), "{}", reported.len());
        // The queue keeps the newest events, so the last reported event shows the present state.
        assert!(reported.ends_with(&snapshot.recent));
    });
}

#[test]
fn b14_every_listener_of_many_threads_sees_one_unbroken_chain() {
    let (breaker, _clock) = closed(&fragile().recovery_time(secs(0)));
    let heard = Heard::from(&breaker);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                // A round makes at most three transitions, so the queue cannot overflow.
                for round in 0..15 {
                    let outcome = [Outcome::Failure, Outcome::Success][round % 2];
                    if let Ok(permit) = breaker.try_acquire() {
                        permit.report(outcome);
                    }
                    let _ = breaker.trip();
                }
            });
        }
    });
    let (reported, snapshot) = (heard.steps(), breaker.snapshot());
    assert_eq!(snapshot.lost_events, 0);
    assert_eq!(reported.first().map(|(from, _)| *from), Some(CircuitState::Closed));
    assert!(reported.windows(2).all(|pair| pair[0].1 == pair[1].0), "{reported:?}");
    let counts = snapshot.transitions;
    assert_eq!(reported.len() as u64, counts.opened + counts.half_opened + counts.closed);
}

#[test]
fn b14_a_listener_may_drop_a_handle_of_its_breaker() {
    must_end(|| {
        let (breaker, _clock) = closed(&fragile());
        let handle = Mutex::new(Some(breaker.clone()));
        breaker.on_event(move |_| drop(handle.lock().unwrap().take()));
        fail(&breaker);
        breaker.close();
        assert_eq!(breaker.snapshot().listener_panics, 0);
        assert_eq!(breaker.state(), CircuitState::Closed);
    });
}
