//! Makes the call of a plan with the real loops. Tokio's time is paused: it advances only while all
//! tasks sleep.

use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::time::Duration;

use resilient::breaker::CallCounts;
use resilient::budget::BudgetConfig;
use resilient::retries::{Jitter, NestedMode, RetryCall, StopReason, WhenOpen};
use resilient::testing::Scope;
use resilient::{
    BreakerConfig, CircuitBreaker, Classify, Outcome, RetryBudget, RetryError, RetryPolicy,
    circuit_breaker, retry,
};
use resilient_testkit::ms;
use tokio::time::{Instant, advance, sleep, timeout};

use super::plan::{Before, CircuitPlan, Command, End, Fault, Plan, Way};
use super::reference::{CAPACITY, COST, Counted, DEPOSIT, Ended, Errors};

pub(crate) struct Real {
    pub(crate) ended: Ended,
    /// The time at which the call ended, or `None` if it panicked.
    pub(crate) at: Option<u64>,
    pub(crate) reason: Option<StopReason>,
    pub(crate) starts: Vec<u64>,
    pub(crate) made: u32,
    pub(crate) tokens: Option<u32>,
    pub(crate) circuit: Counted,
    pub(crate) record: Option<Errors>,
}

fn millis(time: Duration) -> u64 {
    assert_eq!(time.subsec_nanos() % 1_000_000, 0, "{time:?}");
    u64::try_from(time.as_millis()).unwrap()
}

/// The dependency that a call uses. It knows the plan and records what happens.
struct Dependency<'a> {
    plan: &'a Plan,
    policy: RetryPolicy,
    breaker: Option<CircuitBreaker>,
    budget: Option<RetryBudget>,
    began: Cell<Option<Instant>>,
    starts: RefCell<Vec<u64>>,
    running: Cell<u32>,
}

struct Running<'a>(&'a Cell<u32>);

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.set(self.0.get() - 1);
    }
}

impl<'a> Dependency<'a> {
    fn new(plan: &'a Plan) -> Self {
        let when_open = if plan.waits_for_circuit { WhenOpen::Wait } else { WhenOpen::Stop };
        let mut policy = RetryPolicy::builder()
            .max_retries(plan.max_retries)
            .base_delay(ms(plan.base))
            .backoff_factor(f64::from(plan.factor))
            .max_delay(ms(plan.max_delay))
            .max_retry_after(ms(plan.max_retry_after))
            .when_open(when_open)
            .jitter(Jitter::None);
        if let Some(time) = plan.max_elapsed {
            policy = policy.max_elapsed(ms(time));
        }
        let settings = BudgetConfig::builder().capacity(CAPACITY).retry_cost(COST).deposit(DEPOSIT);
        let budget = |tokens| {
            RetryBudget::new("dependency", settings.initial_tokens(tokens).build().unwrap())
        };
        Self {
            plan,
            policy: policy.build().unwrap(),
            breaker: plan.circuit.as_ref().map(new_breaker),
            budget: plan.tokens.map(budget),
            began: Cell::new(None),
            starts: RefCell::default(),
            running: Cell::new(0),
        }
    }

    async fn answer(&self) -> Result<(), Fault> {
        let plan = self.plan;
        let before = self.starts.borrow().len();
        let number = u32::try_from(before + 1).unwrap();
        let step = &plan.steps[before.min(plan.steps.len() - 1)];
        let start = millis(self.began.get().unwrap().elapsed());
        self.starts.borrow_mut().push(start);
        self.running.set(self.running.get() + 1);
        let _running = Running(&self.running);
        if step.takes > 0 {
            sleep(ms(step.takes)).await;
        }
        match step.end {
            End::Success => Ok(()),
            End::Failure(kind, hint) => Err(Fault::Down(number, kind, hint)),
            End::Panic => resume_unwind(Box::new("a panic of the test")),
        }
    }

    async fn call(&self) -> Result<(), Failed> {
        let plan = self.plan;
        match (plan.way, &self.breaker) {
            (Way::Annotated, None) => annotated(self).await.map_err(Failed::alone),
            (Way::Annotated, Some(breaker)) => {
                annotated_through(self, breaker).await.map_err(Failed::alone)
            }
            (Way::AnnotatedRecorded, None) => recorded(self).await.map_err(Failed::recorded),
            (Way::AnnotatedRecorded, Some(breaker)) => {
                recorded_through(self, breaker).await.map_err(Failed::recorded)
            }
            (Way::Call, _) => {
                let classify = |output: &Result<(), Fault>| {
                    let error = output.as_ref().err();
                    error.map(Fault::classify)
                };
                let call = self.by_policy().classify_with(classify).run(|_| self.answer());
                call.await.map_err(Failed::alone)
            }
            (Way::Recorded, _) => {
                let call = self.by_policy().run_recorded(|_| self.answer());
                call.await.map_err(Failed::recorded)
            }
        }
    }

    fn by_policy(&self) -> RetryCall<'_, Result<(), Fault>> {
        let mut call = self.policy.call().nested(NestedMode::Collapse);
        if let Some(time) = self.plan.deadline {
            call = call.deadline(ms(time));
        }
        if let Some(time) = self.plan.attempt_timeout {
            call = call.attempt_timeout(ms(time));
        }
        if let Some(breaker) = &self.breaker {
            call = call.through(breaker);
        }
        if let Some(budget) = &self.budget {
            call = call.budget(budget);
        }
        call
    }

    fn deadline(&self) -> Option<Duration> {
        self.plan.deadline.map(ms)
    }

    fn attempt_timeout(&self) -> Option<Duration> {
        self.plan.attempt_timeout.map(ms)
    }
}

#[retry(
    policy = it.policy,
    deadline = it.deadline(),
    attempt_timeout = it.attempt_timeout(),
    budget = it.budget,
    nested = collapse
)]
async fn annotated(it: &Dependency<'_>) -> Result<(), Fault> {
    it.answer().await
}

#[retry(
    policy = it.policy,
    deadline = it.deadline(),
    attempt_timeout = it.attempt_timeout(),
    budget = it.budget,
    nested = collapse
)]
#[circuit_breaker(breaker = breaker)]
async fn annotated_through(it: &Dependency<'_>, breaker: &CircuitBreaker) -> Result<(), Fault> {
    it.answer().await
}

#[retry(
    policy = it.policy,
    deadline = it.deadline(),
    attempt_timeout = it.attempt_timeout(),
    budget = it.budget,
    nested = collapse,
    errors = all,
    attempt = this
)]
async fn recorded(it: &Dependency<'_>) -> Result<(), RetryError<Fault>> {
    assert_eq!(this.is_first(), this.last_error().is_none());
    it.answer().await
}

#[retry(
    policy = it.policy,
    deadline = it.deadline(),
    attempt_timeout = it.attempt_timeout(),
    budget = it.budget,
    nested = collapse,
    errors = all,
    attempt = this
)]
#[circuit_breaker(breaker = breaker)]
async fn recorded_through(
    it: &Dependency<'_>,
    breaker: &CircuitBreaker,
) -> Result<(), RetryError<Fault>> {
    let has_failed = !it.starts.borrow().is_empty();
    assert_eq!(has_failed, this.last_error().is_some());
    it.answer().await
}

/// The error of a call, and the failed attempts if the call records them.
struct Failed {
    error: Fault,
    record: Option<(StopReason, Errors)>,
}

impl Failed {
    fn alone(error: Fault) -> Self {
        Self { error, record: None }
    }

    fn recorded(error: RetryError<Fault>) -> Self {
        let attempts = error.attempts().map(|failed| {
            let (took, delay) = (failed.took(), failed.delay());
            (failed.error().clone(), millis(took), millis(delay))
        });
        Self { record: Some((error.reason(), attempts.collect())), error: error.into_error() }
    }
}

fn new_breaker(circuit: &CircuitPlan) -> CircuitBreaker {
    let config = BreakerConfig::builder()
        .failure_threshold(circuit.threshold)
        .recovery_time(ms(circuit.recovery));
    CircuitBreaker::new("dependency", config.build().unwrap())
}

/// Brings the circuit into the state that it has before the call.
async fn before(circuit: &CircuitPlan, breaker: &CircuitBreaker) {
    match circuit.before {
        Before::Failures(count) => {
            for _ in 0..count {
                breaker.try_acquire().unwrap().report(Outcome::Failure);
            }
        }
        Before::Opened(ago) => {
            breaker.trip().unwrap();
            advance(ms(ago)).await;
        }
        Before::Forced => breaker.force_open(),
    }
}

/// Makes the call inside an outer call if the plan has one. Returns `None` if the outer call ended
/// first.
async fn within_others(it: &Dependency<'_>, scope: &Scope) -> Option<Result<(), Failed>> {
    let plan = it.plan;
    if !plan.is_nested && plan.outer_deadline.is_none() {
        return Some(scope.run(it.call()).await);
    }
    let settings = RetryPolicy::builder().max_retries(1);
    let policy = settings.base_delay(Duration::ZERO).build().unwrap();
    let mut outer = policy.call();
    if let Some(time) = plan.outer_deadline {
        outer = outer.deadline(ms(time));
    }
    let result = RefCell::new(None);
    let outer = outer.run(async |attempt| {
        if plan.is_nested && attempt.is_first() {
            return Err(Fault::Rejected);
        }
        let output = scope.run(it.call()).await;
        *result.borrow_mut() = Some(output);
        Ok(())
    });
    let _ = outer.await;
    result.into_inner()
}

/// Makes the call, and executes the operator's command at its time.
async fn beside_operator<R>(it: &Dependency<'_>, call: impl Future<Output = R>) -> R {
    let command = it.plan.circuit.as_ref().and_then(|circuit| circuit.command);
    let (Some((at, command)), Some(breaker)) = (command, &it.breaker) else {
        return call.await;
    };
    let operator = async {
        sleep(ms(at)).await;
        match command {
            Command::Close => breaker.close(),
            Command::ForceOpen => breaker.force_open(),
            // A closed circuit refuses this command. The test ignores the refusal.
            Command::HalfOpen => breaker.half_open().unwrap_or_default(),
        }
        std::future::pending().await
    };
    tokio::select! {
        biased;
        output = call => output,
        output = operator => output,
    }
}

fn totals(it: &Dependency<'_>) -> CallCounts {
    let breaker = it.breaker.as_ref();
    breaker.map_or_else(CallCounts::default, |breaker| {
        assert_eq!(breaker.snapshot().probes_in_flight, 0);
        breaker.snapshot().totals
    })
}

pub(crate) fn run(plan: &Plan) -> Real {
    let it = Dependency::new(plan);
    let scope = Scope::new().with_real_sleeps();
    let at_first = Cell::new(CallCounts::default());
    let ended_at = Cell::new(None);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        runtime.block_on(async {
            if let (Some(circuit), Some(breaker)) = (&plan.circuit, &it.breaker) {
                before(circuit, breaker).await;
            }
            at_first.set(totals(&it));
            let start = Instant::now();
            it.began.set(Some(start));
            let call = beside_operator(&it, within_others(&it, &scope));
            let output = match plan.patience {
                Some(patience) => timeout(ms(patience), call).await.ok().flatten(),
                None => call.await,
            };
            ended_at.set(Some(millis(start.elapsed())));
            output
        })
    }));
    let (ended, record) = match outcome {
        Err(_) => (Ended::Panicked, None),
        Ok(None) => (Ended::Cancelled, None),
        Ok(Some(Ok(()))) => (Ended::Returned(Ok(())), None),
        Ok(Some(Err(failed))) => (Ended::Returned(Err(failed.error)), failed.record),
    };
    assert_eq!(it.running.get(), 0, "an attempt is still running");
    let recorded = scope.calls();
    let recorded = recorded.last();
    let reason = recorded.and_then(resilient::testing::RecordedCall::gave_up);
    if let Some((reported, _)) = &record {
        assert_eq!(Some(*reported), reason);
    }
    let (now, first) = (totals(&it), at_first.get());
    Real {
        ended,
        at: ended_at.get(),
        reason,
        made: recorded.map_or(0, resilient::testing::RecordedCall::attempts),
        tokens: it.budget.as_ref().map(RetryBudget::tokens),
        circuit: Counted {
            success: now.success - first.success,
            failure: now.failure - first.failure,
            ignored: now.ignored - first.ignored,
            abandoned: now.abandoned - first.abandoned,
            late: now.late - first.late,
            rejected: now.rejected - first.rejected,
        },
        record: record.map(|(_, attempts)| attempts),
        starts: it.starts.take(),
    }
}
