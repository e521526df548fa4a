//! Writes the error about a key that an attribute does not have, or that needs another form.

use resilient_settings::suggest;

use super::keys::{ALL, AttributeKeys, HIDDEN, KeyForm};
use super::kind::AttributeKind;
use super::pairs::{Form, Pair};

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

/// Other names of the keys, most of them from other libraries. Each line has an attribute, one of
/// its keys, and the other names of this key. These names are in lower case and without
/// underscores.
const SYNONYMS: &str = include_str!("synonyms.txt");

fn unknown(keys: &AttributeKeys, name: &str) -> String {
    let all = keys.names();
    let own = suggest::nearest(name, &all);
    let elsewhere = owners(keys, name).map(|owners| format!("belongs to {owners}"));
    let other = AttributeKind::of(name).filter(|kind| *kind != keys.kind);
    let elsewhere = elsewhere.or(other.map(|_| format!("is the attribute `#[{name}]`")));
    let advice = match (synonym(keys, name), elsewhere) {
        (Some(meant), Some(elsewhere)) => format!("did you mean `{meant}`? `{name}` {elsewhere}"),
        (Some(meant), None) => format!("did you mean `{meant}`?"),
        (None, Some(elsewhere)) => format!("it {elsewhere}"),
        (None, None) => {
            if let Some((meant, owners)) = nearest_of_others(keys, name, own) {
                format!("did you mean `{meant}`, which belongs to {owners}?")
            } else if let Some(meant) = own {
                format!("did you mean `{meant}`?")
            } else if keys.kind == AttributeKind::Timeout {
                "the time has no key: write `#[timeout(\"2s\")]`".to_owned()
            } else {
                format!("`#[{}]` has {}", keys.kind.name(), suggest::list(&all))
            }
        }
    };
    format!("unknown key `{name}`: {advice}")
}

/// Returns the key of the attribute that other libraries call `name`.
fn synonym(keys: &AttributeKeys, name: &str) -> Option<&'static str> {
    let name = name.to_lowercase().replace('_', "");
    let mut own = SYNONYMS.lines().filter_map(|line| {
        line.strip_prefix(keys.kind.name())?.strip_prefix(' ')?.split_once(": ")
    });
    own.find(|(_, words)| words.split(' ').any(|word| word == name)).map(|(key, _)| key)
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

/// Returns the key of another attribute that resembles the misspelt `name`, and the attributes that
/// have this key. Returns `None` if no key resembles `name`, or if `own`, the most similar key of
/// the present attribute, resembles `name` at least as much.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_synonym_leads_to_a_key_of_its_attribute() {
        let mut seen = Vec::new();
        for line in SYNONYMS.lines() {
            let (place, words) = line.split_once(": ").expect(line);
            let (attribute, key) = place.split_once(' ').expect(line);
            let keys = ALL.into_iter().find(|keys| keys.kind.name() == attribute).expect(line);
            assert!(keys.find(key).is_some(), "{line}");
            for word in words.split(' ') {
                assert_eq!(word, word.to_lowercase().replace('_', ""), "{line}");
                assert!(keys.names().iter().all(|key| key.replace('_', "") != word), "{word}");
                assert!(!seen.contains(&(attribute, word)), "{word}");
                seen.push((attribute, word));
                let said = unknown(keys, word);
                let meant = format!("unknown key `{word}`: did you mean `{key}`?");
                assert!(said.starts_with(&meant), "{said}");
            }
        }
        assert!(seen.len() > 300, "{}", seen.len());
    }

    #[test]
    fn the_names_of_keys_in_other_libraries_are_recognized() {
        let [retry, breaker, timeout, fallback] = ALL;
        for (keys, name, advice) in [
            (retry, "attempts", "did you mean `max_attempts`?"),
            (retry, "maxRetryAttempts", "did you mean `max_retries`?"),
            (retry, "stop_after_attempt", "did you mean `max_attempts`?"),
            (retry, "wait_exponential", "did you mean `backoff`?"),
            (retry, "min_delay", "did you mean `base_delay`?"),
            (retry, "retry_on", "did you mean `on`?"),
            (retry, "ignore", "did you mean `except`? `ignore` belongs to `#[circuit_breaker]`"),
            (
                retry,
                "timeout",
                "did you mean `attempt_timeout`? `timeout` is the attribute `#[timeout]`",
            ),
            (retry, "fallback", "it is the attribute `#[fallback]`"),
            (breaker, "failures", "did you mean `failure_threshold`?"),
            (breaker, "fail_max", "did you mean `failure_threshold`?"),
            (breaker, "window_size", "did you mean `window`?"),
            (breaker, "success_threshold", "did you mean `half_open_successes`?"),
            (
                breaker,
                "timeout",
                "did you mean `recovery_time`? `timeout` is the attribute `#[timeout]`",
            ),
            (breaker, "on", "did you mean `failure`? `on` belongs to `#[retry]` and `#[fallback]`"),
            (fallback, "default", "did you mean `value`?"),
            (timeout, "deadline", "it belongs to `#[retry]`"),
            (timeout, "seconds", "the time has no key: write `#[timeout(\"2s\")]`"),
        ] {
            assert_eq!(unknown(keys, name), format!("unknown key `{name}`: {advice}"));
        }
    }
}
