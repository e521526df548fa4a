//! The one error of a call.

mod ask;
mod build;
mod decode;
mod details;
mod make;
mod show;

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;
use resilient::CircuitOpen;

pub use self::build::{BuildError, BuildErrorKind};
pub use self::decode::DecodeError;
pub(crate) use self::details::{CallFacts, Details, Reply, request_id};

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
/// [crate's documentation](crate#what-is-retried-and-what-counts). Clones share what they hold, so that all who wait for
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

impl Error for ApiError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Decode { error, .. } => Some(&**error),
            Self::CircuitOpen(open) => Some(open),
            // What it says itself is in the words of this error already.
            Self::Build(error) => error.source(),
            _ => {
                let source = self.details()?.source.as_deref()?;
                Some(source)
            }
        }
    }
}
