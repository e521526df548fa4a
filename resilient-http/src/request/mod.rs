//! The parts of a request: body, form, headers, idempotency and options.

mod body;
mod caller_stream;
mod fields;
mod finite_check;
mod headers;
mod idempotency;
mod json_text;
mod multipart;
mod pairs;
mod prepared_request;

pub use self::body::{Body, RequestBody};
pub(crate) use self::caller_stream::BodyFault;
pub(crate) use self::fields::{Fields, fields_of, parse_fields};
pub(crate) use self::headers::{
    check_framing, check_single_values, header_name, header_pair, replace_headers, state_empty_body,
};
pub(crate) use self::idempotency::IDEMPOTENCY_HEADER;
pub use self::idempotency::{Idempotency, IdempotencyKey};
pub(crate) use self::json_text::{json_text, raw_json};
pub use self::multipart::{FormPart, MultipartForm};
pub(crate) use self::pairs::{encode, encoded_pairs, field_pairs, set_pair};
pub use self::prepared_request::PreparedRequest;
pub(crate) use self::prepared_request::{LimitOverride, RequestOptions};
