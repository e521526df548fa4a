//! Who or what changed the state of a breaker, and why.

use std::fmt;
use std::sync::Arc;

use super::{OverrideTable, getters};

/// The name of the operator who changed a breaker's state, and the reason for the change. Both are
/// optional. If an override changed the state, the note also has its table. Events, snapshots and
/// logs repeat them.
///
/// ```
/// use resilient_core::breaker::OperatorNote;
///
/// let note = OperatorNote::new().by("alice").because("the provider migrates its database");
/// assert_eq!(note.operator(), Some("alice"));
/// assert_eq!(note.reason(), Some("the provider migrates its database"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OperatorNote(Option<Arc<Texts>>);

#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Texts {
    operator: Option<Box<str>>,
    reason: Option<Box<str>>,
    table: Option<OverrideTable>,
}

impl OperatorNote {
    /// The most bytes of an operator's name. A longer name is cut at a character boundary.
    pub const LONGEST_OPERATOR: usize = 64;
    /// The most bytes of a reason. A longer reason is cut at a character boundary.
    pub const LONGEST_REASON: usize = 256;

    pub(crate) const EMPTY: Self = Self(None);

    /// Makes an empty note.
    #[must_use]
    pub fn new() -> Self {
        Self::EMPTY
    }

    // B1: the length is bounded, since a breaker remembers the notes of its last transitions.
    /// Sets the name of the operator. Only the first [`LONGEST_OPERATOR`](Self::LONGEST_OPERATOR)
    /// bytes are stored.
    #[must_use]
    pub fn by(self, operator: impl AsRef<str>) -> Self {
        let operator = Some(cut(operator.as_ref(), Self::LONGEST_OPERATOR));
        Self::of(Texts { operator, ..self.into_texts() })
    }

    /// Sets the reason. Only the first [`LONGEST_REASON`](Self::LONGEST_REASON) bytes are stored.
    #[must_use]
    pub fn because(self, reason: impl AsRef<str>) -> Self {
        let reason = Some(cut(reason.as_ref(), Self::LONGEST_REASON));
        Self::of(Texts { reason, ..self.into_texts() })
    }

    getters! {
        |self|
        /// The name of the operator.
        operator: Option<&str> = self.0.as_ref().and_then(|texts| texts.operator.as_deref());
        /// The reason of the change.
        reason: Option<&str> = self.0.as_ref().and_then(|texts| texts.reason.as_deref());
        /// The table of overrides that set the state, or whose removal ended it. `None` if the
        /// state was set by hand.
        table: Option<&OverrideTable> = self.0.as_ref().and_then(|texts| texts.table.as_ref());
        /// Whether the note has neither a name nor a reason nor a table.
        is_empty: bool = self.0.is_none();
    }

    /// Adds the table that sets a mode.
    pub(crate) fn with_table(self, table: OverrideTable) -> Self {
        Self::of(Texts { table: Some(table), ..self.into_texts() })
    }

    /// Returns a note with the table of this note, without a name and a reason.
    pub(crate) fn of_table(&self) -> Self {
        self.table().cloned().map_or(Self::EMPTY, |table| Self::EMPTY.with_table(table))
    }

    fn of(texts: Texts) -> Self {
        Self(Some(Arc::new(texts)))
    }

    fn into_texts(self) -> Texts {
        self.0.map(Arc::unwrap_or_clone).unwrap_or_default()
    }
}

impl fmt::Display for OperatorNote {
    /// Writes the name, the table of overrides and the reason: `by alice in [breakers.payments]:
    /// the provider migrates`. Writes nothing for an empty note.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let operator = self.operator().map(|operator| format!("by {operator}"));
        let table = self.table().map(|table| format!("in {table}"));
        let source: Vec<String> = operator.into_iter().chain(table).collect();
        f.write_str(&source.join(" "))?;
        match self.reason() {
            Some(reason) if source.is_empty() => f.write_str(reason),
            Some(reason) => write!(f, ": {reason}"),
            None => Ok(()),
        }
    }
}

/// Returns the text, or its longest beginning of at most `most` bytes.
fn cut(text: &str, most: usize) -> Box<str> {
    let end = (0..=most.min(text.len())).rev().find(|end| text.is_char_boundary(*end));
    text[..end.unwrap_or(0)].into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn b01_long_texts_are_cut_at_a_character() {
        let long = "ä".repeat(1_000);
        let note = OperatorNote::new().by(&long).because(format!("x{long}"));
        assert_eq!(note.operator().map(str::len), Some(64));
        assert_eq!(note.reason().map(str::len), Some(255));
        assert_eq!(OperatorNote::new().by("").operator(), Some(""));
    }

    #[test]
    fn a_note_shows_what_it_has() {
        let text = |note: OperatorNote| note.to_string();
        let note = OperatorNote::new;
        assert_eq!(text(note().by("alice").because("migration")), "by alice: migration");
        assert_eq!(text(note().by("alice")), "by alice");
        assert_eq!(text(note().because("migration")), "migration");
        assert_eq!(text(note()), "");
    }

    #[test]
    fn a_note_keeps_what_was_set_before() {
        let note = OperatorNote::new().because("first").by("alice").because("second");
        assert_eq!((note.operator(), note.reason()), (Some("alice"), Some("second")));
        assert!(!note.is_empty() && OperatorNote::new().is_empty());
    }
}
