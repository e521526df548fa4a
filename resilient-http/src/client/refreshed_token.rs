//! A token that a refresh fetched.

use std::fmt;
use std::sync::Arc;

use http::HeaderValue;
use secrecy::SecretString;

use super::credentials_error::CredentialsError;
use super::secret_header::secret_header;

/// A token of one refresh. Clones are the same token.
#[derive(Clone)]
pub(crate) struct RefreshedToken(Arc<TokenParts>);

struct TokenParts {
    secret: SecretString,
    header: HeaderValue,
}

impl RefreshedToken {
    pub(super) fn new(secret: SecretString) -> Result<Self, CredentialsError> {
        let header = secret_header(&secret).map_err(CredentialsError::new)?;
        Ok(Self(Arc::new(TokenParts { secret, header })))
    }

    pub(super) fn header(&self) -> &HeaderValue {
        &self.0.header
    }

    pub(super) fn secret(&self) -> &SecretString {
        &self.0.secret
    }

    pub(super) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl fmt::Debug for RefreshedToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RefreshedToken")
    }
}
