//! The rules of a configuration, and under which key one is broken.

use std::collections::BTreeMap;
use std::time::Duration;

use http::{HeaderMap, Method, StatusCode};
use resilient::{BreakerConfig, RetryPolicy};

use super::super::auth_kind::AuthKind;
use super::super::content::Content;
use super::super::preset::Preset;
use super::super::settings::{Bound, Budget, Retry, Settings};
use super::{EndpointConfig, Pay};
use crate::address::Base;
use crate::error::BuildError;
use crate::request::header_pair;
use crate::template::PathTemplate;

/// As long as a large model may take for an answer.
const TIMEOUT: Duration = Duration::from_secs(300);
const LONGEST_NAME: usize = 128;

/// A setting that is wrong, and under which key it stands.
#[derive(Debug)]
pub(in crate::endpoint) struct Wrong {
    #[cfg_attr(
        not(feature = "toml"),
        expect(dead_code, reason = "without documents, nobody asks for the place")
    )]
    pub(in crate::endpoint) key: &'static str,
    pub(in crate::endpoint) error: BuildError,
}

impl Wrong {
    fn at(key: &'static str) -> impl Fn(BuildError) -> Self {
        move |error| Self { key, error }
    }

    fn setting(key: &'static str, problem: impl Into<String>) -> Self {
        Self {
            key,
            error: BuildError::setting(key, problem),
        }
    }
}

impl EndpointConfig {
    pub(in crate::endpoint) fn check(
        name: String,
        preset: Option<Preset>,
        given: Settings,
    ) -> Result<Self, Wrong> {
        let whole = match preset {
            Some(preset) => given.clone().or(preset.settings()),
            None => given.clone(),
        };
        let provider = whole
            .provider
            .clone()
            .or(preset.map(|preset| preset.name().to_owned()));
        check_name("name", &name)?;
        let provider = provider.ok_or_else(|| Wrong::setting("provider", "is missing"))?;
        check_name("provider", &provider)?;
        if let Some(base) = &whole.base_url {
            Base::parse(base).map_err(Wrong::at("base_url"))?;
        }
        let Some(path) = &whole.path else {
            return Err(Wrong::setting("path", "is missing"));
        };
        let path = PathTemplate::parse(path).map_err(Wrong::at("path"))?;
        check_params(&path, &whole.params)?;
        let method = whole
            .method
            .as_deref()
            .unwrap_or("POST")
            .to_ascii_uppercase();
        let method = Method::from_bytes(method.as_bytes())
            .map_err(|_| Wrong::setting("method", "is no method of HTTP"))?;
        let content = Content::of(&method, whole.content_type.as_deref())
            .map_err(Wrong::at("content_type"))?;
        let kind = whole.auth.clone().unwrap_or_default();
        let auth = kind
            .with(whole.api_key.as_ref())
            .map_err(Wrong::at("api_key"))?;
        let headers = headers(&whole.headers, &kind)?;
        let (timeout, deadline) = times(&whole)?;
        if let Some(codes) = &whole.retry_statuses {
            if codes
                .iter()
                .any(|code| StatusCode::from_u16(*code).is_err())
            {
                return Err(Wrong::setting(
                    "retry_statuses",
                    "must be statuses of HTTP: 100 to 999",
                ));
            }
        }
        let policy = policy(&whole)?;
        let budget = match &whole.budget {
            None => Pay::Default,
            Some(Budget::None) => Pay::Nothing,
            Some(Budget::Own(settings)) => Pay::Own(
                settings
                    .build()
                    .map_err(|error| Wrong::setting("budget", format!("cannot be: {error}")))?,
            ),
        };
        let breaker = match &whole.circuit_breaker {
            None => BreakerConfig::default(),
            Some(settings) => settings.build().map_err(|error| {
                Wrong::setting("circuit_breaker", format!("cannot be: {error}"))
            })?,
        };
        Ok(Self {
            name,
            given,
            preset,
            provider,
            path,
            method,
            content,
            auth,
            headers,
            timeout,
            deadline,
            policy,
            budget,
            breaker,
            whole,
        })
    }
}

fn check_name(key: &'static str, name: &str) -> Result<(), Wrong> {
    let is_plain = !name.is_empty() && !name.chars().any(char::is_control);
    if is_plain && name.chars().count() < LONGEST_NAME / 2 {
        Ok(())
    } else {
        let problem = "must have 1 to 63 characters, none of them a control character";
        Err(Wrong::setting(key, problem))
    }
}

/// Each is a name in the path, and its value can be one segment of it.
fn check_params(path: &PathTemplate, params: &BTreeMap<String, String>) -> Result<(), Wrong> {
    let wrong = Wrong::at("params");
    // Those that come with a call are taken for good ones.
    let others = path
        .names()
        .filter(|name| !params.contains_key(*name))
        .map(|name| (name, "x"));
    let params = params.iter();
    let params = params.map(|(name, value)| (name.as_str(), value.as_str()));
    path.expand(params.chain(others)).map(|_| ()).map_err(wrong)
}

fn headers(given: &BTreeMap<String, String>, auth: &AuthKind) -> Result<HeaderMap, Wrong> {
    let wrong = Wrong::at("headers");
    let of_key = auth.header().map_err(Wrong::at("auth"))?;
    let mut headers = HeaderMap::new();
    for (name, value) in given {
        let (header, value) = header_pair(name, value).map_err(&wrong)?;
        if Some(&header) == of_key.as_ref() {
            return Err(wrong(BuildError::header(
                name,
                "is the one that the key is in",
            )));
        }
        if header == http::header::CONTENT_TYPE {
            return Err(wrong(BuildError::header(name, "is set by `content_type`")));
        }
        headers.insert(header, value);
    }
    Ok(headers)
}

fn times(settings: &Settings) -> Result<(Option<Duration>, Option<Duration>), Wrong> {
    let timeout = settings.timeout.map_or(Some(TIMEOUT), |Bound(time)| time);
    let deadline = match settings.deadline {
        Some(Bound(time)) => time,
        None => timeout.map(|time| time.saturating_mul(2)),
    };
    let zero = Some(Duration::ZERO);
    for (key, time) in [("timeout", timeout), ("deadline", deadline)] {
        if time == zero {
            return Err(Wrong::setting(key, "must be longer than zero"));
        }
    }
    match (timeout, deadline) {
        (Some(timeout), Some(deadline)) if timeout > deadline => Err(Wrong::setting(
            "deadline",
            format!("must not be shorter than the timeout, which is {timeout:?}"),
        )),
        _ => Ok((timeout, deadline)),
    }
}

fn policy(settings: &Settings) -> Result<RetryPolicy, Wrong> {
    let builder = match (&settings.retry, settings.max_retries) {
        (Some(Retry::Policy(policy)), None) => return Ok(policy.clone()),
        (Some(Retry::Policy(_)), Some(_)) => {
            return Err(Wrong::setting(
                "max_retries",
                "is part of the policy that is given, too: there is one loop",
            ));
        }
        (Some(Retry::Settings(builder)), _) => builder.clone(),
        (None, _) => RetryPolicy::builder(),
    };
    let builder = match settings.max_retries {
        Some(retries) => builder.max_retries(retries),
        None => builder,
    };
    builder
        .build()
        .map_err(|error| Wrong::setting("retry", format!("cannot be: {error}")))
}
