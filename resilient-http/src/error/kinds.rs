//! The kinds of errors, and the phases in which a call can fail.

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
