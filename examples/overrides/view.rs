//! The terminal, which shows calls, loaded files and breakers.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use resilient::Registry;
use resilient::breaker::{BreakerSnapshot, CircuitState};
use resilient::events::{Event, EventKind, ListenerId};
use resilient::registry::{LoadError, OverrideReport, OverrideStatus};
use tokio::time::Instant;

use crate::ChargeError;

const WIDTH: usize = 88;

/// The output. All clones write to the same output.
#[derive(Debug, Clone)]
pub(crate) struct View {
    start: Instant,
    shown: Arc<Mutex<Shown>>,
}

#[derive(Debug, Default)]
struct Shown {
    /// One mark for each call since the last line.
    calls: String,
    /// Whether the reader closed the pipe.
    closed: bool,
}

impl View {
    pub(crate) fn new() -> Self {
        Self { start: Instant::now(), shown: Arc::default() }
    }

    pub(crate) fn is_read(&self) -> bool {
        !self.shown().closed
    }

    /// Shows the events of the breakers.
    pub(crate) fn listen(&self, registry: &Registry) -> ListenerId {
        let view = self.clone();
        registry.on_event(move |event| view.event(event))
    }

    pub(crate) fn title(&self, text: &str) {
        self.flush();
        self.print(&format!("\n{text}"));
    }

    /// Shows the file's new text, and the breaker before the file is loaded.
    pub(crate) fn file(&self, text: &str) {
        self.line("file", if text.is_empty() { "(empty)" } else { text });
        self.standing();
    }

    /// Shows the result of loading, and the breaker afterwards.
    pub(crate) fn loaded(&self, loaded: Result<OverrideReport, LoadError>) {
        match loaded {
            Ok(_) => self.overrides(),
            Err(error) => self.line("REFUSED", &error.to_string()),
        }
        self.standing();
    }

    /// Shows to what each override applies.
    fn overrides(&self) {
        let tables = Registry::global().override_snapshot().tables;
        for OverrideStatus { table, applies_to, nearest, .. } in &tables {
            let status = match (applies_to, nearest) {
                (0, Some(name)) => format!("waits for its name: did you mean {name}?"),
                (0, None) => "waits for its name: not called yet, or misspelt?".to_owned(),
                _ => "applies".to_owned(),
            };
            self.line("loaded", &format!("{table} {status}"));
        }
        if tables.is_empty() {
            self.line("loaded", "nothing is overridden");
        }
    }

    pub(crate) fn provider(&self, is_up: bool) {
        self.line("provider", if is_up { "up again" } else { "down" });
    }

    /// Adds the mark of a call to the next line.
    pub(crate) fn call(&self, result: &Result<u64, ChargeError>) {
        self.shown().calls.push(match result {
            Ok(_) => '.',
            Err(ChargeError::Down(_)) => 'x',
            Err(ChargeError::Rejected(_)) => '-',
        });
    }

    pub(crate) fn summary(&self) {
        self.flush();
        let Some(breaker) = Registry::global().get("payments") else {
            return;
        };
        let BreakerSnapshot { totals, transitions, .. } = breaker.snapshot();
        self.print(&format!(
            "\nOne breaker, one run: {} calls paid, {} failed, {} rejected; \
             opened {} times, closed {} times.",
            totals.success,
            totals.failure,
            totals.rejected,
            transitions.opened + transitions.forced_open,
            transitions.closed,
        ));
    }

    fn event(&self, event: &Event) {
        let text = match event.kind() {
            EventKind::Transition(step) => {
                let state = step.to.as_str().to_uppercase().replace('_', "-");
                let time = step.lasts.map(|time| format!(", for {time:?}"));
                let table = step.note.table().map(|table| format!(" {table}"));
                let (table, time) = (table.unwrap_or_default(), time.unwrap_or_default());
                format!("{state}: {}{table}{time}", step.reason)
            }
            EventKind::WouldOpen(opening) => format!("would have opened: {opening}"),
            EventKind::SettingsChanged(change) => change.to_string(),
            EventKind::InvalidSetting(error) => error.to_string(),
            _ => return,
        };
        self.line("BREAKER", &text);
    }

    /// Shows the state of the breaker.
    fn standing(&self) {
        let Some(breaker) = Registry::global().get("payments") else {
            return self.line("breaker", "no breaker yet: no call was made");
        };
        let snapshot = breaker.snapshot();
        let since = snapshot.since.map(|since| {
            let since = Instant::from_std(since).saturating_duration_since(self.start);
            format!(" since {:.1}s", since.as_secs_f64())
        });
        let next = match (snapshot.state, snapshot.retry_after) {
            (CircuitState::Closed, _) => {
                format!(", {} consecutive failures", snapshot.consecutive_failures)
            }
            (CircuitState::Open, Some(time)) => format!(", a probe in {:.1}s", time.as_secs_f64()),
            _ => String::new(),
        };
        let (state, since) = (snapshot.state, since.unwrap_or_default());
        self.line("breaker", &format!("{state}{since}{next}"));
    }

    pub(crate) fn line(&self, label: &str, text: &str) {
        self.flush();
        let seconds = self.start.elapsed().as_secs_f64();
        let mut head = format!("{seconds:>6.1}s  {label:<10}  ");
        for line in text.lines().flat_map(wrapped) {
            self.print(format!("{head}{line}").trim_end());
            head = " ".repeat(head.len());
        }
    }

    /// Prints the marks of the calls since the last line.
    fn flush(&self) {
        let calls = std::mem::take(&mut self.shown().calls);
        if !calls.is_empty() {
            self.print(&format!("{:9}{:<12}{calls}", "", "calls"));
        }
    }

    pub(crate) fn print(&self, text: &str) {
        let mut shown = self.shown();
        if !shown.closed && writeln!(io::stdout().lock(), "{text}").is_err() {
            shown.closed = true;
        }
    }

    fn shown(&self) -> MutexGuard<'_, Shown> {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Splits a long line into several.
fn wrapped(line: &str) -> Vec<String> {
    if line.len() <= WIDTH {
        return vec![line.to_owned()];
    }
    let mut lines = Vec::new();
    let mut last = String::new();
    for word in line.split_whitespace() {
        if last.len() + word.len() >= WIDTH {
            lines.push(std::mem::take(&mut last));
        }
        if !last.is_empty() {
            last.push(' ');
        }
        last.push_str(word);
    }
    lines.push(last);
    lines
}
