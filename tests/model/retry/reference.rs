//! The reference: implements rules R1 to R12, R14, B4, B7, B9, B10 and C2 in a simple form, for one
//! caller.

use resilient::retries::{StopReason, TimeLimit};

use super::plan::{Before, Command, End, Fault, Kind, Plan, Way};

/// The cost of a retry. The next two constants are the deposit of a success and the capacity.
pub(crate) const COST: u32 = 5;
pub(crate) const DEPOSIT: u32 = 1;
pub(crate) const CAPACITY: u32 = 30;

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Ended {
    Returned(Result<(), Fault>),
    Cancelled,
    Panicked,
}

/// The failed attempts: the error, the time of the attempt, and the delay after it.
pub(crate) type Errors = Vec<(Fault, u64, u64)>;

/// The effects of a call that a caller can observe.
#[derive(Debug, Clone)]
pub(crate) struct Course {
    pub(crate) ended: Ended,
    pub(crate) at: u64,
    /// Every reason that applies when the loop stops. The loop may report any of them.
    pub(crate) reasons: Vec<StopReason>,
    pub(crate) starts: Vec<u64>,
    pub(crate) made: u32,
    pub(crate) tokens: Option<u32>,
    pub(crate) circuit: Counted,
    /// The failed attempts, or `None` if the call does not record them.
    pub(crate) record: Option<Errors>,
}

/// The outcomes that the breaker counted during the call.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Counted {
    pub(crate) success: u64,
    pub(crate) failure: u64,
    pub(crate) ignored: u64,
    pub(crate) abandoned: u64,
    pub(crate) late: u64,
    pub(crate) rejected: u64,
}

#[derive(Clone, Copy)]
enum State {
    Closed(u32),
    Open(u64),
    HalfOpen,
    Forced,
}

struct Circuit {
    state: State,
    threshold: u32,
    recovery: u64,
    command: Option<(u64, Command)>,
    /// How many of the operator's commands have changed the state.
    commands: u32,
}

impl Circuit {
    /// Executes the operator's command if its time has come.
    fn advance(&mut self, now: u64) {
        let Some((_, command)) = self.command.take_if(|(at, _)| *at <= now) else { return };
        let state = match (command, self.state) {
            (Command::Close, _) => State::Closed(0),
            (Command::HalfOpen, State::Open(_) | State::Forced) => State::HalfOpen,
            (Command::ForceOpen, State::Closed(_) | State::Open(_) | State::HalfOpen) => {
                State::Forced
            }
            (Command::ForceOpen | Command::HalfOpen, _) => return,
        };
        self.state = state;
        self.commands += 1;
    }

    /// Admits or rejects a call. A rejection contains the time until the next admission, or `None`
    /// if this time is unknown.
    fn admit(&mut self, now: u64) -> Result<(), Option<u64>> {
        match self.state {
            State::Forced => Err(None),
            State::Open(end) if now < end => Err(Some(end - now)),
            State::Open(_) => {
                self.state = State::HalfOpen;
                Ok(())
            }
            State::Closed(_) | State::HalfOpen => Ok(()),
        }
    }

    fn succeed(&mut self) {
        self.state = State::Closed(0);
    }

    fn fail(&mut self, now: u64, hint: Option<u64>) {
        self.state = match self.state {
            State::Closed(streak) if streak + 1 < self.threshold => State::Closed(streak + 1),
            _ => State::Open(now + self.recovery.max(hint.unwrap_or(0))),
        };
    }

    fn is_open(&self, now: u64) -> bool {
        match self.state {
            State::Forced => true,
            State::Open(end) => now < end,
            _ => false,
        }
    }

    /// Returns the time until an open circuit admits a call, or `None` if this time is unknown.
    fn open_for(&self, now: u64) -> Option<u64> {
        match self.state {
            State::Open(end) => Some(end - now),
            _ => None,
        }
    }
}

/// The result of an attempt.
enum Attempt {
    Rejected(Option<u64>),
    Success,
    Failure(Kind, Option<u64>),
    Cut(TimeLimit),
}

/// The pause before the next attempt.
#[derive(Clone, Copy)]
struct Pause {
    most: u64,
    /// For a wait for the circuit: its shortest time and its spread.
    wait: Option<(u64, u64)>,
}

impl Pause {
    const NONE: Self = Self { most: 0, wait: None };
}

struct Loop<'a> {
    plan: &'a Plan,
    now: u64,
    waited: u64,
    retries: u32,
    waits: u32,
    starts: Vec<u64>,
    made: u32,
    tokens: Option<u32>,
    is_reserved: bool,
    is_paid: bool,
    circuit: Option<Circuit>,
    counted: Counted,
    record: Errors,
}

pub(crate) fn course_of(plan: &Plan) -> Course {
    let circuit = plan.circuit.as_ref().map(|circuit| Circuit {
        state: match circuit.before {
            Before::Failures(streak) => State::Closed(streak),
            Before::Opened(ago) if ago < circuit.recovery => State::Open(circuit.recovery - ago),
            // If the open time is over, the first admission makes the circuit half-open.
            Before::Opened(_) => State::Open(0),
            Before::Forced => State::Forced,
        },
        threshold: circuit.threshold,
        recovery: circuit.recovery,
        command: circuit.command,
        commands: 0,
    });
    let mut call = Loop {
        plan,
        now: 0,
        waited: 0,
        retries: 0,
        waits: 0,
        starts: Vec::new(),
        made: 0,
        tokens: plan.tokens,
        is_reserved: false,
        is_paid: false,
        circuit,
        counted: Counted::default(),
        record: Vec::new(),
    };
    let (ended, reasons) = call.run();
    call.give_back();
    let records = matches!(plan.way, Way::Recorded | Way::AnnotatedRecorded);
    let record = match &ended {
        Ended::Returned(Err(error)) if records => {
            if call.record.is_empty() {
                call.record.push((error.clone(), 0, 0));
            }
            Some(call.record)
        }
        _ => None,
    };
    Course {
        ended,
        at: call.now,
        reasons,
        starts: call.starts,
        made: call.made,
        tokens: call.tokens,
        circuit: call.counted,
        record,
    }
}

impl Loop<'_> {
    fn run(&mut self) -> (Ended, Vec<StopReason>) {
        let stop = |reason| vec![reason];
        loop {
            let attempt = match self.attempt() {
                Ok(attempt) => attempt,
                Err(ended) => return (ended, Vec::new()),
            };
            let (reasons, pause) = match &attempt {
                Attempt::Success => {
                    self.pay();
                    return (Ended::Returned(Ok(())), Vec::new());
                }
                Attempt::Failure(Kind::Permanent | Kind::Ignored, ..) => {
                    (stop(StopReason::NotRetryable), Pause::NONE)
                }
                Attempt::Failure(Kind::Answered, ..) => {
                    self.pay();
                    (stop(StopReason::NotRetryable), Pause::NONE)
                }
                Attempt::Cut(TimeLimit::Deadline) => (stop(StopReason::Deadline), Pause::NONE),
                Attempt::Rejected(retry_after) => self.wait_after_rejection(*retry_after),
                Attempt::Failure(kind, hint) => self.after_failure(*hint, *kind == Kind::Throttled),
                Attempt::Cut(..) => self.after_failure(None, false),
            };
            if !reasons.is_empty() {
                let real = self.record.last().map(|(error, ..)| error.clone());
                let error = real.unwrap_or(Fault::Rejected);
                return (Ended::Returned(Err(error)), reasons);
            }
            self.retries += u32::from(!matches!(attempt, Attempt::Rejected(_)));
            let delay = self.sleep(pause);
            if let Some(last) = self.record.last_mut() {
                last.2 += delay;
            }
            if let Some(at) = self.plan.patience.filter(|at| *at < self.now + delay) {
                self.now = at;
                return (Ended::Cancelled, Vec::new());
            }
            self.now += delay;
            self.waited += delay;
        }
    }

    /// Sleeps and returns for how long. A command of the operator can end a wait for the circuit
    /// early.
    fn sleep(&mut self, pause: Pause) -> u64 {
        let Some((least, spread)) = pause.wait else { return pause.most };
        self.waits += 1;
        let command = self.circuit.as_ref().and_then(|it| it.command);
        match command {
            Some((at, _)) if at < self.now + pause.most => {
                pause.most.min(least.max(at - self.now) + spread)
            }
            _ => pause.most,
        }
    }

    fn wait_after_rejection(&self, retry_after: Option<u64>) -> (Vec<StopReason>, Pause) {
        let mut reasons = Vec::new();
        if self.plan.is_nested {
            reasons.push(StopReason::Nested);
        }
        self.wait(reasons, self.retries.max(1), retry_after, None)
    }

    /// Makes one attempt, unless the circuit rejects it. Returns `Err` if the call ends without an
    /// output.
    fn attempt(&mut self) -> Result<Attempt, Ended> {
        let admit = |circuit: &mut Circuit| {
            circuit.advance(self.now);
            circuit.admit(self.now)
        };
        if let Some(Err(retry_after)) = self.circuit.as_mut().map(admit) {
            self.counted.rejected += 1;
            self.give_back();
            return Ok(Attempt::Rejected(retry_after));
        }
        let plan = self.plan;
        let step = &plan.steps[self.starts.len().min(plan.steps.len() - 1)];
        let number = self.retries + 1;
        let commands = self.circuit.as_ref().map_or(0, |it| it.commands);
        let start = self.now;
        self.starts.push(start);
        self.is_paid = std::mem::take(&mut self.is_reserved);
        let end = start + step.takes;
        let cut = self.cut().filter(|(at, ..)| *at < end);
        let until = cut.map_or(end, |(at, ..)| at);
        let outer = plan.outer_deadline.filter(|at| *at < until);
        let gone = [plan.patience.filter(|at| *at < until), outer];
        if let Some(at) = gone.into_iter().flatten().min() {
            self.now = at;
            if !self.is_late(commands) {
                self.counted.abandoned += u64::from(self.circuit.is_some());
            }
            return Err(Ended::Cancelled);
        }
        self.now = until;
        let is_late = self.is_late(commands);
        if let Some((_, limit, after)) = cut {
            let is_full = limit != TimeLimit::Deadline || self.had_its_time(start);
            if !is_full && !is_late {
                self.counted.abandoned += u64::from(self.circuit.is_some());
            }
            if !is_full && self.deadline_is_inherited() {
                return Err(Ended::Cancelled);
            }
            self.made += 1;
            if is_full && !is_late {
                self.report_failure(None);
            }
            let error = Fault::Late(limit, after, number);
            self.record.push((error, until - start, 0));
            return Ok(Attempt::Cut(limit));
        }
        match step.end {
            End::Panic => {
                if !is_late {
                    self.report_failure(None);
                }
                Err(Ended::Panicked)
            }
            End::Success => {
                self.made += 1;
                if !is_late {
                    self.report_success();
                }
                Ok(Attempt::Success)
            }
            End::Failure(kind, hint) => {
                self.made += 1;
                let nth = u32::try_from(self.starts.len()).unwrap();
                let error = Fault::Down(nth, kind, hint);
                self.record.push((error, until - start, 0));
                // `run_recorded` does not classify errors, so every error is transient.
                let (kind, hint) = match plan.way {
                    Way::Recorded => (Kind::Transient, None),
                    _ => (kind, hint),
                };
                match kind {
                    _ if is_late => {}
                    Kind::Transient | Kind::Permanent => self.report_failure(hint),
                    Kind::Answered => self.report_success(),
                    Kind::Throttled | Kind::Ignored => {
                        self.counted.ignored += u64::from(self.circuit.is_some());
                    }
                }
                Ok(Attempt::Failure(kind, hint))
            }
        }
    }

    /// Returns whether the operator changed the circuit during the attempt. If so, counts the
    /// attempt as late. `commands` is the number of changes before the attempt.
    fn is_late(&mut self, commands: u32) -> bool {
        let Some(circuit) = &mut self.circuit else { return false };
        circuit.advance(self.now);
        let is_late = circuit.commands != commands;
        self.counted.late += u64::from(is_late);
        is_late
    }

    /// Returns the limit that ends the attempt first: its instant, its kind, and its length. If the
    /// call itself has no limit, returns `None`, because the loop then sets no timer, even if an
    /// outer call has a deadline.
    fn cut(&self) -> Option<(u64, TimeLimit, u64)> {
        let plan = self.plan;
        if plan.deadline.is_none() && plan.attempt_timeout.is_none() {
            return None;
        }
        let of_attempt =
            plan.attempt_timeout.map(|after| (self.now + after, TimeLimit::AttemptTimeout, after));
        let of_call = self.deadline().map(|at| (at, TimeLimit::Deadline, at));
        match (of_attempt, of_call) {
            (Some(attempt), Some(call)) if attempt.0 < call.0 => Some(attempt),
            (attempt, call) => call.or(attempt),
        }
    }

    /// C2: returns whether an attempt that the deadline ends now is a failure.
    fn had_its_time(&self, start: u64) -> bool {
        let plan = self.plan;
        let limit = plan.attempt_timeout;
        if limit.is_some_and(|limit| self.is_over(start, limit)) {
            return true;
        }
        // The attempt timeout had not passed, so a deadline ended the attempt.
        let is_first = self.retries == 0 && self.waited == 0;
        let mostly_waited = 2 * self.waited > self.now;
        !self.deadline_is_inherited() && (is_first || limit.is_none() && !mostly_waited)
    }

    /// C2: returns whether a deadline that ends an attempt now is that of the outer call. If it is,
    /// and the attempt did not have its time, the outer call ends first and drops the call.
    fn deadline_is_inherited(&self) -> bool {
        !self.plan.deadline.is_some_and(|deadline| self.is_over(0, deadline))
    }

    /// C2: returns whether a limit has ended. Two limits end together if they are at most one tick,
    /// a millisecond, apart. Counts half milliseconds.
    fn is_over(&self, from: u64, limit: u64) -> bool {
        2 * self.now >= 2 * (from + limit) - limit.min(2)
    }

    fn deadline(&self) -> Option<u64> {
        let ends = [self.plan.deadline, self.plan.outer_deadline];
        ends.into_iter().flatten().min()
    }

    fn after_failure(&mut self, hint: Option<u64>, is_throttled: bool) -> (Vec<StopReason>, Pause) {
        let k = self.retries + 1;
        let mut reasons = self.reasons_of_any_kind(hint);
        let circuit = self.circuit.as_ref();
        if let Some(circuit) = circuit.filter(|it| it.is_open(self.now)) {
            return self.wait(reasons, k, circuit.open_for(self.now), hint);
        }
        let mut delay = self.nominal(k);
        let is_free = is_throttled && hint.is_some_and(|hint| hint >= delay);
        if let Some(hint) = hint {
            delay = delay.max(hint + self.nominal(1));
        }
        reasons.extend(self.out_of_time(delay));
        match &mut self.tokens {
            Some(_) if is_free => {}
            Some(tokens) if *tokens < COST => reasons.push(StopReason::Budget),
            Some(tokens) if reasons.is_empty() => {
                *tokens -= COST;
                self.is_reserved = true;
            }
            _ => {}
        }
        (reasons, Pause { most: delay, wait: None })
    }

    fn wait(
        &self,
        mut reasons: Vec<StopReason>,
        k: u32,
        retry_after: Option<u64>,
        hint: Option<u64>,
    ) -> (Vec<StopReason>, Pause) {
        let may_wait = self.plan.waits_for_circuit && self.waits < self.plan.max_retries;
        let Some(retry_after) = retry_after.filter(|_| may_wait) else {
            reasons.push(StopReason::CircuitOpen);
            return (reasons, Pause::NONE);
        };
        let least = self.nominal(k).max(hint.unwrap_or(0));
        let spread = self.nominal(1);
        let most = least.max(retry_after) + spread;
        if !self.out_of_time(most).is_empty() {
            reasons.push(StopReason::CircuitOpen);
        }
        (reasons, Pause { most, wait: Some((least, spread)) })
    }

    fn reasons_of_any_kind(&self, hint: Option<u64>) -> Vec<StopReason> {
        let mut reasons = Vec::new();
        if self.retries >= self.plan.max_retries {
            reasons.push(StopReason::Exhausted);
        }
        if self.plan.is_nested {
            reasons.push(StopReason::Nested);
        }
        let is_too_long =
            |hint| hint > self.plan.max_retry_after || !self.out_of_time(hint).is_empty();
        if hint.is_some_and(is_too_long) {
            reasons.push(StopReason::Hint);
        }
        reasons
    }

    fn out_of_time(&self, delay: u64) -> Vec<StopReason> {
        let mut reasons = Vec::new();
        let is_over = |end: Option<u64>| end.is_some_and(|end| self.now + delay >= end);
        if is_over(self.plan.max_elapsed) {
            reasons.push(StopReason::Elapsed);
        }
        if is_over(self.deadline()) {
            reasons.push(StopReason::Deadline);
        }
        reasons
    }

    fn nominal(&self, k: u32) -> u64 {
        let grown = self.plan.base * u64::from(self.plan.factor.pow(k - 1));
        grown.min(self.plan.max_delay)
    }

    fn report_success(&mut self) {
        if let Some(circuit) = &mut self.circuit {
            self.counted.success += 1;
            circuit.succeed();
        }
    }

    fn report_failure(&mut self, hint: Option<u64>) {
        if let Some(circuit) = &mut self.circuit {
            self.counted.failure += 1;
            circuit.fail(self.now, hint);
        }
    }

    fn pay(&mut self) {
        let more = if self.is_paid { COST } else { DEPOSIT };
        self.put(more);
    }

    fn give_back(&mut self) {
        if std::mem::take(&mut self.is_reserved) {
            self.put(COST);
        }
    }

    fn put(&mut self, more: u32) {
        if let Some(tokens) = &mut self.tokens {
            *tokens = (*tokens + more).min(CAPACITY);
        }
    }
}
