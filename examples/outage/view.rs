//! The terminal, which shows the calls of the function with the attributes as they happen.

use std::env;
use std::fmt::{self, Display};
use std::io::{self, IsTerminal, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use resilient::breaker::{CircuitState, Transition};
use resilient::events::{Event, EventKind};
use resilient::retries::RetryEvent;
use tokio::sync::Notify;

use crate::StockError;
use crate::callers::Ending;
use crate::known::Stock;
use crate::report::millis;
use crate::schedule::{Clock, LENGTH, SPELLS, Spell};

const INTRODUCTION: &str = "\
A shop asks an inventory server for its stock, 40 times a second. Its function
has #[fallback], #[retry] and #[circuit_breaker]. Two more shops, one without
protection and one with naive retries, ask servers that have the same faults.
";

/// The output. All clones write to the same output.
#[derive(Debug, Clone)]
pub(crate) struct View {
    clock: Clock,
    coloured: bool,
    shown: Arc<Mutex<Shown>>,
    closed: Arc<Notify>,
}

/// The state of the view between two lines of output.
struct Shown {
    out: Box<dyn Write + Send>,
    /// Whether the reader closed the pipe.
    closed: bool,
    /// Calls since the last summary, in the order in which they ended.
    endings: Vec<Ending>,
    /// The subjects that have had their only line in this spell.
    subjects: Vec<Subject>,
    /// Whether an error was shown.
    error: bool,
    transitions: Vec<(Duration, CircuitState)>,
}

impl fmt::Debug for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shown").field("endings", &self.endings).finish_non_exhaustive()
    }
}

/// The color numbers of ECMA-48.
#[derive(Debug, Clone, Copy)]
enum Colour {
    Dim = 2,
    Red = 31,
    Green = 32,
    Yellow = 33,
    Magenta = 35,
    Cyan = 36,
}

/// The subject of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Subject {
    Server,
    Calls,
    Retry,
    Breaker(CircuitState),
    Fallback,
    Error,
}

impl Subject {
    fn label(self) -> &'static str {
        match self {
            Self::Server => "SERVER",
            Self::Calls => "calls",
            Self::Retry => "retry",
            Self::Breaker(_) => "BREAKER",
            Self::Fallback => "fallback",
            Self::Error => "error",
        }
    }

    fn colour(self) -> Colour {
        match self {
            Self::Server => Colour::Magenta,
            Self::Calls => Colour::Dim,
            Self::Retry => Colour::Cyan,
            Self::Breaker(CircuitState::Closed) => Colour::Green,
            Self::Fallback => Colour::Yellow,
            Self::Breaker(_) | Self::Error => Colour::Red,
        }
    }
}

impl View {
    pub(crate) fn new(clock: Clock, out: Box<dyn Write + Send>, coloured: bool) -> Self {
        let shown = Shown {
            out,
            closed: false,
            endings: Vec::new(),
            subjects: Vec::new(),
            error: false,
            transitions: Vec::new(),
        };
        Self { clock, coloured, shown: Arc::new(Mutex::new(shown)), closed: Arc::default() }
    }

    pub(crate) fn to_terminal(clock: Clock) -> Self {
        Self::new(clock, Box::new(io::stdout()), is_coloured())
    }

    pub(crate) fn clock(&self) -> Clock {
        self.clock
    }

    /// Waits until the reader closes the pipe.
    pub(crate) async fn closed(&self) {
        self.closed.notified().await;
    }

    /// Shows each spell of the server when it begins, and a summary of the calls every second.
    pub(crate) async fn narrate(&self) -> io::Result<()> {
        self.print(INTRODUCTION);
        self.print(&format!(
            "Each mark is a call that ended:\n\
             {} fresh value   {} last known value, from the fallback   {} error\n",
            self.mark(Ending::Fresh),
            self.mark(Ending::Old),
            self.mark(Ending::Error { is_known: false }),
        ));
        let length = u64::try_from(LENGTH.as_millis()).unwrap_or(u64::MAX);
        for now in (0..=length).step_by(500) {
            self.clock.sleep_until(Duration::from_millis(now)).await;
            let begins = SPELLS.iter().find(|(from, _)| *from == now);
            if now % 1000 == 0 || begins.is_some() {
                self.summary();
            }
            if let Some((from, spell)) = begins {
                self.shown().subjects.clear();
                self.line(Subject::Server, describe(*from, *spell));
            }
        }
        Ok(())
    }

    /// Shows that an attempt failed and another follows. This is `on_retry` of `#[retry]`.
    pub(crate) fn retrying(&self, retry: &RetryEvent<'_, Result<Stock, StockError>>) {
        let failure = retry.error().map(ToString::to_string).unwrap_or_default();
        let delay = retry.delay().as_millis();
        let next = format!("attempt {} in {delay} ms", retry.attempt() + 1);
        self.first_line(Subject::Retry, format!("{failure}; {next}"));
    }

    /// Shows that the last known value replaces an error.
    pub(crate) fn fell_back(&self, error: &StockError, stock: &Stock) {
        let Stock { pieces, age } = stock;
        let text = format!("{error}: {pieces} pieces, {} old", millis(age.unwrap_or_default()));
        self.first_line(Subject::Fallback, text);
    }

    /// Shows and records how a call ended. Of all errors, only the first one has a line.
    pub(crate) fn ended(&self, ending: Ending, error: Option<&StockError>) {
        self.shown().endings.push(ending);
        if let Some(error) = error {
            let shown_before = std::mem::replace(&mut self.shown().error, true);
            if !shown_before {
                self.line(Subject::Error, format!("{error}; last value too old"));
            }
        }
    }

    /// Shows an event of a breaker. This is the listener for `on_event` of the registry.
    pub(crate) fn event(&self, event: &Event) {
        if let EventKind::Transition(transition) = event.kind() {
            self.shown()
                .transitions
                .push((self.clock.since_start(transition.at.into()), transition.to));
            self.transition(transition);
        }
    }

    fn transition(&self, transition: &Transition) {
        let Transition { from, to, reason, .. } = transition;
        let subject = Subject::Breaker(*to);
        let state = to.as_str().to_uppercase();
        let state = self.paint(subject.colour(), state);
        let lasts = millis(transition.lasts.unwrap_or_default());
        match (from, to) {
            // The next line says how the probe ended.
            (_, CircuitState::HalfOpen) => {}
            (CircuitState::HalfOpen, CircuitState::Open) => {
                self.line(subject, format!("{state} again: {reason}; next probe in {lasts}"));
            }
            (_, CircuitState::Open) => {
                self.line(subject, format!("{state}: {reason}; calls are rejected for {lasts}"));
            }
            _ => self.line(subject, format!("{state}: {reason}; calls go through")),
        }
    }

    /// Returns the changes of the circuit's state.
    pub(crate) fn transitions(&self) -> Vec<(Duration, CircuitState)> {
        self.shown().transitions.clone()
    }

    /// Shows how the calls since the last summary ended.
    fn summary(&self) {
        let endings = std::mem::take(&mut self.shown().endings);
        for part in endings.chunks(60) {
            let marks: String = part.iter().map(|each| self.mark(*each)).collect();
            self.line(Subject::Calls, marks);
        }
    }

    fn mark(&self, ending: Ending) -> String {
        match ending {
            Ending::Fresh => self.paint(Colour::Green, '.'),
            Ending::Old => self.paint(Colour::Yellow, 'o'),
            Ending::Error { .. } => self.paint(Colour::Red, 'x'),
        }
    }

    /// Writes a line if it is the first one about this subject in this spell.
    fn first_line(&self, subject: Subject, text: impl Display) {
        let mut shown = self.shown();
        if !shown.subjects.contains(&subject) {
            shown.subjects.push(subject);
            drop(shown);
            self.line(subject, text);
        }
    }

    fn line(&self, subject: Subject, text: impl Display) {
        let seconds = self.clock.elapsed().as_secs_f64();
        let label = self.paint(subject.colour(), format!("{:<8}", subject.label()));
        self.print(&format!("{seconds:>5.2}s  {label}  {text}"));
    }

    pub(crate) fn print(&self, text: &str) {
        let mut shown = self.shown();
        if !shown.closed && writeln!(shown.out, "{text}").is_err() {
            shown.closed = true;
            self.closed.notify_one();
        }
    }

    fn paint(&self, colour: Colour, text: impl Display) -> String {
        if self.coloured {
            format!("\x1b[{}m{text}\x1b[0m", colour as u8)
        } else {
            text.to_string()
        }
    }

    fn shown(&self) -> MutexGuard<'_, Shown> {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn describe(from: u64, spell: Spell) -> &'static str {
    match spell {
        Spell::Healthy if from == 0 => "healthy: responds in 5 to 15 ms",
        Spell::Healthy => "healthy again",
        Spell::Blips => "blips: loses or refuses connections for 20 to 50 ms each",
        Spell::Slow => "slow: responds in 200 to 630 ms",
        Spell::Hang => "hangs: accepts requests and does not respond",
        Spell::Outage => "down: its process was killed, so connections are refused",
    }
}

fn is_coloured() -> bool {
    let is_set = |name| env::var_os(name).is_some_and(|value| !value.is_empty());
    let is_dumb = env::var_os("TERM").is_some_and(|term| term == "dumb");
    io::stdout().is_terminal() && !is_set("NO_COLOR") && !is_dumb
}
