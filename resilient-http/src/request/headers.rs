//! Parses and replaces the headers of a request, and checks them against the body.

use http::{HeaderMap, HeaderName, HeaderValue, Method, header};

use super::body::Body;
use crate::error::BuildError;

pub(crate) fn header_name(name: &str) -> Result<HeaderName, BuildError> {
    name.parse().map_err(|_| BuildError::header(name, "is not a valid header name"))
}

pub(crate) fn header_pair(
    name: &str,
    value: &str,
) -> Result<(HeaderName, HeaderValue), BuildError> {
    let known = header_name(name)?;
    let value = HeaderValue::from_str(value)
        .map_err(|_| BuildError::header(name, "has a value that a header cannot carry"))?;
    Ok((known, value))
}

/// Checks that the headers state the true length of the body. With a false length, the server could
/// read the next request on the connection as a part of this request (request smuggling).
pub(crate) fn check_framing(headers: &HeaderMap, body: &Body) -> Result<(), BuildError> {
    if headers.contains_key(header::TRANSFER_ENCODING) {
        let problem = "is for the transport to set";
        return Err(BuildError::header("transfer-encoding", problem));
    }
    let mut lengths = headers.get_all(header::CONTENT_LENGTH).iter();
    let Some(given) = lengths.next() else {
        return Ok(());
    };
    let is_true = given.to_str().is_ok_and(|given| match body.as_bytes() {
        Some(bytes) => given == bytes.len().to_string(),
        // The length of a stream is checked while it is sent.
        None => !given.is_empty() && given.bytes().all(|byte| byte.is_ascii_digit()),
    });
    if is_true && lengths.next().is_none() {
        Ok(())
    } else {
        let problem = "is not the length of the body";
        Err(BuildError::header("content-length", problem))
    }
}

/// Refuses several values of headers that have one value. Of two, proxies and servers would not all
/// read the same one.
pub(crate) fn check_single_values(headers: &HeaderMap) -> Result<(), BuildError> {
    const SINGLE: [HeaderName; 4] =
        [header::AUTHORIZATION, header::CONTENT_TYPE, header::HOST, header::PROXY_AUTHORIZATION];
    SINGLE.iter().try_for_each(|name| single_value(headers, name).map(|_| ()))
}

/// Returns the value of a header. Several values are an error.
pub(crate) fn single_value<'a>(
    headers: &'a HeaderMap,
    name: &HeaderName,
) -> Result<Option<&'a HeaderValue>, BuildError> {
    let mut values = headers.get_all(name).iter();
    let first = values.next();
    if values.next().is_some() {
        return Err(BuildError::header(name.as_str(), "has several values"));
    }
    Ok(first)
}

/// States that a body is empty, if the method usually has a body. Some servers refuse such a
/// request with 411 if the length is missing.
pub(crate) fn state_empty_body(method: &Method, headers: &mut HeaderMap, body: &Body) {
    let has_usually = matches!(*method, Method::POST | Method::PUT | Method::PATCH);
    if has_usually && body.as_bytes().is_some_and(<[u8]>::is_empty) {
        headers.entry(header::CONTENT_LENGTH).or_insert(HeaderValue::from_static("0"));
    }
}

/// For each header in `with`, replaces all values of this header in `headers`.
pub(crate) fn replace_headers(headers: &mut HeaderMap, with: HeaderMap) {
    let mut last = None;
    for (name, value) in with {
        match name {
            Some(name) => {
                headers.insert(name.clone(), value);
                last = Some(name);
            }
            None => {
                if let Some(name) = &last {
                    headers.append(name.clone(), value);
                }
            }
        }
    }
}
