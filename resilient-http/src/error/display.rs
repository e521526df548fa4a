//! The text that errors print. This text must not contain secrets.

use std::fmt;

use http::StatusCode;

use super::accessors::is_redirect;
use super::api_error::{ApiError, Opaque};
use super::kinds::{Phase, TimeoutPhase};

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CircuitOpen(open) => return write!(f, "not sent: {open}"),
            Self::Closed => return f.write_str("not sent: the client is closed"),
            Self::Build(error) => return write!(f, "not sent: {error}"),
            _ => {}
        }
        if let Some(call) = self.call() {
            write!(f, "{} {}: ", call.method, call.template.escape_debug())?;
        }
        write!(f, "{}", Cause(self))?;
        if let Some(time) = self.retry_after() {
            write!(f, "; retry after {time:?}")?;
        }
        match self.attempts() {
            0 | 1 => Ok(()),
            attempts => write!(f, "; {attempts} attempts"),
        }
    }
}

/// What went wrong, without the call.
struct Cause<'a>(&'a ApiError);

impl fmt::Display for Cause<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            ApiError::Connection { phase, .. } => {
                f.write_str(phase.text())?;
                let server = self.0.details().and_then(|details| details.server.as_deref());
                if let (Phase::Connect, Some(server)) = (phase, server) {
                    write!(f, " to {server}")?;
                }
            }
            ApiError::RequestBody { .. } => f.write_str("the body of the request failed")?,
            ApiError::Layer { .. } => f.write_str("a layer of the client failed")?,
            ApiError::Timeout { phase, after, .. } => match phase {
                TimeoutPhase::Transport => write!(f, "the transport gave up after {after:?}")?,
                TimeoutPhase::Attempt => write!(f, "no response within {after:?}")?,
                TimeoutPhase::Deadline => write!(f, "not done within its deadline of {after:?}")?,
                TimeoutPhase::Idle => write!(f, "no further data within {after:?}")?,
                TimeoutPhase::Server => f.write_str("the server timed out")?,
            },
            ApiError::RateLimited { .. } if self.0.is_held_back() => {
                f.write_str("not sent: the server asked earlier calls to wait")?;
            }
            ApiError::RateLimited { .. } => f.write_str("too many requests")?,
            ApiError::Credentials { .. } => f.write_str("the credentials are not available")?,
            ApiError::Authentication { .. } => f.write_str("the credentials were not accepted")?,
            ApiError::Forbidden { .. } => f.write_str("forbidden")?,
            ApiError::NotFound { .. } => f.write_str("not found")?,
            ApiError::Server { .. } => f.write_str("the server failed")?,
            ApiError::Status { status, .. } => f.write_str(status_text(*status))?,
            ApiError::Judged { .. } => f.write_str("the response reports an error")?,
            ApiError::Decode { .. } => f.write_str("the response cannot be read")?,
            ApiError::TooLarge { limit, .. } => {
                write!(f, "the response is longer than {limit} bytes")?;
            }
            ApiError::CircuitOpen(_) | ApiError::Closed | ApiError::Build(_) => {}
        }
        if let Some(status) = self.0.status() {
            write!(f, " (status {})", status.as_u16())?;
        }
        Ok(())
    }
}

/// Describes the status of [`ApiError::Status`].
fn status_text(status: StatusCode) -> &'static str {
    match status {
        status if is_redirect(status) => "a redirect was not followed",
        StatusCode::NOT_MODIFIED => "not modified",
        status if status.is_client_error() => "the server refused",
        _ => "an unexpected status",
    }
}

/// The short text that the breaker and the retry remember. It begins with the cause, because a long
/// path would fill it.
pub(super) struct ShortText<'a>(pub(super) &'a ApiError);

impl fmt::Display for ShortText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Cause(self.0).fmt(f)?;
        match self.0.call() {
            Some(call) => write!(f, ": {} {}", call.method, call.template.escape_debug()),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CircuitOpen(open) => return f.debug_tuple("CircuitOpen").field(open).finish(),
            Self::Build(error) => return f.debug_tuple("Build").field(error).finish(),
            _ => {}
        }
        let mut shown = f.debug_struct("ApiError");
        shown.field("kind", &self.kind());
        match self {
            Self::Connection { phase, .. } => {
                shown.field("phase", phase);
            }
            Self::Timeout { phase, after, .. } => {
                shown.field("phase", phase).field("after", after);
            }
            Self::Decode { error, .. } => {
                shown.field("error", error);
            }
            Self::TooLarge { limit, .. } => {
                shown.field("limit", limit);
            }
            _ => {}
        }
        if let Some(details) = self.details() {
            shown.field("details", details);
        }
        shown.finish()
    }
}

impl fmt::Debug for Opaque {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
