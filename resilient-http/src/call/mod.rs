//! Calls: a request is built, then sent in one or more attempts until it has a response or an error.

mod api_request;
mod attempt;
mod call_state;
mod execute;
mod read_body;
mod redirect;
mod request_builder;
mod telemetry;

pub use self::api_request::ApiRequest;
#[cfg(feature = "cache")]
pub(crate) use self::call_state::call_facts;
pub use self::request_builder::{RawRequest, RequestBuilder};
