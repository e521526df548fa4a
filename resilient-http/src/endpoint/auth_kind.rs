//! The ways in which an endpoint sends its key.

use std::str::FromStr;

use http::HeaderName;

use crate::client::{ApiKey, Auth};
use crate::error::BuildError;
use crate::request::header_name;

/// The way in which an endpoint sends its key. The text form is `bearer`, `x-api-key`,
/// `header:NAME` or `none`.
///
/// ```
/// use resilient_http::AuthKind;
///
/// assert_eq!("header:api-token".parse::<AuthKind>()?, AuthKind::Header("api-token".to_owned()));
/// assert!("basic".parse::<AuthKind>().is_err());
/// # Ok::<(), resilient_http::BuildError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum AuthKind {
    /// Sends `authorization: Bearer …`.
    #[default]
    Bearer,
    /// Sends the key without a scheme in the header `x-api-key`.
    XApiKey,
    /// Sends the key without a scheme in the header with this name.
    Header(String),
    /// Sends no key.
    None,
}

/// An API key and the form in which it was configured.
#[derive(Clone)]
pub(super) struct ConfiguredKey {
    pub(super) key: ApiKey,
    /// Whether the key is written in the configuration itself.
    pub(super) is_literal: bool,
}

impl AuthKind {
    /// Combines the kind with the key. All kinds except `none` need a key.
    pub(super) fn with(&self, key: Option<&ApiKey>) -> Result<Auth, BuildError> {
        match (self, key) {
            (Self::None, None) => Ok(Auth::none()),
            (Self::None, Some(_)) => {
                Err(BuildError::credentials("`api_key`", "is given, and `auth` is `none`"))
            }
            (_, None) => Err(BuildError::credentials(
                "`api_key`",
                "is missing: give one, or set `auth` to `none`",
            )),
            (Self::Bearer, Some(key)) => Ok(Auth::bearer(key.clone())),
            (Self::XApiKey, Some(key)) => Ok(Auth::api_key("x-api-key", key.clone())),
            (Self::Header(name), Some(key)) => Ok(Auth::api_key(name, key.clone())),
        }
    }

    /// Returns the header that carries the key.
    pub(super) fn header(&self) -> Result<Option<HeaderName>, BuildError> {
        match self {
            Self::Bearer => Ok(Some(http::header::AUTHORIZATION)),
            Self::XApiKey => header_name("x-api-key").map(Some),
            Self::Header(name) => header_name(name).map(Some),
            Self::None => Ok(None),
        }
    }
}

impl FromStr for AuthKind {
    type Err = BuildError;

    fn from_str(text: &str) -> Result<Self, BuildError> {
        match text {
            "bearer" => Ok(Self::Bearer),
            "x-api-key" => Ok(Self::XApiKey),
            "none" => Ok(Self::None),
            _ => match text.split_once(':') {
                Some(("header", name)) if !name.is_empty() => Ok(Self::Header(name.to_owned())),
                // The error does not show the text, which may be a misplaced key.
                _ => Err(BuildError::setting(
                    "auth",
                    "must be `bearer`, `x-api-key`, `header:NAME` or `none`",
                )),
            },
        }
    }
}
