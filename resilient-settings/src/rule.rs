//! The rules between settings, as data.

/// A requirement that one setting, the subject, puts on other settings. The rule applies only if
/// the subject is given. Settings are named by their index in the table.
#[derive(Debug)]
#[non_exhaustive]
pub struct Rule {
    /// The setting that the rule is about.
    pub subject: usize,
    /// The requirement.
    pub relation: Relation,
    /// The end of the sentence "`subject` is 3: …" in the error of a builder. It is empty if the
    /// relation and the names are enough.
    pub(crate) must: &'static str,
    /// The compile error, or its end: see [`Rule::explain`].
    pub(crate) reason: &'static str,
    /// A setting and one of its words, or empty. If the setting has this word, the rule compares
    /// only given values and no defaults.
    pub(crate) no_defaults_if: &'static [(usize, &'static str)],
}

/// A dependency between two or three settings.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Relation {
    /// One of these settings must be given.
    Needs(&'static [usize]),
    /// If one of the listed settings is given, the first setting must be given, too, because the
    /// listed settings switch its default off.
    NeedsBeside(usize, &'static [usize]),
    /// The window must be a time.
    NeedsTime(usize),
    /// The other setting must not be given.
    Excludes(usize),
    /// The subject must not be above the other setting.
    AtMost(usize),
    /// The subject must not be below the other setting.
    AtLeast(usize),
    /// The subject must not be above the sum of the two other settings.
    AtMostSum(usize, usize),
    /// The other setting must not have one of `words`. If `own` is not empty, this applies only if
    /// the subject has one of the words in `own`.
    NotWith {
        /// Words of the subject. An empty list stands for all values of the subject.
        own: &'static [&'static str],
        /// The other setting.
        other: usize,
        /// The words that the other setting must not have.
        words: &'static [&'static str],
    },
}

impl Rule {
    /// Returns the settings in the rule. The subject is last.
    #[must_use]
    pub fn settings(&self) -> Vec<usize> {
        let mut settings = match self.relation {
            Relation::Needs(_) | Relation::NeedsBeside(..) => Vec::new(),
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
