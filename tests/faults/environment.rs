//! Tests of table H: all kinds of runtime, no runtime, threads, and the end of a process.

use std::cell::RefCell;
use std::process::{Command, Output};
use std::rc::Rc;

use resilient::breaker::{CircuitState, KeyedBreakers};
use resilient::budget::BudgetConfig;
use resilient::testing::Scope;
use resilient::{
    BreakerConfig, CircuitBreaker, Outcome, Registry, RetryBudget, RetryPolicy, circuit_breaker,
    retry,
};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::oneshot;
use tokio::task::LocalSet;

use crate::support::{Fault, breaker, half_open, registered};
use resilient_testkit::{fail, fragile, rejection, run, secs, succeed};

#[test]
fn fm_h1_a_breaker_works_without_a_runtime() {
    #[circuit_breaker(name = "no runtime", failure_threshold = 1)]
    async fn call(works: bool) -> Result<(), Fault> {
        works.then_some(()).ok_or(Fault::Down)
    }
    run(call(true)).unwrap();
    run(call(false)).unwrap_err();
    assert!(matches!(run(call(true)), Err(Fault::Open(_))));
    let breaker = breaker(&fragile());
    let mut events = breaker.subscribe(1);
    fail(&breaker);
    assert!(run(events.next()).is_some());
}

#[test]
fn fm_h1_a_retry_without_a_runtime_ends_with_the_real_error() {
    #[retry]
    #[circuit_breaker(name = "no timer")]
    async fn call(calls: &mut u32) -> Result<(), Fault> {
        *calls += 1;
        Err(Fault::Down)
    }
    let mut calls = 0;
    assert_eq!(run(call(&mut calls)), Err(Fault::Down));
    assert_eq!(calls, 1);
    let breaker = breaker(&fragile().failure_threshold(9));
    let retries =
        RetryPolicy::DEFAULT.call().through(&breaker).run(async |_| Err::<(), _>(Fault::Down));
    assert_eq!(run(retries), Err(Fault::Down));
    assert_eq!(breaker.snapshot().totals.failure, 1);
}

/// Fails twice, then succeeds. Each attempt yields to the runtime. Between two attempts, the loop
/// sleeps on the runtime's timer.
#[retry(base_delay = "1ms", jitter = none)]
#[circuit_breaker(breaker = breaker)]
async fn third_time(breaker: &CircuitBreaker, calls: &RefCell<u32>) -> Result<u32, Fault> {
    let call = {
        let mut calls = calls.borrow_mut();
        *calls += 1;
        *calls
    };
    tokio::task::yield_now().await;
    if call < 3 { Err(Fault::Down) } else { Ok(call) }
}

async fn on_any_runtime() {
    let breaker = breaker(&fragile().failure_threshold(9));
    let calls = RefCell::new(0);
    assert_eq!(third_time(&breaker, &calls).await, Ok(3));
    // This future is not `Send`, because it contains an `Rc`. `call` accepts it.
    let shared = Rc::new(RefCell::new(0));
    let output = breaker
        .call(async || {
            *shared.borrow_mut() += 1;
            tokio::task::yield_now().await;
            Some(Rc::clone(&shared))
        })
        .await;
    assert_eq!(*output.unwrap().borrow(), 1);
    assert_eq!(breaker.snapshot().totals.success, 2);
}

#[test]
fn fm_h3_every_runtime_runs_calls_whose_futures_stay_on_their_thread() {
    let timers = |mut builder: Builder| -> Runtime { builder.enable_time().build().unwrap() };
    timers(Builder::new_current_thread()).block_on(on_any_runtime());
    timers(Builder::new_multi_thread()).block_on(on_any_runtime());
    let runtime = timers(Builder::new_current_thread());
    LocalSet::new().block_on(&runtime, async {
        tokio::task::spawn_local(on_any_runtime()).await.unwrap();
    });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fm_h3_calls_that_are_send_move_between_the_threads_of_a_runtime() {
    #[retry(base_delay = "1ms")]
    #[circuit_breaker(name = "spawned", failure_threshold = 1_000)]
    async fn call(nth: u32) -> Result<u32, Fault> {
        tokio::task::yield_now().await;
        Ok(nth)
    }
    let tasks: Vec<_> = (0..50).map(|nth| tokio::spawn(call(nth))).collect();
    for (nth, task) in (0..).zip(tasks) {
        assert_eq!(task.await.unwrap(), Ok(nth));
    }
    assert_eq!(registered("spawned").snapshot().totals.success, 50);
}

#[test]
fn fm_h4_a_runtime_shut_down_in_a_probe_or_a_sleep_leaves_no_slot_taken() {
    let in_a_probe = half_open(&fragile());
    let in_a_sleep = breaker(&fragile().failure_threshold(9));
    let runtime = Builder::new_multi_thread().worker_threads(1).enable_time().build().unwrap();
    let (probing, begun) = oneshot::channel();
    runtime.spawn({
        let breaker = in_a_probe.clone();
        async move {
            let call = breaker.call(async || {
                probing.send(()).unwrap();
                std::future::pending::<Option<()>>().await
            });
            call.await
        }
    });
    let (sleeping, slept) = oneshot::channel();
    runtime.spawn({
        let breaker = in_a_sleep.clone();
        async move {
            let settings = RetryPolicy::builder().base_delay(secs(3_600)).max_delay(secs(3_600));
            let policy = settings.build().unwrap();
            let mut sleeping = Some(sleeping);
            let call = policy.call().through(&breaker).run(|_| {
                sleeping.take().unwrap().send(()).unwrap();
                async { None::<()> }
            });
            call.await
        }
    });
    runtime.block_on(async {
        begun.await.unwrap();
        slept.await.unwrap();
    });
    assert_eq!(in_a_probe.snapshot().probes_in_flight, 1);
    runtime.shutdown_background();
    // The worker drops the tasks in the background. It has dropped them when no probe is in flight.
    while in_a_probe.snapshot().probes_in_flight > 0 {
        std::thread::yield_now();
    }
    assert_eq!(in_a_probe.snapshot().totals.abandoned, 1);
    succeed(&in_a_probe);
    assert_eq!(in_a_probe.state(), CircuitState::Closed);
    let totals = in_a_sleep.snapshot().totals;
    assert_eq!((totals.failure, totals.abandoned), (1, 0));
}

/// Runs one test of this program in a new process and returns its output. In the new process,
/// returns `None`, because `RESILIENT_FAULTS_CHILD` is set there.
pub(crate) fn in_new_process(test: &str) -> Option<Output> {
    const CHILD: &str = "RESILIENT_FAULTS_CHILD";
    if std::env::var_os(CHILD).is_some() {
        return None;
    }
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args([test, "--exact", "--nocapture"]).env(CHILD, "1");
    Some(child.output().unwrap())
}

/// Puts breakers into every state, with listeners, keys and unread events.
fn use_everything(registry: &Registry) {
    let config = fragile().max_keys(2).build().unwrap();
    let breaker = registry.get_or_register("one", config.clone());
    let keyed = registry.get_or_register_keyed::<u32>("keyed", config);
    let mut events = registry.subscribe(4);
    registry.on_event(|_| ());
    // The group has breakers for two keys. The third key gets the breaker that all other keys
    // share.
    (0..3).for_each(|key| fail(&keyed.get(&key)));
    succeed(&breaker);
    fail(&breaker);
    rejection(&breaker);
    breaker.half_open().unwrap();
    drop(breaker.try_acquire().unwrap());
    succeed(&breaker);
    run(breaker.call(async || Some(())));
    breaker.try_acquire().unwrap().report(Outcome::Ignored);
    breaker.close();
    assert!(events.try_next().is_some());
    assert_eq!(registry.snapshot().len(), registry.breakers().len());
    registry.all().close();
    Scope::new().run_blocking(|| ());
}

#[cfg(target_os = "linux")]
#[test]
fn fm_h6_and_fm_h7_no_use_of_the_library_leaves_a_thread() {
    #[retry(base_delay = "1ms")]
    #[circuit_breaker(name = "threadless")]
    fn plain() -> Option<()> {
        None
    }
    let name = "environment::fm_h6_and_fm_h7_no_use_of_the_library_leaves_a_thread";
    if let Some(output) = in_new_process(name) {
        assert!(output.status.success(), "{output:?}");
        return;
    }
    let threads = || std::fs::read_dir("/proc/self/task").unwrap().count();
    let before = threads();
    use_everything(&Registry::new());
    use_everything(Registry::global());
    plain();
    let runtime = Builder::new_current_thread().enable_time().build().unwrap();
    runtime.block_on(on_any_runtime());
    assert_eq!(threads(), before);
}

thread_local! {
    static USED_AT_THE_END: RefCell<Option<UsedWhenDropped>> = const { RefCell::new(None) };
}

/// Uses the whole library when it is dropped, and prints a line.
struct UsedWhenDropped(CircuitBreaker);

impl Drop for UsedWhenDropped {
    fn drop(&mut self) {
        #[retry(base_delay = "1ms")]
        #[circuit_breaker(name = "first called at the end", failure_threshold = 9)]
        fn called_at_the_end() -> Option<()> {
            None
        }
        succeed(&self.0);
        fail(&self.0);
        use_everything(&Registry::new());
        use_everything(Registry::global());
        called_at_the_end();
        Scope::new().run_blocking(called_at_the_end);
        let budget = RetryBudget::new("at the end", BudgetConfig::default());
        let call = RetryPolicy::DEFAULT.call().budget(&budget).deadline(secs(1));
        let limited = run(Scope::new().run(call.run(async |_| Err::<(), _>(Fault::Down))));
        assert!(matches!(limited, Err(Fault::Late(_))), "without a timer");
        let config = BreakerConfig::default();
        succeed(&KeyedBreakers::<u32>::new("made at the end", config).get(&1));
        println!("used at the end");
    }
}

#[test]
fn fm_h8_a_thread_may_use_breakers_in_its_last_destructors() {
    let name = "environment::fm_h8_a_thread_may_use_breakers_in_its_last_destructors";
    if let Some(output) = in_new_process(name) {
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{output:?}");
        assert_eq!(text.matches("used at the end").count(), 3, "{output:?}");
        return;
    }
    let breaker = breaker(&fragile().failure_threshold(9));
    for uses_it_before in [false, true] {
        let breaker = breaker.clone();
        let thread = std::thread::spawn(move || {
            // If `uses_it_before`, the thread has thread-locals of the library, and drops them
            // before `USED_AT_THE_END`. Otherwise, the library creates its thread-locals during the
            // drop.
            if uses_it_before {
                use_everything(&Registry::new());
            }
            USED_AT_THE_END.set(Some(UsedWhenDropped(breaker)));
        });
        thread.join().unwrap();
    }
    let other = breaker.clone();
    let thread = std::thread::spawn(move || {
        USED_AT_THE_END.set(Some(UsedWhenDropped(other)));
        use_everything(&Registry::new());
    });
    thread.join().unwrap();
    let totals = breaker.snapshot().totals;
    assert_eq!((totals.success, totals.failure), (3, 3));
}

#[test]
fn fm_h8_a_process_may_end_while_its_threads_use_breakers() {
    let name = "environment::fm_h8_a_process_may_end_while_its_threads_use_breakers";
    if let Some(output) = in_new_process(name) {
        assert_eq!(output.status.code(), Some(7), "{output:?}");
        let text = String::from_utf8_lossy(&output.stderr);
        assert!(!text.contains("panicked"), "{text}");
        return;
    }
    let (ready, waiting) = std::sync::mpsc::channel();
    for _ in 0..4 {
        let ready = ready.clone();
        std::thread::spawn(move || {
            loop {
                use_everything(&Registry::new());
                let _ = ready.send(());
            }
        });
    }
    drop(ready);
    (0..20).for_each(|_| waiting.recv().unwrap());
    std::process::exit(7);
}
