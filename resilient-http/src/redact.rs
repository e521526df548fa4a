//! What may be printed of headers: their names.

use std::fmt;

use http::{HeaderMap, HeaderName};

/// Prints the names of headers without their values: a server may send back what it was sent.
pub(crate) struct HeaderNames<'a>(pub(crate) &'a HeaderMap);

impl fmt::Debug for HeaderNames<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set()
            .entries(self.0.keys().map(HeaderName::as_str))
            .finish()
    }
}

/// Whether a header's name says that its value is a secret. Such values are marked, so that nobody below prints them.
pub(crate) fn is_secret(name: &HeaderName) -> bool {
    const WORDS: [&str; 8] = [
        "auth",
        "cookie",
        "token",
        "secret",
        "key",
        "passw",
        "signature",
        "credential",
    ];
    WORDS.iter().any(|word| name.as_str().contains(word))
}

/// Marks the values of all headers whose names speak of secrets.
pub(crate) fn mark_secrets(headers: &mut HeaderMap) {
    for (name, value) in headers.iter_mut() {
        if is_secret(name) {
            value.set_sensitive(true);
        }
    }
}
