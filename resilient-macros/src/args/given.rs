//! The pairs that were given, each key once and known, and the rules about which may stand together.

use proc_macro2::TokenStream;

use super::circuit_breaker::BREAKER_KEYS;
use super::fallback::FALLBACK_KEYS;
use super::outer::Kind;
use super::pairs::{Form, Pair, split};
use super::retry::RETRY_KEYS;
use super::suggest;
use super::timeout::TIMEOUT_KEYS;
use crate::error::Errors;

/// The keys of one attribute, as they are shown to users.
#[derive(Debug)]
pub(super) struct Keys {
    pub(super) kind: Kind,
    /// `key = value`
    pub(super) values: &'static [&'static str],
    /// `key(a, b)`
    pub(super) lists: &'static [&'static str],
}

pub(super) const HIDDEN: &str = "__outer";

const ALL: [&Keys; 4] = [&RETRY_KEYS, &BREAKER_KEYS, &TIMEOUT_KEYS, &FALLBACK_KEYS];

#[derive(Debug)]
pub(super) struct Given {
    pairs: Vec<Pair>,
}

impl Given {
    /// Splits the arguments and drops, with an error, what is unknown, of the wrong form, or a repetition.
    pub(super) fn read(tokens: TokenStream, keys: &Keys, errors: &mut Errors) -> Self {
        let mut pairs: Vec<Pair> = Vec::new();
        for pair in split(tokens, errors) {
            let name = pair.name.as_str();
            if let Some(message) = keys.objection(&pair) {
                errors.push(pair.key.span(), message);
            } else if pairs.iter().any(|earlier| earlier.name == name) {
                errors.push(pair.key.span(), format!("`{name}` is given twice"));
            } else {
                pairs.push(pair);
            }
        }
        Given { pairs }
    }

    pub(super) fn pairs(&self) -> &[Pair] {
        &self.pairs
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.pairs.iter().any(|pair| pair.name == name)
    }

    /// Of the keys, the one that was given last.
    pub(super) fn last_of(&self, names: &[&str]) -> Option<&Pair> {
        self.pairs
            .iter()
            .rev()
            .find(|pair| names.contains(&pair.name.as_str()))
    }

    /// Reports a broken rule about several keys, at the value of the last of them.
    pub(super) fn break_rule(
        &self,
        names: &[&str],
        message: impl Into<String>,
        errors: &mut Errors,
    ) {
        if let Some(pair) = self.last_of(names) {
            errors.push_spanned(&pair.place(), message);
        }
    }

    /// Reports two keys of which only one may be given, at the second.
    pub(super) fn exclude(&self, one: &str, others: &[&str], reason: &str, errors: &mut Errors) {
        if !self.has(one) {
            return;
        }
        let mut before = true;
        for pair in &self.pairs {
            let name = pair.name.as_str();
            before &= name != one;
            if !others.contains(&name) {
                continue;
            }
            // The span is the second's, so the one that stands later is named first.
            let (second, first) = if before {
                (self.last_of(&[one]).unwrap_or(pair), name)
            } else {
                (pair, one)
            };
            errors.push(
                second.key.span(),
                format!("`{}` excludes `{first}`: {reason}", second.name),
            );
        }
    }
}

impl Keys {
    fn objection(&self, pair: &Pair) -> Option<String> {
        let name = pair.name.as_str();
        let is_list = matches!(pair.form, Form::List(_));
        if name == HIDDEN {
            return (!is_list)
                .then(|| "`__outer` is internal: it is not for use by hand".to_owned());
        }
        if self.values.contains(&name) {
            return is_list.then(|| format!("`{name}` takes a value: write `{name} = …`"));
        }
        if self.lists.contains(&name) {
            return (!is_list).then(|| format!("`{name}` takes a list: write `{name}(…)`"));
        }
        let all = self.all();
        let own = suggest::nearest(name, &all);
        let other = self.nearest_of_others(name, own);
        let advice = if let Some(owners) = self.owners(name) {
            format!("it belongs to {owners}")
        } else if let Some((meant, owners)) = other {
            format!("did you mean `{meant}`, which belongs to {owners}?")
        } else if let Some(meant) = own {
            format!("did you mean `{meant}`?")
        } else if self.kind == Kind::Timeout {
            "the time has no key: write `#[timeout(\"2s\")]`".to_owned()
        } else {
            format!("`#[{}]` has {}", self.kind.name(), suggest::list(&all))
        };
        Some(format!("unknown key `{name}`: {advice}"))
    }

    fn all(&self) -> Vec<&'static str> {
        self.values.iter().chain(self.lists).copied().collect()
    }

    fn others(&self) -> impl Iterator<Item = &'static Keys> + '_ {
        ALL.into_iter().filter(|keys| keys.kind != self.kind)
    }

    /// The other attributes that have the key, if there are any.
    fn owners(&self, name: &str) -> Option<String> {
        let owners = self.others().filter(|keys| keys.all().contains(&name));
        let names: Vec<String> = owners
            .map(|keys| format!("`#[{}]`", keys.kind.name()))
            .collect();
        (!names.is_empty()).then(|| names.join(" and "))
    }

    /// The key of another attribute that a misspelt one was rather meant to be than the nearest of its `own`.
    fn nearest_of_others(&self, name: &str, own: Option<&str>) -> Option<(&'static str, String)> {
        if self.kind == Kind::Timeout {
            return None;
        }
        let known: Vec<&str> = self.others().flat_map(Keys::all).collect();
        let meant = suggest::nearest(name, &known)?;
        let is_nearer = own.is_none_or(|own| suggest::is_nearer(name, meant, own));
        is_nearer.then_some((meant, self.owners(meant)?))
    }
}
