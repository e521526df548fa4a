//! The text that errors print. This text must not contain secrets.

use std::fmt;

use super::api_error::{ApiError, Opaque};
use super::kinds::TimeoutPhase;

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CircuitOpen(_) => return f.write_str("not sent: the circuit is open"),
            Self::Closed => return f.write_str("not sent: the client is closed"),
            Self::Build(error) => return write!(f, "not sent: {error}"),
            _ => {}
        }
        if let Some(call) = self.call() {
            write!(f, "{} {}: ", call.method, call.template.escape_debug())?;
        }
        match self {
            Self::Connection { phase, .. } => f.write_str(phase.text())?,
            Self::Timeout { phase, after, .. } => match phase {
                TimeoutPhase::Attempt => write!(f, "no response within {after:?}")?,
                TimeoutPhase::Deadline => write!(f, "not done within its deadline of {after:?}")?,
                TimeoutPhase::Server => f.write_str("the server timed out")?,
            },
            Self::RateLimited { .. } => f.write_str("too many requests")?,
            Self::Authentication { .. } => f.write_str("the credentials were not accepted")?,
            Self::Forbidden { .. } => f.write_str("forbidden")?,
            Self::NotFound { .. } => f.write_str("not found")?,
            Self::Server { .. } => f.write_str("the server failed")?,
            Self::Status { .. } if self.is_redirect() => {
                f.write_str("a redirect was not followed")?;
            }
            Self::Status { .. } => f.write_str("the server refused")?,
            Self::Decode { .. } => f.write_str("the response cannot be read")?,
            Self::TooLarge { limit, .. } => write!(f, "the response is longer than {limit} bytes")?,
            Self::CircuitOpen(_) | Self::Closed | Self::Build(_) => {}
        }
        if let Some(status) = self.status() {
            write!(f, " (status {})", status.as_u16())?;
        }
        if let Some(time) = self.retry_after() {
            write!(f, "; retry after {time:?}")?;
        }
        match self.attempts() {
            0 | 1 => Ok(()),
            attempts => write!(f, "; {attempts} attempts"),
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
