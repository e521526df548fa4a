//! Responses with their headers and bodies, and the ways to read them.

mod decode_error;
mod fail_when;
mod from_response;
mod head;
mod header_number;
mod header_time;
mod http_response;
mod rate_limit;
mod rate_limit_headers;
mod text;

pub use self::decode_error::DecodeError;
pub(crate) use self::fail_when::FailWhen;
pub use self::from_response::{FromResponse, Rejected, Reply};
pub(crate) use self::head::ResponseHead;
pub use self::http_response::{Response, Served};
pub use self::rate_limit::RateLimit;
pub(crate) use self::text::without_bom;
