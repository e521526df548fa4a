//! The one error of a call.

mod build;
mod decode;
mod details;
mod show;

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, Method, StatusCode};
use resilient::{CircuitOpen, Limit, TimedOut};
use serde::de::DeserializeOwned;

pub use self::build::{BuildError, BuildErrorKind};
pub use self::decode::DecodeError;
pub(crate) use self::details::{CallFacts, Details, Reply, request_id};
use crate::rate_limit::RateLimit;

/// How far an exchange had come when its connection failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Phase {
    /// No connection: the name is unknown, the port refuses, TLS fails, or it took too long. Nothing was sent.
    Connect,
    /// The connection broke, or what came was no HTTP, before there was an answer. The server may have done what was asked.
    Send,
    /// The answer broke off. Its status is known.
    Body,
}

/// Which time was up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TimeoutPhase {
    /// That of one attempt.
    Attempt,
    /// That of the whole call.
    Deadline,
    /// The server's own: it answered 408.
    Server,
}

/// The kind of an [`ApiError`], without its contents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// See [`ApiError::Connection`].
    Connection,
    /// See [`ApiError::Timeout`].
    Timeout,
    /// See [`ApiError::RateLimited`].
    RateLimited,
    /// See [`ApiError::Authentication`].
    Authentication,
    /// See [`ApiError::Forbidden`].
    Forbidden,
    /// See [`ApiError::NotFound`].
    NotFound,
    /// See [`ApiError::Server`].
    Server,
    /// See [`ApiError::Status`].
    Status,
    /// See [`ApiError::Decode`].
    Decode,
    /// See [`ApiError::TooLarge`].
    TooLarge,
    /// See [`ApiError::CircuitOpen`].
    CircuitOpen,
    /// See [`ApiError::Closed`].
    Closed,
    /// See [`ApiError::Build`].
    Build,
}

impl ErrorKind {
    /// The name in lower case, as logs and metrics use it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Connection => "connection",
            Self::Timeout => "timeout",
            Self::RateLimited => "rate_limited",
            Self::Authentication => "authentication",
            Self::Forbidden => "forbidden",
            Self::NotFound => "not_found",
            Self::Server => "server",
            Self::Status => "status",
            Self::Decode => "decode",
            Self::TooLarge => "too_large",
            Self::CircuitOpen => "circuit_open",
            Self::Closed => "closed",
            Self::Build => "build",
        }
    }
}

impl std::fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}

/// Why an attempt was not followed by another one, although its error alone would allow it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RetriesDisabled {
    /// The body could be sent once only.
    Body,
    /// Doing it twice could do it twice: a `POST` or `PATCH` without an idempotency key.
    NotIdempotent,
}

/// Why a call failed.
///
/// The variants are for `match`, the methods for what they have in common. Whatever it prints, as `Display`, `Debug` or in
/// the chain of sources, has the method and the path template, no value, no query, no header and nothing of a body: these
/// may be secrets. What a person should read of the answer is in [`message`](Self::message).
///
/// What each means for retry and circuit breaker is its [`Classify`](resilient::Classify), by the table in the
/// [crate's documentation](crate#what-is-tried-again-and-what-counts). Clones share what they hold, so that all who wait for
/// one call can be told of its end.
#[derive(Clone)]
#[non_exhaustive]
pub enum ApiError {
    /// No answer, or half of one.
    #[non_exhaustive]
    Connection {
        /// How far it had come.
        phase: Phase,
        #[doc(hidden)]
        details: Opaque,
    },
    /// No answer in time.
    #[non_exhaustive]
    Timeout {
        /// Which time was up.
        phase: TimeoutPhase,
        /// How long that time was.
        after: Duration,
        #[doc(hidden)]
        details: Opaque,
    },
    /// 429: too many requests.
    #[non_exhaustive]
    RateLimited {
        /// How long the server asks to be left alone.
        retry_after: Option<Duration>,
        #[doc(hidden)]
        details: Opaque,
    },
    /// 401: the server does not know the credentials.
    #[non_exhaustive]
    Authentication {
        #[doc(hidden)]
        details: Opaque,
    },
    /// 403: the server knows them and refuses.
    #[non_exhaustive]
    Forbidden {
        #[doc(hidden)]
        details: Opaque,
    },
    /// 404.
    #[non_exhaustive]
    NotFound {
        #[doc(hidden)]
        details: Opaque,
    },
    /// 5xx: the server failed.
    #[non_exhaustive]
    Server {
        /// The status.
        status: StatusCode,
        /// How long the server asks to be left alone.
        retry_after: Option<Duration>,
        #[doc(hidden)]
        details: Opaque,
    },
    /// Any other status that is no success; also a redirect that was not followed.
    #[non_exhaustive]
    Status {
        /// The status.
        status: StatusCode,
        #[doc(hidden)]
        details: Opaque,
    },
    /// A success that cannot be read as the type that was asked for.
    #[non_exhaustive]
    Decode {
        /// What is wrong with it.
        error: Arc<DecodeError>,
        #[doc(hidden)]
        details: Opaque,
    },
    /// The answer is longer than the client takes.
    #[non_exhaustive]
    TooLarge {
        /// The limit in bytes, of what is left when it is decompressed.
        limit: usize,
        #[doc(hidden)]
        details: Opaque,
    },
    /// The circuit is open: nothing was sent.
    CircuitOpen(CircuitOpen),
    /// The client is closed: nothing was sent.
    Closed,
    /// The request cannot be built: nothing was sent.
    Build(Arc<BuildError>),
}

/// The contents that an error keeps to itself.
#[derive(Clone)]
pub struct Opaque(Arc<Details>);

impl Opaque {
    pub(crate) fn new(details: Details) -> Self {
        Self(Arc::new(details))
    }
}

impl ApiError {
    /// Its kind, for tables and labels.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Connection { .. } => ErrorKind::Connection,
            Self::Timeout { .. } => ErrorKind::Timeout,
            Self::RateLimited { .. } => ErrorKind::RateLimited,
            Self::Authentication { .. } => ErrorKind::Authentication,
            Self::Forbidden { .. } => ErrorKind::Forbidden,
            Self::NotFound { .. } => ErrorKind::NotFound,
            Self::Server { .. } => ErrorKind::Server,
            Self::Status { .. } => ErrorKind::Status,
            Self::Decode { .. } => ErrorKind::Decode,
            Self::TooLarge { .. } => ErrorKind::TooLarge,
            Self::CircuitOpen(_) => ErrorKind::CircuitOpen,
            Self::Closed => ErrorKind::Closed,
            Self::Build(_) => ErrorKind::Build,
        }
    }

    /// The status of the answer, if there was one; also of one that broke off.
    #[must_use]
    pub fn status(&self) -> Option<StatusCode> {
        self.reply().map(|reply| reply.status)
    }

    /// The headers of the answer.
    #[must_use]
    pub fn headers(&self) -> Option<&HeaderMap> {
        self.reply().map(|reply| &reply.headers)
    }

    /// The body of the answer as text, what is no UTF-8 replaced. At most 64 KiB of it, see
    /// [`is_body_truncated`](Self::is_body_truncated). The server wrote it: it may hold anything.
    #[must_use]
    pub fn body_text(&self) -> Option<std::borrow::Cow<'_, str>> {
        self.reply()
            .map(|reply| String::from_utf8_lossy(&reply.body))
    }

    /// The body of the answer as JSON.
    #[must_use]
    pub fn body_json<T: DeserializeOwned>(&self) -> Option<T> {
        let reply = self.reply()?;
        serde_json::from_slice(&reply.body).ok()
    }

    /// Whether the body was longer than what was kept of it, or broke off.
    #[must_use]
    pub fn is_body_truncated(&self) -> bool {
        self.reply().is_some_and(|reply| reply.is_truncated)
    }

    /// What the server says went wrong: `detail`, `message`, `error.message`, `error` or `title` of a JSON body, else the
    /// beginning of the text. At most 200 characters, control characters replaced. The server wrote it.
    #[must_use]
    pub fn message(&self) -> Option<String> {
        show::message(&self.reply()?.body)
    }

    /// How long until it makes sense to try again, as the server or the circuit breaker says.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::CircuitOpen(open) => open.retry_after(),
            _ => self.reply().and_then(Reply::retry_after),
        }
    }

    /// What the server tells of its rate limits.
    #[must_use]
    pub fn rate_limit(&self) -> Option<RateLimit> {
        self.reply().and_then(Reply::limits)
    }

    /// The name that the server gave the request: `x-request-id` and the like.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.reply().and_then(Reply::request_id)
    }

    /// How many attempts there were. 0 if nothing was sent.
    #[must_use]
    pub fn attempts(&self) -> u32 {
        self.details().map_or(0, |details| details.attempts)
    }

    /// The method of the call, if it got as far as that.
    #[must_use]
    pub fn method(&self) -> Option<&Method> {
        self.call().map(|call| &call.method)
    }

    /// The path template of the call, without values.
    #[must_use]
    pub fn template(&self) -> Option<&str> {
        self.call().map(|call| &*call.template)
    }

    /// Whether another attempt may help, and does no harm.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        resilient::Classify::classify(self).retry
    }

    /// Why there are no retries of a call whose error alone would allow them.
    #[must_use]
    pub fn retries_disabled(&self) -> Option<RetriesDisabled> {
        let call = self.call()?;
        if self.class_if(true, true).retry
            == self.class_if(call.is_repeatable, call.is_replayable).retry
        {
            None
        } else if call.is_replayable {
            Some(RetriesDisabled::NotIdempotent)
        } else {
            Some(RetriesDisabled::Body)
        }
    }

    /// Whether it is a 404.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::NotFound { .. })
    }

    /// Whether a time was up, at whatever end.
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        matches!(self, Self::Timeout { .. })
    }

    /// Whether the circuit was open.
    #[must_use]
    pub fn is_circuit_open(&self) -> bool {
        matches!(self, Self::CircuitOpen(_))
    }

    /// Whether it is a redirect that was not followed: to another origin, one too many, or without a target.
    #[must_use]
    pub fn is_redirect(&self) -> bool {
        matches!(self, Self::Status { status, .. } if status.is_redirection())
    }

    pub(crate) fn call(&self) -> Option<&CallFacts> {
        self.details()?.call.as_ref()
    }

    pub(crate) fn details(&self) -> Option<&Details> {
        match self {
            Self::Connection { details, .. }
            | Self::Timeout { details, .. }
            | Self::RateLimited { details, .. }
            | Self::Authentication { details }
            | Self::Forbidden { details }
            | Self::NotFound { details }
            | Self::Server { details, .. }
            | Self::Status { details, .. }
            | Self::Decode { details, .. }
            | Self::TooLarge { details, .. } => Some(&details.0),
            Self::CircuitOpen(_) | Self::Closed | Self::Build(_) => None,
        }
    }

    pub(crate) fn reply(&self) -> Option<&Reply> {
        self.details()?.reply.as_ref()
    }

    /// The error that a status is, which is no success.
    pub(crate) fn of_status(details: Details, took: Duration) -> Self {
        let (status, retry_after) = details.reply.as_ref().map_or_else(
            || (StatusCode::INTERNAL_SERVER_ERROR, None),
            |reply| (reply.status, reply.retry_after()),
        );
        let details = Opaque::new(details);
        match status {
            StatusCode::REQUEST_TIMEOUT => Self::Timeout {
                phase: TimeoutPhase::Server,
                after: took,
                details,
            },
            StatusCode::TOO_MANY_REQUESTS => Self::RateLimited {
                retry_after,
                details,
            },
            StatusCode::UNAUTHORIZED => Self::Authentication { details },
            StatusCode::FORBIDDEN => Self::Forbidden { details },
            StatusCode::NOT_FOUND => Self::NotFound { details },
            status if status.is_server_error() => Self::Server {
                status,
                retry_after,
                details,
            },
            status => Self::Status { status, details },
        }
    }
}

impl Error for ApiError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Decode { error, .. } => Some(&**error),
            Self::CircuitOpen(open) => Some(open),
            Self::Build(error) => Some(&**error),
            _ => {
                let source = self.details()?.source.as_deref()?;
                Some(source)
            }
        }
    }
}

impl From<CircuitOpen> for ApiError {
    fn from(open: CircuitOpen) -> Self {
        Self::CircuitOpen(open)
    }
}

/// The error of a call that a time limit cut: of a client's own calls it knows all, of others the limit.
impl From<TimedOut> for ApiError {
    fn from(cut: TimedOut) -> Self {
        let phase = match cut.limit() {
            Limit::Deadline => TimeoutPhase::Deadline,
            Limit::NoTimer => {
                let problem = "has no timers: build it with `enable_all`, and make calls in it";
                return BuildError::new(BuildErrorKind::Setting, "async runtime", problem).into();
            }
            _ => TimeoutPhase::Attempt,
        };
        Self::Timeout {
            phase,
            after: cut.after(),
            details: Opaque::new(Details {
                call: None,
                attempts: cut.attempts(),
                reply: None,
                source: None,
            }),
        }
    }
}

impl From<BuildError> for ApiError {
    fn from(error: BuildError) -> Self {
        Self::Build(Arc::new(error))
    }
}
