//! Faults I2 to I4: measures with a heap profiler how much memory calls allocate and how much
//! memory dropped breakers free.

#![allow(clippy::unused_async, reason = "the tests need async functions, not await points")]

use std::future::Future;
use std::pin::pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use dhat::{Alloc, HeapStats, Profiler};
use resilient::breaker::{BreakerConfigBuilder, CircuitState, KeyedBreakers};
use resilient::budget::BudgetConfig;
use resilient::{
    BreakerConfig, CircuitBreaker, Outcome, Registry, RetryBudget, RetryError, RetryPolicy,
    circuit_breaker, fallback, retry, timeout,
};
use resilient_testkit::secs;

#[global_allocator]
static ALLOCATOR: Alloc = Alloc;

/// Measures the allocations of the process. Only one test measures at a time.
struct Heap {
    _profiler: Profiler,
    _alone: MutexGuard<'static, ()>,
}

impl Heap {
    /// Waits until no other test measures. A test calls this before it allocates anything.
    fn alone() -> Self {
        static ALONE: Mutex<()> = Mutex::new(());
        let alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
        Self { _profiler: Profiler::builder().testing().build(), _alone: alone }
    }

    /// Runs `code` once to warm up and then many times. Returns the smallest increase of `count`
    /// over one run. Threads of the test harness may allocate during some runs, so larger increases
    /// mean nothing.
    #[expect(clippy::unused_self, reason = "the guard must be held while it measures")]
    fn least<N: Into<u128>>(
        &self,
        count: impl Fn(&HeapStats) -> N,
        mut code: impl FnMut(),
    ) -> u128 {
        code();
        let mut least = u128::MAX;
        for _ in 0..100 {
            let before = count(&HeapStats::get()).into();
            code();
            let after = count(&HeapStats::get()).into();
            least = least.min(after.saturating_sub(before));
            if least == 0 {
                break;
            }
        }
        least
    }

    /// Asserts that a thousand calls allocate no block, after a thousand calls to warm up.
    #[track_caller]
    fn allocates_nothing(&self, what: &str, mut call: impl FnMut()) {
        let allocated = self.least(|stats| stats.total_blocks, || (0..1_000).for_each(|_| call()));
        assert_eq!(allocated, 0, "blocks in a thousand calls: {what}");
    }

    /// Asserts that `code` frees every byte that it allocates.
    #[track_caller]
    fn frees_everything(&self, what: &str, code: impl FnMut()) {
        let kept = self.least(|stats| stats.curr_bytes as u64, code);
        assert_eq!(kept, 0, "bytes not freed: {what}");
    }
}

fn settings() -> BreakerConfigBuilder {
    BreakerConfig::builder().failure_threshold(u32::MAX)
}

fn breaker(settings: &BreakerConfigBuilder) -> CircuitBreaker {
    CircuitBreaker::new("dependency", settings.build().unwrap())
}

fn report(breaker: &CircuitBreaker, outcome: Outcome) {
    if let Ok(permit) = breaker.try_acquire() {
        permit.report(outcome);
    }
}

/// Runs a future, which must be ready at the first poll.
fn run<F: Future>(future: F) -> F::Output {
    let mut context = Context::from_waker(Waker::noop());
    match pin!(future).poll(&mut context) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("it waits"),
    }
}

#[derive(Debug)]
struct Fault;

impl From<resilient::TimedOut> for Fault {
    fn from(_: resilient::TimedOut) -> Self {
        Self
    }
}

impl From<resilient::CircuitOpen> for Fault {
    fn from(_: resilient::CircuitOpen) -> Self {
        Self
    }
}

#[test]
fn fm_i3_the_profiler_sees_an_allocation() {
    let heap = Heap::alone();
    let allocate = || drop(std::hint::black_box(Box::new(7)));
    assert_eq!(heap.least(|stats| stats.total_blocks, allocate), 1);
    let mut kept = Vec::new();
    let keep = || kept.push(Box::new(7_u64));
    assert!(heap.least(|stats| stats.curr_bytes as u64, keep) >= 8);
}

#[test]
fn fm_i3_a_healthy_call_allocates_nothing_in_any_mode() {
    let heap = Heap::alone();
    let rated = || settings().failure_rate(1.0);
    for (what, settings) in [
        ("failures in a row", settings()),
        ("a window of calls", rated().window(100)),
        ("a window of time", rated().window(secs(60))),
        ("slow calls", settings().window(100).slow_call(secs(60)).slow_call_rate(1.0)),
        ("slow calls in time", settings().window(secs(60)).slow_call(secs(60)).slow_call_rate(1.0)),
    ] {
        let breaker = breaker(&settings);
        heap.allocates_nothing(what, || report(&breaker, Outcome::Success));
        heap.allocates_nothing(what, || _ = run(breaker.call(async || Some(()))));
        let policy = RetryPolicy::DEFAULT;
        let call = || run(policy.call().through(&breaker).run(async |_| Some(())));
        heap.allocates_nothing(what, || _ = call());
        breaker.observe_only();
        heap.allocates_nothing(what, || report(&breaker, Outcome::Success));
        breaker.disable();
        heap.allocates_nothing(what, || report(&breaker, Outcome::Success));
    }
}

#[test]
fn fm_i3_a_window_with_failures_in_it_and_failures_that_open_nothing_allocate_nothing() {
    let heap = Heap::alone();
    let rated = || settings().failure_rate(1.0);
    for (what, settings) in [
        ("failures in a row", settings()),
        ("a window of calls", rated().window(100)),
        ("a window of time", rated().window(secs(60))),
        ("slow calls", rated().window(100).slow_call(secs(60)).slow_call_rate(1.0)),
    ] {
        let breaker = breaker(&settings);
        report(&breaker, Outcome::Success);
        heap.allocates_nothing(what, || {
            report(&breaker, Outcome::Success);
            report(&breaker, Outcome::Failure);
            report(&breaker, Outcome::Ignored);
            drop(breaker.try_acquire().unwrap());
        });
        assert_eq!(breaker.state(), CircuitState::Closed);
    }
}

#[test]
fn fm_i3_a_rejection_allocates_nothing() {
    let heap = Heap::alone();
    let keyed = KeyedBreakers::<String>::new("hosts", settings().build().unwrap());
    for breaker in [breaker(&settings()), keyed.get("a")] {
        breaker.force_open();
        heap.allocates_nothing("forced open", || drop(breaker.try_acquire().unwrap_err()));
        breaker.close();
        breaker.trip().unwrap();
        heap.allocates_nothing("open", || drop(breaker.try_acquire().unwrap_err().clone()));
        heap.allocates_nothing("to a caller", || _ = run(breaker.call(async || Some(()))));
        breaker.half_open().unwrap();
        let _probe = breaker.try_acquire().unwrap();
        heap.allocates_nothing("half-open", || drop(breaker.try_acquire().unwrap_err()));
    }
}

#[test]
fn fm_i3_a_known_key_is_looked_up_without_allocating() {
    let heap = Heap::alone();
    let keyed = KeyedBreakers::<String>::new("hosts", settings().build().unwrap());
    heap.allocates_nothing("by hand", || {
        report(&keyed.get("a.example"), Outcome::Success);
    });
    let numbered = KeyedBreakers::<u64>::new("shards", settings().build().unwrap());
    heap.allocates_nothing("a number", || report(&numbered.get(&7), Outcome::Success));
}

#[test]
fn fm_i3_a_healthy_call_of_an_annotated_function_allocates_nothing() {
    #[circuit_breaker]
    async fn guarded() -> Result<u32, Fault> {
        Ok(1)
    }
    #[retry]
    #[circuit_breaker]
    async fn retried() -> Result<u32, Fault> {
        Ok(1)
    }
    #[retry]
    #[circuit_breaker(window = 100, failure_rate = 0.5)]
    fn plain() -> Result<u32, Fault> {
        Ok(1)
    }
    #[circuit_breaker(window = "10s", failure_rate = 0.5, slow_call = "10s", slow_call_rate = 0.5)]
    async fn timed() -> Option<u32> {
        Some(1)
    }
    #[circuit_breaker(key = host)]
    async fn keyed(host: &str) -> Result<u32, Fault> {
        Ok(1)
    }
    let heap = Heap::alone();
    heap.allocates_nothing("a breaker", || _ = run(guarded()));
    heap.allocates_nothing("a stack", || _ = run(retried()));
    heap.allocates_nothing("a window, not async", || _ = plain());
    heap.allocates_nothing("a window of time", || _ = run(timed()));
    heap.allocates_nothing("a key", || _ = run(keyed("a.example")));
}

#[test]
fn fm_i3_the_budget_of_a_call_allocates_nothing() {
    static SITE: resilient::__private::BudgetCallSite =
        resilient::__private::BudgetCallSite::new("allocations");
    let heap = Heap::alone();
    let budget = RetryBudget::new("dependency", BudgetConfig::default());
    heap.allocates_nothing("a success", || budget.succeeded(false));
    heap.allocates_nothing("a named budget", || {
        SITE.budget().unwrap().succeeded(false);
    });
    heap.allocates_nothing("a retry, cancelled, spent and refunded", || {
        drop(budget.try_reserve());
        budget.try_reserve().unwrap().spend();
        budget.succeeded(true);
    });
    heap.allocates_nothing("a refusal", || {
        while let Some(reservation) = budget.try_reserve() {
            reservation.spend();
        }
    });
}

#[test]
fn r10_a_call_with_limits_and_a_budget_that_succeeds_at_once_allocates_nothing() {
    #[fallback(value = 0)]
    #[retry(deadline = "9s", attempt_timeout = "1s", budget = "allocations")]
    #[circuit_breaker]
    #[timeout("1s")]
    async fn annotated() -> Result<u32, Fault> {
        Ok(1)
    }
    #[retry(attempt = this, errors = all)]
    async fn recorded() -> Result<u32, RetryError<Fault>> {
        Ok(this.number())
    }
    let heap = Heap::alone();
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = runtime.enable_time().build().unwrap();
    let _in_it = runtime.enter();
    let budget = RetryBudget::new("dependency", BudgetConfig::default());
    let breaker = breaker(&settings());
    let policy = RetryPolicy::DEFAULT;
    let call = || {
        let limited = policy.call().deadline(secs(9)).attempt_timeout(secs(1));
        limited.budget(&budget).through(&breaker)
    };
    heap.allocates_nothing("a call", || {
        _ = run(call().run(async |_| Ok::<_, Fault>(1)));
    });
    heap.allocates_nothing("a recorded call", || {
        _ = run(call().run_recorded(async |_| Ok::<_, Fault>(1)));
    });
    heap.allocates_nothing("a stack", || _ = run(annotated()));
    heap.allocates_nothing("a recorded function", || _ = run(recorded()));
}

#[test]
fn fm_i2_state_changes_do_not_grow_the_memory() {
    let heap = Heap::alone();
    let breaker = breaker(&settings().window(10).failure_rate(0.5).min_calls(1));
    breaker.on_event(|_| ());
    heap.frees_everything("a thousand openings", || {
        for _ in 0..1_000 {
            report(&breaker, Outcome::Failure);
            breaker.half_open().unwrap();
            report(&breaker, Outcome::Success);
        }
    });
    assert!(breaker.snapshot().transitions.opened >= 1_000);
}

/// The heap size of a breaker with its counters, name and settings stays small. `healthy` is the
/// limit after calls that all succeeded. `failed` is the limit after failures, the last four of
/// which are remembered, and `remembering` is the limit with a full history besides.
#[test]
fn fm_i2_a_breaker_takes_two_kibibytes_and_less_than_three_and_a_half_with_window_and_history() {
    let heap = Heap::alone();
    let rated = || settings().failure_rate(1.0);
    for (what, settings, healthy, failed, remembering) in [
        ("failures in a row", settings(), 1_728, 2_112, 2_752),
        ("a window of calls", rated().window(100), 1_984, 2_432, 3_072),
        ("a window of time", rated().window(secs(60)), 2_112, 2_432, 3_072),
    ] {
        let mut kept = Vec::with_capacity(1_000);
        let mut bytes = |transitions: usize, outcomes: &[Outcome]| {
            heap.least(
                |stats| stats.curr_bytes as u64,
                || {
                    let breaker = breaker(&settings);
                    for _ in 0..transitions / 2 {
                        breaker.trip().unwrap();
                        breaker.close();
                    }
                    for _ in 0..150 {
                        for outcome in outcomes {
                            report(&breaker, *outcome);
                        }
                    }
                    kept.push(breaker);
                },
            )
        };
        let mixed = [Outcome::Success, Outcome::Failure];
        let sizes = [bytes(0, &mixed[..1]), bytes(0, &mixed), bytes(64, &mixed)];
        assert!(sizes[0] <= healthy, "{what}, healthy: {sizes:?} bytes");
        assert!(sizes[1] <= failed, "{what}, failed: {sizes:?} bytes");
        assert!(sizes[2] <= remembering, "{what}, history: {sizes:?} bytes");
        assert!(sizes.is_sorted_by(|small, large| small < large), "{what}: {sizes:?} bytes");
    }
}

/// With `slow_call`, a breaker is larger, because it counts its calls in flight by the time at
/// which they began.
#[test]
fn fm_i2_a_breaker_with_slow_calls_takes_less_than_five_kibibytes() {
    let heap = Heap::alone();
    let mut kept = Vec::with_capacity(1_000);
    let settings = settings().window(100).slow_call(secs(60)).slow_call_rate(1.0);
    let bytes = heap.least(
        |stats| stats.curr_bytes as u64,
        || {
            let breaker = breaker(&settings);
            (0..150).for_each(|_| report(&breaker, Outcome::Failure));
            std::mem::forget(breaker.try_acquire());
            kept.push(breaker);
        },
    );
    assert!(bytes <= 4_736, "{bytes} bytes");
}

/// Brings the breaker into every state, adds a listener and leaves an event unread.
fn use_up(breaker: &CircuitBreaker) {
    breaker.on_event(|_| ());
    let _events = breaker.subscribe(16);
    report(breaker, Outcome::Success);
    report(breaker, Outcome::Failure);
    breaker.trip().unwrap();
    report(breaker, Outcome::Success);
    breaker.half_open().unwrap();
    drop(breaker.try_acquire().unwrap());
    drop(breaker.snapshot());
    breaker.close();
}

#[test]
fn fm_i4_dropped_breakers_free_every_byte() {
    let heap = Heap::alone();
    heap.frees_everything("on its own", || {
        use_up(&breaker(&settings()));
        use_up(&breaker(&settings().window(1_000).failure_rate(1.0)));
        use_up(&breaker(&settings().window(secs(60)).failure_rate(1.0)));
    });
    heap.frees_everything("dropped after its handle's subscription", || {
        let breaker = breaker(&settings());
        let events = breaker.subscribe(16);
        use_up(&breaker);
        drop(breaker);
        drop(events);
    });
    heap.frees_everything("a registry with its breakers and keys", || {
        let registry = Registry::new();
        let _events = registry.subscribe(16);
        registry.on_event(|_| ());
        let config = settings().build().unwrap();
        use_up(&registry.get_or_register("one", config.clone()));
        let keyed = registry.get_or_register_keyed::<String>("keyed", config);
        keyed.on_event(|_| ());
        use_up(&keyed.get("a"));
    });
}

#[test]
fn fm_i4_breakers_that_leave_a_registry_free_every_byte() {
    let heap = Heap::alone();
    let registry = Registry::new();
    registry.on_event(|_| ());
    heap.frees_everything("put in and taken out", || {
        for nth in 0..100 {
            let breaker = CircuitBreaker::new(format!("no. {nth}"), settings().build().unwrap());
            registry.register(&breaker).unwrap();
            use_up(&breaker);
            assert!(registry.unregister(&breaker));
        }
    });
    heap.frees_everything("subscriptions and listeners", || {
        for _ in 0..100 {
            drop(registry.subscribe(16));
            registry.remove_listener(registry.on_event(|_| ()));
        }
    });
}

#[test]
fn fm_i4_evicted_keys_free_every_byte() {
    let heap = Heap::alone();
    let config = settings().max_keys(10).build().unwrap();
    let keyed = KeyedBreakers::<u32>::new("hosts", config);
    let mut next = 0;
    heap.frees_everything("evicted", || {
        for _ in 0..200 {
            // The number always has six digits, so all names have the same length.
            use_up(&keyed.get(&(100_000 + next)));
            next += 1;
        }
    });
    assert_eq!(keyed.len(), 10);
}
