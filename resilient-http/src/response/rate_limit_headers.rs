//! The headers in which servers report rate limits.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use http::{HeaderMap, HeaderValue};

use super::header_number::whole;
use super::header_time::{server_time, time_until};
use super::rate_limit::RateLimit;

/// The maximum length of the name of a limit. Longer names are cut.
const LONGEST_NAME: usize = 64;

impl RateLimit {
    /// Reads the headers of a response that has just arrived, and returns the tightest limit: the
    /// one of which the smallest share remains. Returns `None` if the headers contain no rate
    /// limit.
    #[must_use]
    pub fn parse(headers: &HeaderMap) -> Option<Self> {
        Self::tightest(Self::parse_all(headers))
    }

    /// Reads the headers of a response that has just arrived, and returns all limits, sorted by
    /// their names.
    #[must_use]
    pub fn parse_all(headers: &HeaderMap) -> Vec<Self> {
        Self::received(headers, SystemTime::now())
    }

    /// Returns all limits in the headers of a response that arrived at the time `arrival`.
    pub(crate) fn received(headers: &HeaderMap, arrival: SystemTime) -> Vec<Self> {
        let drafts = draft_limits(headers);
        if drafts.is_empty() {
            field_limits(headers, server_time(headers, arrival))
        } else {
            drafts
        }
    }
}

/// Reads headers such as `RateLimit: "default";r=50;t=30` and
/// `RateLimit-Policy: "default";q=100;w=60`.
fn draft_limits(headers: &HeaderMap) -> Vec<RateLimit> {
    if !headers.contains_key("ratelimit") {
        return Vec::new();
    }
    let policies = members(headers, "ratelimit-policy");
    let mut limits: Vec<_> = members(headers, "ratelimit")
        .into_iter()
        .filter(|(_, parameters)| number(parameters, "r").is_some())
        .map(|(name, parameters)| {
            let policy = policies.iter().find(|(policy, _)| *policy == name);
            let of_policy = |key| policy.and_then(|(_, parameters)| number(parameters, key));
            RateLimit {
                name: limit_name(name),
                limit: of_policy("q"),
                remaining: number(&parameters, "r"),
                reset: number(&parameters, "t").map(Duration::from_secs),
                window: of_policy("w").map(Duration::from_secs),
                refills: false,
            }
        })
        .collect();
    limits.sort_by(|a, b| a.name.cmp(&b.name));
    limits
}

/// Reads headers with one field each, such as `x-ratelimit-remaining-tokens`.
fn field_limits(headers: &HeaderMap, server_time: SystemTime) -> Vec<RateLimit> {
    // The key is the rank of the family, the prefix, and the name of the limit.
    let mut found = BTreeMap::<(u8, &str, &str), RateLimit>::new();
    for (header, value) in headers {
        let Some((prefix, name, field)) = split(header.as_str()) else { continue };
        let Ok(text) = value.to_str() else { continue };
        let rank = match prefix {
            "" => 0,
            "x-" => 1,
            _ => 2,
        };
        let mut limit = found.get(&(rank, prefix, name)).cloned().unwrap_or_default();
        let is_new = match field {
            // In `100, 100;w=60`, the first number is the limit in force.
            Field::Limit => set(&mut limit.limit, first(text).and_then(whole)),
            Field::Remaining => set(&mut limit.remaining, first(text).and_then(whole)),
            Field::Reset => set(&mut limit.reset, time_until(text.trim(), server_time)),
        };
        if is_new {
            limit.name = limit_name(name);
            limit.refills = limit.name.is_some();
            found.insert((rank, prefix, name), limit);
        }
    }
    let Some(family) = found.keys().next().map(|&(rank, prefix, _)| (rank, prefix)) else {
        return Vec::new();
    };
    let of_family = found.into_iter().filter(|((rank, prefix, _), _)| (*rank, *prefix) == family);
    of_family.map(|(_, limit)| limit).collect()
}

/// Sets a field that has no value yet, and returns whether it has one now.
fn set<T>(field: &mut Option<T>, value: Option<T>) -> bool {
    let is_new = field.is_none() && value.is_some();
    if is_new {
        *field = value;
    }
    is_new
}

fn first(text: &str) -> Option<&str> {
    text.split([',', ';']).next().map(str::trim)
}

#[derive(Clone, Copy)]
enum Field {
    Limit,
    Remaining,
    Reset,
}

/// Splits the name of a header into its prefix, the name of the limit and the field.
fn split(header: &str) -> Option<(&str, &str, Field)> {
    const FIELDS: [(&str, Field); 3] =
        [("limit", Field::Limit), ("remaining", Field::Remaining), ("reset", Field::Reset)];
    let (prefix, rest) =
        header.split_once("ratelimit-").or_else(|| header.split_once("rate-limit-"))?;
    FIELDS.into_iter().find_map(|(word, field)| {
        let name = match rest.strip_prefix(word) {
            // `x-ratelimit-reset-after` is the same reset as seconds.
            Some("" | "-after") => "",
            Some(name) => name.strip_prefix('-')?,
            None => rest.strip_suffix(word)?.strip_suffix('-')?,
        };
        Some((prefix, name, field))
    })
}

/// Names come from the server, so their length is bounded.
fn limit_name(name: &str) -> Option<String> {
    let most = name.char_indices().map(|(at, c)| at + c.len_utf8());
    let end = most.take_while(|end| *end <= LONGEST_NAME).last()?;
    Some(name[..end].to_owned())
}

type Member<'a> = (&'a str, Vec<(&'a str, &'a str)>);

/// Returns the name and the parameters of each member of a structured-field list. It supports only
/// the syntax that these headers use.
fn members<'a>(headers: &'a HeaderMap, name: &str) -> Vec<Member<'a>> {
    let lines = headers.get_all(name).into_iter().map(HeaderValue::to_str);
    lines
        .filter_map(Result::ok)
        .flat_map(|line| line.split(','))
        .map(|member| {
            let mut pieces = member.split(';').map(str::trim);
            let name = pieces.next().unwrap_or_default().trim_matches('"');
            let parameters = pieces.filter_map(|piece| piece.split_once('='));
            (name, parameters.map(|(key, value)| (key.trim(), value.trim())).collect())
        })
        .collect()
}

fn number(parameters: &[(&str, &str)], key: &str) -> Option<u64> {
    let (_, value) = parameters.iter().find(|(name, _)| *name == key)?;
    value.parse().ok()
}
