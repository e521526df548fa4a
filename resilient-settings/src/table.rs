//! The types of the table: settings, their forms, and their values.

use std::fmt;
use std::time::Duration;

use crate::{Rule, TextError, parse_share};

/// The settings of one thing, such as a breaker, and the rules between the settings.
#[derive(Debug)]
#[non_exhaustive]
pub struct Table {
    /// The settings. The constants in `key` are their indices.
    pub settings: &'static [Setting],
    /// The rules between settings, in the order in which errors report them.
    pub rules: &'static [Rule],
}

impl Table {
    /// Returns the setting with this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&'static Setting> {
        self.settings.iter().find(|setting| setting.name == name)
    }

    /// Returns the names of all settings, in the order of the table.
    pub fn names(&self) -> impl Iterator<Item = &'static str> + use<> {
        self.settings.iter().map(|setting| setting.name)
    }
}

/// One setting.
#[derive(Debug)]
#[non_exhaustive]
pub struct Setting {
    /// The name of the setting in attributes, builders and files.
    pub name: &'static str,
    /// What the setting does. The first sentence makes sense alone.
    pub doc: &'static str,
    /// How the setting is written, and its range.
    pub form: Form,
    /// The reason for the range, for a compile error. It is empty if the form needs no reason.
    pub(crate) reason: &'static str,
    /// The default, unless it depends on other settings.
    pub default: Option<Value>,
    /// A description of the default, or of the settings on which the default depends.
    pub default_words: &'static str,
    /// Advice on when to change the setting.
    pub advice: &'static str,
}

/// How a setting is written, and the values that it may have.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Form {
    /// A whole number between two bounds, both included.
    Count {
        /// The least value.
        least: u32,
        /// The greatest value.
        most: u32,
    },
    /// A duration.
    Time {
        /// Whether the value may be zero.
        zero: bool,
    },
    /// A number from 0 to 1, or a percentage as text.
    Share {
        /// Whether the value may be zero.
        zero: bool,
    },
    /// A finite number that is at least 1.
    Factor,
    /// `true` or `false`.
    Flag,
    /// A number of calls that is at least 1, or a duration longer than zero.
    Window {
        /// The maximum number of calls.
        most: u32,
    },
    /// One of these words.
    Word(&'static [&'static str]),
    /// One of these words, a number from 0 to 1, or a percentage as text.
    WordOrShare(&'static [&'static str]),
    /// One of these words, or a function. A function has the value `custom`.
    WordOrFunction(&'static [&'static str]),
}

/// A value of a setting.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Value {
    /// A count, or the number of calls in a window.
    Count(u32),
    /// A duration.
    Time(Duration),
    /// A share or a factor.
    Number(f64),
    /// Whether something is on.
    Flag(bool),
    /// A word.
    Word(&'static str),
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Count(count) => write!(f, "{count}"),
            Self::Time(time) => write!(f, "{time:?}"),
            Self::Number(number) => write!(f, "{number:?}"),
            Self::Flag(is_on) => write!(f, "{is_on}"),
            Self::Word(word) => f.write_str(word),
        }
    }
}

/// The state of a setting when the rules are checked.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum Given {
    /// The setting was not given, so its default applies.
    #[default]
    Default,
    /// The setting was given this value.
    Value(Value),
    /// The setting was given, but its value is known only at run time.
    Unknown,
    /// The setting was not given here, but other code may give it.
    Open,
}

impl Given {
    pub(crate) const fn is_given(self) -> bool {
        matches!(self, Self::Value(_) | Self::Unknown)
    }

    /// Returns the value, if it was given and is known.
    #[must_use]
    pub const fn value(self) -> Option<Value> {
        match self {
            Self::Value(value) => Some(value),
            _ => None,
        }
    }

    pub(crate) const fn is_default(self) -> bool {
        matches!(self, Self::Default)
    }
}

impl Setting {
    /// Returns whether the value is in the range of this setting.
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
            (Form::Flag, Value::Flag(_))
            | (Form::Word(_) | Form::WordOrShare(_) | Form::WordOrFunction(_), Value::Word(_)) => {
                true
            }
            _ => false,
        }
    }

    /// Returns the rule that a value out of range breaks, for example "must be at least 1". The
    /// text is empty if no value of the type is out of range.
    #[must_use]
    pub fn must(&self, value: Value) -> String {
        match (self.form, value) {
            (Form::Count { least, most }, _) if most < u32::MAX => {
                format!("must be between {least} and {most}")
            }
            (Form::Count { least, .. }, _) if least > 0 => format!("must be at least {least}"),
            (Form::Window { .. }, Value::Time(_)) | (Form::Time { zero: false }, _) => {
                "must be longer than zero".into()
            }
            (Form::Window { most }, _) => {
                format!("must be between 1 and {most} calls; longer ones are a time")
            }
            (Form::Share { zero: true }, _) => "must be between 0 and 1".into(),
            (Form::Share { zero: false }, _) => "must be above 0 and at most 1".into(),
            (Form::Factor, _) => "must be a finite number of at least 1".into(),
            (Form::WordOrShare(_), _) => "as a proportion must be between 0 and 1".into(),
            _ => String::new(),
        }
    }

    /// Returns the end of a compile error for a value out of range. It follows "`name` is `value`:
    /// ".
    #[must_use]
    pub const fn reason(&self, value: Value) -> &'static str {
        match (self.form, value) {
            (Form::Window { .. }, Value::Time(_)) => "it would hold no call, so above zero",
            _ if !self.reason.is_empty() => self.reason,
            (Form::Share { zero: false }, _) => {
                "a rate is above 0 and up to 1, or a percentage up to \"100%\""
            }
            (Form::Share { .. } | Form::WordOrShare(_), _) => {
                "a proportion is from 0 to 1, or from \"0%\" to \"100%\""
            }
            (Form::Factor, _) => "a factor is finite and at least 1",
            _ => "",
        }
    }

    /// Reads a word. Also reads a percentage, if the setting accepts shares.
    ///
    /// # Errors
    ///
    /// Returns a [`TextError`] if the setting has no such word. The error lists the words.
    pub fn read_word(&self, text: &str) -> Result<Value, TextError> {
        if let Some(word) = self.words().iter().find(|word| **word == text) {
            return Ok(Value::Word(word));
        }
        let takes_share = matches!(self.form, Form::WordOrShare(_));
        match parse_share(text) {
            Ok(share) if takes_share => Ok(Value::Number(share)),
            _ => {
                let or_share = if takes_share { ", or a share like \"20%\"" } else { "" };
                let words: Vec<String> = self.words().iter().map(|it| format!("`{it}`")).collect();
                let message = format!("must be one of {}{or_share}", words.join(", "));
                Err(TextError::new(text, message))
            }
        }
    }

    /// Returns the words that an attribute or a file may give.
    #[must_use]
    pub const fn words(&self) -> &'static [&'static str] {
        match self.form {
            Form::Word(words) | Form::WordOrShare(words) | Form::WordOrFunction(words) => words,
            _ => &[],
        }
    }
}
