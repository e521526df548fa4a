//! Responses with their headers and bodies, and the ways to read them.

mod decode_error;
mod from_response;
mod head;
mod http_response;
mod rate_limit;
mod retry_after;

pub use self::decode_error::DecodeError;
pub use self::from_response::{FromResponse, Rejected, Reply};
pub(crate) use self::head::ResponseHead;
pub use self::http_response::{Response, Served};
pub use self::rate_limit::RateLimit;
pub use self::retry_after::retry_after;
