//! Captures log lines. Each captured line must stand in the table of the guide.

use std::fmt::{self, Debug};
use std::sync::{Arc, Mutex};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use crate::table;

/// Returns the lines that `code` logs on this thread, in the form `LEVEL message field=value …`.
/// Checks the level, the target and the fields of each line against the table of the guide.
pub(crate) fn logged(code: impl FnOnce()) -> Vec<String> {
    let lines = Lines::default();
    tracing::subscriber::with_default(lines.clone(), code);
    let lines = std::mem::take(&mut *lines.0.lock().unwrap());
    lines
        .into_iter()
        .map(|(row, text)| {
            table::check(&row);
            text
        })
        .collect()
}

/// The lines of one thread: what the table says about them, and their text.
#[derive(Debug, Clone, Default)]
struct Lines(Arc<Mutex<Vec<(table::Row, String)>>>);

impl Subscriber for Lines {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut values = Values::default();
        event.record(&mut values);
        let about = event.metadata();
        // All fields that the line can have, also those without a value.
        let fields = about.fields().iter().map(|field| field.name().to_owned());
        let row = table::Row {
            target: about.target().to_owned(),
            level: about.level().to_string(),
            message: values.message.clone(),
            fields: fields.filter(|name| name != "message").collect(),
        };
        let text = format!("{} {}{}", row.level, values.message, values.others);
        self.0.lock().unwrap().push((row, text));
    }

    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

#[derive(Default)]
struct Values {
    message: String,
    others: String,
}

impl Visit for Values {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        use fmt::Write;

        if field.name() == "message" {
            self.message = format!("{value:?}");
        } else {
            write!(self.others, " {}={value:?}", field.name()).unwrap();
        }
    }
}
