//! The types of the table: a setting, its form, and its values.

use std::fmt;
use std::time::Duration;

use crate::{Rule, Window};

/// The settings of one thing, such as a breaker, and the rules between them.
#[derive(Debug)]
#[non_exhaustive]
pub struct Table {
    /// The settings, each at the index that its constant in `key` has.
    pub settings: &'static [Setting],
    /// The rules between settings, in the order in which errors report them.
    pub rules: &'static [Rule],
}

impl Table {
    pub(crate) const fn new(settings: &'static [Setting], rules: &'static [Rule]) -> Self {
        Self { settings, rules }
    }

    /// The setting of that name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&'static Setting> {
        self.settings.iter().find(|setting| setting.name == name)
    }

    /// The names of all settings, in the order of the table.
    pub fn names(&self) -> impl Iterator<Item = &'static str> + use<> {
        self.settings.iter().map(|setting| setting.name)
    }
}

/// One setting.
#[derive(Debug)]
#[non_exhaustive]
pub struct Setting {
    /// The name of the attribute's key, of the builder's method and of the key in a file.
    pub name: &'static str,
    /// What the setting does. The first sentence can stand alone.
    pub doc: &'static str,
    /// How it is written, and its range.
    pub form: Form,
    /// The end of the sentence "`name` is 0: …" in the error of a builder.
    pub(crate) must: &'static str,
    /// The end of that sentence in a compile error, where it also says why.
    pub(crate) reason: &'static str,
    /// The default, unless it depends on other settings.
    pub default: Option<Value>,
    /// What the default is instead, or on what it depends.
    pub default_words: &'static str,
    /// When to change it.
    pub advice: &'static str,
}

/// How a setting is written, and which values it may have.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Form {
    /// A whole number within bounds, both inclusive.
    Count {
        /// The least value.
        least: u32,
        /// The greatest value.
        most: u32,
    },
    /// A duration.
    Time {
        /// Whether it may be zero.
        zero: bool,
    },
    /// A number from 0 to 1, or a percentage as text.
    Share {
        /// Whether it may be zero.
        zero: bool,
    },
    /// A finite number of at least 1.
    Factor,
    /// A number of calls from 1 on, or a duration longer than zero.
    Window {
        /// The most calls.
        most: u32,
    },
    /// One of these words.
    Word(&'static [&'static str]),
    /// One of these words, or a number from 0 to 1 or a percentage as text.
    WordOrShare(&'static [&'static str]),
    /// One of these words, or a function. The value of a function is the word `custom`.
    WordOrFunction(&'static [&'static str]),
}

/// A value of a setting.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Value {
    /// A count; the calls of a window.
    Count(u32),
    /// A duration.
    Time(Duration),
    /// A share or a factor.
    Number(f64),
    /// A word.
    Word(&'static str),
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Count(count) => write!(f, "{count}"),
            Self::Time(time) => write!(f, "{time:?}"),
            Self::Number(number) => write!(f, "{number:?}"),
            Self::Word(word) => f.write_str(word),
        }
    }
}

/// What is known of a setting when the rules are checked.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum Given {
    /// It was not given: its default holds.
    #[default]
    Default,
    /// It was given this value.
    Value(Value),
    /// It was given, and only the running program knows the value.
    Unknown,
    /// It was not given here, but may be given elsewhere.
    Open,
}

impl Given {
    /// What is known of an optional count.
    #[must_use]
    pub const fn count(count: Option<u32>) -> Self {
        match count {
            Some(count) => Self::Value(Value::Count(count)),
            None => Self::Default,
        }
    }

    /// What is known of an optional duration.
    #[must_use]
    pub const fn time(time: Option<Duration>) -> Self {
        match time {
            Some(time) => Self::Value(Value::Time(time)),
            None => Self::Default,
        }
    }

    /// What is known of an optional share or factor.
    #[must_use]
    pub const fn number(number: Option<f64>) -> Self {
        match number {
            Some(number) => Self::Value(Value::Number(number)),
            None => Self::Default,
        }
    }

    /// What is known of an optional window.
    #[must_use]
    pub const fn window(window: Option<Window>) -> Self {
        match window {
            Some(Window::Calls(calls)) => Self::Value(Value::Count(calls)),
            Some(Window::Time(time)) => Self::Value(Value::Time(time)),
            None => Self::Default,
        }
    }

    pub(crate) const fn is_given(self) -> bool {
        matches!(self, Self::Value(_) | Self::Unknown)
    }

    pub(crate) const fn is_default(self) -> bool {
        matches!(self, Self::Default)
    }
}

impl Setting {
    /// Whether the value is in the range of this setting.
    #[must_use]
    pub const fn allows(&self, value: Value) -> bool {
        match (self.form, value) {
            (Form::Count { least, most }, Value::Count(count)) => count >= least && count <= most,
            (Form::Window { most }, Value::Count(calls)) => calls >= 1 && calls <= most,
            (Form::Time { zero }, Value::Time(time)) => zero || !time.is_zero(),
            (Form::Window { .. }, Value::Time(time)) => !time.is_zero(),
            (Form::Share { zero }, Value::Number(share)) => {
                (share > 0.0 || zero && share >= 0.0) && share <= 1.0
            }
            (Form::WordOrShare(_), Value::Number(share)) => share >= 0.0 && share <= 1.0,
            (Form::Factor, Value::Number(factor)) => factor >= 1.0 && factor.is_finite(),
            (Form::Word(_) | Form::WordOrShare(_) | Form::WordOrFunction(_), Value::Word(_)) => {
                true
            }
            _ => false,
        }
    }

    /// The rule that a value out of range breaks, as in "must be at least 1".
    #[must_use]
    pub const fn must(&self, value: Value) -> &'static str {
        match (self.form, value) {
            (Form::Window { .. }, Value::Time(_)) => "must be longer than zero",
            _ => self.must,
        }
    }

    /// The end of a compile error for a value out of range, after "`name` is `value`: ".
    #[must_use]
    pub const fn reason(&self, value: Value) -> &'static str {
        match (self.form, value) {
            (Form::Window { .. }, Value::Time(_)) => "it would hold no call, so above zero",
            _ => self.reason,
        }
    }

    /// The default as the rules compare it: the value, unless it depends on other settings.
    #[must_use]
    pub const fn fixed_default(&self) -> Option<Value> {
        if self.default_words.is_empty() {
            self.default
        } else {
            None
        }
    }

    /// The words that an attribute or a file may give.
    #[must_use]
    pub const fn words(&self) -> &'static [&'static str] {
        match self.form {
            Form::Word(words) | Form::WordOrShare(words) | Form::WordOrFunction(words) => words,
            _ => &[],
        }
    }
}
