//! Values by the name, or by the prefix of names, that they are for.

use std::collections::BTreeMap;
use std::ops::Bound::{Included, Unbounded};

use super::NamePattern;

/// Values by the pattern of their names. A look-up takes a few steps, however many patterns there
/// are and however long the name is.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct PatternMap<T> {
    exact: BTreeMap<Box<str>, T>,
    /// The values of prefixes, without the `*`.
    prefixes: BTreeMap<Box<str>, T>,
}

impl<T> PatternMap<T> {
    /// Returns all patterns, exact ones first.
    pub(crate) fn patterns(&self) -> impl Iterator<Item = NamePattern<'_>> {
        let exact = self.exact.keys().map(|name| NamePattern::Exact(name));
        exact.chain(self.prefixes.keys().map(|prefix| NamePattern::Prefix(prefix)))
    }

    /// Returns all values.
    pub(crate) fn values(&self) -> impl Iterator<Item = &T> {
        self.exact.values().chain(self.prefixes.values())
    }

    // G2: an exact name wins over a prefix, and a longer prefix over a shorter one.
    /// Returns the values of the patterns that apply to all these names, those that win first.
    pub(crate) fn covering<'m>(&'m self, names: NamePattern<'_>) -> impl Iterator<Item = &'m T> {
        let (exact, stem) = match names {
            NamePattern::Exact(name) => (self.exact.get(name), name),
            NamePattern::Prefix(stem) => (None, stem),
        };
        let mut prefixes = Vec::new();
        let mut rest = Some(stem);
        while let Some(stem) = rest {
            let mut before = self.prefixes.range::<str, _>((Unbounded, Included(stem)));
            let Some((prefix, value)) = before.next_back() else { break };
            // Each text between a prefix of `stem` and `stem` begins with that prefix.
            let common = common_length(prefix, stem);
            rest = Some(&stem[..common]);
            if common == prefix.len() {
                prefixes.push(value);
                rest = stem[..common].char_indices().next_back().map(|(end, _)| &stem[..end]);
            }
        }
        exact.into_iter().chain(prefixes)
    }
}

impl<T> Default for PatternMap<T> {
    fn default() -> Self {
        Self { exact: BTreeMap::new(), prefixes: BTreeMap::new() }
    }
}

impl<'a, T> FromIterator<(&'a String, T)> for PatternMap<T> {
    fn from_iter<I: IntoIterator<Item = (&'a String, T)>>(entries: I) -> Self {
        let mut map = Self::default();
        for (text, value) in entries {
            match NamePattern::of(text) {
                NamePattern::Exact(name) => map.exact.insert(name.into(), value),
                NamePattern::Prefix(prefix) => map.prefixes.insert(prefix.into(), value),
            };
        }
        map
    }
}

/// Returns the number of bytes of the longest text with which both texts begin.
fn common_length(one: &str, other: &str) -> usize {
    let pairs = one.chars().zip(other.chars());
    pairs.take_while(|(one, other)| one == other).map(|(each, _)| each.len_utf8()).sum()
}

#[cfg(test)]
mod tests {
    use std::cmp::Reverse;

    use super::*;

    /// Returns the patterns that cover a name or prefix, found by comparison with each of them.
    fn compared(texts: &[String], names: NamePattern<'_>) -> Vec<String> {
        let of = |text: &&String| match (NamePattern::of(text), names) {
            (pattern, NamePattern::Exact(name)) => pattern.matches(name),
            (NamePattern::Prefix(prefix), NamePattern::Prefix(stem)) => stem.starts_with(prefix),
            (NamePattern::Exact(_), NamePattern::Prefix(_)) => false,
        };
        let mut found: Vec<_> = texts.iter().filter(of).cloned().collect();
        found.sort_by_key(|text| (text.ends_with('*'), Reverse(text.len())));
        found
    }

    #[test]
    fn g02_patterns_are_found_in_the_order_of_precedence() {
        let texts = ["*", "pay*", "payments", "payments*", "p*", "pa", "payz*"].map(str::to_owned);
        let map: PatternMap<_> = texts.iter().map(|text| (text, text.clone())).collect();
        let found: Vec<_> = map.covering(NamePattern::Exact("payments")).cloned().collect();
        assert_eq!(found, ["payments", "payments*", "pay*", "p*", "*"]);
        let found: Vec<_> = map.covering(NamePattern::Prefix("paym")).cloned().collect();
        assert_eq!(found, ["pay*", "p*", "*"]);
        assert!(map.patterns().eq(map.values().map(|text| NamePattern::of(text))));
    }

    #[test]
    fn g02_a_look_up_finds_what_a_comparison_with_each_pattern_finds() {
        // These letters come before and after `*`, and have one to four bytes.
        let letters = ['!', '*', 'a', 'b', '\u{e4}', '\u{1f980}'];
        let mut state = 15_u64;
        let mut random = |below: usize| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            usize::try_from(state >> 33).unwrap() % below
        };
        for _ in 0..3_000 {
            let mut word = |most: usize| -> String {
                (0..random(most)).map(|_| letters[random(letters.len())]).collect()
            };
            let mut texts: Vec<_> = (0..word(12).len())
                .map(|each| word(5).replace('*', "") + ["", "*"][each % 2])
                .collect();
            texts.sort();
            texts.dedup();
            let map: PatternMap<_> = texts.iter().map(|text| (text, text.clone())).collect();
            for _ in 0..8 {
                let word = word(7);
                for names in [NamePattern::Exact(&word), NamePattern::Prefix(&word)] {
                    let found: Vec<_> = map.covering(names).cloned().collect();
                    assert_eq!(found, compared(&texts, names), "{names:?} in {texts:?}");
                }
            }
        }
    }
}
