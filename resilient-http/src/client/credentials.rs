//! The credentials of a client, which each request to the origin of the base URL carries.

use std::sync::Arc;

use http::{HeaderMap, HeaderName, HeaderValue};
use resilient::deadline;
use secrecy::{ExposeSecret, SecretString};
use tokio::time::Instant;
use url::Url;

use super::credentials_error::{CredentialsError, contain};
use super::refreshed_token::RefreshedToken;
use super::secret_header::secret_header;
use super::token_refresh::TokenRefresh;
use crate::error::BoxError;
use crate::request::set_pair;
use crate::time_limit::limited;

pub(super) type FreshValue = Arc<dyn Fn() -> Result<SecretString, BoxError> + Send + Sync>;

#[derive(Clone)]
pub(crate) enum Credentials {
    None,
    Header(HeaderName, HeaderValue),
    Query(String, SecretString),
    Fresh(HeaderName, FreshValue),
    Refresh(HeaderName, Arc<TokenRefresh>),
}

impl Credentials {
    /// Adds the credentials to a request. If the request already has the header, the header stays.
    /// A key in the query replaces the pairs of its name: the query of a redirect may contain it.
    ///
    /// Returns the token that the request carries, if the token can be refreshed.
    pub(crate) async fn apply(
        &self,
        url: &mut Url,
        headers: &mut HeaderMap,
    ) -> Result<Option<RefreshedToken>, CredentialsError> {
        match self {
            Self::None => {}
            Self::Header(name, value) => {
                headers.entry(name).or_insert_with(|| value.clone());
            }
            Self::Query(name, key) => {
                let query = set_pair(url.query(), name, key.expose_secret());
                url.set_query(Some(&query));
            }
            Self::Fresh(name, value) => {
                if !headers.contains_key(name) {
                    let value = contain(|| value())?.map_err(|error| {
                        CredentialsError::caused_by("the closure of `Auth::fresh` failed", error)
                    })?;
                    headers.insert(name, secret_header(&value).map_err(CredentialsError::new)?);
                }
            }
            Self::Refresh(name, refresh) => {
                if !headers.contains_key(name) {
                    let token = match refresh.present() {
                        Some(token) => token,
                        None => refreshed(refresh).await?,
                    };
                    headers.insert(name, token.header().clone());
                    return Ok(Some(token));
                }
            }
        }
        Ok(None)
    }

    /// Returns the header that carries the credentials.
    pub(super) fn header(&self) -> Option<&HeaderName> {
        match self {
            Self::None | Self::Query(..) => None,
            Self::Header(name, _) | Self::Fresh(name, _) | Self::Refresh(name, _) => Some(name),
        }
    }

    /// Notes that the server refused this token, so that no later request carries it.
    pub(crate) fn refuse(&self, token: &RefreshedToken) {
        if let Self::Refresh(_, refresh) = self {
            refresh.refuse(token);
        }
    }
}

/// Waits for the next token, but at most for seven eighths of the time that the attempt has left.
/// If the limit of the attempt ended a refresh, the circuit breaker would count a failure of the
/// server.
async fn refreshed(refresh: &TokenRefresh) -> Result<RefreshedToken, CredentialsError> {
    let most = deadline::remaining().map(|left| left.saturating_sub(left / 8));
    let until = most.and_then(|most| Instant::now().checked_add(most));
    // The future is boxed, so that the futures of other calls stay small.
    let token = Box::pin(refresh.token(until));
    match most {
        None => token.await,
        Some(most) => Box::pin(limited(most, token))
            .await
            .unwrap_or_else(|_| Err(CredentialsError::too_slow())),
    }
}
