//! The names that an override is for: one name, or all names with a prefix.

use std::cmp::Reverse;

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

    pub(crate) fn matches(self, name: &str) -> bool {
        match self {
            Self::Exact(exact) => exact == name,
            Self::Prefix(prefix) => name.starts_with(prefix),
        }
    }

    /// Returns whether this pattern matches every name that `other` matches.
    pub(crate) fn covers(self, other: Self) -> bool {
        match (self, other) {
            (_, Self::Exact(name)) => self.matches(name),
            (Self::Prefix(_), Self::Prefix(stem)) => self.matches(stem),
            (Self::Exact(_), Self::Prefix(_)) => false,
        }
    }

    // G2: an exact name wins over a prefix, and a longer prefix over a shorter one.
    /// Returns a value that is smaller for a pattern that wins.
    pub(crate) fn rank(self) -> impl Ord + use<> {
        match self {
            Self::Exact(_) => (false, Reverse(0)),
            Self::Prefix(prefix) => (true, Reverse(prefix.len())),
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
    fn g02_patterns_are_ordered_by_precedence() {
        let mut texts = ["*", "pay*", "payments", "payments*", "p*"];
        texts.sort_by_key(|text| NamePattern::of(text).rank());
        assert_eq!(texts, ["payments", "payments*", "pay*", "p*", "*"]);
        assert!(texts.iter().all(|text| NamePattern::of(text).matches("payments")));
        assert!(!NamePattern::of("payments").matches("payment"));
        assert!(!NamePattern::of("payments*").matches("pay"));
    }

    #[test]
    fn g02_a_prefix_covers_longer_prefixes_and_names() {
        let covers = |one, other| NamePattern::of(one).covers(NamePattern::of(other));
        assert!(covers("*", "pay*") && covers("pay*", "pay*") && covers("pay*", "payments"));
        assert!(covers("pay", "pay") && !covers("pay", "pay*") && !covers("pay*", "p*"));
    }
}
