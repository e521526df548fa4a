//! The parts of a request: body, form, headers, idempotency and options.

mod body;
mod fields;
mod headers;
mod idempotency;
mod multipart;
mod prepared_request;

pub use self::body::{Body, RequestBody};
pub(crate) use self::fields::{Fields, field_pairs, fields_of, parse_fields, refuse_fields};
pub(crate) use self::headers::{check_framing, header_name, header_pair, replace_headers};
pub use self::idempotency::{Idempotency, IdempotencyKey};
pub use self::multipart::{FormPart, MultipartForm};
pub use self::prepared_request::PreparedRequest;
pub(crate) use self::prepared_request::{LimitOverride, RequestOptions};
