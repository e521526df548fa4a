//! The fields of a JSON object with unparsed values, and their conversion to `name=value` pairs.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};

use crate::error::{BuildError, BuildErrorKind};

/// The fields of an object as serde wrote them. The values are not parsed, so numbers keep their
/// form.
pub(crate) type Fields = BTreeMap<String, Box<RawValue>>;

pub(crate) fn fields_of(value: &(impl Serialize + ?Sized)) -> Result<Fields, BuildError> {
    let raw = to_raw_value(value).map_err(|_| refuse_fields("cannot be written as JSON"))?;
    parse_fields(&raw)
}

pub(crate) fn parse_fields(raw: &RawValue) -> Result<Fields, BuildError> {
    serde_json::from_str(raw.get()).map_err(|_| refuse_fields("is not an object"))
}

/// Returns the fields as pairs. A list becomes one pair for each element, `null` becomes no pair,
/// and an object is an error.
pub(crate) fn field_pairs(
    fields: &Fields,
    kind: BuildErrorKind,
) -> Result<Vec<(String, String)>, BuildError> {
    let mut pairs = Vec::new();
    for (name, value) in fields {
        let refuse = || {
            let subject = format!("field `{}`", name.escape_debug());
            BuildError::new(kind, subject, "is not a plain value")
        };
        let list: Vec<Box<RawValue>>;
        let values: Vec<&RawValue> = if value.get().starts_with('[') {
            list = serde_json::from_str(value.get()).map_err(|_| refuse())?;
            list.iter().map(AsRef::as_ref).collect()
        } else {
            vec![value]
        };
        for value in values {
            let text = value.get();
            match text.as_bytes().first() {
                Some(b'[' | b'{') | None => return Err(refuse()),
                Some(b'"') => {
                    let text = serde_json::from_str(text).map_err(|_| refuse())?;
                    pairs.push((name.clone(), text));
                }
                _ if text == "null" => {}
                // Numbers and booleans are copied as text, because a conversion to a float could
                // change them.
                _ => pairs.push((name.clone(), text.to_owned())),
            }
        }
    }
    Ok(pairs)
}

pub(crate) fn refuse_fields(problem: &str) -> BuildError {
    BuildError::new(BuildErrorKind::Body, "request", problem)
}
