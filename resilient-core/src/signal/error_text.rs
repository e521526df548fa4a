//! A short text about an error: bounded, on one line, and stored without an allocation.

use std::fmt::{self, Display, Write};

use crate::platform::contain;

/// A short text about an error, for snapshots, events and logs.
///
/// The text has at most [`LONGEST`](Self::LONGEST) bytes; a longer one is cut at a character.
/// Control characters, line separators and characters that change the direction of text become
/// spaces, so that the text stays on one line.
///
/// ```
/// use resilient_core::signal::ErrorText;
///
/// let error = "x".parse::<u32>().unwrap_err();
/// assert_eq!(ErrorText::of(&error).as_str(), "invalid digit found in string");
/// assert_eq!(ErrorText::of("first line\nsecond line").as_str(), "first line second line");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct ErrorText {
    /// The text, then zeros. The text has no zero, because a zero is a control character.
    bytes: [u8; Self::LONGEST],
}

impl ErrorText {
    /// The most bytes of a text.
    pub const LONGEST: usize = 64;

    /// The text about an error whose `Display` panicked.
    const PANICKED: &'static str = "(the error's `Display` panicked)";

    // B20
    /// Writes the text with the `Display` of an error. If the `Display` panics, the panic is
    /// contained, and the text says that it panicked.
    #[must_use]
    pub fn of<E: Display + ?Sized>(error: &E) -> Self {
        Self::written(&error)
    }

    /// Returns the text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        let length = self.bytes.iter().position(|byte| *byte == 0).unwrap_or(Self::LONGEST);
        // Only whole characters are stored, so the bytes are always valid UTF-8.
        std::str::from_utf8(&self.bytes[..length]).unwrap_or_default()
    }

    /// Returns whether the text is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.bytes[0] == 0
    }

    const EMPTY: Self = Self { bytes: [0; Self::LONGEST] };

    /// This function is not generic, so that it exists once for all types of errors.
    #[cold]
    #[inline(never)]
    fn written(error: &dyn Display) -> Self {
        let mut line = Line::EMPTY;
        // An error of `write!` means that the line is full, or that the `Display` failed. The text
        // that was written until then is used in both cases.
        if contain(|| write!(line, "{error}")).is_none() {
            line = Line::EMPTY;
            let _ = line.write_str(Self::PANICKED);
        }
        Self { bytes: line.bytes }
    }
}

impl Default for ErrorText {
    /// Makes an empty text.
    fn default() -> Self {
        Self::EMPTY
    }
}

impl Display for ErrorText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for ErrorText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl AsRef<str> for ErrorText {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for ErrorText {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// The line that a `Display` writes into. Once a character does not fit, the line refuses all
/// characters, so that a `Display` that would write much ends early.
struct Line {
    bytes: [u8; ErrorText::LONGEST],
    length: usize,
    is_full: bool,
}

impl Line {
    const EMPTY: Self = Self { bytes: [0; ErrorText::LONGEST], length: 0, is_full: false };
}

impl Write for Line {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        // Most texts are printable ASCII, which can be copied at once.
        let head = &text.as_bytes()[..text.len().min(ErrorText::LONGEST)];
        let is_plain = head.iter().fold(true, |all, byte| all & matches!(byte, b' '..=b'~'));
        if !is_plain {
            return text.chars().try_for_each(|character| self.write_char(character));
        }
        let free = &mut self.bytes[self.length..];
        let fitting = if self.is_full { 0 } else { head.len().min(free.len()) };
        free[..fitting].copy_from_slice(&head[..fitting]);
        self.length += fitting;
        self.is_full |= fitting < text.len();
        if self.is_full { Err(fmt::Error) } else { Ok(()) }
    }

    fn write_char(&mut self, character: char) -> fmt::Result {
        let character = if is_harmless(character) { character } else { ' ' };
        let free = &mut self.bytes[self.length..];
        self.is_full |= character.len_utf8() > free.len();
        if self.is_full {
            return Err(fmt::Error);
        }
        self.length += character.encode_utf8(free).len();
        Ok(())
    }
}

/// Returns whether the character stays on its line and leaves the direction of the text as it is.
fn is_harmless(character: char) -> bool {
    let is_separator = matches!(character, '\u{2028}' | '\u{2029}');
    let is_direction = matches!(
        character,
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
    );
    !(character.is_control() || is_separator || is_direction)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A `Display` that ignores the errors of its formatter.
    struct Stubborn;

    impl Display for Stubborn {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            let _ = f.write_str(&"x".repeat(63));
            let _ = f.write_str("ä");
            let _ = f.write_str("y");
            Ok(())
        }
    }

    /// A `Display` that writes a part of its text, and then fails or panics.
    enum Broken {
        Fails,
        Panics,
    }

    impl Display for Broken {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("half")?;
            match self {
                Self::Fails => Err(fmt::Error),
                Self::Panics => panic!("this panic belongs to the test"),
            }
        }
    }

    #[test]
    fn b20_a_text_is_cut_at_a_character() {
        let full = "x".repeat(64);
        assert_eq!(ErrorText::of(&full).as_str(), full);
        assert_eq!(ErrorText::of(&format!("{full}y")).as_str(), full);
        let wide = "ä".repeat(40);
        assert_eq!(ErrorText::of(&format!("x{wide}")).as_str(), format!("x{}", "ä".repeat(31)));
        assert_eq!(ErrorText::of(&Stubborn).as_str(), "x".repeat(63));
        let tail = format!("{full}ä");
        assert_eq!(ErrorText::of(&tail).as_str(), full);
        let parts =
            ErrorText::of(&format_args!("{}{}{}", &full[..63], "|", "y")).as_str().to_owned();
        assert_eq!(parts, format!("{}|", &full[..63]));
        assert!(ErrorText::of("").is_empty());
    }

    #[test]
    fn b20_a_text_stays_on_one_line() {
        let text = "a\nb\r\tc\u{0}d\u{1b}[31me\u{2028}f\u{202e}g\u{85}h";
        assert_eq!(ErrorText::of(text).as_str(), "a b  c d [31me f g h");
    }

    #[test]
    fn b20_a_broken_display_harms_nothing() {
        assert_eq!(ErrorText::of(&Broken::Fails).as_str(), "half");
        assert_eq!(ErrorText::of(&Broken::Panics).as_str(), ErrorText::PANICKED);
        assert!(ErrorText::PANICKED.len() <= ErrorText::LONGEST);
    }

    struct Endless;
    impl Display for Endless {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            loop {
                f.write_str("again ")?;
            }
        }
    }

    #[test]
    fn a_text_that_would_be_endless_ends_early() {
        let padded = " ".repeat(99) + "x";
        assert_eq!(ErrorText::of(&padded).as_str(), " ".repeat(64));
        assert_eq!(ErrorText::of(&Endless).as_str().len(), 64);
    }

    #[test]
    fn an_optional_text_needs_one_more_byte() {
        assert_eq!(size_of::<Option<ErrorText>>(), ErrorText::LONGEST + 1);
    }
}
