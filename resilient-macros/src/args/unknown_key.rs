//! Writes the error about a key that an attribute does not have, or that needs another form.

use super::keys::{ALL, AttributeKeys, HIDDEN, KeyForm};
use super::kind::AttributeKind;
use super::pairs::{Form, Pair};
use super::suggest;

/// Returns an error message if the key is unknown or its value has the wrong form.
pub(super) fn objection(keys: &AttributeKeys, pair: &Pair) -> Option<String> {
    let name = pair.name.as_str();
    let is_list = matches!(pair.form, Form::List(_));
    if name == HIDDEN {
        return (!is_list).then(|| "`__outer` is internal: it is not for use by hand".to_owned());
    }
    match keys.find(name) {
        None => Some(unknown(keys, name)),
        Some(KeyForm::List) => {
            (!is_list).then(|| format!("`{name}` takes a list: write `{name}(…)`"))
        }
        Some(_) => is_list.then(|| format!("`{name}` takes a value: write `{name} = …`")),
    }
}

fn unknown(keys: &AttributeKeys, name: &str) -> String {
    let all = keys.names();
    let own = suggest::nearest(name, &all);
    let advice = if let Some(owners) = owners(keys, name) {
        format!("it belongs to {owners}")
    } else if let Some((meant, owners)) = nearest_of_others(keys, name, own) {
        format!("did you mean `{meant}`, which belongs to {owners}?")
    } else if let Some(meant) = own {
        format!("did you mean `{meant}`?")
    } else if keys.kind == AttributeKind::Timeout {
        "the time has no key: write `#[timeout(\"2s\")]`".to_owned()
    } else {
        format!("`#[{}]` has {}", keys.kind.name(), suggest::list(&all))
    };
    format!("unknown key `{name}`: {advice}")
}

fn others(keys: &AttributeKeys) -> impl Iterator<Item = &'static AttributeKeys> {
    let kind = keys.kind;
    ALL.into_iter().filter(move |other| other.kind != kind)
}

/// Returns the names of the other attributes that have the key, or `None` if no other attribute has
/// the key.
fn owners(keys: &AttributeKeys, name: &str) -> Option<String> {
    let owners = others(keys).filter(|other| other.find(name).is_some());
    let names: Vec<String> = owners.map(|keys| format!("`#[{}]`", keys.kind.name())).collect();
    (!names.is_empty()).then(|| names.join(" and "))
}

/// Returns the key of another attribute that resembles the misspelt `name`, and the names of the
/// attributes that have this key. Returns `None` if no key resembles `name`, or if `own`, the best
/// key of this attribute, is as near or nearer.
fn nearest_of_others(
    keys: &AttributeKeys,
    name: &str,
    own: Option<&str>,
) -> Option<(&'static str, String)> {
    if keys.kind == AttributeKind::Timeout {
        return None;
    }
    let known: Vec<&str> = others(keys).flat_map(AttributeKeys::names).collect();
    let meant = suggest::nearest(name, &known)?;
    let is_nearer = own.is_none_or(|own| suggest::is_nearer(name, meant, own));
    is_nearer.then_some((meant, owners(keys, meant)?))
}
