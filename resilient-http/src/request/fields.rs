//! The fields of a JSON object with unparsed values.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::value::RawValue;

use super::json_text::raw_json;
use crate::error::{BuildError, BuildErrorKind};

/// The fields of an object as serde wrote them. The values are not parsed, so numbers keep their
/// form.
pub(crate) type Fields = BTreeMap<String, Box<RawValue>>;

/// Returns the fields of an object. `part` is the name of the object in errors.
pub(crate) fn fields_of(
    value: &(impl Serialize + ?Sized),
    part: &str,
) -> Result<Fields, BuildError> {
    parse_fields(&raw_json(value, part)?, part)
}

pub(crate) fn parse_fields(raw: &RawValue, part: &str) -> Result<Fields, BuildError> {
    serde_json::from_str(raw.get())
        .map_err(|_| BuildError::new(BuildErrorKind::Body, part, "is not an object"))
}
