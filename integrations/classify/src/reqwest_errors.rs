//! Classifies the errors of the HTTP client reqwest.

use std::error::Error;
use std::fmt;
use std::io;

use resilient::Classification;
use resilient::outcome::error_chain;

/// Classifies an error of reqwest.
///
/// | error | breaker | retry |
/// |---|---|---|
/// | connect: unknown name, refused, no certificate, timeout while connecting | failure | yes |
/// | timeout | failure | yes |
/// | the request or the response breaks off | failure | yes |
/// | status 408, 500, 502, 503, 504 | failure | yes |
/// | status 429 | ignored | yes |
/// | other status from 500 on | failure | no |
/// | any other status | success: the server responded | no |
/// | too many redirects, or a redirect that the policy refuses | success: the server responded | no |
/// | a body that is not the expected JSON | ignored | no |
/// | builder: an invalid URL or header | ignored | no |
/// | any other | failure | yes |
///
/// A rejection by a breaker or a time limit of `resilient` inside the error beats the table: see
/// [`Classification::find_in`].
///
/// - **Status.** reqwest makes an error of a status only in
///   [`error_for_status`](::reqwest::Response::error_for_status). The error has no headers, so a
///   `Retry-After` is lost. Read it from the response and pass it on with
///   [`after`](Classification::after), or use `resilient-http`, which does.
/// - **Repeated effects.** The error does not know the method. A `POST` that timed out may have
///   taken effect, so put `#[retry]` only on functions that may be called twice.
/// - **Text.** The text for logs and snapshots leaves out the query of the URL, its fragment, and a
///   name and password in it. The error's `Display` contains all of them, and the attributes use it
///   for a class without a text. So change the class that this function returns, or give a class
///   that you make yourself a [text](Classification::with_text).
///
/// ```
/// use resilient::{circuit_breaker, retry};
///
/// #[retry(classify = resilient_classify::reqwest)]
/// #[circuit_breaker(name = "rates", on_open = |_| Ok(String::new()))]
/// async fn rates(client: &reqwest::Client) -> reqwest::Result<String> {
///     let response = client.get("http://127.0.0.1:1/rates").send().await?;
///     response.error_for_status()?.text().await
/// }
/// ```
#[must_use]
pub fn reqwest(error: &::reqwest::Error) -> Classification {
    let class = Classification::find_in(error).unwrap_or_else(|| of_kind(error));
    // Also for a healthy response: a caller may turn its class into a failure.
    class.with_text(WithoutSecrets(error))
}

fn of_kind(error: &::reqwest::Error) -> Classification {
    if error.is_builder() {
        return Classification::ignored();
    }
    if let Some(status) = error.status() {
        return crate::http_status(status).unwrap_or(Classification::answered());
    }
    // A redirect can lead to a server that cannot be reached.
    if error.is_timeout() || error.is_connect() {
        return Classification::transient();
    }
    if error.is_redirect() {
        return Classification::answered();
    }
    if error.is_decode() && error_chain(error).any(<dyn Error>::is::<serde_json::Error>) {
        return Classification::ignored();
    }
    Classification::transient()
}

/// Displays what happened, and the URL without its query, its fragment, its name and its password.
struct WithoutSecrets<'a>(&'a ::reqwest::Error);

impl fmt::Display for WithoutSecrets<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(error) = self;
        match error.status() {
            Some(status) => write!(f, "status {}", status.as_u16())?,
            None => f.write_str(what_failed(error))?,
        }
        // The kind of an I/O error has a fixed text. Any other source may quote the URL.
        let io = error_chain(*error).filter_map(<dyn Error>::downcast_ref::<io::Error>).last();
        if let Some(kind) = io.map(io::Error::kind).filter(|kind| *kind != io::ErrorKind::Other) {
            write!(f, " ({kind})")?;
        }
        let Some(url) = error.url() else {
            return Ok(());
        };
        write!(f, ": {}://{}", url.scheme(), url.host_str().unwrap_or_default())?;
        if let Some(port) = url.port() {
            write!(f, ":{port}")?;
        }
        f.write_str(url.path())
    }
}

fn what_failed(error: &::reqwest::Error) -> &'static str {
    if error.is_builder() {
        "request not built"
    } else if error.is_timeout() {
        "timed out"
    } else if error.is_connect() {
        "not connected"
    } else if error.is_redirect() {
        "redirect not followed"
    } else if error.is_decode() || error.is_body() {
        "body broken"
    } else {
        "request failed"
    }
}
