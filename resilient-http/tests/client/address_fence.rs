//! Where requests may go: the origin of the base URL, allowed origins, and paths below a fence.

use resilient_http::{ApiError, BuildErrorKind};

use crate::support::api::{Api, Seen, answer, json};
use crate::support::settings::client;
use crate::support::within;

fn redirecting(seen: &Seen) -> axum::response::Response {
    match seen.target.strip_prefix("/v1/to?") {
        Some(location) => answer(307, &[("location", location)], ""),
        None => json("1"),
    }
}

#[tokio::test]
async fn without_a_fence_redirects_and_absolute_urls_reach_the_whole_origin() {
    let server = Api::serve(|_, seen| redirecting(seen)).await;
    let api = client(&format!("{}/v1", server.url)).build().unwrap();
    let _: u32 = within("a redirect", api.get("to").query([("/v2/x", "")])).await.unwrap();
    let _: u32 = within("a URL", api.get(format!("{}/v2/x", server.url))).await.unwrap();
}

#[tokio::test]
async fn a_fence_keeps_absolute_urls_redirects_and_prepared_requests_below_the_path() {
    let server = Api::serve(|_, seen| {
        let location = match seen.target.as_str() {
            "/v1/inside" => "/v1/x",
            "/v1/outside" => "/v2/x",
            "/v1/climbing" => "/v1/../v2",
            "/v1/encoded" => "/v1/..%2fv2",
            _ => return json("1"),
        };
        answer(307, &[("location", location)], "")
    })
    .await;
    let base = format!("{}/v1", server.url);
    let api = client(&base).fence_path().build().unwrap();
    for path in ["x", "", "inside", &format!("{base}/x")] {
        let _: u32 = within("inside", api.get(path)).await.unwrap();
    }
    for path in ["outside", "climbing", "encoded"] {
        let error = within("outside", api.get::<u32>(path)).await.unwrap_err();
        assert!(error.is_redirect(), "{path}: {error:?}");
    }
    let before = server.count();
    for path in ["/v2/x", "/v10", "/"] {
        let call = api.get::<u32>(format!("{}{path}", server.url));
        assert_eq!(call.prepare().unwrap_err().kind(), BuildErrorKind::CrossOrigin, "{path}");
    }
    let free = client(&server.url).build().unwrap();
    let prepared = free.get::<u32>("v2/x").prepare().unwrap();
    let error = within("prepared", api.execute(&prepared)).await.unwrap_err();
    assert!(matches!(error, ApiError::Build(why) if why.kind() == BuildErrorKind::CrossOrigin));
    assert_eq!(server.count(), before);
}

#[cfg(not(any(feature = "rustls-tls", feature = "native-tls")))]
#[test]
fn an_origin_that_needs_tls_is_refused_if_there_is_none() {
    let plain = client("http://localhost").build().unwrap();
    for builder in [
        client("http://localhost").allow_origin("https://files.example.com"),
        client("https://localhost").connections_of(&plain),
    ] {
        assert_eq!(builder.build().unwrap_err().kind(), BuildErrorKind::Tls);
    }
}

#[cfg(feature = "test-util")]
#[test]
fn a_transport_that_was_passed_in_is_expected_to_speak_tls() {
    use resilient_http::{ApiClient, MockTransport};

    let transport = MockTransport::new(|_| Ok(http::Response::new("1".into())));
    let api = ApiClient::builder("https://localhost").transport(transport).build().unwrap();
    assert!(ApiClient::builder("https://localhost").connections_of(&api).build().is_ok());
}
