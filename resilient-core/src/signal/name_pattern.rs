//! The names that an override is for: one name, or all names with a prefix.

/// The names that a text stands for. A text that ends in `*` stands for all names that begin with
/// the text before the `*`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NamePattern<'a> {
    Exact(&'a str),
    Prefix(&'a str),
}

impl<'a> NamePattern<'a> {
    /// Returns whether each `*` of the text is its last character.
    pub(crate) fn is_valid(text: &str) -> bool {
        text.find('*').is_none_or(|at| at + 1 == text.len())
    }

    pub(crate) fn of(text: &'a str) -> Self {
        text.strip_suffix('*').map_or(Self::Exact(text), Self::Prefix)
    }

    /// Returns the text before which no name matches, in the order of text. The names that match
    /// follow it without a gap.
    pub(crate) fn first(self) -> &'a str {
        match self {
            Self::Exact(text) | Self::Prefix(text) => text,
        }
    }

    pub(crate) fn matches(self, name: &str) -> bool {
        match self {
            Self::Exact(exact) => exact == name,
            Self::Prefix(prefix) => name.starts_with(prefix),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn g02_a_star_stands_only_at_the_end() {
        for (text, is_valid) in
            [("", true), ("a", true), ("*", true), ("a/*", true), ("*a", false), ("a**", false)]
        {
            assert_eq!(NamePattern::is_valid(text), is_valid, "{text}");
        }
    }

    #[test]
    fn g02_a_pattern_matches_one_name_or_all_names_with_the_prefix() {
        let matches = |text, name| NamePattern::of(text).matches(name);
        assert!(matches("payments", "payments") && !matches("payments", "payment"));
        assert!(matches("*", "") && matches("pay*", "payments") && !matches("payments*", "pay"));
    }
}
