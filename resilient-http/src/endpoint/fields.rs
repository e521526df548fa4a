//! The fields of a call, merged from configuration, request and call options.

use serde::Serialize;
use serde_json::value::RawValue;

use crate::error::{BuildError, BuildErrorKind};
use crate::request::{Fields, parse_fields, raw_json};

/// The name of a request in errors.
const REQUEST: &str = "request";

#[derive(Debug, Clone)]
pub(super) enum Payload {
    Nothing,
    Fields(Fields),
    /// A list, a string or a number. It has no fields, so it cannot be merged.
    Whole(Box<RawValue>),
}

impl Payload {
    /// Serializes a request. Its `null` fields are left out.
    fn of(request: &(impl Serialize + ?Sized)) -> Result<Self, BuildError> {
        let raw = raw_json(request, REQUEST)?;
        Ok(match raw.get().as_bytes().first() {
            Some(b'{') => Self::Fields(without_nulls(parse_fields(&raw, REQUEST)?)),
            _ if raw.get() == "null" => Self::Nothing,
            _ => Self::Whole(raw),
        })
    }

    /// Merges the fields of `extra`, of the request and of the call. The request overrides `extra`,
    /// and the call overrides both. A `null` of the call removes the field.
    pub(super) fn merge(
        extra: &Fields,
        request: &(impl Serialize + ?Sized),
        call: &Fields,
    ) -> Result<Self, BuildError> {
        let fields = match Self::of(request)? {
            whole @ Self::Whole(_) if extra.is_empty() && call.is_empty() => return Ok(whole),
            Self::Whole(_) => return Err(not_an_object()),
            Self::Nothing if extra.is_empty() && call.is_empty() => return Ok(Self::Nothing),
            Self::Nothing => Fields::new(),
            Self::Fields(fields) => fields,
        };
        let mut merged = extra.clone();
        merged.extend(fields);
        merged.extend(call.iter().map(|(name, value)| (name.clone(), value.clone())));
        Ok(Self::Fields(without_nulls(merged)))
    }

    pub(super) fn set_true(&mut self, name: &str) -> Result<(), BuildError> {
        let field = Fields::from([(name.to_owned(), raw_json(&true, REQUEST)?)]);
        *self = match std::mem::replace(self, Self::Nothing) {
            Self::Nothing => Self::Fields(field),
            Self::Fields(fields) => Self::Fields(fields.into_iter().chain(field).collect()),
            Self::Whole(_) => return Err(not_an_object()),
        };
        Ok(())
    }

    pub(super) fn is_true(&self, name: &str) -> bool {
        let Self::Fields(fields) = self else { return false };
        fields.get(name).is_some_and(|value| value.get() == "true")
    }
}

fn not_an_object() -> BuildError {
    let problem = "is not an object, so no field can be added to it";
    BuildError::new(BuildErrorKind::Body, REQUEST, problem)
}

fn without_nulls(mut fields: Fields) -> Fields {
    fields.retain(|_, value| value.get() != "null");
    fields
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::request::fields_of;

    fn merged(
        extra: &serde_json::Value,
        request: impl Serialize,
        call: &serde_json::Value,
    ) -> String {
        let (extra, call) = (fields_of(extra, "x").unwrap(), fields_of(call, "x").unwrap());
        match Payload::merge(&extra, &request, &call).unwrap() {
            Payload::Nothing => "nothing".to_owned(),
            Payload::Fields(fields) => serde_json::to_string(&fields).unwrap(),
            Payload::Whole(raw) => raw.get().to_owned(),
        }
    }

    #[test]
    fn the_call_overrides_the_request_and_the_request_overrides_the_configuration() {
        let text = merged(
            &json!({"a": 1, "b": 1, "c": 1}),
            json!({"b": 2, "c": 2, "d": null}),
            &json!({"c": 3, "a": null}),
        );
        assert_eq!(text, r#"{"b":2,"c":3}"#);
    }

    #[test]
    fn null_fields_of_a_request_are_left_out_and_nested_nulls_stay() {
        let text = merged(&json!({"a": 1}), json!({"a": null, "b": {"c": null}}), &json!({}));
        assert_eq!(text, r#"{"a":1,"b":{"c":null}}"#);
    }

    #[test]
    fn numbers_arrive_as_their_type_writes_them() {
        #[derive(Serialize)]
        struct Numbers {
            single: f32,
            long: u128,
        }
        let request = Numbers { single: 0.1, long: u128::MAX };
        let text = merged(&json!({"x": 1}), request, &json!({}));
        assert_eq!(text, r#"{"long":340282366920938463463374607431768211455,"single":0.1,"x":1}"#);
    }

    #[test]
    fn a_request_that_is_no_object_is_sent_unchanged_or_refused() {
        assert_eq!(merged(&json!({}), json!([1, 2]), &json!({})), "[1,2]");
        assert_eq!(merged(&json!({}), (), &json!({})), "nothing");
        assert_eq!(merged(&json!({"a": 1}), (), &json!({})), r#"{"a":1}"#);
        assert_eq!(merged(&json!({}), json!({}), &json!({})), "{}");
        let extra = fields_of(&json!({"a": 1}), "x").unwrap();
        assert!(Payload::merge(&extra, &[1], &Fields::new()).is_err());
    }
}
