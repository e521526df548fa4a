//! Models of rule R9: a call that waits for its circuit wakes when the circuit closes, even if the
//! wait begins or ends at the same time.

use std::mem::ManuallyDrop;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::task::{Poll, Wake, Waker};

use resilient_core::__private::WaitingCall;

use super::*;

/// What a waiting call receives if the breaker may admit it now.
const NOW: Option<Duration> = Some(Duration::ZERO);

fn open() -> &'static CircuitBreaker {
    let (breaker, _) = closed(&config());
    breaker.trip().unwrap();
    breaker
}

fn poll(wait: &mut WaitingCall) -> Poll<Option<Duration>> {
    wait.poll(Waker::noop())
}

/// A waker that counts how often it is woken. Loom does not interleave its operations.
#[derive(Default)]
struct Counting(AtomicU32);

impl Wake for Counting {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, SeqCst);
    }
}

#[test]
fn r09_a_wait_that_begins_beside_a_closing_is_woken_or_never_listed() {
    check(|| {
        let breaker = open();
        let ((mut wait, admits_in), ()) = both(|| WaitingCall::begin(breaker), || breaker.close());
        let news = if admits_in == NOW { Poll::Ready(NOW) } else { poll(&mut wait) };
        holds(news == Poll::Ready(NOW), "the closing wakes the call", &news);
        let seen = breaker.snapshot();
        holds(seen.waiting == 0, "no call waits", &seen);
    });
}

#[test]
fn r09_a_poll_beside_a_closing_is_ready_or_its_waker_is_woken() {
    check(|| {
        let breaker = open();
        let (mut wait, _) = WaitingCall::begin(breaker);
        let counting = Arc::new(Counting::default());
        let waker = Waker::from(Arc::clone(&counting));
        let ((news, _wait), ()) = both(move || (wait.poll(&waker), wait), || breaker.close());
        let woken = counting.0.load(SeqCst);
        let once = (news, woken) == (Poll::Ready(NOW), 0) || (news, woken) == (Poll::Pending, 1);
        holds(once, "the task learns exactly once that the circuit closed", &(news, woken));
    });
}

#[test]
fn r09_a_thread_that_blocks_beside_a_closing_goes_on() {
    check(|| {
        let breaker = open();
        let (wait, _) = WaitingCall::begin(breaker);
        // If the thread blocked for ever, loom would unwind it, and the drop of the waiting call
        // would panic.
        let mut wait = ManuallyDrop::new(wait);
        let blocks = move || {
            let admits_in = wait.block();
            drop(ManuallyDrop::into_inner(wait));
            admits_in
        };
        let (admits_in, ()) = both(blocks, || breaker.close());
        holds(admits_in == NOW, "the thread may ask the breaker now", &admits_in);
    });
}

#[test]
fn r09_a_wait_beside_the_end_of_a_probe_is_woken_for_the_slot() {
    check_up_to(Some(3), || {
        let breaker = due(&config());
        let probe = breaker.try_acquire().unwrap();
        let ((mut wait, admits_in), ()) = both(|| WaitingCall::begin(breaker), || drop(probe));
        let news = if admits_in == NOW { Poll::Ready(NOW) } else { poll(&mut wait) };
        holds(news == Poll::Ready(NOW), "the free slot wakes the call", &news);
    });
}

#[test]
fn r11_a_call_that_is_cancelled_beside_its_wake_up_passes_the_wake_up_on() {
    check_up_to(Some(3), || {
        let breaker = open();
        let (first, _) = WaitingCall::begin(breaker);
        let (mut second, _) = WaitingCall::begin(breaker);
        both(|| drop(first), || breaker.half_open().unwrap());
        let news = poll(&mut second);
        holds(news == Poll::Ready(NOW), "the other call is woken", &news);
        let seen = breaker.snapshot();
        holds(seen.waiting == 0, "no call waits", &seen);
    });
}

#[test]
fn r09_a_free_slot_wakes_one_call_beside_an_operation_that_frees_none() {
    check_up_to(Some(3), || {
        let breaker = due(&config());
        let probe = breaker.try_acquire().unwrap();
        let (mut first, _) = WaitingCall::begin(breaker);
        let (mut second, _) = WaitingCall::begin(breaker);
        both(|| drop(probe), || breaker.half_open().unwrap());
        let news = (poll(&mut first), poll(&mut second));
        holds(news == (Poll::Ready(NOW), Poll::Pending), "one call is woken", &news);
        drop(first);
        let news = poll(&mut second);
        holds(news == Poll::Ready(NOW), "the cancelled call passes the slot on", &news);
    });
}
