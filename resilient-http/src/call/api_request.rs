//! A request as data. It is read from JSON or built by hand.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use http::Method;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::request_builder::RequestBuilder;
use crate::client::ApiClient;
use crate::error::{BuildError, BuildErrorKind};

/// A request as data, for [`ApiClient::call`]. The call does not change the request, so you can use
/// it again.
///
/// ```
/// use resilient_http::ApiRequest;
///
/// let request: ApiRequest =
///     serde_json::from_str(r#"{"url": "users", "params": {"page": 2, "tag": ["a", "b"]}}"#)?;
/// assert_eq!(request.method, "GET");
/// assert!(serde_json::from_str::<ApiRequest>(r#"{"urll": "users"}"#).is_err());
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ApiRequest {
    /// The method. Default: `GET`.
    pub method: String,
    /// The path template below the base URL. Default: `/`.
    pub url: String,
    /// Values of the path parameters.
    pub path_params: BTreeMap<String, String>,
    /// The query. A list becomes one pair `name=value` for each element, `null` becomes no pair,
    /// and an object is an error.
    pub params: BTreeMap<String, Value>,
    /// A JSON body. Any method can have one.
    pub json: Option<Value>,
    /// A form body. Any method can have one. You cannot set both `data` and `json`.
    pub data: Option<BTreeMap<String, Value>>,
    /// Headers. The names are case-insensitive. Two spellings of one name are an error.
    pub headers: BTreeMap<String, String>,
}

impl Default for ApiRequest {
    fn default() -> Self {
        Self {
            method: "GET".to_owned(),
            url: "/".to_owned(),
            path_params: BTreeMap::new(),
            params: BTreeMap::new(),
            json: None,
            data: None,
            headers: BTreeMap::new(),
        }
    }
}

impl ApiClient {
    /// Builds the request that the data describes.
    ///
    /// # Errors
    ///
    /// Returns a [`BuildError`] that names the first mistake in the data. Awaiting the builder
    /// returns mistakes in the address.
    pub fn call<T>(&self, request: &ApiRequest) -> Result<RequestBuilder<T>, BuildError> {
        let method = Method::from_bytes(request.method.to_ascii_uppercase().as_bytes())
            .map_err(|_| BuildError::setting("method", "is not an HTTP method"))?;
        let mut builder = self.start(method, &request.url);
        for (name, value) in &request.path_params {
            builder = builder.param(name, value);
        }
        builder = builder.query(&request.params);
        check_spellings(&request.headers)?;
        for (name, value) in &request.headers {
            builder = builder.header(name, value);
        }
        let builder = match (&request.json, &request.data) {
            (Some(_), Some(_)) => {
                let (subject, problem) = ("`json` and `data`", "exclude each other");
                return Err(BuildError::new(BuildErrorKind::Body, subject, problem));
            }
            (Some(json), None) => builder.json(json),
            (None, Some(data)) => builder.form(data),
            (None, None) => builder,
        };
        builder.checked()
    }
}

/// Checks that no header is set twice. The order of a map would decide which of the values is sent.
fn check_spellings(headers: &BTreeMap<String, String>) -> Result<(), BuildError> {
    let mut names = BTreeSet::new();
    match headers.keys().find(|name| !names.insert(name.to_ascii_lowercase())) {
        Some(name) => Err(BuildError::header(name, "is set twice, in two spellings")),
        None => Ok(()),
    }
}

/// Shows names and no values.
impl fmt::Debug for ApiRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiRequest")
            .field("method", &self.method)
            .field("params", &self.params.keys())
            .field("headers", &self.headers.keys())
            .finish_non_exhaustive()
    }
}
