//! Writes values as JSON, and refuses numbers that JSON cannot express.

use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};

use super::finite_check::find_infinite;
use crate::error::{BuildError, BuildErrorKind};

/// Writes a part of a request as JSON. `part` is the name of the part in errors.
pub(crate) fn json_text(
    value: &(impl Serialize + ?Sized),
    kind: BuildErrorKind,
    part: &str,
) -> Result<String, BuildError> {
    let text = serde_json::to_string(value).map_err(|_| unwritable(kind, part))?;
    check_finite(value, &text, kind, part)?;
    Ok(text)
}

/// Writes a part of a body as JSON that can become a part of other JSON.
pub(crate) fn raw_json(
    value: &(impl Serialize + ?Sized),
    part: &str,
) -> Result<Box<RawValue>, BuildError> {
    let kind = BuildErrorKind::Body;
    let raw = to_raw_value(value).map_err(|_| unwritable(kind, part))?;
    check_finite(value, raw.get(), kind, part)?;
    Ok(raw)
}

/// Refuses `NaN` and infinities. JSON has only `null` for them, which the server would take for a
/// missing value.
fn check_finite(
    value: &(impl Serialize + ?Sized),
    text: &str,
    kind: BuildErrorKind,
    part: &str,
) -> Result<(), BuildError> {
    if !text.contains("null") {
        return Ok(());
    }
    let Some(path) = find_infinite(value) else {
        return Ok(());
    };
    let subject = match &*path {
        "" => part.to_owned(),
        path => format!("field `{path}` of the {part}"),
    };
    Err(BuildError::new(kind, subject, "is NaN or infinite"))
}

fn unwritable(kind: BuildErrorKind, part: &str) -> BuildError {
    BuildError::new(kind, part, "cannot be written as JSON")
}
