//! Header values that hold secrets.

use http::HeaderValue;
use secrecy::{ExposeSecret, SecretString};

/// Returns a header value that other crates do not print, or the problem with the secret.
pub(super) fn secret_header(secret: &SecretString) -> Result<HeaderValue, &'static str> {
    let text = secret.expose_secret();
    if text.trim().is_empty() {
        return Err("is empty");
    }
    let mut value =
        HeaderValue::from_str(text).map_err(|_| "has a value that a header cannot carry")?;
    value.set_sensitive(true);
    Ok(value)
}
