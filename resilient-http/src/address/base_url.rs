//! The base URL of a client, and the origins to which its requests may go.

use std::borrow::Cow;

use secrecy::SecretString;
use url::{Host, Position, Url};

use super::path_segment::climbs;
use crate::error::{BuildError, BuildErrorKind};

/// A checked base URL. It uses `http` or `https`, has a host, and has neither query nor fragment.
/// Its path ends in `/`.
#[derive(Clone)]
pub(crate) struct BaseUrl {
    url: Url,
    /// The text of the origin, which is the key of its circuit breaker.
    origin: String,
    allowed: Vec<Url>,
    /// Whether requests must stay below the path, and not only within the origin.
    is_fenced: bool,
}

const NO_SCHEME: &str = "must begin with `http://` or `https://`";

/// The user name and password from the base URL.
pub(crate) type UserInfo = (String, SecretString);

impl BaseUrl {
    pub(crate) fn parse(text: &str) -> Result<(Self, Option<UserInfo>), BuildError> {
        let mut url = Url::parse(text).map_err(|error| match error {
            url::ParseError::RelativeUrlWithoutBase => BuildError::base(NO_SCHEME),
            error => BuildError::base(&format!("is not a URL: {error}")),
        })?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(BuildError::base(NO_SCHEME));
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
        let base = Self { url, origin, allowed: Vec::new(), is_fenced: false };
        Ok((base, user))
    }

    pub(crate) fn allow(&mut self, origin: &str) -> Result<(), BuildError> {
        let refuse =
            |problem: &str| BuildError::new(BuildErrorKind::CrossOrigin, "allowed origin", problem);
        let url = Url::parse(origin).map_err(|error| match error {
            url::ParseError::RelativeUrlWithoutBase => refuse(NO_SCHEME),
            _ => refuse("is not a URL"),
        })?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(refuse(NO_SCHEME));
        }
        let has_user = !url.username().is_empty() || url.password().is_some();
        if has_user || &url[Position::BeforePath..] != "/" {
            return Err(refuse("has more than a host and a port: the whole origin is allowed"));
        }
        self.allowed.push(url);
        Ok(())
    }

    pub(crate) fn fence(&mut self) {
        self.is_fenced = true;
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

    /// Returns whether requests to the origin of the base URL or to an allowed origin need TLS.
    pub(crate) fn needs_tls(&self) -> bool {
        [&self.url].into_iter().chain(&self.allowed).any(|url| url.scheme() == "https")
    }

    /// Returns whether requests may go to the origin of `url`: it must be the origin of the base
    /// URL or an allowed origin.
    pub(super) fn knows_origin(&self, url: &Url) -> bool {
        self.is_own(url) || self.is_allowed(url)
    }

    /// Returns whether requests may go to `url`. If there is a fence, the path of a URL in the
    /// origin of the base URL must be the path of the base URL or be below it.
    pub(crate) fn permits(&self, url: &Url) -> bool {
        if self.is_own(url) {
            !self.is_fenced || self.is_below(url.path())
        } else {
            self.is_allowed(url)
        }
    }

    /// Returns the error for `url` if requests may not go there. `subject` names the address.
    pub(crate) fn check(&self, url: &Url, subject: &str) -> Result<(), BuildError> {
        let problem = if self.permits(url) {
            return Ok(());
        } else if self.knows_origin(url) {
            "is not below the base URL, and `fence_path` is set"
        } else {
            "is of another origin than the base URL, and not of an allowed one"
        };
        Err(BuildError::new(BuildErrorKind::CrossOrigin, subject, problem))
    }

    fn is_allowed(&self, url: &Url) -> bool {
        self.allowed.iter().any(|allowed| have_same_origin(allowed, url))
    }

    fn is_below(&self, path: &str) -> bool {
        let own = self.url.path();
        // A server may decode `..%2f` before it splits the path.
        (path.starts_with(own) || own.strip_suffix('/') == Some(path))
            && !path.split('/').any(climbs)
    }

    /// Returns whether the client's headers and credentials may go to the origin of `url`.
    pub(crate) fn is_own(&self, url: &Url) -> bool {
        have_same_origin(&self.url, url)
    }

    /// Returns the URL with the origin of `root` and the path `path`, which begins with the path
    /// of `root`. Returns an error if the URL would leave the origin or the path of `root`.
    pub(super) fn with_path(root: &Url, path: &str) -> Result<Url, BuildError> {
        let mut url = root.clone();
        url.set_path(path);
        // The URL parser resolves dot segments and drops some characters. If it changes the path,
        // the path is refused.
        if url.path() != path || !have_same_origin(&url, root) {
            let problem = "would lead out of the base URL";
            return Err(BuildError::new(BuildErrorKind::Template, "path", problem));
        }
        Ok(url)
    }
}

/// Compares the origins of two `http` or `https` URLs. `Url::origin` does the same with
/// allocations.
fn have_same_origin(one: &Url, other: &Url) -> bool {
    // Both texts are normalised, so one comparison decides in almost all cases.
    let start = ..Position::BeforePath;
    one[start] == other[start]
        || one.scheme() == other.scheme()
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

/// Returns the error for an address to which the client sends no requests.
pub(crate) fn forbidden(problem: &str) -> BuildError {
    BuildError::new(BuildErrorKind::CrossOrigin, "address", problem)
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
    fn a_fence_keeps_requests_below_the_path_of_the_base_url() {
        let (mut base, _) = BaseUrl::parse("https://h/v1").unwrap();
        base.allow("https://files").unwrap();
        let permits = |base: &BaseUrl, url: &str| base.permits(&Url::parse(url).unwrap());
        let outside = [
            "https://h/",
            "https://h/v2/x",
            "https://h/v10",
            "https://h/v1/../v2",
            "https://h/v1/%2e%2e/v2",
            "https://h/v1/..%2fv2",
            "https://h/v1/%252e%252e/v2",
        ];
        let inside = ["https://h/v1", "https://h/v1/", "https://h/v1/x?y=..", "https://files/x"];
        for url in outside.iter().chain(&inside) {
            assert!(permits(&base, url), "{url}");
        }
        base.fence();
        for url in inside {
            assert!(permits(&base, url), "{url}");
        }
        for url in outside {
            assert!(!permits(&base, url), "{url}");
        }
        assert!(!permits(&base, "https://evil/v1/x"));
    }

    #[test]
    fn an_allowed_origin_may_need_tls_although_the_base_url_does_not() {
        let (mut base, _) = BaseUrl::parse("http://h/v1").unwrap();
        base.allow("http://files").unwrap();
        assert!(!base.needs_tls());
        base.allow("https://files").unwrap();
        assert!(base.needs_tls());
        assert!(BaseUrl::parse("https://h").unwrap().0.needs_tls());
    }

    #[test]
    fn an_allowed_origin_with_a_path_or_a_user_is_refused_because_it_would_allow_more() {
        let (mut base, _) = BaseUrl::parse("https://h").unwrap();
        for more in ["/x", "/?x", "?", "/#", "//"] {
            assert!(base.allow(&format!("https://files{more}")).is_err(), "{more}");
        }
        assert!(base.allow("https://canary:canary@files").is_err());
        assert!(base.allow("https://canary@files").is_err());
        for origin in ["https://files", "https://files:443/", "http://[::1]:8080"] {
            base.allow(origin).unwrap();
        }
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
