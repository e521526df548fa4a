//! The ways in which the fields of a call are sent: as JSON, as a form, or in the query.

use http::Method;

use super::fields::Payload;
use crate::error::{BuildError, BuildErrorKind};
use crate::request::{encode, field_pairs};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Content {
    /// Sends the fields as JSON with this content type.
    Json(String),
    Form,
    /// Sends the fields in the query, for methods without a body.
    Query,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Written {
    Nothing,
    Body(String, Vec<u8>),
    Query(Vec<(String, String)>),
}

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";

impl Content {
    pub(super) fn of(method: &Method, content_type: Option<&str>) -> Result<Self, BuildError> {
        let has_no_body =
            matches!(*method, Method::GET | Method::HEAD | Method::DELETE | Method::OPTIONS);
        if has_no_body {
            return match content_type {
                None => Ok(Self::Query),
                Some(_) => Err(BuildError::setting(
                    "content_type",
                    "goes with methods that have a body: of this one, fields are in the query",
                )),
            };
        }
        let text = content_type.unwrap_or(JSON);
        let essence = text.split(';').next().unwrap_or_default().trim();
        let essence = essence.to_ascii_lowercase();
        let is_header = http::HeaderValue::from_str(text).is_ok();
        if is_header && (essence == JSON || essence.ends_with("+json")) {
            Ok(Self::Json(text.to_owned()))
        } else if is_header && essence == FORM {
            Ok(Self::Form)
        } else {
            Err(BuildError::setting(
                "content_type",
                "must be `application/json`, one that ends in `+json`, \
                 or `application/x-www-form-urlencoded`",
            ))
        }
    }

    pub(super) fn write(&self, payload: &Payload) -> Result<Written, BuildError> {
        let refuse = |_| BuildError::new(BuildErrorKind::Body, "body", "cannot be written as JSON");
        let json = |content_type: &String, bytes| Written::Body(content_type.clone(), bytes);
        match (self, payload) {
            (_, Payload::Nothing) => Ok(Written::Nothing),
            (Self::Json(content_type), Payload::Whole(value)) => {
                Ok(json(content_type, value.get().as_bytes().to_vec()))
            }
            (Self::Json(content_type), Payload::Fields(fields)) => {
                let bytes = serde_json::to_vec(fields).map_err(refuse)?;
                Ok(json(content_type, bytes))
            }
            (Self::Form, _) => {
                let pairs = pairs(payload, BuildErrorKind::Body)?;
                Ok(Written::Body(FORM.to_owned(), encode(&pairs).into_bytes()))
            }
            (Self::Query, _) => pairs(payload, BuildErrorKind::Query).map(Written::Query),
        }
    }
}

fn pairs(payload: &Payload, kind: BuildErrorKind) -> Result<Vec<(String, String)>, BuildError> {
    let Payload::Fields(fields) = payload else {
        let problem = "is not an object, so it cannot be written as `name=value` pairs";
        return Err(BuildError::new(kind, "request", problem));
    };
    field_pairs(fields, kind)
}
