//! Writes the error about a pattern or a value where a closure belongs, and the other way round.

use proc_macro2::TokenStream;
use syn::ExprPath;

use super::keys::{AttributeKeys, KeyForm};
use super::pairs::{Form, Pair};
use super::pattern::{Role, role};
use crate::tokens::{flatten, source};

/// The keys for patterns, each with the key for predicates on the same question.
const PAIRED: [(&str, &str); 3] =
    [("on", "retry_if"), ("failure", "failure_if"), ("ignore", "ignore_if")];

/// Returns an error message if the value of the key belongs to another key.
pub(super) fn misplaced(keys: &AttributeKeys, pair: &Pair) -> Option<String> {
    let Form::Value(value) = &pair.form else {
        return None;
    };
    let (name, given) = (pair.name.as_str(), source(value));
    let paired = PAIRED.into_iter().find(|(pattern, predicate)| {
        [pattern, predicate].contains(&&name) && keys.find(predicate).is_some()
    });
    match (keys.find(name)?, role(value)) {
        (KeyForm::Predicate, Role::Pattern) => Some(match paired {
            Some((key, _)) => format!("a pattern goes to `{key}`: write `{key} = {given}`"),
            None => format!(
                "`{name}` is a predicate on the whole output: write \
                 `{name} = |output| matches!(output, {given})`"
            ),
        }),
        (KeyForm::Pattern, Role::Predicate) => Some(match paired {
            Some((_, key)) => format!("a predicate goes to `{key}`: write `{key} = …`"),
            None => format!(
                "`{name}` is a pattern of the error: for a predicate, write a guard, as in \
                 `{name} = error if error.is_fatal()`"
            ),
        }),
        // The constructor of a variant, such as `Reply::Rejected`, is a function.
        (KeyForm::Closure(parameter), Role::Pattern) if !is_path(value) => {
            Some(format!("`{name}` is a closure or a path, as in `{name} = |{parameter}| …`"))
        }
        _ => None,
    }
}

fn is_path(value: &TokenStream) -> bool {
    let flat: TokenStream = flatten(value.clone()).into_iter().collect();
    syn::parse2::<ExprPath>(flat).is_ok()
}
