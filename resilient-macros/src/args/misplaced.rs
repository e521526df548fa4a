//! Writes the errors about a pattern where a key takes a closure, and about a closure where a key
//! takes a pattern.

use proc_macro2::TokenStream;
use syn::ExprPath;

use super::keys::{AttributeKeys, KeyForm};
use super::pairs::{Form, Pair};
use super::pattern::{Role, role};
use crate::tokens::{flatten, source};

/// Pairs of keys that select the same errors: the first key takes a pattern, the second a
/// predicate.
const PAIRED: [(&str, &str); 3] =
    [("on", "retry_if"), ("failure", "failure_if"), ("ignore", "ignore_if")];

/// Returns an error message if the key takes a pattern and has a closure, or the reverse.
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
        // The constructor of a variant, such as `Reply::Rejected`, is a function, but none makes a
        // `Classification`.
        (KeyForm::Closure(parameter), Role::Pattern) if name == "classify" || !is_path(value) => {
            Some(format!("`{name}` is a closure or a path, as in `{name} = |{parameter}| …`"))
        }
        _ => None,
    }
}

fn is_path(value: &TokenStream) -> bool {
    let flat: TokenStream = flatten(value.clone()).into_iter().collect();
    syn::parse2::<ExprPath>(flat).is_ok()
}
