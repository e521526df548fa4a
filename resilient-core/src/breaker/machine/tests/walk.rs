//! Random walks: the machine and a simple model take equal steps and must agree after each step.

use super::*;
use crate::platform::random::Generator;

/// Milliseconds since the walk began.
type Millis = u64;

#[derive(Debug, Clone)]
struct Settings {
    threshold: u32,
    recovery: Millis,
    doubles: bool,
    max_recovery: Millis,
    calls: u32,
    successes: u32,
    failures: u32,
    lease: Millis,
    abandoned_is_failure: bool,
}

impl Settings {
    fn random(random: &mut Generator) -> Self {
        let recovery = random.choice([0, 1, 50, 1_000]).unwrap();
        let (successes, failures) = (random.u32(1..=3), random.u32(0..=2));
        Self {
            threshold: random.u32(1..=4),
            recovery,
            doubles: random.bool(),
            max_recovery: recovery + random.u64(0..4_000),
            calls: random.u32(1..=successes + failures),
            successes,
            failures,
            lease: random.u64(1..=500),
            abandoned_is_failure: random.u8(..5) == 0,
        }
    }

    fn build(&self) -> BreakerConfig {
        BreakerConfig::builder()
            .failure_threshold(self.threshold)
            .recovery_time(Duration::from_millis(self.recovery))
            .recovery_factor(if self.doubles { 2.0 } else { 1.0 })
            .max_recovery_time(Duration::from_millis(self.max_recovery))
            .half_open_max_calls(self.calls)
            .half_open_successes(self.successes)
            .half_open_failures(self.failures)
            .probe_timeout(Duration::from_millis(self.lease))
            .abandoned(if self.abandoned_is_failure {
                AbandonedOutcome::Failure
            } else {
                AbandonedOutcome::Ignore
            })
            .build()
            .unwrap()
    }
}

/// An admitted call. [`Model::calls`] holds the calls in the order of admission.
#[derive(Debug)]
struct Call {
    generation: u64,
    holds_slot: bool,
    lease_end: Millis,
}

#[derive(Debug)]
struct Model {
    settings: Settings,
    state: CircuitState,
    generation: u64,
    streak: u32,
    would_open: bool,
    opened_at: Millis,
    end: Millis,
    reopenings: u32,
    succeeded: u32,
    failed: u32,
    calls: Vec<Call>,
    steps: Vec<(CircuitState, CircuitState)>,
}

impl Model {
    fn new(settings: Settings) -> Self {
        Self {
            settings,
            state: CircuitState::Closed,
            generation: 0,
            streak: 0,
            would_open: false,
            opened_at: 0,
            end: 0,
            reopenings: 0,
            succeeded: 0,
            failed: 0,
            calls: Vec::new(),
            steps: Vec::new(),
        }
    }

    fn go(&mut self, to: CircuitState) {
        if self.state != to {
            self.steps.push((self.state, to));
        }
        self.state = to;
        self.generation += 1;
        self.streak = 0;
        self.would_open = false;
        self.succeeded = 0;
        self.failed = 0;
        if to == CircuitState::Closed {
            self.reopenings = 0;
        }
    }

    fn open(&mut self, now: Millis, hint: Option<Millis>) {
        if self.state == CircuitState::HalfOpen {
            self.reopenings += 1;
        }
        let time = self.base();
        let hint = hint.unwrap_or(0).min(self.settings.max_recovery);
        self.go(CircuitState::Open);
        self.opened_at = now;
        self.end = now + time.max(hint);
    }

    fn base(&self) -> Millis {
        let mut time = self.settings.recovery;
        if self.settings.doubles {
            for _ in 0..self.reopenings {
                time = (time * 2).min(self.settings.max_recovery);
            }
        }
        time
    }

    /// If the clock was set back to a time before the opening, the circuit counts as opened now,
    /// and its open time starts again.
    fn follow_clock(&mut self, now: Millis) {
        if now < self.opened_at {
            self.end = now + (self.end - self.opened_at);
            self.opened_at = now;
        }
    }

    fn is_due(&self, now: Millis) -> bool {
        self.state == CircuitState::Open && now.max(self.opened_at) >= self.end
    }

    fn probe_if_due(&mut self, now: Millis) {
        self.follow_clock(now);
        if self.is_due(now) {
            self.go(CircuitState::HalfOpen);
        }
    }

    fn honest_state(&self, now: Millis) -> CircuitState {
        if self.is_due(now) { CircuitState::HalfOpen } else { self.state }
    }

    fn slots_held(&self) -> Vec<usize> {
        let calls = self.calls.iter().enumerate();
        calls
            .filter(|(_, call)| call.generation == self.generation && call.holds_slot)
            .map(|(id, _)| id)
            .collect()
    }

    fn has_room(&self) -> bool {
        let in_flight = u32::try_from(self.slots_held().len()).unwrap();
        let round = self.settings.successes + self.settings.failures;
        in_flight < self.settings.calls && in_flight + self.succeeded + self.failed < round
    }

    fn retry_after(&self, now: Millis) -> Option<Millis> {
        match self.state {
            CircuitState::Open => Some(self.end.saturating_sub(now.max(self.opened_at))),
            CircuitState::HalfOpen if !self.has_room() => {
                let ends = self.slots_held().into_iter();
                let first = ends.map(|id| self.calls[id].lease_end).min().unwrap();
                Some(first.saturating_sub(now))
            }
            CircuitState::ForcedOpen => None,
            _ => Some(0),
        }
    }

    /// Returns the call's index in `calls`, or the state and the `retry_after` of the rejection.
    fn admit(&mut self, now: Millis) -> Result<usize, (CircuitState, Option<Millis>)> {
        self.probe_if_due(now);
        let rejected = Err((self.state, self.retry_after(now)));
        match self.state {
            CircuitState::Open | CircuitState::ForcedOpen => return rejected,
            CircuitState::HalfOpen if !self.has_room() => {
                let over =
                    self.slots_held().into_iter().find(|id| self.calls[*id].lease_end <= now);
                match over {
                    Some(id) => self.calls[id].holds_slot = false,
                    None => return rejected,
                }
            }
            _ => {}
        }
        self.calls.push(Call {
            generation: self.generation,
            holds_slot: self.state == CircuitState::HalfOpen,
            lease_end: now + self.settings.lease,
        });
        Ok(self.calls.len() - 1)
    }

    fn report(&mut self, id: usize, ending: Ending, hint: Option<Millis>, now: Millis) -> Counted {
        if self.state == CircuitState::Disabled {
            return Counted::Nowhere;
        }
        let call = &mut self.calls[id];
        let is_late = call.generation != self.generation
            || self.state == CircuitState::HalfOpen && !call.holds_slot;
        if is_late {
            return Counted::Late;
        }
        call.holds_slot = false;
        let counted = match ending {
            Ending::Reported(Outcome::Success) => Counted::Success { slow: false },
            Ending::Reported(Outcome::Failure) => Counted::Failure { slow: false },
            Ending::Reported(Outcome::Ignored) => Counted::Ignored,
            Ending::Abandoned if self.settings.abandoned_is_failure => {
                Counted::Failure { slow: false }
            }
            Ending::Abandoned => Counted::Abandoned,
        };
        if self.state == CircuitState::HalfOpen {
            match counted {
                Counted::Success { slow: false } => self.succeeded += 1,
                Counted::Failure { slow: false } => self.failed += 1,
                _ => {}
            }
            if self.failed > self.settings.failures {
                self.open(now, hint);
            } else if self.succeeded == self.settings.successes {
                self.go(CircuitState::Closed);
            }
            return counted;
        }
        match counted {
            Counted::Success { slow: false } => self.streak = 0,
            Counted::Failure { slow: false } => self.streak += 1,
            _ => {}
        }
        if self.streak >= self.settings.threshold {
            if self.state == CircuitState::Closed {
                self.open(now, hint);
            } else {
                self.would_open = true;
            }
        }
        counted
    }

    /// Opens the circuit by hand. Returns `false` if the present state does not allow this.
    fn trip(&mut self, time: Option<Millis>, now: Millis) -> bool {
        self.follow_clock(now);
        match self.state {
            CircuitState::Closed | CircuitState::HalfOpen => self.open(now, None),
            CircuitState::Open if time.is_none() && !self.is_due(now) => return true,
            CircuitState::Open => (self.opened_at, self.end) = (now, now + self.base()),
            _ => return false,
        }
        if let Some(time) = time {
            self.end = now + time;
        }
        true
    }

    fn half_open(&mut self) -> bool {
        match self.state {
            CircuitState::Open | CircuitState::ForcedOpen => self.go(CircuitState::HalfOpen),
            CircuitState::HalfOpen => {}
            _ => return false,
        }
        true
    }

    fn by_hand(&mut self, to: CircuitState) {
        if self.state != to || to == CircuitState::Closed {
            self.go(to);
        }
    }
}

/// Changes the settings of the machine but not of the model, so that a walk must fail.
type Defect = fn(&mut Settings);

/// A machine and its model.
struct Walk {
    start: Instant,
    now: Millis,
    machine: Machine,
    model: Model,
    in_flight: Vec<(Ticket, usize)>,
    steps: Vec<(CircuitState, CircuitState)>,
    would_open: bool,
    random: Generator,
    /// The steps so far, printed if the walk fails.
    log: Vec<String>,
}

impl Walk {
    fn new(seed: u64) -> Self {
        Self::with_defect(seed, |_| {})
    }

    /// Makes a walk whose machine has a defect in its settings.
    fn with_defect(seed: u64, defect: Defect) -> Self {
        let mut random = Generator::seeded(seed);
        let settings = Settings::random(&mut random);
        let mut of_machine = settings.clone();
        defect(&mut of_machine);
        Self {
            // The walk starts late enough that the clock can go back.
            start: Instant::now() + secs(3_600),
            now: 0,
            machine: Machine::new(of_machine.build().into(), Instant::now()),
            log: vec![format!("seed {seed}: {settings:?}")],
            model: Model::new(settings),
            in_flight: Vec::new(),
            steps: Vec::new(),
            would_open: false,
            random,
        }
    }

    fn instant(&self) -> Instant {
        self.start + Duration::from_millis(self.now)
    }

    fn step(&mut self) {
        let generations = (self.machine.generation(), self.model.generation);
        match self.random.u8(..100) {
            0..35 => self.admit(),
            35..70 => self.end_one(),
            70..85 => self.move_clock(),
            85..87 => self.forget_one(),
            operation => self.by_hand(operation),
        }
        self.steps.extend(self.machine.fetch_transitions().map(|step| (step.from, step.to)));
        self.would_open |= self.machine.fetch_would_open().is_some();
        self.compare(generations);
    }

    fn admit(&mut self) {
        self.log.push(format!("{} admit", self.now));
        let by_machine = self.machine.admit(self.instant());
        let by_model = self.model.admit(self.now);
        match (by_machine, by_model) {
            (Ok(ticket), Ok(id)) => self.in_flight.push((ticket, id)),
            (Err(rejection), Err((state, retry_after))) => {
                let retry_after = retry_after.map(Duration::from_millis);
                assert_eq!(rejection, Rejection { state, retry_after }, "{:#?}", self.log);
            }
            (by_machine, by_model) => {
                panic!("{by_machine:?} is not {by_model:?}: {:#?}", self.log)
            }
        }
    }

    fn end_one(&mut self) {
        if self.in_flight.is_empty() {
            return;
        }
        let chosen = self.random.usize(..self.in_flight.len());
        let (ticket, id) = self.in_flight.swap_remove(chosen);
        let ending = match self.random.u8(..10) {
            0..4 => SUCCESS,
            4..8 => FAILURE,
            8 => IGNORED,
            _ => Ending::Abandoned,
        };
        let hint = self.random.choice([None, None, Some(0), Some(700), Some(9_000)]);
        let hint = hint.flatten();
        self.log.push(format!("{} {id} ends {ending:?}, hint {hint:?}", self.now));
        let now = self.instant();
        let long = hint.map(Duration::from_millis);
        let by_machine =
            self.machine.report(ticket, &CallEnd { retry_after: long, ..CallEnd::of(ending) }, now);
        let by_model = self.model.report(id, ending, hint, self.now);
        assert_eq!(by_machine, by_model, "{:#?}", self.log);
    }

    fn forget_one(&mut self) {
        self.log.push(format!("{} forget", self.now));
        self.in_flight.pop();
    }

    fn move_clock(&mut self) {
        let to_the_end = self.model.retry_after(self.now).unwrap_or(0);
        // The clock goes back only in states for which the rules define the effect.
        let back = self.model.state != CircuitState::HalfOpen && self.random.u8(..8) == 0;
        self.now = if back {
            self.now.saturating_sub(self.random.u64(..300))
        } else {
            let steps = [1, 20, 400, to_the_end.saturating_sub(1), to_the_end, to_the_end];
            self.now + self.random.choice(steps).unwrap()
        };
        self.log.push(format!("{} clock", self.now));
    }

    fn by_hand(&mut self, operation: u8) {
        self.log.push(format!("{} operation {operation}", self.now));
        let (now, machine, model) = (self.instant(), &mut self.machine, &mut self.model);
        let time = self.random.u64(..2_000);
        let allowed = match operation {
            87..89 => (
                machine.change_by_hand(ManualChange::trip(), now).is_ok(),
                model.trip(None, self.now),
            ),
            89 => (
                machine
                    .change_by_hand(ManualChange::trip_for(Duration::from_millis(time)), now)
                    .is_ok(),
                model.trip(Some(time), self.now),
            ),
            90..93 => {
                (machine.change_by_hand(ManualChange::half_open(), now).is_ok(), model.half_open())
            }
            93..96 => {
                machine.close(OperatorNote::EMPTY, now);
                model.by_hand(CircuitState::Closed);
                (true, true)
            }
            96 => {
                machine.hold(OperatorMode::ForcedOpen.into(), now);
                model.by_hand(CircuitState::ForcedOpen);
                (true, true)
            }
            97 => {
                machine.hold(OperatorMode::Disabled.into(), now);
                model.by_hand(CircuitState::Disabled);
                (true, true)
            }
            _ => {
                machine.hold(OperatorMode::ObserveOnly.into(), now);
                model.by_hand(CircuitState::ObserveOnly);
                (true, true)
            }
        };
        assert_eq!(allowed.0, allowed.1, "{:#?}", self.log);
    }

    fn compare(&mut self, (machine_before, model_before): (u64, u64)) {
        let (machine, model) = (&self.machine, &self.model);
        let now = self.start + Duration::from_millis(self.now);
        let log = &self.log;
        assert_eq!(machine.entered(), model.state, "{log:#?}");
        assert_eq!(machine.state(now), model.honest_state(self.now), "{log:#?}");
        assert_eq!(machine.streak(now), model.streak, "{log:#?}");
        assert_eq!(machine.probes_in_flight(), model.slots_held().len(), "{log:#?}");
        let retry_after = model.retry_after(self.now).map(Duration::from_millis);
        assert_eq!(machine.retry_after(now), retry_after, "{log:#?}");
        let changed = machine.generation() != machine_before;
        assert_eq!(changed, model.generation != model_before, "{log:#?}");
        assert_eq!(self.steps, model.steps, "{log:#?}");
        if model.would_open {
            assert!(self.would_open, "{log:#?}");
        }
        if changed {
            self.would_open = false;
        }
        assert_eq!(self.would_open, model.would_open, "{log:#?}");
    }
}

#[test]
fn the_machine_agrees_with_the_model_after_every_step() {
    let mut visited = std::collections::BTreeSet::new();
    let mut openings_grown = 0;
    for seed in 0..5_000 {
        let mut walk = Walk::new(seed);
        for _ in 0..60 {
            walk.step();
        }
        visited.extend(walk.steps.iter().map(|(from, to)| (from.as_str(), to.as_str())));
        openings_grown += u32::from(walk.model.reopenings > 1);
    }
    // No operation leads from closed, disabled or observe-only to half-open, or from forced-open,
    // disabled or observe-only to open. The walks reach all other pairs of states.
    assert_eq!(visited.len(), 30 - 6, "{visited:?}");
    assert!(openings_grown > 100, "{openings_grown}");
}

#[test]
fn the_walks_detect_every_setting_that_is_off_by_one() {
    let defects: [(&str, Defect); 9] = [
        ("threshold", |settings| settings.threshold += 1),
        ("recovery", |settings| {
            settings.recovery += 1;
            settings.max_recovery += 1;
        }),
        ("factor", |settings| settings.doubles = !settings.doubles),
        ("max_recovery", |settings| settings.max_recovery += 1),
        ("calls", |settings| settings.calls = 1),
        ("successes", |settings| settings.successes += 1),
        ("failures", |settings| settings.failures += 1),
        ("lease", |settings| settings.lease += 1),
        ("abandoned", |settings| {
            settings.abandoned_is_failure = !settings.abandoned_is_failure;
        }),
    ];
    for (name, defect) in defects {
        let noticed = (0..500).any(|seed| {
            std::panic::catch_unwind(|| {
                let mut walk = Walk::with_defect(seed, defect);
                (0..60).for_each(|_| walk.step());
            })
            .is_err()
        });
        assert!(noticed, "{name}");
    }
}
