//! The ways in which the client authenticates. No output of this crate shows the credentials.

use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use http::{HeaderMap, HeaderName, HeaderValue, header};
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::api_key::ApiKey;
use crate::error::{BoxError, BuildError};
use crate::request::header_name;

type FreshValue = Arc<dyn Fn() -> Result<SecretString, BoxError> + Send + Sync>;

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

    /// Sends the key in the query. Use this only for services that accept nothing else: proxies and
    /// servers write the query to their logs. This crate does not log it.
    #[must_use]
    pub fn query(name: impl Into<String>, key: ApiKey) -> Self {
        Self(AuthScheme::Query(name.into(), key))
    }

    /// Computes a header value before each attempt, for tokens that expire. `value` runs on the
    /// caller's task, so it should return a cached token. An error of `value` ends the call.
    #[must_use]
    pub fn fresh<E: Into<BoxError>>(
        header: impl Into<String>,
        value: impl Fn() -> Result<SecretString, E> + Send + Sync + 'static,
    ) -> Self {
        let value: FreshValue = Arc::new(move || value().map_err(Into::into));
        Self(AuthScheme::Fresh(header.into(), value))
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
                let password = password.read()?;
                let pair = SecretString::from(format!("{user}:{}", password.expose_secret()));
                let encoded =
                    base64::engine::general_purpose::STANDARD.encode(pair.expose_secret());
                let text = SecretString::from(format!("Basic {encoded}"));
                Credentials::Header(header::AUTHORIZATION, sensitive("authorization", &text)?)
            }
            AuthScheme::Query(name, key) => Credentials::Query(name.clone(), key.read()?),
            AuthScheme::Fresh(name, value) => {
                Credentials::Fresh(header_name(name)?, Arc::clone(value))
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
        }
    }
}

#[derive(Clone)]
pub(crate) enum Credentials {
    None,
    Header(HeaderName, HeaderValue),
    Query(String, SecretString),
    Fresh(HeaderName, FreshValue),
}

impl Credentials {
    /// Adds the credentials to a request. If the request already has the header, the header stays.
    pub(crate) fn apply(&self, url: &mut Url, headers: &mut HeaderMap) -> Result<(), BuildError> {
        match self {
            Self::None => {}
            Self::Header(name, value) => {
                headers.entry(name).or_insert_with(|| value.clone());
            }
            Self::Query(name, key) => {
                url.query_pairs_mut().append_pair(name, key.expose_secret());
            }
            Self::Fresh(name, value) => {
                if !headers.contains_key(name) {
                    let value = value().map_err(|error| {
                        BuildError::credentials("fresh credentials", "are not available")
                            .caused_by(error)
                    })?;
                    headers.insert(name, sensitive(name.as_str(), &value)?);
                }
            }
        }
        Ok(())
    }
}

fn sensitive(name: &str, value: &SecretString) -> Result<HeaderValue, BuildError> {
    let mut value = HeaderValue::from_str(value.expose_secret())
        .map_err(|_| BuildError::header(name, "has a value that a header cannot carry"))?;
    value.set_sensitive(true);
    Ok(value)
}
