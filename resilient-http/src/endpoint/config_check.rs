//! The rules of an endpoint's settings.

use std::collections::BTreeMap;
use std::time::Duration;

use http::{HeaderMap, Method, StatusCode};
use resilient::RetryPolicy;

use super::auth_kind::AuthKind;
use super::config::{BudgetSource, EndpointConfig};
use super::content::Content;
use super::settings::Settings;
use super::tables::{BudgetSettings, RetrySettings};
use crate::address::{BaseUrl, PathTemplate};
use crate::client::default_circuit_breaker;
use crate::error::BuildError;
use crate::request::{IDEMPOTENCY_HEADER, Idempotency, LimitOverride, header_pair};

/// Large models may take this long to respond.
const TIMEOUT: Duration = Duration::from_secs(300);
const LONGEST_NAME: usize = 128;

/// An invalid setting, and the key of the setting in a file.
#[derive(Debug)]
pub(super) struct SettingError {
    #[cfg_attr(
        not(feature = "toml"),
        expect(dead_code, reason = "only TOML documents need the key")
    )]
    pub(super) key: &'static str,
    pub(super) error: BuildError,
}

impl SettingError {
    fn at(key: &'static str) -> impl Fn(BuildError) -> Self {
        move |error| Self { key, error }
    }

    fn setting(key: &'static str, problem: impl Into<String>) -> Self {
        Self { key, error: BuildError::setting(key, problem) }
    }
}

impl EndpointConfig {
    pub(super) fn check(name: String, given: Settings) -> Result<Self, SettingError> {
        let preset = given.preset;
        let merged = match preset {
            Some(preset) => given.clone().or(preset.settings()),
            None => given.clone(),
        };
        let provider = merged.provider.clone().or(preset.map(|preset| preset.name().to_owned()));
        check_name("name", &name)?;
        let provider = provider.ok_or_else(|| SettingError::setting("provider", "is missing"))?;
        check_name("provider", &provider)?;
        if let Some(base) = &merged.base_url {
            BaseUrl::parse(base).map_err(SettingError::at("base_url"))?;
        }
        let Some(path) = &merged.path else {
            return Err(SettingError::setting("path", "is missing"));
        };
        let path = PathTemplate::parse(path).map_err(SettingError::at("path"))?;
        check_params(&path, &merged.params)?;
        let method = merged.method.as_deref().unwrap_or("POST").to_ascii_uppercase();
        let method = Method::from_bytes(method.as_bytes())
            .map_err(|_| SettingError::setting("method", "is not an HTTP method"))?;
        let content = Content::of(&method, merged.content_type.as_deref())
            .map_err(SettingError::at("content_type"))?;
        let kind = merged.auth.clone().unwrap_or_default();
        let auth = kind
            .with(merged.api_key.as_ref().map(|key| &key.key))
            .map_err(SettingError::at("api_key"))?;
        let headers = headers(&merged.headers, &kind)?;
        if merged.idempotency.as_ref().is_some_and(Idempotency::is_constant_key) {
            let problem = "would be the same key for all calls: set it in the options of a call";
            return Err(SettingError::setting("idempotency", problem));
        }
        let (timeout, deadline, idle_timeout) = times(&merged)?;
        let statuses = merged.retry_statuses.as_ref();
        let statuses = statuses.map(|codes| codes.iter().map(|code| StatusCode::from_u16(*code)));
        let retry_statuses = statuses.map(Iterator::collect).transpose().map_err(|_| {
            SettingError::setting("retry_statuses", "must be statuses of HTTP: 100 to 999")
        })?;
        #[cfg(feature = "cache")]
        if let Some(cache) = &merged.cache {
            cache.check().map_err(SettingError::at("cache"))?;
        }
        let policy = policy(&merged)?;
        let budget = match &merged.budget {
            None => BudgetSource::Default,
            Some(BudgetSettings::None) => BudgetSource::Nothing,
            Some(BudgetSettings::Checked(config)) => BudgetSource::Own(*config),
            Some(BudgetSettings::Changes(settings)) => {
                BudgetSource::Own(settings.build().map_err(|error| {
                    SettingError::setting("budget", format!("is invalid: {error}"))
                })?)
            }
        };
        let breaker = match &merged.circuit_breaker {
            None => default_circuit_breaker().provisional(),
            Some(settings) => settings.build().map_err(|error| {
                SettingError::setting("circuit_breaker", format!("is invalid: {error}"))
            })?,
        };
        Ok(Self {
            name,
            given,
            provider,
            path,
            method,
            content,
            auth,
            headers,
            timeout,
            deadline,
            idle_timeout,
            policy,
            budget,
            breaker,
            retry_statuses,
            merged,
        })
    }
}

fn check_name(key: &'static str, name: &str) -> Result<(), SettingError> {
    let is_plain = !name.is_empty() && !name.chars().any(char::is_control);
    if is_plain && name.chars().count() < LONGEST_NAME / 2 {
        Ok(())
    } else {
        let problem = "must have 1 to 63 characters, none of them a control character";
        Err(SettingError::setting(key, problem))
    }
}

/// Checks that each value belongs to a parameter of the path and fits into a segment.
fn check_params(
    path: &PathTemplate,
    params: &BTreeMap<String, String>,
) -> Result<(), SettingError> {
    let wrong = SettingError::at("params");
    // `expand` needs a value for each parameter. The values of the other parameters come with each
    // call, so this check uses `x` in their place.
    let others = path.names().filter(|name| !params.contains_key(*name)).map(|name| (name, "x"));
    let params = params.iter();
    let params = params.map(|(name, value)| (name.as_str(), value.as_str()));
    path.expand(params.chain(others)).map(|_| ()).map_err(wrong)
}

fn headers(given: &BTreeMap<String, String>, auth: &AuthKind) -> Result<HeaderMap, SettingError> {
    let wrong = SettingError::at("headers");
    let of_key = auth.header().map_err(SettingError::at("auth"))?;
    let mut headers = HeaderMap::new();
    for (name, value) in given {
        let (header, value) = header_pair(name, value).map_err(&wrong)?;
        if Some(&header) == of_key.as_ref() {
            return Err(wrong(BuildError::header(name, "is the one that the key is in")));
        }
        if header == http::header::CONTENT_TYPE {
            return Err(wrong(BuildError::header(name, "is set by `content_type`")));
        }
        if header.as_str() == IDEMPOTENCY_HEADER {
            let problem = "would be the same key for all calls: set `idempotency` to `key`";
            return Err(wrong(BuildError::header(name, problem)));
        }
        headers.insert(header, value);
    }
    Ok(headers)
}

type Limit = Option<Duration>;

/// Returns the limits of an attempt, of a call, and of a wait for a chunk of a stream.
fn times(settings: &Settings) -> Result<(Limit, Limit, Limit), SettingError> {
    let timeout = settings.timeout.map_or(Some(TIMEOUT), |LimitOverride(time)| time);
    let deadline = match settings.deadline {
        Some(LimitOverride(time)) => time,
        None => timeout.map(|time| time.saturating_mul(2)),
    };
    let idle_timeout = settings.idle_timeout.map_or(timeout, |LimitOverride(time)| time);
    let zero = Some(Duration::ZERO);
    let all = [("timeout", timeout), ("deadline", deadline), ("idle_timeout", idle_timeout)];
    for (key, time) in all {
        if time == zero {
            return Err(SettingError::setting(key, "must be longer than zero"));
        }
    }
    match (timeout, deadline) {
        (Some(timeout), Some(deadline)) if timeout > deadline => Err(SettingError::setting(
            "deadline",
            format!("must not be shorter than the timeout, which is {timeout:?}"),
        )),
        _ => Ok((timeout, deadline, idle_timeout)),
    }
}

fn policy(settings: &Settings) -> Result<RetryPolicy, SettingError> {
    let builder = match (&settings.retry, settings.max_retries) {
        (Some(RetrySettings::Policy(policy)), None) => return Ok(policy.clone()),
        (Some(RetrySettings::Policy(_)), Some(_)) => {
            return Err(SettingError::setting(
                "max_retries",
                "is part of the policy that is given, too: there is one loop",
            ));
        }
        (Some(RetrySettings::Changes(builder)), _) => builder.clone(),
        (None, _) => RetryPolicy::builder(),
    };
    let builder = match settings.max_retries {
        Some(retries) => builder.max_retries(retries),
        None => builder,
    };
    builder.build().map_err(|error| SettingError::setting("retry", format!("is invalid: {error}")))
}
