//! Calls. The modules build a request, send it in one or more attempts, and read the response.

mod api_request;
mod attempt;
mod attempt_loop;
mod attempt_waits;
mod call_state;
mod exchange;
mod execute;
mod read_body;
mod redirect;
mod request_builder;
mod stream_call;
mod telemetry;

pub use self::api_request::ApiRequest;
#[cfg(feature = "cache")]
pub(crate) use self::call_state::call_facts;
pub use self::request_builder::{RawRequest, RequestBuilder};
