//! The error of text that cannot be read as a value.

use std::fmt;

/// The reason why text cannot be read as a value, with advice on correct text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextError {
    text: Box<str>,
    message: Box<str>,
}

impl TextError {
    pub(crate) fn new(text: &str, message: String) -> Self {
        let (text, message) = (text.into(), message.into());
        Self { text, message }
    }

    /// Returns the text that cannot be read.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for TextError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for TextError {}
