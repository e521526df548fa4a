//! The errors of calls, requests and clients, and what each error means for retries and breakers.

mod accessors;
mod api_error;
mod build_error;
mod classify;
mod convert;
mod details;
mod display;
mod error_response;
mod kinds;
mod outcome_rules;
mod transport_error;

pub use self::api_error::ApiError;
pub(crate) use self::api_error::Opaque;
pub use self::build_error::{BoxError, BuildError, BuildErrorKind};
pub(crate) use self::details::{CallFacts, Details, SentOnce};
pub(crate) use self::error_response::{ERROR_BODY_LIMIT, ErrorResponse, has_code};
pub use self::kinds::{ErrorKind, Phase, RetriesDisabled, TimeoutPhase};
pub(crate) use self::outcome_rules::OutcomeRules;
pub(crate) use self::transport_error::FailureCause;
pub use self::transport_error::TransportError;
