//! The difference between the request of a page and the request of the page after it.

use std::fmt;

use bytes::Bytes;
use http::HeaderMap;
use serde::Serialize;
use url::{Url, form_urlencoded};

use crate::client::ApiClient;
use crate::error::{BuildError, BuildErrorKind};
use crate::redact::is_credential;
use crate::request::{PreparedRequest, encoded_pairs, json_text};

/// How the request of the next page differs from the request of this page. For
/// [`pages_by`](crate::RequestBuilder::pages_by).
pub struct NextPage(Difference);

enum Difference {
    Address(String),
    Query(Result<String, BuildError>),
    Json(Result<Bytes, BuildError>),
}

impl NextPage {
    /// The next page has this address, which may be relative to the address of this page. Its
    /// origin must be that of the base URL or an allowed origin.
    #[must_use]
    pub fn address(address: impl Into<String>) -> Self {
        Self(Difference::Address(address.into()))
    }

    /// The next page has these values in the query: a struct, a map, or pairs such as
    /// `[("cursor", cursor)]`. They replace values of the same names; other values stay.
    #[must_use]
    pub fn query(query: impl Serialize) -> Self {
        let part = "query of the next page";
        Self(Difference::Query(encoded_pairs(&query, BuildErrorKind::Query, part)))
    }

    /// The request of the next page has this JSON body. The body of this page had to be JSON, too.
    #[must_use]
    pub fn json(body: &(impl Serialize + ?Sized)) -> Self {
        let text = json_text(body, BuildErrorKind::Body, "body of the next page");
        Self(Difference::Json(text.map(Bytes::from)))
    }

    /// Changes `request`, which is a copy of the request of this page. `redirected_to` is the
    /// address of the page if it is another one.
    pub(super) fn apply(
        self,
        client: &ApiClient,
        request: &mut PreparedRequest,
        redirected_to: Option<&Url>,
    ) -> Result<(), BuildError> {
        match self.0 {
            Difference::Address(address) => {
                let from = redirected_to.unwrap_or(&request.url);
                request.url = resolve(client, from, &address)?;
            }
            Difference::Query(query) => replace_in_query(&mut request.url, &query?),
            Difference::Json(bytes) => request.body = bytes?.into(),
        }
        Ok(())
    }
}

/// Returns the address of the next page. The server chose it, so it is checked like a redirect.
fn resolve(client: &ApiClient, from: &Url, address: &str) -> Result<Url, BuildError> {
    let subject = "address of the next page";
    let refuse = |problem| BuildError::new(BuildErrorKind::NextPage, subject, problem);
    let Ok(mut to) = from.join(address) else {
        return Err(refuse("is not a URL"));
    };
    if !to.username().is_empty() || to.password().is_some() {
        return Err(refuse("contains a user"));
    }
    client.inner().base.check(&to, subject)?;
    to.set_fragment(None);
    Ok(to)
}

/// Sets the pairs of `query` in the URL. Other pairs stay as they are written.
fn replace_in_query(url: &mut Url, query: &str) {
    let names: Vec<_> =
        form_urlencoded::parse(query.as_bytes()).map(|(name, _)| name.into_owned()).collect();
    let is_kept = |pair: &&str| {
        let mut parsed = form_urlencoded::parse(pair.as_bytes());
        parsed.next().is_some_and(|(name, _)| !names.contains(&name.into_owned()))
    };
    let old = url.query().unwrap_or_default().to_owned();
    let added = Some(query).filter(|query| !query.is_empty());
    let pairs: Vec<_> = old.split('&').filter(is_kept).chain(added).collect();
    url.set_query(Some(pairs.join("&").as_str()).filter(|query| !query.is_empty()));
}

/// Returns the headers for a page at `url`. A server of another origin receives neither the headers
/// of the client nor credentials.
pub(super) fn headers_for(client: &ApiClient, headers: &HeaderMap, url: &Url) -> HeaderMap {
    let inner = client.inner();
    let mut headers = headers.clone();
    if !inner.base.is_own(url) {
        let secret = headers.iter().filter(|(name, value)| {
            is_credential(name) || value.is_sensitive() || inner.headers.contains_key(*name)
        });
        for name in secret.map(|(name, _)| name.clone()).collect::<Vec<_>>() {
            headers.remove(name);
        }
    }
    headers
}

/// Shows the kind of the difference. Its value may contain a secret.
impl fmt::Debug for NextPage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Difference::Address(_) => "NextPage(address)",
            Difference::Query(_) => "NextPage(query)",
            Difference::Json(_) => "NextPage(json)",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn new_values_replace_those_of_their_names_and_the_rest_of_the_query_keeps_its_form() {
        for (old, new, expected) in [
            ("", "page=2", "?page=2"),
            ("?page=1", "page=2", "?page=2"),
            ("?q=a%20b+c&page=1&page=9&flag", "page=2", "?q=a%20b+c&flag&page=2"),
            ("?a%5Bb%5D=1&x", "a%5Bb%5D=2&c=3", "?x&a%5Bb%5D=2&c=3"),
            ("?q=1&&", "page=2", "?q=1&page=2"),
            ("?q=1", "", "?q=1"),
            ("", "", ""),
        ] {
            let mut url = Url::parse(&format!("http://h/x{old}")).unwrap();
            replace_in_query(&mut url, new);
            assert_eq!(url.as_str(), format!("http://h/x{expected}"), "{old} with {new}");
        }
    }
}
