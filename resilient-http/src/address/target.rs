//! The address of a request: a path below the base URL, or below an allowed origin.

use url::Url;

use super::base_url::{BaseUrl, forbidden};
use super::path_template::PathTemplate;
use crate::error::BuildError;

pub(crate) struct Target {
    root: Option<Url>,
    pub(crate) path: PathTemplate,
}

impl Target {
    /// Parses a path template, or an absolute URL. The origin of a URL must be the origin of the
    /// base URL or an allowed origin.
    pub(crate) fn parse(text: &str, base: &BaseUrl) -> Result<Self, BuildError> {
        let Some(scheme) = text.find("://").filter(|_| is_web(text)) else {
            return Ok(Self { root: None, path: PathTemplate::parse(text)? });
        };
        let after = scheme + "://".len();
        let end = text[after..].find(['/', '?', '#', '\\']).map_or(text.len(), |at| after + at);
        let (origin, path) = text.split_at(end);
        if origin.contains(['{', '}', '@']) {
            return Err(forbidden("has a parameter or a user in its host"));
        }
        let root = Url::parse(origin).map_err(|_| forbidden("is not a URL"))?;
        if !base.knows_origin(&root) {
            return Err(forbidden(
                "is of another origin than the base URL: allow it with `.allow_origin(…)`",
            ));
        }
        Ok(Self { root: Some(root), path: PathTemplate::parse(path)? })
    }

    /// Returns the URL with a value for each parameter.
    pub(crate) fn url<T: AsRef<str>>(
        &self,
        base: &BaseUrl,
        values: &[(T, T)],
    ) -> Result<Url, BuildError> {
        let root = self.root.as_ref().unwrap_or(base.url());
        let mut path = String::with_capacity(root.path().len() + self.path.as_str().len() + 16);
        path.push_str(root.path());
        self.path.expand_onto(&mut path, values)?;
        let is_base = self.root.is_none() && self.path.as_str().is_empty();
        let url = if is_base {
            path.truncate(path.trim_end_matches('/').len());
            let mut url = root.clone();
            url.set_path(&path);
            url
        } else {
            BaseUrl::with_path(root, &path)?
        };
        base.check(&url, "address")?;
        Ok(url)
    }
}

fn is_web(text: &str) -> bool {
    let begins = |scheme: &str| {
        text.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme))
    };
    begins("http://") || begins("https://")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn base() -> BaseUrl {
        BaseUrl::parse("https://api.example.com/v1").unwrap().0
    }

    fn url(path: &str) -> Result<String, BuildError> {
        let base = base();
        Ok(Target::parse(path, &base)?.url::<&str>(&base, &[])?.to_string())
    }

    #[test]
    fn paths_are_below_the_base_with_or_without_a_slash() {
        for (path, expected) in [
            ("users", "https://api.example.com/v1/users"),
            ("/users", "https://api.example.com/v1/users"),
            ("users/", "https://api.example.com/v1/users/"),
            ("", "https://api.example.com/v1"),
            ("/", "https://api.example.com/v1/"),
            ("https://api.example.com/v2/x", "https://api.example.com/v2/x"),
            ("HTTPS://API.example.com:443/x", "https://api.example.com/x"),
        ] {
            assert_eq!(url(path).unwrap(), expected, "{path}");
        }
    }

    #[test]
    fn another_origin_is_refused_unless_allowed() {
        for path in [
            "https://evil.example/x",
            "http://api.example.com/v1",
            "https://api.example.com:8443/v1",
            "https://api.example.com@evil.example/",
            "https://api.example.com.evil.example/",
            "https://{host}/x",
            "//evil.example/x",
            "https:\\\\evil.example/x",
        ] {
            assert!(url(path).is_err(), "{path}");
        }
        let mut base = base();
        base.allow("https://files.example.com").unwrap();
        let target = Target::parse("https://files.example.com/{id}", &base).unwrap();
        let url = target.url(&base, &[("id", "7")]).unwrap();
        assert_eq!(url.as_str(), "https://files.example.com/7");
        assert!(!base.is_own(&url));
    }
}
