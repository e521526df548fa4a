//! Who the client says it is, kept from everything that prints.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;

use base64::Engine as _;
use http::{HeaderMap, HeaderName, HeaderValue, header};
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use crate::BoxError;
use crate::error::BuildError;

/// Where a key comes from. It is read once, when the client is built; a key that is not there is an error then.
///
/// As text, for configuration: `env:NAME`, `file:/path` or `literal:…`. A bare text is refused, so that no key is taken for
/// a name nor a name for a key.
///
/// ```
/// use resilient_http::ApiKey;
///
/// let key: ApiKey = "env:PAYMENTS_KEY".parse()?;
/// assert_eq!(format!("{key:?}"), "ApiKey(env:PAYMENTS_KEY)");
/// assert_eq!(format!("{:?}", ApiKey::secret("hunter2")), "ApiKey(secret)");
/// assert!("hunter2".parse::<ApiKey>().is_err());
/// # Ok::<(), resilient_http::BuildError>(())
/// ```
#[derive(Clone)]
pub struct ApiKey(Source);

#[derive(Clone)]
enum Source {
    Env(String),
    File(PathBuf),
    Secret(SecretString),
}

impl ApiKey {
    /// The value of an environment variable.
    #[must_use]
    pub fn env(name: impl Into<String>) -> Self {
        Self(Source::Env(name.into()))
    }

    /// The contents of a file, without the white space at its ends.
    #[must_use]
    pub fn file(path: impl Into<PathBuf>) -> Self {
        Self(Source::File(path.into()))
    }

    /// The key itself.
    #[must_use]
    pub fn secret(key: impl Into<SecretString>) -> Self {
        Self(Source::Secret(key.into()))
    }

    fn read(&self) -> Result<SecretString, BuildError> {
        let key = match &self.0 {
            Source::Env(name) => {
                let subject = format!("environment variable `{}`", name.escape_debug());
                let value = std::env::var(name)
                    .map_err(|_| BuildError::credentials(subject.clone(), "is not set"))?;
                if value.trim().is_empty() {
                    return Err(BuildError::credentials(subject, "is empty"));
                }
                SecretString::from(value.trim())
            }
            Source::File(path) => {
                let subject = format!("key file `{}`", path.to_string_lossy().escape_debug());
                let text = std::fs::read_to_string(path).map_err(|error| {
                    BuildError::credentials(subject.clone(), "cannot be read").caused_by(error)
                })?;
                if text.trim().is_empty() {
                    return Err(BuildError::credentials(subject, "is empty"));
                }
                SecretString::from(text.trim())
            }
            Source::Secret(key) => key.clone(),
        };
        Ok(key)
    }
}

impl FromStr for ApiKey {
    type Err = BuildError;

    fn from_str(text: &str) -> Result<Self, BuildError> {
        match text.split_once(':') {
            Some(("env", name)) => Ok(Self::env(name)),
            Some(("file", path)) => Ok(Self::file(path)),
            Some(("literal", key)) => Ok(Self::secret(key)),
            _ => Err(BuildError::credentials(
                "key",
                "must be given as `env:NAME`, `file:/path` or `literal:…`",
            )),
        }
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Source::Env(name) => write!(f, "ApiKey(env:{})", name.escape_debug()),
            Source::File(path) => write!(f, "ApiKey(file:{path:?})"),
            Source::Secret(_) => f.write_str("ApiKey(secret)"),
        }
    }
}

type Fresh = Arc<dyn Fn() -> Result<SecretString, BoxError> + Send + Sync>;

/// How the client shows who it is. It does so to the origin of its base URL only, never to another one.
#[derive(Clone, Default)]
pub struct Auth(Kind);

#[derive(Clone, Default)]
enum Kind {
    #[default]
    None,
    Bearer(ApiKey),
    Header(String, ApiKey),
    Basic(String, ApiKey),
    Query(String, ApiKey),
    Fresh(String, Fresh),
}

impl Auth {
    /// Not at all.
    #[must_use]
    pub fn none() -> Self {
        Self(Kind::None)
    }

    /// `authorization: Bearer …`.
    #[must_use]
    pub fn bearer(key: ApiKey) -> Self {
        Self(Kind::Bearer(key))
    }

    /// The key alone in a header: `x-api-key` and the like.
    #[must_use]
    pub fn api_key(header: impl Into<String>, key: ApiKey) -> Self {
        Self(Kind::Header(header.into(), key))
    }

    /// `authorization: Basic …`.
    #[must_use]
    pub fn basic(user: impl Into<String>, password: ApiKey) -> Self {
        Self(Kind::Basic(user.into(), password))
    }

    /// The key in the query, for services that know no better. Proxies and servers write it into their logs; this crate
    /// does not.
    #[must_use]
    pub fn query(name: impl Into<String>, key: ApiKey) -> Self {
        Self(Kind::Query(name.into(), key))
    }

    /// The whole value of a header, asked for before each attempt: for tokens that expire. It runs on the caller's task, so
    /// it should hand out what something else keeps fresh. Its error ends the call.
    #[must_use]
    pub fn fresh<E: Into<BoxError>>(
        header: impl Into<String>,
        value: impl Fn() -> Result<SecretString, E> + Send + Sync + 'static,
    ) -> Self {
        let value: Fresh = Arc::new(move || value().map_err(Into::into));
        Self(Kind::Fresh(header.into(), value))
    }

    pub(crate) fn is_none(&self) -> bool {
        matches!(self.0, Kind::None)
    }

    /// Reads the keys.
    pub(crate) fn ready(&self) -> Result<Credentials, BuildError> {
        Ok(match &self.0 {
            Kind::None => Credentials::None,
            Kind::Bearer(key) => {
                let text = SecretString::from(format!("Bearer {}", key.read()?.expose_secret()));
                Credentials::Header(header::AUTHORIZATION, sensitive("authorization", &text)?)
            }
            Kind::Header(name, key) => {
                Credentials::Header(header_name(name)?, sensitive(name, &key.read()?)?)
            }
            Kind::Basic(user, password) => {
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
            Kind::Query(name, key) => Credentials::Query(name.clone(), key.read()?),
            Kind::Fresh(name, value) => Credentials::Fresh(header_name(name)?, Arc::clone(value)),
        })
    }
}

impl fmt::Debug for Auth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::None => f.write_str("none"),
            Kind::Bearer(key) => write!(f, "bearer {key:?}"),
            Kind::Header(name, key) => write!(f, "header {} {key:?}", name.escape_debug()),
            Kind::Basic(_, password) => write!(f, "basic {password:?}"),
            Kind::Query(name, key) => write!(f, "query {} {key:?}", name.escape_debug()),
            Kind::Fresh(name, _) => write!(f, "header {} (fresh)", name.escape_debug()),
        }
    }
}

/// Keys that were read.
#[derive(Clone)]
pub(crate) enum Credentials {
    None,
    Header(HeaderName, HeaderValue),
    Query(String, SecretString),
    Fresh(HeaderName, Fresh),
}

impl Credentials {
    /// Puts them on a request for the base's origin. A header that the request has of its own stays.
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
                        BuildError::credentials("fresh credentials", "are not to be had")
                            .caused_by(error)
                    })?;
                    headers.insert(name, sensitive(name.as_str(), &value)?);
                }
            }
        }
        Ok(())
    }
}

pub(crate) fn header_name(name: &str) -> Result<HeaderName, BuildError> {
    name.parse()
        .map_err(|_| BuildError::header(name, "is no name of a header"))
}

fn sensitive(name: &str, value: &SecretString) -> Result<HeaderValue, BuildError> {
    let mut value = HeaderValue::from_str(value.expose_secret())
        .map_err(|_| BuildError::header(name, "has a value that no header can have"))?;
    value.set_sensitive(true);
    Ok(value)
}
