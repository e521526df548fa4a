//! The feature `metrics` counts each call of a retry policy under exactly one result. This file is
//! a separate program, because the counters are global.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::time::Duration;

use metrics_util::debugging::{DebugValue, DebuggingRecorder};
use resilient::budget::BudgetConfig;
use resilient::retries::{NestedMode, WhenOpen};
use resilient::testing::Scope;
use resilient::{
    BreakerConfig, CircuitBreaker, CircuitOpen, Classification, Registry, RetryBudget, RetryPolicy,
    TimedOut, circuit_breaker, retry,
};

#[derive(Debug)]
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

/// What an attempt does.
#[derive(Clone, Copy)]
enum Does {
    Succeed,
    Fail(Classification),
    Hang,
    Panic,
}

fn any_does(random: &mut fastrand::Rng) -> Does {
    match random.u8(0..12) {
        0..3 => Does::Succeed,
        3..7 => Does::Fail(Classification::transient()),
        7 => Does::Fail(Classification::permanent()),
        8 => Does::Fail(Classification::throttled().after(Duration::from_secs(random.u64(0..90)))),
        9 | 10 => Does::Hang,
        _ => Does::Panic,
    }
}

struct Call {
    does: Vec<Does>,
    made: Cell<usize>,
    class: Cell<Option<Classification>>,
    policy: RetryPolicy,
    breaker: CircuitBreaker,
    budget: RetryBudget,
    deadline: Option<Duration>,
    attempt_timeout: Option<Duration>,
}

impl Call {
    fn any(random: &mut fastrand::Rng) -> Self {
        let mut policy = RetryPolicy::builder()
            .max_retries(random.u32(0..4))
            .base_delay(Duration::from_secs(random.u64(0..2)));
        if random.bool() {
            policy = policy.max_elapsed(Duration::from_secs(random.u64(1..20)));
        }
        if random.bool() {
            policy = policy.when_open(WhenOpen::Wait);
        }
        let settings = BudgetConfig::builder().initial_tokens(random.u32(0..20));
        let breaker = BreakerConfig::builder().failure_threshold(random.u32(1..5));
        let breaker = CircuitBreaker::new("one", breaker.build().unwrap());
        if random.u8(0..8) == 0 {
            breaker.force_open();
        }
        let mut limit = || {
            let secs = random.u64(1..20);
            random.bool().then_some(Duration::from_secs(secs))
        };
        let (deadline, attempt_timeout) = (limit(), limit());
        Self {
            does: (0..4).map(|_| any_does(random)).collect(),
            made: Cell::new(0),
            class: Cell::new(None),
            policy: policy.build().unwrap(),
            breaker,
            budget: RetryBudget::new("one", settings.build().unwrap()),
            deadline,
            attempt_timeout,
        }
    }

    async fn attempt(&self) -> Result<(), Fault> {
        let does = self.does[self.made.get()];
        self.made.set(self.made.get() + 1);
        match does {
            Does::Succeed => Ok(()),
            Does::Fail(class) => {
                self.class.set(Some(class));
                Err(Fault)
            }
            Does::Hang => std::future::pending().await,
            Does::Panic => resume_unwind(Box::new("a panic of the test")),
        }
    }

    async fn by_policy(&self) -> Result<(), Fault> {
        let mut call = self.policy.call().nested(NestedMode::Allow);
        if let Some(time) = self.deadline {
            call = call.deadline(time);
        }
        if let Some(time) = self.attempt_timeout {
            call = call.attempt_timeout(time);
        }
        let classify = |output: &Result<(), Fault>| match output {
            Ok(()) => None,
            Err(_) => self.class.get(),
        };
        let call = call.through(&self.breaker).budget(&self.budget);
        call.classify_with(classify).run(|_| self.attempt()).await
    }
}

#[retry(
    policy = call.policy,
    deadline = call.deadline,
    attempt_timeout = call.attempt_timeout,
    budget = call.budget
)]
#[circuit_breaker(breaker = call.breaker)]
async fn annotated(call: &Call) -> Result<(), Fault> {
    call.attempt().await
}

/// Makes one call and returns the expected label of its result.
fn one(random: &mut fastrand::Rng) -> &'static str {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    let (call, scope) = (Call::any(random), Scope::new().with_real_sleeps());
    let patience = Duration::from_secs(random.u64(1..60)) + Duration::from_micros(7_500);
    let is_annotated = random.bool();
    let ended = catch_unwind(AssertUnwindSafe(|| {
        runtime.block_on(scope.run(async {
            let ended = if is_annotated {
                tokio::time::timeout(patience, annotated(&call)).await
            } else {
                tokio::time::timeout(patience, call.by_policy()).await
            };
            ended.ok()
        }))
    }));
    match ended {
        Err(_) => "panicked",
        Ok(None) => "cancelled",
        Ok(Some(Ok(()))) if call.made.get() == 1 && scope.call().delays().is_empty() => "success",
        Ok(Some(Ok(()))) => "success_after_retry",
        Ok(Some(Err(Fault))) => scope.call().gave_up().expect("it failed").as_str(),
    }
}

/// Creates two calls and drops them without a poll.
fn never_polled() {
    drop(annotated(&Call::any(&mut fastrand::Rng::with_seed(1))));
    drop(Call::any(&mut fastrand::Rng::with_seed(1)).by_policy());
}

#[test]
fn each_call_of_any_course_falls_into_exactly_one_result() {
    let mut random = fastrand::Rng::with_seed(20);
    let mut expected = BTreeMap::<String, u64>::new();
    for _ in 0..2_000 {
        *expected.entry(one(&mut random).to_owned()).or_default() += 1;
    }
    never_polled();
    let recorder = DebuggingRecorder::new();
    metrics::with_local_recorder(&recorder, || Registry::global().record_metrics());
    let series = recorder.snapshotter().snapshot().into_vec().into_iter();
    // The calls by policy are unnamed, and the annotated function has its path as a name.
    let (mut counted, mut names) = (BTreeMap::<String, u64>::new(), BTreeSet::new());
    for (key, _, _, value) in series {
        let key = key.key();
        let label = |name| key.labels().find(|label| label.key() == name).unwrap().value();
        if let (DebugValue::Counter(calls @ 1..), "resilient.retry.calls") = (value, key.name()) {
            *counted.entry(label("result").to_owned()).or_default() += calls;
            names.insert(label("retry").to_owned());
        }
    }
    assert!(names.iter().eq(["retry_metrics::annotated", "unnamed"]), "{names:?}");
    assert_eq!(counted, expected);
    assert_eq!(counted.values().sum::<u64>(), 2_000);
    // There are two labels for success, two for cancellation and panic, and seven for stop reasons.
    // The other two stop reasons cannot occur here: no loop is nested, and a timer is always
    // available.
    assert_eq!(counted.len(), 2 + 7 + 2, "{counted:?}");
}
