//! The source of an API key. No output of this crate shows the key.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use secrecy::{ExposeSecret, SecretString};

use crate::error::BuildError;

/// The source of an API key. The client reads the key once, when the client is built; a missing or
/// empty key is an error.
///
/// In configuration text, write `env:NAME`, `file:/path` or `literal:…`. Text without a prefix is
/// an error, so that a key cannot be mistaken for a name.
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
pub struct ApiKey(KeySource);

#[derive(Clone)]
enum KeySource {
    Env(String),
    File(PathBuf),
    Secret(SecretString),
}

impl ApiKey {
    /// Reads the key from an environment variable.
    #[must_use]
    pub fn env(name: impl Into<String>) -> Self {
        Self(KeySource::Env(name.into()))
    }

    /// Reads the key from a file and trims white space at both ends.
    #[must_use]
    pub fn file(path: impl Into<PathBuf>) -> Self {
        Self(KeySource::File(path.into()))
    }

    /// Uses this text as the key.
    #[must_use]
    pub fn secret(key: impl Into<SecretString>) -> Self {
        Self(KeySource::Secret(key.into()))
    }

    /// Reads the key. An empty key is an error, because it is a mistake in the configuration.
    pub(super) fn read(&self) -> Result<SecretString, BuildError> {
        let key = self.read_password()?;
        if key.expose_secret().trim().is_empty() {
            return Err(BuildError::credentials("key", "is empty"));
        }
        Ok(key)
    }

    /// Reads a password. It may be empty if it is given as a secret: some services read the key
    /// from the user name.
    pub(super) fn read_password(&self) -> Result<SecretString, BuildError> {
        let key = match &self.0 {
            KeySource::Env(name) => {
                let subject = format!("environment variable `{}`", name.escape_debug());
                let value = std::env::var(name)
                    .map_err(|_| BuildError::credentials(subject.clone(), "is not set"))?;
                if value.trim().is_empty() {
                    return Err(BuildError::credentials(subject, "is empty"));
                }
                SecretString::from(value.trim())
            }
            KeySource::File(path) => {
                let subject = format!("key file `{}`", path.to_string_lossy().escape_debug());
                let text = std::fs::read_to_string(path).map_err(|error| {
                    BuildError::credentials(subject.clone(), "cannot be read").caused_by(error)
                })?;
                // Some editors write a byte order mark, which no header can carry.
                let key = text.trim_start_matches('\u{feff}').trim();
                if key.is_empty() {
                    return Err(BuildError::credentials(subject, "is empty"));
                }
                SecretString::from(key)
            }
            KeySource::Secret(key) => key.clone(),
        };
        Ok(key)
    }
}

impl FromStr for ApiKey {
    type Err = BuildError;

    fn from_str(text: &str) -> Result<Self, BuildError> {
        match text.split_once(':') {
            Some(("env" | "file" | "literal", "")) => {
                Err(BuildError::credentials("key", "has nothing after its prefix"))
            }
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
            KeySource::Env(name) => write!(f, "ApiKey(env:{})", name.escape_debug()),
            KeySource::File(path) => write!(f, "ApiKey(file:{path:?})"),
            KeySource::Secret(_) => f.write_str("ApiKey(secret)"),
        }
    }
}
