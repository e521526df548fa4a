//! Reads the `key = value` pairs of one attribute, and checks which keys may stand together.

use proc_macro2::TokenStream;

use super::handed_down::{self, CommonArgs};
use super::keys::{AttributeKeys, HIDDEN, KeyForm};
use super::misplaced::misplaced;
use super::names;
use super::pairs::{Form, Pair, split};
use super::unknown_key::objection;
use crate::error::CompileErrors;

#[derive(Debug)]
pub(super) struct KeyValues {
    keys: &'static AttributeKeys,
    pairs: Vec<Pair>,
    pub(super) common: CommonArgs,
}

impl KeyValues {
    /// Splits the arguments into `key = value` pairs. Unknown keys, values of the wrong form and
    /// repeated keys are reported and left out.
    pub(super) fn read(
        tokens: TokenStream,
        keys: &'static AttributeKeys,
        errors: &mut CompileErrors,
    ) -> Self {
        let mut pairs: Vec<Pair> = Vec::new();
        let mut common = CommonArgs::default();
        for pair in split(tokens, keys.kind, errors) {
            let name = pair.name.as_str();
            if let Some(message) = objection(keys, &pair) {
                errors.push(pair.key.span(), message);
            } else if pairs.iter().any(|earlier| earlier.name == name) {
                errors.push(pair.key.span(), format!("`{name}` is given twice"));
            } else {
                if let Some(message) = misplaced(keys, &pair) {
                    errors.push_spanned(&pair.place(), message);
                }
                match &pair.form {
                    Form::Value(path) if name == "crate" => {
                        common.krate = names::runtime_path(path, path, errors);
                    }
                    Form::List(inside) if name == HIDDEN => {
                        common.outer = handed_down::parse(inside, errors);
                    }
                    _ => {}
                }
                pairs.push(pair);
            }
        }
        Self { keys, pairs, common }
    }

    pub(super) fn pairs(&self) -> &[Pair] {
        &self.pairs
    }

    pub(super) fn form(&self, name: &str) -> Option<KeyForm> {
        self.keys.find(name)
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.pairs.iter().any(|pair| pair.name == name)
    }

    /// Returns the last pair that has one of these keys.
    pub(super) fn last_of(&self, names: &[&str]) -> Option<&Pair> {
        let mut last_first = self.pairs.iter().rev();
        last_first.find(|pair| names.contains(&pair.name.as_str()))
    }

    /// Reports that the keys `names` break a rule together. The error points at the last of these
    /// keys.
    pub(super) fn break_rule(
        &self,
        names: &[&str],
        message: impl Into<String>,
        errors: &mut CompileErrors,
    ) {
        if let Some(pair) = self.last_of(names) {
            errors.push_spanned(&pair.place(), message);
        }
    }

    /// Reports each key of `others` that is given together with `one`. The error points at the
    /// later key of the two.
    pub(super) fn exclude(
        &self,
        one: &str,
        others: &[&str],
        reason: &str,
        errors: &mut CompileErrors,
    ) {
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
            let (second, first) =
                if before { (self.last_of(&[one]).unwrap_or(pair), name) } else { (pair, one) };
            errors
                .push(second.key.span(), format!("`{}` excludes `{first}`: {reason}", second.name));
        }
    }
}
