//! Tests of rows G of the fault model: attacks through input and responses. `tests/secrets.rs`
//! tests that no output contains a secret.

use std::error::Error;

use resilient_http::{
    ApiClient, ApiError, ApiKey, Auth, BoxError, BuildErrorKind, ErrorKind, Response, SecretString,
};

use crate::support::api::{Api, answer, json};
use crate::support::settings::client;
use crate::support::within;

fn kind(error: &ApiError) -> BuildErrorKind {
    match error {
        ApiError::Build(problem) => problem.kind(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn fm_g2_a_key_in_the_query_reaches_the_server_and_no_error() {
    let server = Api::statuses(&[500]).await;
    let auth = Auth::query("api_key", ApiKey::secret("canary&x"));
    let api = client(&server.url).auth(auth).build().unwrap();
    let call = api.get::<()>("x").query([("q", "canary")]);
    let error = within("the call", call).await.unwrap_err();
    assert_eq!(server.seen()[0].target, "/x?q=canary&api_key=canary%26x");
    assert!(!format!("{error} {error:?}").contains("canary"));
    // The error hides the URL even if the transport's error contains it.
    let url = crate::support::raw::refusing();
    let api = client(&url).auth(Auth::query("api_key", ApiKey::secret("canary")));
    let error = within("the call", api.build().unwrap().get::<()>("x")).await.unwrap_err();
    let mut source: Option<&dyn Error> = Some(&error);
    let mut depth = 0;
    while let Some(error) = source {
        assert!(!format!("{error} {error:?}").contains("canary"), "{error:?}");
        source = error.source();
        depth += 1;
    }
    assert!(depth > 2, "the chain of sources is kept");
}

/// Asserts that the client does not follow a redirect with status `code` to another origin. The
/// call has an API key in a header, and a body.
async fn redirected(code: u16) {
    let other = Api::serve(|_, _| json("1")).await;
    // Two URLs have different origins if their ports differ, or if only one of them uses `https`.
    let location = format!("{}/steal", other.url);
    let to = location.clone();
    let server = Api::serve(move |_, _| answer(code, &[("location", &to)], "")).await;
    let api =
        client(&server.url).auth(Auth::api_key("x-api-key", ApiKey::secret("k"))).build().unwrap();
    let call = api.post::<u32>("x").json(&"body").idempotency_key("k");
    let error = within("the call", call).await.unwrap_err();
    assert!(error.is_redirect(), "{error:?}");
    // The caller can read the target of the redirect from the error.
    assert_eq!(error.headers().unwrap()["location"], location);
    assert_eq!((server.count(), other.count()), (1, 0), "{code}");
}

#[tokio::test]
async fn fm_g3_no_key_is_taken_to_another_origin_by_a_redirect() {
    for code in [301, 302, 303] {
        redirected(code).await;
    }
}

#[tokio::test]
async fn fm_g4_no_body_is_replayed_to_another_origin() {
    for code in [307, 308] {
        redirected(code).await;
    }
}

#[tokio::test]
async fn redirects_within_the_origin_are_followed_with_the_right_method_and_body() {
    for (code, method, body) in [
        (301, "GET", ""),
        (302, "GET", ""),
        (303, "GET", ""),
        (307, "POST", "\"b\""),
        (308, "POST", "\"b\""),
    ] {
        let server = Api::serve(move |n, _| match n {
            0 => answer(code, &[("location", "../there?a=1")], ""),
            _ => json("1"),
        })
        .await;
        let api = client(&server.url).auth(Auth::bearer(ApiKey::secret("k"))).build().unwrap();
        let one: u32 = within("the call", api.post("v1/x").json("b")).await.unwrap();
        assert_eq!(one, 1);
        let there = &server.seen()[1];
        assert_eq!(there.target, "/there?a=1");
        assert_eq!((there.method.as_str(), there.text()), (method, body), "{code}");
        assert_eq!(there.header("authorization"), Some("Bearer k"));
        assert_eq!(there.header("content-type").is_some(), !body.is_empty());
    }
}

#[tokio::test]
async fn fm_g5_line_breaks_in_headers_are_refused_before_anything_is_sent() {
    let server = Api::serve(|_, _| json("1")).await;
    let api = client(&server.url).build().unwrap();
    for (name, value) in [
        ("x", "a\r\nevil: 1"),
        ("x", "a\nb"),
        ("x", "a\0b"),
        ("x\r\nevil", "1"),
        ("", "1"),
        ("x y", "1"),
    ] {
        let error = api.get::<()>("x").header(name, value).await.unwrap_err();
        assert_eq!(kind(&error), BuildErrorKind::Header);
        assert!(!format!("{error:?}").contains("evil: 1"), "{error:?}");
        let built = client(&server.url).header(name, value).build();
        assert_eq!(built.unwrap_err().kind(), BuildErrorKind::Header);
    }
    let error = api.post::<()>("x").idempotency_key("a\nb").await.unwrap_err();
    assert_eq!(kind(&error), BuildErrorKind::Header);
    let key = Auth::bearer(ApiKey::secret("a\r\nb"));
    let error = client(&server.url).auth(key).build().unwrap_err();
    assert_eq!(error.kind(), BuildErrorKind::Header);
    assert_eq!(server.count(), 0);
}

#[tokio::test]
async fn fm_g6_parameters_that_climb_are_refused_before_anything_is_sent() {
    let server = Api::serve(|_, _| json("1")).await;
    let api = client(&server.url).build().unwrap();
    let deep = format!("%{}2e", "25".repeat(2000));
    for value in [
        "..",
        ".",
        "",
        "%2e%2e",
        "%2E%2e",
        "%252e%252e",
        // The client would send this value as one segment. But a proxy that decodes the path first
        // would see the dot segments and resolve them.
        "../../etc",
        "a/../b",
        "a/..",
        "..\\..\\etc",
        "..%2fetc",
        "%252e%252e%252fetc",
        "..;x",
        "a/..;/b",
        &deep,
    ] {
        let error = api.get::<()>("users/{id}").param("id", value).await.unwrap_err();
        assert_eq!(kind(&error), BuildErrorKind::Parameter, "{value:?}");
    }
    assert_eq!(server.count(), 0);
}

#[tokio::test]
async fn fm_g7_every_other_parameter_is_one_segment() {
    let server = Api::serve(|_, _| json("1")).await;
    let base = format!("{}/v1", server.url);
    let api = client(&base).build().unwrap();
    for (value, target) in [
        ("a/b", "/v1/users/a%2Fb/x"),
        ("a?b", "/v1/users/a%3Fb/x"),
        ("a#b", "/v1/users/a%23b/x"),
        ("a%b", "/v1/users/a%25b/x"),
        ("a\\b", "/v1/users/a%5Cb/x"),
        ("a;b", "/v1/users/a%3Bb/x"),
        ("a\tb\nc", "/v1/users/a%09b%0Ac/x"),
        ("\u{202e}", "/v1/users/%E2%80%AE/x"),
        ("a/b..c/...", "/v1/users/a%2Fb..c%2F.../x"),
    ] {
        let call = api.get::<u32>("users/{id}/x").param("id", value);
        within("the call", call).await.unwrap();
        assert_eq!(server.seen().last().unwrap().target, target);
    }
    let long = "x".repeat(64 * 1024);
    let error = api.get::<()>("users/{id}").param("id", long).await.unwrap_err();
    assert_eq!(kind(&error), BuildErrorKind::Parameter);
}

#[tokio::test]
async fn fm_g8_no_path_leads_to_another_origin() {
    let server = Api::serve(|_, _| json("1")).await;
    let api = client(&server.url).build().unwrap();
    for path in [
        "//evil.invalid/x",
        "http://evil.invalid/x",
        "https://{host}/x",
        "\\\\evil.invalid\\x",
        "http:\\\\evil.invalid",
        "/../x",
        "x/../../y",
    ] {
        let error = api.get::<()>(path).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Build, "{path}");
    }
    let call = api.get::<u32>("{host}/x").param("host", "//evil.invalid");
    within("the call", call).await.unwrap();
    assert_eq!(server.only().target, "/%2F%2Fevil.invalid/x");
}

#[tokio::test]
async fn fm_g9_a_user_in_the_base_url_is_a_secret_header() {
    let server = Api::serve(|_, _| json("1")).await;
    let base = server.url.replace("http://", "http://me:canary@");
    let api = client(&base).build().unwrap();
    let _: u32 = within("the call", api.get("x")).await.unwrap();
    assert_eq!(server.only().header("authorization"), Some("Basic bWU6Y2FuYXJ5"));
    assert!(!format!("{api:?}").contains("canary"));
    let both = client(&base).auth(Auth::bearer(ApiKey::secret("x"))).build();
    let error = both.unwrap_err();
    assert_eq!(error.kind(), BuildErrorKind::Credentials);
    assert!(!format!("{error} {error:?}").contains("canary"));
}

#[tokio::test]
async fn fm_g10_what_the_server_says_cannot_forge_lines() {
    let server =
        Api::serve(|_, _| answer(400, &[], "no\r\n2026-01-01 INFO all is well\u{1b}[2J")).await;
    let api = client(&server.url).build().unwrap();
    let error = within("the call", api.get::<()>("x")).await.unwrap_err();
    let text = format!("{error} {error:?} {}", error.message().unwrap());
    assert!(!text.contains(['\n', '\r', '\u{1b}']), "{text:?}");
    let error = api.get::<()>("a\nb").await.unwrap_err();
    assert!(!format!("{error} {error:?}").contains('\n'));
}

#[tokio::test]
async fn fm_g11_the_body_of_an_error_is_not_printed_and_bounded() {
    let server =
        Api::serve(|_, _| answer(500, &[("x-echo", "canary")], "canary ".repeat(20_000))).await;
    let api = client(&server.url).no_retry().build().unwrap();
    let error = within("the call", api.get::<()>("x")).await.unwrap_err();
    assert!(!format!("{error} {error:?}").contains("canary"));
    assert_eq!(error.body_text().unwrap().len(), 64 * 1024);
    assert_eq!(error.message().unwrap().chars().count(), 200);
}

#[tokio::test]
async fn fm_g12_names_are_bounded_and_plain() {
    for name in ["", "a\nb", &"x".repeat(129)] {
        let error = ApiClient::builder("http://localhost").name(name).build().unwrap_err();
        assert_eq!(error.kind(), BuildErrorKind::Setting);
    }
    let api = ApiClient::builder("http://localhost").name("fm_g12 <\"name\">").build().unwrap();
    assert_eq!(api.circuit_breaker().name(), "fm_g12 <\"name\">");
    assert_eq!(api.circuit_breaker().key(), Some("http://localhost"));
}

#[tokio::test]
async fn fm_g13_credentials_over_plain_http_are_refused() {
    let key = || Auth::bearer(ApiKey::secret("k"));
    let error = ApiClient::builder("http://api.example.com").auth(key()).build().unwrap_err();
    assert_eq!(error.kind(), BuildErrorKind::Credentials);
    for base in ["http://u:p@api.example.com", "http://10.0.0.1"] {
        let error = ApiClient::builder(base).header("x-api-key", "k").build().unwrap_err();
        assert_eq!(error.kind(), BuildErrorKind::Credentials, "{base}");
    }
    for base in ["http://localhost", "http://127.0.0.1:1", "http://[::1]", "http://a.localhost"] {
        assert!(ApiClient::builder(base).auth(key()).build().is_ok(), "{base}");
    }
    let allowed = ApiClient::builder("http://api.example.com").auth(key()).allow_plain_http();
    assert!(allowed.build().is_ok());
    assert!(ApiClient::builder("http://api.example.com").build().is_ok());
    // The client also rejects a key in the header of a single request over plain `http`.
    let plain = ApiClient::builder("http://api.example.com").build().unwrap();
    let call = plain.get::<()>("x").header("authorization", "k");
    assert_eq!(call.prepare().unwrap_err().kind(), BuildErrorKind::Credentials);
}

#[tokio::test]
async fn each_kind_of_credentials_has_its_header_and_an_allowed_origin_gets_none() {
    let other = Api::serve(|_, _| json("1")).await;
    let server = Api::serve(|_, _| json("1")).await;
    let fresh = || Ok::<_, BoxError>(SecretString::from("Token 7"));
    for (auth, name, value) in [
        (Auth::bearer(ApiKey::secret("k")), "authorization", "Bearer k"),
        (Auth::api_key("x-api-key", ApiKey::secret("k")), "x-api-key", "k"),
        (Auth::basic("u", ApiKey::secret("p")), "authorization", "Basic dTpw"),
        (Auth::fresh("authorization", fresh), "authorization", "Token 7"),
    ] {
        let api = client(&server.url)
            .auth(auth)
            .header("x-of-client", "1")
            .allow_origin(&other.url)
            .build()
            .unwrap();
        let _: u32 = within("the call", api.get("x")).await.unwrap();
        let seen = server.seen().pop().unwrap();
        assert_eq!(seen.header(name), Some(value));
        assert_eq!(seen.header("x-of-client"), Some("1"));
        let _: Response = within("the call", api.get(format!("{}/x", other.url))).await.unwrap();
        let seen = other.seen().pop().unwrap();
        assert_eq!((seen.header(name), seen.header("x-of-client")), (None, None));
        // Each origin has a circuit breaker, so this breaker counts only one of the two calls.
        assert_eq!(api.circuit_breaker().snapshot().totals.success, 1);
    }
    let stale = || Err::<SecretString, _>("expired");
    let api = client(&server.url).auth(Auth::fresh("authorization", stale)).build().unwrap();
    let before = server.count();
    let error = within("the call", api.get::<()>("x")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Credentials);
    let closure = error.source().and_then(std::error::Error::source).unwrap();
    assert_eq!(closure.to_string(), "expired");
    assert_eq!(server.count(), before);
}

#[tokio::test]
async fn a_missing_key_is_a_build_error() {
    let build = |key| ApiClient::builder("http://localhost").auth(Auth::bearer(key)).build();
    for key in [ApiKey::env("RESILIENT_HTTP_TEST_NOT_SET"), ApiKey::file("/nonexistent/key")] {
        assert_eq!(build(key).unwrap_err().kind(), BuildErrorKind::Credentials);
    }
    for key in [ApiKey::secret(""), ApiKey::secret(" \t")] {
        let build = |auth| ApiClient::builder("http://localhost").auth(auth).build();
        for auth in [
            Auth::bearer(key.clone()),
            Auth::api_key("x-api-key", key.clone()),
            Auth::query("key", key.clone()),
        ] {
            assert_eq!(build(auth).unwrap_err().kind(), BuildErrorKind::Credentials);
        }
        // Some services read the key from the user name.
        assert!(build(Auth::basic("key", key.clone())).is_ok());
    }
    let nobody = Auth::basic("", ApiKey::secret(""));
    assert!(ApiClient::builder("http://localhost").auth(nobody).build().is_err());
    for text in ["env:", "file:", "literal:"] {
        assert!(text.parse::<ApiKey>().is_err(), "{text}");
    }
    assert!(build(ApiKey::env("PATH")).is_ok());
    assert!("secret without a scheme".parse::<ApiKey>().is_err());
    assert!(build("literal:x".parse().unwrap()).is_ok());
}

#[tokio::test]
async fn fm_g8_what_another_client_prepared_does_not_lead_away_either() {
    let (own, other) = (Api::serve(|_, _| json("1")).await, Api::serve(|_, _| json("1")).await);
    let api = client(&own.url).build().unwrap();
    let foreign = client(&other.url).build().unwrap();
    let prepared = foreign.get::<u32>("x").prepare().unwrap();
    let error = within("the call", api.execute(&prepared)).await;
    assert_eq!(kind(&error.unwrap_err()), BuildErrorKind::CrossOrigin);
    assert_eq!((own.count(), other.count()), (0, 0));
    let allowing = client(&own.url).allow_origin(&other.url).build().unwrap();
    within("the call", allowing.execute(&prepared)).await.unwrap();
    assert_eq!((own.count(), other.count()), (0, 1));
}
