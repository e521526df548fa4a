//! The ways in which the client authenticates. No output of this crate shows the credentials.

use std::fmt;
use std::future::Future;
use std::sync::Arc;

use base64::Engine as _;
use http::{HeaderValue, header};
use secrecy::{ExposeSecret, SecretString};

use super::api_key::ApiKey;
use super::credentials::{Credentials, FreshValue};
use super::secret_header::secret_header;
use super::token_refresh::TokenRefresh;
use crate::error::{BoxError, BuildError};
use crate::request::header_name;

/// The way in which the client authenticates. The client sends credentials only to the origin of
/// its base URL.
#[derive(Clone, Default)]
pub struct Auth(AuthScheme);

#[derive(Clone, Default)]
enum AuthScheme {
    #[default]
    None,
    Bearer(ApiKey),
    Header(String, ApiKey),
    Basic(String, ApiKey),
    Query(String, ApiKey),
    Fresh(String, FreshValue),
    Refresh(String, Arc<TokenRefresh>),
}

impl Auth {
    /// Sends no credentials.
    #[must_use]
    pub fn none() -> Self {
        Self(AuthScheme::None)
    }

    /// Sends `authorization: Bearer …`.
    #[must_use]
    pub fn bearer(key: ApiKey) -> Self {
        Self(AuthScheme::Bearer(key))
    }

    /// Sends the key without a scheme in a header such as `x-api-key`.
    #[must_use]
    pub fn api_key(header: impl Into<String>, key: ApiKey) -> Self {
        Self(AuthScheme::Header(header.into(), key))
    }

    /// Sends `authorization: Basic …`.
    #[must_use]
    pub fn basic(user: impl Into<String>, password: ApiKey) -> Self {
        Self(AuthScheme::Basic(user.into(), password))
    }

    /// Sends the key in the query. It replaces every pair of this name in the query of a request or
    /// of a redirect. Use this only for services that accept nothing else: proxies and
    /// servers write the query to their logs. This crate does not log it.
    #[must_use]
    pub fn query(name: impl Into<String>, key: ApiKey) -> Self {
        Self(AuthScheme::Query(name.into(), key))
    }

    /// Computes a header value before each request, for tokens that something else renews. `value`
    /// runs on the caller's task, so it should return a cached token. If it returns an error or
    /// panics, the call ends with [`ApiError::Credentials`](crate::ApiError::Credentials).
    #[must_use]
    pub fn fresh<E: Into<BoxError>>(
        header: impl Into<String>,
        value: impl Fn() -> Result<SecretString, E> + Send + Sync + 'static,
    ) -> Self {
        let value: FreshValue = Arc::new(move || value().map_err(Into::into));
        Self(AuthScheme::Fresh(header.into(), value))
    }

    /// Fetches a header value with `refresh`, and fetches the next one when the server refuses it,
    /// for tokens that expire. The closure gets the value that the server refused. The first time,
    /// it gets `None`.
    ///
    /// ```
    /// use resilient_http::{Auth, SecretString};
    ///
    /// async fn fetch_token() -> Result<String, std::io::Error> {
    ///     Ok("t-1".to_owned()) // usually from another client
    /// }
    ///
    /// let auth = Auth::refresh("authorization", |_refused: Option<SecretString>| async {
    ///     // A separate task is not interrupted if the call is dropped, and the retries of the
    ///     // client in it are not nested in those of the call.
    ///     let token = tokio::spawn(fetch_token()).await??;
    ///     Ok::<_, Box<dyn std::error::Error + Send + Sync>>(format!("Bearer {token}").into())
    /// });
    /// # let _ = auth;
    /// ```
    ///
    /// - The first call fetches the first value. If several calls need a value at the same time,
    ///   one of them runs the closure, and the others wait for its value or its error. Clones of
    ///   this `Auth`, and the clients that are built with them, share the value.
    /// - After a 401, the call sends its request again with the next value, whatever its method: a
    ///   401 means that the server did not act on the request. This needs neither a retry nor a
    ///   token of the budget, and it happens once per call. A second 401 is the error. A body that
    ///   exists [once](crate::Body::once) cannot be sent again, and a call with
    ///   [`Idempotency::No`](crate::Idempotency::No) may not: such a call returns the first 401,
    ///   and the next call fetches a value.
    /// - If the closure returns an error or panics, the calls end with
    ///   [`ApiError::Credentials`](crate::ApiError::Credentials). They are not retried, and the
    ///   circuit breaker of the API ignores them: give the closure its own retries, for example
    ///   with `#[retry]`. The next call runs the closure again.
    /// - A refresh is part of the attempt. A call waits for at most seven eighths of the time that
    ///   its attempt has left. Without a timeout and a deadline, it waits without limit.
    /// - Closing the client does not interrupt a refresh.
    /// - Send the requests for new values with another client. A request that needs the value that
    ///   it is to fetch ends with an error.
    ///
    /// # Cancel safety
    ///
    /// If the call that runs the closure is dropped, or its time ends, its future is dropped too. A
    /// waiting call then runs the closure again if it has more time left than that run took;
    /// otherwise it ends with an error. If a refresh invalidates the old refresh token, run it in a
    /// separate task, as in the example.
    #[must_use]
    pub fn refresh<F, E>(
        header: impl Into<String>,
        refresh: impl Fn(Option<SecretString>) -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = Result<SecretString, E>> + Send + 'static,
        E: Into<BoxError>,
    {
        Self(AuthScheme::Refresh(header.into(), Arc::new(TokenRefresh::new(refresh))))
    }

    pub(crate) fn is_none(&self) -> bool {
        matches!(self.0, AuthScheme::None)
    }

    pub(super) fn ready(&self) -> Result<Credentials, BuildError> {
        Ok(match &self.0 {
            AuthScheme::None => Credentials::None,
            AuthScheme::Bearer(key) => {
                let text = SecretString::from(format!("Bearer {}", key.read()?.expose_secret()));
                Credentials::Header(header::AUTHORIZATION, sensitive("authorization", &text)?)
            }
            AuthScheme::Header(name, key) => {
                Credentials::Header(header_name(name)?, sensitive(name, &key.read()?)?)
            }
            AuthScheme::Basic(user, password) => {
                if user.contains(':') {
                    return Err(BuildError::credentials("user name", "has a `:`"));
                }
                let password = password.read_password()?;
                if user.is_empty() && password.expose_secret().is_empty() {
                    return Err(BuildError::credentials("user and password", "are empty"));
                }
                let pair = SecretString::from(format!("{user}:{}", password.expose_secret()));
                let encoded =
                    base64::engine::general_purpose::STANDARD.encode(pair.expose_secret());
                let text = SecretString::from(format!("Basic {encoded}"));
                Credentials::Header(header::AUTHORIZATION, sensitive("authorization", &text)?)
            }
            AuthScheme::Query(name, _) if name.is_empty() => {
                return Err(BuildError::credentials("name of the key in the query", "is empty"));
            }
            AuthScheme::Query(name, key) => Credentials::Query(name.clone(), key.read()?),
            AuthScheme::Fresh(name, value) => {
                Credentials::Fresh(header_name(name)?, Arc::clone(value))
            }
            AuthScheme::Refresh(name, refresh) => {
                Credentials::Refresh(header_name(name)?, Arc::clone(refresh))
            }
        })
    }
}

impl fmt::Debug for Auth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            AuthScheme::None => f.write_str("none"),
            AuthScheme::Bearer(key) => write!(f, "bearer {key:?}"),
            AuthScheme::Header(name, key) => write!(f, "header {} {key:?}", name.escape_debug()),
            AuthScheme::Basic(_, password) => write!(f, "basic {password:?}"),
            AuthScheme::Query(name, key) => write!(f, "query {} {key:?}", name.escape_debug()),
            AuthScheme::Fresh(name, _) => write!(f, "header {} (fresh)", name.escape_debug()),
            AuthScheme::Refresh(name, _) => write!(f, "header {} (refresh)", name.escape_debug()),
        }
    }
}

fn sensitive(name: &str, value: &SecretString) -> Result<HeaderValue, BuildError> {
    secret_header(value).map_err(|problem| BuildError::header(name, problem))
}
