//! The terminal, which shows events as they happen.

use std::env;
use std::fmt::Display;
use std::io::{self, IsTerminal, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use resilient::CircuitOpen;
use resilient::breaker::{CircuitState, Transition};
use resilient::events::{Event, EventKind};
use resilient::retries::RetryEvent;
use tokio::sync::Notify;
use tokio::time::sleep_until;

use crate::callers::{BETWEEN_CALLS, CALLERS, Ending, NAIVE_RETRIES};
use crate::report::millis;
use crate::schedule::{LENGTH, PHASES, Phase, Schedule};
use crate::{InventoryError, PATIENCE};

/// The interval between two summaries of the calls.
const BEAT: Duration = Duration::from_millis(500);

/// The output. All clones write to the same output.
#[derive(Debug, Clone)]
pub(crate) struct View {
    schedule: Schedule,
    coloured: bool,
    shown: Arc<Mutex<Shown>>,
    closed: Arc<Notify>,
}

/// The state of the view between two lines of output.
#[derive(Debug, Default)]
struct Shown {
    /// Calls since the last summary, in the order in which they ended.
    endings: Vec<Ending>,
    /// Whether a rejection was shown since the circuit opened.
    rejection: bool,
    /// Whether the reader closed the pipe.
    closed: bool,
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
#[derive(Debug, Clone, Copy)]
enum Subject {
    Server,
    Callers,
    Retry,
    Breaker(CircuitState),
    Rejected,
}

impl Subject {
    fn label(self) -> &'static str {
        match self {
            Self::Server => "SERVER",
            Self::Callers => "callers",
            Self::Retry => "retry",
            Self::Breaker(_) => "BREAKER",
            Self::Rejected => "rejected",
        }
    }

    fn colour(self) -> Colour {
        match self {
            Self::Server => Colour::Magenta,
            Self::Callers => Colour::Dim,
            Self::Retry => Colour::Cyan,
            Self::Breaker(CircuitState::Closed) => Colour::Green,
            Self::Breaker(CircuitState::HalfOpen) | Self::Rejected => Colour::Yellow,
            Self::Breaker(_) => Colour::Red,
        }
    }
}

impl Ending {
    fn symbol(self) -> (char, Colour) {
        match self {
            Self::Answered => ('.', Colour::Green),
            Self::Failed => ('x', Colour::Red),
            Self::Rejected => ('-', Colour::Yellow),
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::Failed => "failed",
            Self::Rejected => "rejected",
        }
    }

    const ALL: [Self; 3] = [Self::Answered, Self::Failed, Self::Rejected];
}

impl View {
    pub(crate) fn new(schedule: Schedule) -> Self {
        Self { schedule, coloured: is_coloured(), shown: Arc::default(), closed: Arc::default() }
    }

    /// Waits until the reader closes the pipe.
    pub(crate) async fn closed(&self) {
        self.closed.notified().await;
    }

    /// Shows each phase of the server when it begins, and a summary of the calls every half second.
    pub(crate) async fn narrate(&self) {
        self.introduce();
        let mut passed = Duration::ZERO;
        loop {
            if let Some(phase) = PHASES.iter().find(|phase| phase.from == passed) {
                self.phase(phase);
            }
            passed += BEAT;
            if passed > LENGTH {
                return;
            }
            sleep_until(self.schedule.at(passed)).await;
            self.summary();
        }
    }

    fn introduce(&self) {
        let legend = Ending::ALL.map(|ending| format!("{} {}", self.mark(ending), ending.word()));
        self.print(&format!(
            "{CALLERS} callers use a function with #[retry] and #[circuit_breaker], one call every \
             {BETWEEN_CALLS:?}.
An attempt fails after {PATIENCE:?} without a response. In the background, two more servers on
the same schedule get the same calls: from callers without protection, and from callers
with naive retries: {NAIVE_RETRIES}, without delay.

Each mark is a call that ended:   {}
",
            legend.join("   ")
        ));
    }

    fn phase(&self, phase: &Phase) {
        self.line(Subject::Server, phase.description);
    }

    /// Shows that an attempt failed and another follows. This is `on_retry` of `#[retry]`.
    pub(crate) fn retrying(
        &self,
        caller: usize,
        retry: &RetryEvent<'_, Result<u32, InventoryError>>,
    ) {
        let failure = retry.error().map(ToString::to_string).unwrap_or_default();
        let (next, most) = (retry.attempt() + 1, retry.max_attempts());
        let delay = retry.delay().as_millis();
        self.line(
            Subject::Retry,
            format!("caller {caller}: {failure}; attempt {next} of {most} in {delay:>3} ms"),
        );
    }

    /// Shows an event of a breaker. This is the listener for `on_event` of the registry.
    pub(crate) fn event(&self, event: &Event) {
        if let EventKind::Transition(transition) = event.kind() {
            self.transition(transition);
        }
    }

    fn transition(&self, transition: &Transition) {
        let Transition { to, reason, .. } = transition;
        let state = to.as_str().to_uppercase().replace('_', "-");
        let consequence = match to {
            CircuitState::Open => {
                self.shown().rejection = false;
                format!("calls are rejected for {}", millis(transition.lasts))
            }
            CircuitState::HalfOpen => "one call goes through as a probe".to_owned(),
            _ => "calls go through".to_owned(),
        };
        let subject = Subject::Breaker(*to);
        let state = self.paint(subject.colour(), state);
        self.line(subject, format!("{state}: {reason}; {consequence}"));
    }

    /// Records how a call ended, for the next summary.
    pub(crate) fn ended(&self, ending: Ending) {
        self.shown().endings.push(ending);
    }

    /// Shows the first rejection after the circuit opened. The summary counts the other rejections.
    pub(crate) fn rejected(&self, caller: usize, wait: Duration, open: &CircuitOpen) {
        let shown_before = std::mem::replace(&mut self.shown().rejection, true);
        if !shown_before {
            let wait = millis(Some(wait));
            self.line(Subject::Rejected, format!("caller {caller}, after {wait}: {open}"));
        }
    }

    /// Shows how the calls since the last summary ended.
    pub(crate) fn summary(&self) {
        let endings = std::mem::take(&mut self.shown().endings);
        if endings.is_empty() {
            return;
        }
        let counts = Ending::ALL.map(|kind| {
            let count = endings.iter().filter(|each| **each == kind).count();
            let text = format!("{count:>2} {}", kind.word());
            if count == 0 { " ".repeat(text.len()) } else { text }
        });
        let marks: String = endings.into_iter().map(|each| self.mark(each)).collect();
        let counts = counts.join("  ");
        self.line(Subject::Callers, format!("{counts}   {marks}"));
    }

    fn mark(&self, ending: Ending) -> String {
        let (symbol, colour) = ending.symbol();
        self.paint(colour, symbol)
    }

    fn line(&self, subject: Subject, text: impl Display) {
        let seconds = self.schedule.elapsed().as_secs_f64();
        let label = self.paint(subject.colour(), format!("{:<8}", subject.label()));
        self.print(&format!("{seconds:>6.3}s  {label}  {text}"));
    }

    pub(crate) fn print(&self, text: &str) {
        let mut shown = self.shown();
        if !shown.closed && !print_quietly(text) {
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

/// Prints a line to stdout. Returns `false` if the reader closed the pipe.
pub(crate) fn print_quietly(text: &str) -> bool {
    writeln!(io::stdout().lock(), "{text}").is_ok()
}

fn is_coloured() -> bool {
    let is_set = |name| env::var_os(name).is_some_and(|value| !value.is_empty());
    let is_dumb = env::var_os("TERM").is_some_and(|term| term == "dumb");
    io::stdout().is_terminal() && !is_set("NO_COLOR") && !is_dumb
}
