//! The base URL of a client, and the origins to which its requests may go.

use std::borrow::Cow;

use secrecy::SecretString;
use url::{Host, Url};

use crate::error::{BuildError, BuildErrorKind};

/// A checked base URL. It uses `http` or `https`, has a host, and has neither query nor fragment.
/// Its path ends in `/`.
#[derive(Clone)]
pub(crate) struct BaseUrl {
    url: Url,
    /// The text of the origin, which is the key of its circuit breaker.
    origin: String,
    allowed: Vec<Url>,
}

/// The user name and password from the base URL.
pub(crate) type UserInfo = (String, SecretString);

impl BaseUrl {
    pub(crate) fn parse(text: &str) -> Result<(Self, Option<UserInfo>), BuildError> {
        let mut url = Url::parse(text)
            .map_err(|error| BuildError::base(&format!("is not a URL: {error}")))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(BuildError::base("must begin with `http://` or `https://`"));
        }
        if url.query().is_some() {
            return Err(BuildError::base(
                "has a query: use `.query(…)` on requests, or `Auth::query` for a key",
            ));
        }
        if url.fragment().is_some() {
            return Err(BuildError::base("has a fragment, which is never sent"));
        }
        let user = take_user(&mut url)?;
        if !url.path().ends_with('/') {
            let path = format!("{}/", url.path());
            url.set_path(&path);
        }
        let origin = url.origin().ascii_serialization();
        let base = Self { url, origin, allowed: Vec::new() };
        Ok((base, user))
    }

    pub(crate) fn allow(&mut self, origin: &str) -> Result<(), BuildError> {
        let refuse =
            |problem: &str| BuildError::new(BuildErrorKind::CrossOrigin, "allowed origin", problem);
        let url = Url::parse(origin).map_err(|_| refuse("is not a URL"))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(refuse("must begin with `http://` or `https://`"));
        }
        self.allowed.push(url);
        Ok(())
    }

    pub(crate) fn url(&self) -> &Url {
        &self.url
    }

    /// Returns the text of the origin of `url`.
    pub(crate) fn origin_of(&self, url: &Url) -> Cow<'_, str> {
        if self.is_own(url) {
            Cow::Borrowed(&self.origin)
        } else {
            Cow::Owned(url.origin().ascii_serialization())
        }
    }

    #[cfg(feature = "reqwest")]
    pub(crate) fn is_https(&self) -> bool {
        self.url.scheme() == "https"
    }

    /// Returns whether requests may go to the origin of `url`: it must be the origin of the base
    /// URL or an allowed origin.
    pub(crate) fn knows(&self, url: &Url) -> bool {
        self.is_own(url) || self.allowed.iter().any(|allowed| have_same_origin(allowed, url))
    }

    /// Returns whether the client's headers and credentials may go to the origin of `url`.
    pub(crate) fn is_own(&self, url: &Url) -> bool {
        have_same_origin(&self.url, url)
    }

    /// Appends an expanded path to `root`. Returns an error if the resulting URL would leave the
    /// origin or the path of `root`.
    pub(super) fn join(root: &Url, path: &str) -> Result<Url, BuildError> {
        let mut url = root.clone();
        let whole = format!("{}{path}", root.path());
        url.set_path(&whole);
        // The URL parser resolves dot segments and drops some characters. If it changes the path,
        // the path is refused.
        if url.path() != whole || !have_same_origin(&url, root) {
            let problem = "would lead out of the base URL";
            return Err(BuildError::new(BuildErrorKind::Template, "path", problem));
        }
        Ok(url)
    }
}

/// Compares the origins of two `http` or `https` URLs. `Url::origin` does the same with
/// allocations.
fn have_same_origin(one: &Url, other: &Url) -> bool {
    one.scheme() == other.scheme()
        && one.host() == other.host()
        && one.port_or_known_default() == other.port_or_known_default()
}

fn take_user(url: &mut Url) -> Result<Option<UserInfo>, BuildError> {
    if url.username().is_empty() && url.password().is_none() {
        return Ok(None);
    }
    let plain = |text: &str| {
        percent_encoding::percent_decode_str(text)
            .decode_utf8()
            .map(std::borrow::Cow::into_owned)
            .map_err(|_| BuildError::base("has a user or password that is not UTF-8"))
    };
    let user = plain(url.username())?;
    let password = SecretString::from(plain(url.password().unwrap_or_default())?);
    let cannot = |()| BuildError::base("cannot have a user");
    url.set_username("").map_err(cannot)?;
    url.set_password(None).map_err(cannot)?;
    Ok(Some((user, password)))
}

/// Returns whether nobody on the network can read the connection, because it is encrypted or stays
/// on this machine.
pub(crate) fn is_private(url: &Url) -> bool {
    let is_loopback = match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        None => false,
    };
    url.scheme() == "https" || is_loopback
}

/// Returns the target of a redirect, or `None` if the target has another origin or contains user
/// info.
pub(crate) fn same_origin(from: &Url, location: &str) -> Option<Url> {
    let mut to = from.join(location).ok()?;
    let is_plain = to.username().is_empty() && to.password().is_none();
    to.set_fragment(None);
    (is_plain && to.origin() == from.origin()).then_some(to)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invalid_base_urls_are_refused_and_credentials_are_separated() {
        for text in ["ftp://x", "https://", "x", "https://h/?key=1", "https://h/#x"] {
            assert!(BaseUrl::parse(text).is_err(), "{text}");
        }
        let (base, user) = BaseUrl::parse("https://me:s%20s@h/v1").unwrap();
        assert_eq!(base.url().as_str(), "https://h/v1/");
        let (name, password) = user.unwrap();
        assert_eq!(name, "me");
        assert_eq!(secrecy::ExposeSecret::expose_secret(&password), "s s");
    }

    #[test]
    fn redirects_stay_within_the_origin() {
        let from = Url::parse("https://h/a/b").unwrap();
        let to = |location| same_origin(&from, location).map(|url| url.to_string());
        assert_eq!(to("c").as_deref(), Some("https://h/a/c"));
        assert_eq!(to("/x?y=1#z").as_deref(), Some("https://h/x?y=1"));
        for location in ["http://h/a", "//evil/x", "https://u:p@h/x", "https://h:444/", "http://["]
        {
            assert_eq!(to(location), None, "{location}");
        }
    }
}
