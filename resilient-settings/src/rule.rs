//! The rules between settings, as data.

/// What a setting that was given requires of the others. Settings are named by index.
#[derive(Debug)]
#[non_exhaustive]
pub struct Rule {
    /// The setting that the rule is about.
    pub subject: usize,
    /// What it requires.
    pub relation: Relation,
    /// The end of the sentence "`subject` is 3: …" in the error of a builder. Empty where the
    /// relation and the names say it.
    pub(crate) must: &'static str,
    /// A compile error, or its end, as [`Rule::explain`] describes.
    pub(crate) reason: &'static str,
    /// While one of these settings has this word, defaults do not take part.
    pub(crate) no_defaults_if: &'static [(usize, &'static str)],
}

/// How two settings, or three, depend on each other.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Relation {
    /// One of these must be given.
    Needs(&'static [usize]),
    /// The window must be a time.
    NeedsTime(usize),
    /// The other one must not be given.
    Excludes(usize),
    /// The subject is not above the other one.
    AtMost(usize),
    /// The subject is not below the other one.
    AtLeast(usize),
    /// The subject is not above the sum of two others.
    AtMostSum(usize, usize),
    /// The subject excludes these words of the other setting: with any value, or only with one of
    /// the words in `own`.
    NotWith {
        /// Words of the subject; if empty, all of its values.
        own: &'static [&'static str],
        /// The other setting.
        other: usize,
        /// Its words.
        words: &'static [&'static str],
    },
}

impl Rule {
    /// The settings that the rule is about, the subject last.
    #[must_use]
    pub fn settings(&self) -> Vec<usize> {
        let mut settings = match self.relation {
            Relation::Needs(_) => Vec::new(),
            Relation::NeedsTime(other)
            | Relation::Excludes(other)
            | Relation::AtMost(other)
            | Relation::AtLeast(other)
            | Relation::NotWith { other, .. } => vec![other],
            Relation::AtMostSum(one, other) => vec![one, other],
        };
        settings.push(self.subject);
        settings
    }
}
