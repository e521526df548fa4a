//! Tests of table B: panics in the caller's code, at every point where the library calls this code.

use std::cell::{Cell, RefCell};
use std::panic::{RefUnwindSafe, UnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::SeqCst;
use std::time::{Duration, Instant};

use resilient::breaker::{
    BreakerConfigBuilder, BreakerSnapshot, CircuitState, KeyedBreakers, Permit,
};
use resilient::budget::{BudgetSnapshot, Reservation};
use resilient::events::{Event, Subscription};
use resilient::registry::{Overrides, Selection};
use resilient::retries::{
    FailedAttempt, GiveUpEvent, RetryCall, RetryDriver, RetryEvent, RetryPolicyBuilder,
};
use resilient::testing::{RecordedCall, Scope, Scoped};
use resilient::time::{Clock, ManualClock};
use resilient::{
    Attempt, BreakerConfig, CircuitBreaker, CircuitOpen, Classification, ConfigError, Outcome,
    Registry, RetryBudget, RetryError, RetryPolicy, TimedOut, circuit_breaker, retry,
};

use crate::support::{Fault, breaker, half_open, registered};
use resilient_testkit::{
    Heard, OWN_PANIC, fail, fragile, panic_of, panic_of_call, panic_quietly, pause, rejection, run,
    secs, succeed,
};

fn at_once() -> RetryPolicy {
    let settings = RetryPolicy::builder().base_delay(Duration::ZERO);
    settings.build().unwrap()
}

/// Asserts that a probe that panicked counted as one failure, freed its slot and opened the
/// circuit.
#[track_caller]
fn reopened_by_one_failure(breaker: &CircuitBreaker) {
    let snapshot = breaker.snapshot();
    assert_eq!(snapshot.state, CircuitState::Open);
    assert_eq!(snapshot.probes_in_flight, 0);
    assert_eq!((snapshot.totals.failure, snapshot.totals.abandoned), (1, 0));
}

#[test]
fn fm_b1_a_panic_in_the_operation_is_a_failure_and_propagates_unchanged() {
    let breaker = half_open(&fragile());
    let call = breaker.call(async || -> Option<()> { panic_quietly() });
    assert_eq!(panic_of_call(call), OWN_PANIC);
    reopened_by_one_failure(&breaker);

    let breaker = half_open(&fragile());
    let call = breaker.call(async || -> Option<()> {
        pause(2).await;
        panic_quietly()
    });
    assert_eq!(panic_of_call(call), OWN_PANIC);
    reopened_by_one_failure(&breaker);

    let breaker = half_open(&fragile());
    let policy = at_once();
    let call = policy.call().through(&breaker).run(async |_| -> Option<()> { panic_quietly() });
    assert_eq!(panic_of_call(call), OWN_PANIC);
    reopened_by_one_failure(&breaker);
}

#[test]
fn fm_b1_a_panic_in_an_annotated_function_is_a_failure_and_propagates_unchanged() {
    #[circuit_breaker(breaker = breaker)]
    async fn asynchronous(breaker: &CircuitBreaker) -> Option<()> {
        pause(1).await;
        panic_quietly()
    }
    #[circuit_breaker(breaker = breaker)]
    fn plain(breaker: &CircuitBreaker) -> Option<()> {
        panic_quietly()
    }
    #[retry]
    #[circuit_breaker(breaker = breaker)]
    async fn each_attempt(breaker: &CircuitBreaker) -> Option<()> {
        pause(1).await;
        panic_quietly()
    }
    #[circuit_breaker(breaker = breaker, order = explicit)]
    #[retry]
    fn whole_loop(breaker: &CircuitBreaker) -> Option<()> {
        panic_quietly()
    }
    let breakers = [(); 4].map(|()| half_open(&fragile()));
    assert_eq!(panic_of_call(asynchronous(&breakers[0])), OWN_PANIC);
    assert_eq!(panic_of(|| plain(&breakers[1])), OWN_PANIC);
    assert_eq!(panic_of_call(each_attempt(&breakers[2])), OWN_PANIC);
    assert_eq!(panic_of(|| whole_loop(&breakers[3])), OWN_PANIC);
    breakers.iter().for_each(reopened_by_one_failure);
}

#[test]
fn fm_b2_a_panic_in_a_predicate_propagates_and_leaves_the_breaker_consistent() {
    #[circuit_breaker(breaker = breaker, failure_if = |_| panic_quietly())]
    async fn of_the_breaker(breaker: &CircuitBreaker) -> Result<(), Fault> {
        Err(Fault::Down)
    }
    #[retry(retry_if = |_| panic_quietly())]
    #[circuit_breaker(breaker = breaker)]
    async fn of_the_retry(breaker: &CircuitBreaker) -> Result<(), Fault> {
        Err(Fault::Down)
    }
    let classify = |_: &Option<()>| -> Option<Classification> { panic_quietly() };
    let policy = at_once();
    let breakers = [(); 4].map(|()| half_open(&fragile()));
    assert_eq!(panic_of_call(of_the_breaker(&breakers[0])), OWN_PANIC);
    assert_eq!(panic_of_call(of_the_retry(&breakers[1])), OWN_PANIC);
    let call = breakers[2].call_with(classify, async || None);
    assert_eq!(panic_of_call(call), OWN_PANIC);
    let call = policy.call().through(&breakers[3]).classify_with(classify).run(async |_| None);
    assert_eq!(panic_of_call(call), OWN_PANIC);
    breakers.iter().for_each(reopened_by_one_failure);
}

#[test]
fn fm_b3_a_panic_in_a_listener_loses_neither_the_result_nor_another_listeners_event() {
    let registry = Registry::new();
    let config = fragile().build().unwrap();
    let one = registry.get_or_register("one", config.clone());
    let keyed = registry.get_or_register_keyed::<u32>("keyed", config);
    let of_key = keyed.get(&1);
    let heard = Heard::default();
    for _ in 0..2 {
        registry.on_event(|_| panic_quietly());
        registry.on_event(heard.listener());
        keyed.on_event(|_| panic_quietly());
        keyed.on_event(heard.listener());
        for breaker in [&one, &of_key] {
            breaker.on_event(|_| panic_quietly());
            breaker.on_event(heard.listener());
        }
    }
    for breaker in [&one, &of_key] {
        let output = run(breaker.call(async || Err::<(), _>(Fault::Down)));
        assert_eq!(output, Err(Fault::Down));
        assert_eq!(breaker.state(), CircuitState::Open);
    }
    assert_eq!(one.snapshot().listener_panics, 4);
    assert_eq!(of_key.snapshot().listener_panics, 6);
    assert_eq!(heard.steps(), [(CircuitState::Closed, CircuitState::Open); 10]);
}

#[test]
fn fm_b3_a_panic_in_a_hook_of_the_retry_propagates_and_what_was_counted_stays() {
    #[retry(base_delay = "0s", on_retry = |_| panic_quietly())]
    #[circuit_breaker(breaker = breaker)]
    async fn retrying(breaker: &CircuitBreaker) -> Result<(), Fault> {
        Err(Fault::Down)
    }
    #[retry(max_retries = 0, on_give_up = |_| panic_quietly())]
    #[circuit_breaker(breaker = breaker)]
    async fn giving_up(breaker: &CircuitBreaker) -> Result<(), Fault> {
        Err(Fault::Down)
    }
    let breaker = breaker(&fragile().failure_threshold(100));
    assert_eq!(panic_of_call(retrying(&breaker)), OWN_PANIC);
    assert_eq!(panic_of_call(giving_up(&breaker)), OWN_PANIC);
    let totals = breaker.snapshot().totals;
    assert_eq!((totals.failure, totals.abandoned), (2, 0));
}

#[test]
fn fm_b4_a_panic_in_the_output_of_a_rejected_call_propagates_and_counts_once() {
    #[derive(Debug)]
    struct Explosive;
    impl From<CircuitOpen> for Explosive {
        fn from(_: CircuitOpen) -> Self {
            panic_quietly()
        }
    }
    #[circuit_breaker(breaker = breaker, on_open = |_| panic_quietly())]
    async fn falls_back(breaker: &CircuitBreaker) -> Result<(), Fault> {
        Ok(())
    }
    #[retry]
    #[circuit_breaker(breaker = breaker)]
    async fn converts(breaker: &CircuitBreaker) -> Result<(), Explosive> {
        Ok(())
    }
    let breaker = breaker(&fragile());
    breaker.force_open();
    assert_eq!(panic_of_call(falls_back(&breaker)), OWN_PANIC);
    assert_eq!(panic_of_call(converts(&breaker)), OWN_PANIC);
    let call = breaker.call(async || Ok::<(), Explosive>(()));
    assert_eq!(panic_of_call(call), OWN_PANIC);
    assert_eq!(breaker.snapshot().totals.rejected, 3);
    breaker.close();
    assert_eq!(run(falls_back(&breaker)), Ok(()));
}

#[test]
fn fm_b5_a_panic_in_the_key_expression_leaves_no_key() {
    #[circuit_breaker(name = "key expression", key = key(id))]
    async fn by_key(id: u32) -> Option<u32> {
        Some(id)
    }
    fn key(id: u32) -> u32 {
        if id == 0 {
            panic_quietly()
        }
        id
    }
    assert_eq!(panic_of_call(by_key(0)), OWN_PANIC);
    let breakers = || Registry::global().get_keyed::<u32>("key expression");
    assert!(breakers().is_none_or(|breakers| breakers.is_empty()));
    assert_eq!(run(by_key(1)), Some(1));
    assert_eq!(breakers().unwrap().len(), 1);
}

/// Which method of [`Key`] panics.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Panicking {
    Nothing,
    Hash,
    Clone,
    Display,
    /// `eq` panics after this many comparisons.
    Eq(u32),
}

thread_local! {
    static PANICKING: Cell<Panicking> = const { Cell::new(Panicking::Nothing) };
}

#[derive(Debug)]
struct Key(u32);

impl Key {
    fn may_panic(of: Panicking) {
        if PANICKING.get() == of {
            panic_quietly();
        }
    }
}

impl std::hash::Hash for Key {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        Self::may_panic(Panicking::Hash);
        // Keys 0 and 1 have the same hash, so the map must call `eq` to tell them apart.
        (self.0 / 2).hash(state);
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        if let Panicking::Eq(later @ 1..) = PANICKING.get() {
            PANICKING.set(Panicking::Eq(later - 1));
        } else {
            Self::may_panic(Panicking::Eq(0));
        }
        self.0 == other.0
    }
}

impl Eq for Key {}

impl Clone for Key {
    fn clone(&self) -> Self {
        Self::may_panic(Panicking::Clone);
        Self(self.0)
    }
}

impl std::fmt::Display for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        Self::may_panic(Panicking::Display);
        self.0.fmt(f)
    }
}

#[test]
fn fm_b5_a_panic_in_a_keys_own_code_leaves_no_key_and_no_lock() {
    use Panicking::{Clone, Display, Eq, Hash, Nothing};
    let registry = Registry::new();
    let config = fragile().max_keys(3).build().unwrap();
    let breakers = registry.get_or_register_keyed::<Key>("keyed", config);
    fail(&breakers.get(&Key(0)));
    // `get` compares the keys once to look up the key, and twice more to insert it under the lock.
    // `Eq(0)` to `Eq(2)` panic at each of these comparisons.
    for panicking in [Hash, Clone, Display, Eq(0), Eq(1), Eq(2)] {
        PANICKING.set(panicking);
        assert_eq!(panic_of(|| breakers.get(&Key(1))), OWN_PANIC, "{panicking:?}");
        PANICKING.set(Nothing);
        assert_eq!(breakers.len(), 1, "{panicking:?}");
        assert_eq!(breakers.get(&Key(0)).state(), CircuitState::Open, "{panicking:?}");
        registry.named("keyed").close();
        fail(&breakers.get(&Key(0)));
    }
    succeed(&breakers.get(&Key(1)));
    assert_eq!(breakers.len(), 2);
}

#[test]
fn fm_b6_a_panic_in_a_setting_registers_nothing_and_the_next_call_does() {
    static BROKEN: AtomicBool = AtomicBool::new(true);
    fn threshold() -> u32 {
        if BROKEN.load(SeqCst) {
            panic_quietly()
        }
        2
    }
    #[circuit_breaker(name = "broken setting", failure_threshold = threshold())]
    async fn call() -> Option<()> {
        None
    }
    for _ in 0..2 {
        assert_eq!(panic_of_call(call()), OWN_PANIC);
        assert!(Registry::global().get("broken setting").is_none());
    }
    BROKEN.store(false, SeqCst);
    run(call());
    run(call());
    assert_eq!(registered("broken setting").state(), CircuitState::Open);
}

#[test]
fn fm_b6_a_listener_that_panics_at_a_conflict_poisons_nothing() {
    let registry = Registry::new();
    let first = registry.get_or_register("one", fragile().build().unwrap());
    registry.on_event(|_| panic_quietly());
    let second = registry.get_or_register("one", BreakerConfig::default());
    fail(&second);
    assert_eq!(first.state(), CircuitState::Open);
    registry.unregister(&first);
    assert!(registry.get("one").is_none());
    assert_eq!(first.snapshot().listener_panics, 2);
}

/// A clock that panics when it is read while `is_broken` is true.
#[derive(Clone, Default)]
struct Broken {
    clock: ManualClock,
    is_broken: Arc<AtomicBool>,
}

impl Clock for Broken {
    fn now(&self) -> Instant {
        if self.is_broken.load(SeqCst) {
            panic_quietly();
        }
        self.clock.now()
    }
}

#[test]
fn fm_b7_a_permit_dropped_while_unwinding_never_panics_itself() {
    // The permit is dropped while the thread unwinds. If the drop panicked, the process would
    // abort.
    let clock = Broken::default();
    let config = fragile().build().unwrap();
    let breaker = CircuitBreaker::with_clock("dependency", config, clock.clone());
    breaker.on_event(|_| panic_quietly());
    let permit = breaker.try_acquire().unwrap();
    clock.is_broken.store(true, SeqCst);
    let text = panic_of(move || {
        let _permit = permit;
        panic_quietly();
    });
    assert_eq!(text, OWN_PANIC);
    assert_eq!(breaker.snapshot().listener_panics, 1);
    assert_eq!(breaker.state(), CircuitState::Open);
}

#[test]
fn fm_b9_the_public_types_are_unwind_safe() {
    fn unwind_safe<T: UnwindSafe + RefUnwindSafe>() {}
    unwind_safe::<CircuitBreaker>();
    unwind_safe::<Permit<'_>>();
    unwind_safe::<KeyedBreakers<Cell<u32>>>();
    unwind_safe::<Registry>();
    unwind_safe::<Selection>();
    unwind_safe::<Subscription>();
    unwind_safe::<BreakerSnapshot>();
    unwind_safe::<Event>();
    unwind_safe::<CircuitOpen>();
    unwind_safe::<ConfigError>();
    unwind_safe::<BreakerConfig>();
    unwind_safe::<BreakerConfigBuilder>();
    unwind_safe::<RetryPolicy>();
    unwind_safe::<RetryPolicyBuilder>();
    unwind_safe::<Overrides>();
    unwind_safe::<Attempt<Option<()>>>();
    unwind_safe::<ManualClock>();
    unwind_safe::<RetryDriver<'_>>();
    unwind_safe::<RetryCall<'_, Result<(), Fault>>>();
    unwind_safe::<RetryEvent<'_, Option<()>>>();
    unwind_safe::<GiveUpEvent<'_, Option<()>>>();
    unwind_safe::<RetryError<Fault>>();
    unwind_safe::<FailedAttempt<Fault>>();
    unwind_safe::<TimedOut>();
    unwind_safe::<RetryBudget>();
    unwind_safe::<Reservation>();
    unwind_safe::<BudgetSnapshot>();
    unwind_safe::<Scope>();
    unwind_safe::<RecordedCall>();
    unwind_safe::<Scoped<()>>();
}

#[test]
fn fm_i8_the_types_of_a_call_go_to_other_threads_and_can_be_moved() {
    fn of_any_thread<T: Send + Sync + Unpin>() {}
    of_any_thread::<RetryDriver<'_>>();
    of_any_thread::<RetryCall<'_, Result<(), Fault>>>();
    of_any_thread::<Attempt<Result<(), Fault>>>();
    of_any_thread::<RetryError<Fault>>();
    of_any_thread::<TimedOut>();
    of_any_thread::<RetryBudget>();
    of_any_thread::<Reservation>();
    of_any_thread::<Scope>();
    of_any_thread::<RecordedCall>();
    of_any_thread::<Scoped<()>>();
}

#[test]
fn fm_b9_an_annotated_function_may_hold_types_that_are_not_unwind_safe() {
    #[retry(base_delay = "0s")]
    #[circuit_breaker(breaker = breaker)]
    async fn call(
        breaker: &CircuitBreaker,
        calls: &mut Vec<u32>,
        cell: &RefCell<u32>,
    ) -> Option<u32> {
        calls.push(1);
        *cell.borrow_mut() += 1;
        (*cell.borrow() > 1).then_some(7)
    }
    let breaker = breaker(&fragile().failure_threshold(9));
    let (mut calls, cell) = (Vec::new(), RefCell::new(0));
    assert_eq!(run(call(&breaker, &mut calls, &cell)), Some(7));
    assert_eq!(calls.len(), 2);
    // `catch_unwind` accepts a breaker without a wrapper, because a breaker is unwind safe.
    let output = catch_unwind(|| run(breaker.call(async || Some(1)))).unwrap();
    assert_eq!(output, Some(1));
}

#[test]
fn fm_b10_a_clock_that_panics_counts_as_no_time_passed_and_poisons_nothing() {
    let clock = Broken::default();
    for settings in [
        fragile(),
        fragile().window(secs(60)).failure_count(1),
        fragile().window(10).slow_call(secs(1)).slow_call_rate(0.5),
    ] {
        let config = settings.build().unwrap();
        let breaker = CircuitBreaker::with_clock("dependency", config, clock.clone());
        clock.is_broken.store(true, SeqCst);
        succeed(&breaker);
        fail(&breaker);
        assert_eq!(rejection(&breaker).retry_after(), Some(secs(10)));
        assert_eq!(breaker.snapshot().state, CircuitState::Open);
        clock.is_broken.store(false, SeqCst);
        clock.clock.advance(secs(10));
        succeed(&breaker);
        assert_eq!(breaker.state(), CircuitState::Closed);
    }
}

/// A clock that returns random instants, some of them near the limits of `Instant`.
struct Garbage(ManualClock);

impl Clock for Garbage {
    fn now(&self) -> Instant {
        let start = self.0.now();
        let (forth, back) = (fastrand::u64(..), fastrand::u64(..));
        let forth = Duration::from_secs(forth >> fastrand::u32(0..64));
        let back = Duration::from_secs(back >> fastrand::u32(0..64));
        let there = start.checked_add(forth).unwrap_or(start);
        there.checked_sub(back).unwrap_or(there)
    }
}

#[test]
fn fm_b10_a_clock_that_returns_garbage_harms_nothing() {
    for settings in [
        fragile().recovery_jitter(1.0).recovery_factor(3.0),
        fragile().window(Duration::from_nanos(1)).window_buckets(1_000).failure_rate(0.5),
        fragile().window(Duration::MAX).failure_count(3),
        fragile().window(10).slow_call(Duration::from_nanos(1)).slow_call_rate(0.5),
        fragile().half_open_successes(3).half_open_max_calls(2).probe_timeout(Duration::MAX),
    ] {
        let config = settings.build().unwrap();
        let breaker = CircuitBreaker::with_clock("dependency", config, Garbage(ManualClock::new()));
        for _ in 0..2_000 {
            match breaker.try_acquire() {
                Ok(permit) => permit.report(match fastrand::u8(0..3) {
                    0 => Outcome::Success,
                    1 => Outcome::Failure,
                    _ => Outcome::Ignored,
                }),
                Err(open) => drop(open),
            }
            match fastrand::u8(0..20) {
                0 => drop(breaker.trip_for(Duration::from_secs(fastrand::u64(..)))),
                1 => drop(breaker.half_open()),
                2 => breaker.close(),
                _ => drop(breaker.snapshot()),
            }
        }
        breaker.close();
        succeed(&breaker);
        assert_eq!(breaker.state(), CircuitState::Closed);
    }
}
