//! Decides which headers are secret, and what may be printed of headers.

use std::fmt;

use http::{HeaderMap, HeaderName};

/// Prints header names without values. The values may contain secrets, because a server may return
/// a secret that it received.
pub(crate) struct HeaderNames<'a>(pub(crate) &'a HeaderMap);

impl fmt::Debug for HeaderNames<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys().map(HeaderName::as_str)).finish()
    }
}

/// Returns whether a header may carry credentials. The client does not send such headers over plain
/// `http`.
pub(crate) fn is_credential(name: &HeaderName) -> bool {
    const NAMES: [&str; 3] = ["authorization", "proxy-authorization", "cookie"];
    const WORDS: [&str; 5] = ["api-key", "apikey", "token", "secret", "passw"];
    if is_harmless(name) {
        return false;
    }
    let name = name.as_str();
    NAMES.contains(&name) || WORDS.iter().any(|word| name.contains(word))
}

/// Returns whether the header is one of the most frequent ones, none of which carries a secret. The
/// search for words in each name would take longer than the rest of a call's own work.
fn is_harmless(name: &HeaderName) -> bool {
    matches!(
        name.as_str(),
        "accept"
            | "accept-encoding"
            | "accept-ranges"
            | "cache-control"
            | "connection"
            | "content-encoding"
            | "content-length"
            | "content-type"
            | "date"
            | "etag"
            | "keep-alive"
            | "last-modified"
            | "retry-after"
            | "server"
            | "transfer-encoding"
            | "user-agent"
            | "vary"
            | "x-request-id"
    )
}

/// Marks header values as sensitive if their names suggest a secret. Other crates do not print
/// values that are marked.
pub(crate) fn mark_secrets(headers: &mut HeaderMap) {
    const WORDS: [&str; 4] = ["auth", "key", "signature", "credential"];
    for (name, value) in headers.iter_mut() {
        if is_harmless(name) {
            continue;
        }
        let sounds = || WORDS.iter().any(|word| name.as_str().contains(word));
        if is_credential(name) || name == http::header::SET_COOKIE || sounds() {
            value.set_sensitive(true);
        }
    }
}
