//! Kinds of errors, and the phases in which a call can fail.

/// The step that the request had reached when the connection failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Phase {
    /// There was no connection, because the name is unknown, the port refused the connection, the
    /// TLS handshake failed, or the connect timeout passed. Or the connection ended before the
    /// server processed the request: nothing was sent, or a GOAWAY frame with an error says so. The
    /// server did nothing.
    Connect,
    /// The server refused to process the request: an HTTP/2 server closes the connection, or
    /// accepts no more streams. The server did nothing.
    Refused,
    /// The connection failed before the response. The server may have acted on the request.
    Send,
    /// The body of the response broke off. The status is known.
    Body,
}

impl Phase {
    pub(crate) const fn text(self) -> &'static str {
        match self {
            Self::Connect => "no connection",
            Self::Refused => "the server did not process the request",
            Self::Send => "the connection broke before a response",
            Self::Body => "the response broke off",
        }
    }
}

/// The time limit that ended a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TimeoutPhase {
    /// The limit of one attempt.
    Attempt,
    /// The deadline of the whole call, or of a [`deadline`](resilient::deadline) around it.
    Deadline,
    /// The server's own limit: status 408.
    Server,
    /// A limit of the transport, such as `read_timeout` of reqwest.
    Transport,
    /// The limit for a wait between two chunks of a streamed response.
    Idle,
}

/// The kind of an [`ApiError`](crate::ApiError). Each kind is a variant of the error without its
/// contents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the variants of `ApiError` have the same names")]
pub enum ErrorKind {
    Connection,
    RequestBody,
    Layer,
    Timeout,
    RateLimited,
    Credentials,
    Authentication,
    Forbidden,
    NotFound,
    Server,
    Status,
    Judged,
    Decode,
    TooLarge,
    CircuitOpen,
    Closed,
    Build,
}

impl ErrorKind {
    /// Returns the lower-case name that logs and metrics use.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Connection => "connection",
            Self::RequestBody => "request_body",
            Self::Layer => "layer",
            Self::Timeout => "timeout",
            Self::RateLimited => "rate_limited",
            Self::Credentials => "credentials",
            Self::Authentication => "authentication",
            Self::Forbidden => "forbidden",
            Self::NotFound => "not_found",
            Self::Server => "server",
            Self::Status => "status",
            Self::Judged => "judged",
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

/// The reason why a call made no retry, or no further one, although the kind of its error allows
/// retries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RetriesDisabled {
    /// The body can be sent only once.
    Body,
    /// The effect could happen twice, because the request is a `POST` or `PATCH` without an
    /// idempotency key, or has [`Idempotency::No`](crate::Idempotency::No).
    NotIdempotent,
    /// The [retry budget](crate::ApiClientBuilder::budget) had too few tokens: so many calls fail
    /// that retries would not help. The call may have made some retries before.
    Budget,
}
